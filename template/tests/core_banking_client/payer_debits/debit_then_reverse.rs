//! Outgoing payments: the payer is debited, and the debit is reversed if there
//! is no transfer.

use std::time::Duration;

use core_connector::{
    core_banking::port::{BankError, Booking, Bookings, PayerDebit, PayerDebits, Refusal},
    domain::{
        reference::{DebitStep, Reference},
        transfer_id::TransferId,
    },
    sandbox::bank::SandboxBank,
};
use serde_json::json;

use crate::bank::{BLOCKED, Bank, PAYEE, PAYER, account, amount, refused, seed};
use crate::funding::COLLECTS_FROM_PAYERS;

fn of_debit(transfer: &str, step: DebitStep) -> Reference {
    let transfer_id: TransferId = transfer.parse().unwrap();
    Reference::of_debit(&transfer_id, step)
}

/// A debit of this amount, 1 of which is the fee.
fn debit(payer: &str, total: u32) -> PayerDebit {
    PayerDebit {
        payer: account(payer),
        funding: account(COLLECTS_FROM_PAYERS),
        transfer_amount: amount(&(total - 1).to_string()),
        payer_fee: amount("1"),
    }
}

#[tokio::test]
async fn money_is_taken_at_once_and_given_back() {
    let bank = Bank::open();
    let taken = &of_debit("t-1", DebitStep::Reserve);
    bank.client.debit(taken, &debit(PAYER, 50)).await.unwrap();
    assert_eq!(bank.available(PAYER), "50");
    assert_eq!(bank.available(COLLECTS_FROM_PAYERS), "1049");
    assert_eq!(bank.available("fees"), "1");

    let reversal = &of_debit("t-1", DebitStep::Release);
    bank.client.reverse_debit(reversal, taken).await.unwrap();
    assert_eq!(bank.available(PAYER), "100");
    assert_eq!(bank.available(COLLECTS_FROM_PAYERS), "1000");
    assert_eq!(bank.available("fees"), "0");
}

#[tokio::test]
async fn an_instruction_that_comes_again_is_acted_on_once() {
    let bank = Bank::open();
    let taken = &of_debit("t-1", DebitStep::Reserve);
    let first = bank.client.debit(taken, &debit(PAYER, 50)).await;
    assert!(first.is_ok());
    assert_eq!(bank.client.debit(taken, &debit(PAYER, 50)).await, first);
    assert_eq!(bank.available(PAYER), "50");
    let reversal = &of_debit("t-1", DebitStep::Release);
    let first = bank.client.reverse_debit(reversal, taken).await;
    assert!(first.is_ok());
    assert_eq!(bank.client.reverse_debit(reversal, taken).await, first);
    assert_eq!(bank.available(PAYER), "100");
}

#[tokio::test]
async fn a_refusal_is_named_and_found_by_its_reference() {
    let bank = Bank::open();
    for (transfer, payer, total, refusal) in [
        ("t-1", PAYER, 91, Refusal::LimitExceeded),
        ("t-2", BLOCKED, 2, Refusal::AccountBlocked),
        ("t-3", "closed", 2, Refusal::AccountClosed),
        ("t-4", "?", 2, Refusal::UnknownAccount),
        ("t-5", PAYEE, 11, Refusal::InsufficientFunds),
    ] {
        let taken = &of_debit(transfer, DebitStep::Reserve);
        let answer = bank.client.debit(taken, &debit(payer, total)).await;
        assert_eq!(answer, refused(refusal));
        let found = bank.client.find_booking(taken).await;
        assert_eq!(found, Ok(Some(Booking::Refused(refusal))));
    }
}

#[tokio::test]
async fn what_was_never_taken_is_not_given_back() {
    let bank = Bank::open();
    let taken = &of_debit("t-1", DebitStep::Reserve);
    let reversal = &of_debit("t-1", DebitStep::Release);
    let answer = bank.client.reverse_debit(reversal, taken).await;
    assert_eq!(answer, refused(Refusal::Other));
}

#[tokio::test]
async fn a_bank_that_says_it_failed_may_have_acted_and_can_be_asked() {
    let bank = Bank::open();
    for (fault, transfer, acted) in [("fail", "t-1", false), ("act_then_fail", "t-2", true)] {
        bank.misbehaves(json!({ "operation": "debit", "fault": fault }));
        let taken = &of_debit(transfer, DebitStep::Reserve);
        let answer = bank.client.debit(taken, &debit(PAYER, 10)).await;
        assert!(matches!(answer, Err(BankError::Failed(_))), "{answer:?}");
        let found = bank.client.find_booking(taken).await.unwrap();
        assert_eq!(found.is_some(), acted, "{fault}");
    }
}

#[tokio::test]
async fn a_bank_that_does_not_answer_in_time_may_have_acted() {
    let timeout = Duration::from_millis(500);
    let bank = Bank::with(SandboxBank::new(seed()), timeout);
    bank.misbehaves(json!({ "operation": "debit", "fault": "act_then_silent" }));
    let taken = &of_debit("t-1", DebitStep::Reserve);
    let answer = bank.client.debit(taken, &debit(PAYER, 10)).await;
    assert!(matches!(answer, Err(BankError::NoAnswer(_))), "{answer:?}");
    assert_eq!(bank.available(PAYER), "90");
}

#[tokio::test]
async fn a_reference_does_not_change_the_path() {
    let bank = Bank::open();
    let transfer = "t/../1?x=%2F#y";
    let taken = &of_debit(transfer, DebitStep::Reserve);
    let booking = bank.client.debit(taken, &debit(PAYER, 50)).await.unwrap();
    let found = bank.client.find_booking(taken).await;
    assert_eq!(found, Ok(Some(Booking::Done(booking))));
    let reversal = &of_debit(transfer, DebitStep::Release);
    bank.client.reverse_debit(reversal, taken).await.unwrap();
    assert_eq!(bank.available(PAYER), "100");
}
