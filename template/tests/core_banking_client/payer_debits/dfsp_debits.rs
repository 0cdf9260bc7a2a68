//! Outgoing payments: the bank is told what came of them.

use std::time::Duration;

use core_connector::{
    core_banking::port::{BankError, Booking, Bookings, PaymentReports, Refusal, ReportedPayment},
    domain::{
        reference::{DebitStep, Reference},
        transfer_id::TransferId,
    },
    sandbox::bank::SandboxBank,
};
use serde_json::json;

use crate::bank::{Bank, PAYEE, PAYER, account, amount, refused, seed};
use crate::funding::COLLECTS_FROM_PAYERS;

fn of_debit(transfer: &str, step: DebitStep) -> Reference {
    let transfer_id: TransferId = transfer.parse().unwrap();
    Reference::of_debit(&transfer_id, step)
}

/// A payment of 50, 1 of which is the fee.
fn payment(transfer: &str, payer: &str) -> ReportedPayment {
    ReportedPayment {
        transfer_id: transfer.parse().unwrap(),
        home_transaction_id: Some("home-1".to_owned()),
        payer: account(payer),
        funding: account(COLLECTS_FROM_PAYERS),
        transfer_amount: amount("49"),
        payer_fee: amount("1"),
    }
}

#[tokio::test]
async fn a_transfer_that_was_made_is_posted() {
    let bank = Bank::open();
    let reference = &of_debit("t-1", DebitStep::Commit);
    let payment = &payment("t-1", PAYER);
    let reported = bank.client.report_transfer(reference, payment).await;
    reported.unwrap();
    assert_eq!(bank.available(PAYER), "50");
    assert_eq!(bank.available(COLLECTS_FROM_PAYERS), "1049");
    assert_eq!(bank.available("fees"), "1");
}

#[tokio::test]
async fn of_a_transfer_that_was_not_made_nothing_is_posted() {
    let bank = Bank::open();
    let reference = &of_debit("t-1", DebitStep::Release);
    let payment = &payment("t-1", PAYER);
    let reported = bank.client.report_no_transfer(reference, payment).await;
    reported.unwrap();
    assert_eq!(bank.available(PAYER), "100");
}

#[tokio::test]
async fn a_report_that_comes_again_is_acted_on_once() {
    let bank = Bank::open();
    let reference = &of_debit("t-1", DebitStep::Commit);
    let payment = &payment("t-1", PAYER);
    let first = bank.client.report_transfer(reference, payment).await;
    assert!(first.is_ok());
    let second = bank.client.report_transfer(reference, payment).await;
    assert_eq!(second, first);
    assert_eq!(bank.available(PAYER), "50");
}

#[tokio::test]
async fn a_refusal_is_named_and_found_by_its_reference() {
    let bank = Bank::open();
    for (transfer, payer, refusal) in [
        ("t-1", "?", Refusal::UnknownAccount),
        ("t-2", PAYEE, Refusal::InsufficientFunds),
    ] {
        let reference = &of_debit(transfer, DebitStep::Commit);
        let payment = &payment(transfer, payer);
        let reported = bank.client.report_transfer(reference, payment).await;
        assert_eq!(reported, refused(refusal));
        let found = bank.client.find_booking(reference).await;
        assert_eq!(found, Ok(Some(Booking::Refused(refusal))));
    }
}

#[tokio::test]
async fn a_bank_that_says_it_failed_may_have_acted_and_can_be_asked() {
    let bank = Bank::open();
    for (fault, transfer, acted) in [("fail", "t-1", false), ("act_then_fail", "t-2", true)] {
        bank.misbehaves(json!({ "operation": "report_transfer", "fault": fault }));
        let reference = &of_debit(transfer, DebitStep::Commit);
        let payment = &payment(transfer, PAYER);
        let reported = bank.client.report_transfer(reference, payment).await;
        assert!(
            matches!(reported, Err(BankError::Failed(_))),
            "{reported:?}"
        );
        let found = bank.client.find_booking(reference).await.unwrap();
        assert_eq!(found.is_some(), acted, "{fault}");
    }
}

#[tokio::test]
async fn a_bank_that_does_not_answer_in_time_may_have_acted() {
    let timeout = Duration::from_millis(500);
    let bank = Bank::with(SandboxBank::new(seed()), timeout);
    bank.misbehaves(json!({ "operation": "report_transfer", "fault": "act_then_silent" }));
    let reference = &of_debit("t-1", DebitStep::Commit);
    let payment = &payment("t-1", PAYER);
    let reported = bank.client.report_transfer(reference, payment).await;
    assert!(
        matches!(reported, Err(BankError::NoAnswer(_))),
        "{reported:?}"
    );
    assert_eq!(bank.available(PAYER), "50");
}
