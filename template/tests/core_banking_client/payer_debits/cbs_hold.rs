//! Outgoing payments: the payer's money is held, then captured or released.

use std::time::Duration;

use core_connector::{
    core_banking::port::{BankError, Booking, Bookings, PayerCapture, PayerHolds, Refusal},
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

fn capture() -> PayerCapture {
    PayerCapture {
        funding: account(COLLECTS_FROM_PAYERS),
        transfer_amount: amount("49"),
        payer_fee: amount("1"),
    }
}

#[tokio::test]
async fn money_is_held_and_captured() {
    let bank = Bank::open();
    let hold = &of_debit("t-1", DebitStep::Reserve);
    let held = bank.client.hold(hold, &account(PAYER), amount("50")).await;
    held.unwrap();
    assert_eq!(bank.available(PAYER), "50");

    let step = &of_debit("t-1", DebitStep::Commit);
    bank.client.capture(step, hold, &capture()).await.unwrap();
    assert_eq!(bank.available(PAYER), "50");
    assert_eq!(bank.available(COLLECTS_FROM_PAYERS), "1049");
    assert_eq!(bank.available("fees"), "1");
    assert!(bank.bank.ledger().open_holds.is_empty());
}

#[tokio::test]
async fn held_money_is_released() {
    let bank = Bank::open();
    let hold = &of_debit("t-1", DebitStep::Reserve);
    let held = bank.client.hold(hold, &account(PAYER), amount("50")).await;
    held.unwrap();
    let release = &of_debit("t-1", DebitStep::Release);
    bank.client.release_hold(release, hold).await.unwrap();
    assert_eq!(bank.available(PAYER), "100");
}

#[tokio::test]
async fn an_instruction_that_comes_again_is_acted_on_once() {
    let bank = Bank::open();
    let hold = &of_debit("t-1", DebitStep::Reserve);
    let payer = &account(PAYER);
    let first = bank.client.hold(hold, payer, amount("50")).await;
    assert!(first.is_ok());
    assert_eq!(bank.client.hold(hold, payer, amount("50")).await, first);
    assert_eq!(bank.available(PAYER), "50");
}

#[tokio::test]
async fn a_refusal_is_named_and_found_by_its_reference() {
    let bank = Bank::open();
    for (transfer, payer, text, refusal) in [
        ("t-1", PAYER, "91", Refusal::LimitExceeded),
        ("t-2", BLOCKED, "1", Refusal::AccountBlocked),
        ("t-3", "closed", "1", Refusal::AccountClosed),
        ("t-4", "?", "1", Refusal::UnknownAccount),
        ("t-5", PAYEE, "11", Refusal::InsufficientFunds),
    ] {
        let hold = &of_debit(transfer, DebitStep::Reserve);
        let held = bank.client.hold(hold, &account(payer), amount(text)).await;
        assert_eq!(held, refused(refusal));
        let found = bank.client.find_booking(hold).await;
        assert_eq!(found, Ok(Some(Booking::Refused(refusal))));
    }
}

#[tokio::test]
async fn a_bank_that_says_it_failed_may_have_acted_and_can_be_asked() {
    let bank = Bank::open();
    for (fault, transfer, acted) in [("fail", "t-1", false), ("act_then_fail", "t-2", true)] {
        bank.misbehaves(json!({ "operation": "hold", "fault": fault }));
        let hold = &of_debit(transfer, DebitStep::Reserve);
        let held = bank.client.hold(hold, &account(PAYER), amount("10")).await;
        assert!(matches!(held, Err(BankError::Failed(_))), "{held:?}");
        let found = bank.client.find_booking(hold).await.unwrap();
        assert_eq!(found.is_some(), acted, "{fault}");
    }
}

#[tokio::test]
async fn a_bank_that_does_not_answer_in_time_may_have_acted() {
    let timeout = Duration::from_millis(500);
    let bank = Bank::with(SandboxBank::new(seed()), timeout);
    bank.misbehaves(json!({ "operation": "hold", "fault": "act_then_silent" }));
    let hold = &of_debit("t-1", DebitStep::Reserve);
    let held = bank.client.hold(hold, &account(PAYER), amount("10")).await;
    assert!(matches!(held, Err(BankError::NoAnswer(_))), "{held:?}");
    assert_eq!(bank.available(PAYER), "90");
}

#[tokio::test]
async fn a_reference_does_not_change_the_path() {
    let bank = Bank::open();
    let transfer = "t/../1?x=%2F#y";
    let hold = &of_debit(transfer, DebitStep::Reserve);
    let held = bank.client.hold(hold, &account(PAYER), amount("50")).await;
    let held = held.unwrap();
    let found = bank.client.find_booking(hold).await;
    assert_eq!(found, Ok(Some(Booking::Done(held))));
    let release = &of_debit(transfer, DebitStep::Release);
    bank.client.release_hold(release, hold).await.unwrap();
    assert_eq!(bank.available(PAYER), "100");
}
