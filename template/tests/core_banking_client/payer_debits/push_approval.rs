//! Outgoing payments: the customer approves on the telephone, and the money is
//! given back if there is no transfer.

use std::time::Duration;

use core_connector::{
    core_banking::port::{
        Approval, ApprovalRequest, BankError, Booking, Bookings, PayerApprovals, Refusal,
    },
    domain::{
        reference::{DebitStep, Reference},
        timestamp::Timestamp,
        transfer_id::TransferId,
    },
    sandbox::bank::{SandboxBank, debiting::Answer},
};
use serde_json::json;

use crate::bank::{BLOCKED, Bank, PAYEE, PAYER, account, amount, msisdn, refused, seed};
use crate::funding::COLLECTS_FROM_PAYERS;

const PHONE: &str = "971938765";

fn of_debit(transfer: &str, step: DebitStep) -> Reference {
    let transfer_id: TransferId = transfer.parse().unwrap();
    Reference::of_debit(&transfer_id, step)
}

/// A request for this amount, 1 of which is the fee.
fn request(payer: &str, total: u32) -> ApprovalRequest {
    ApprovalRequest {
        phone: msisdn(PHONE),
        payer: account(payer),
        funding: account(COLLECTS_FROM_PAYERS),
        transfer_amount: amount(&(total - 1).to_string()),
        payer_fee: amount("1"),
        expires_at: Timestamp::now().after(Duration::from_secs(60)),
    }
}

fn customer_will(bank: &Bank, answer: Answer) {
    let at_once = Duration::ZERO;
    bank.bank.set_phone(PHONE, answer, at_once).unwrap();
}

#[tokio::test]
async fn money_is_taken_when_the_customer_approves_and_can_be_refunded() {
    let bank = Bank::open();
    customer_will(&bank, Answer::Approve);
    let asked = &of_debit("t-1", DebitStep::Reserve);
    let number = bank
        .client
        .request_approval(asked, &request(PAYER, 50))
        .await;
    assert_eq!(bank.available(PAYER), "100");
    let found = bank.client.find_approval(asked).await;
    assert_eq!(found, Ok(Some(Approval::Approved(number.unwrap()))));
    assert_eq!(bank.available(PAYER), "50");
    assert_eq!(bank.available(COLLECTS_FROM_PAYERS), "1049");
    assert_eq!(bank.available("fees"), "1");

    let refund = &of_debit("t-1", DebitStep::Release);
    bank.client.refund(refund, asked).await.unwrap();
    assert_eq!(bank.available(PAYER), "100");
    assert_eq!(bank.available("fees"), "0");
}

#[tokio::test]
async fn nothing_is_taken_from_a_customer_who_declines() {
    let bank = Bank::open();
    customer_will(&bank, Answer::Decline);
    let asked = &of_debit("t-1", DebitStep::Reserve);
    let answer = bank
        .client
        .request_approval(asked, &request(PAYER, 50))
        .await;
    answer.unwrap();
    let found = bank.client.find_approval(asked).await;
    assert_eq!(found, Ok(Some(Approval::Declined)));
    let refund = &of_debit("t-1", DebitStep::Release);
    let refunded = bank.client.refund(refund, asked).await;
    assert_eq!(refunded, refused(Refusal::Other));
    assert_eq!(bank.available(PAYER), "100");
}

#[tokio::test]
async fn a_request_that_is_cancelled_has_expired_unless_the_customer_was_faster() {
    let bank = Bank::open();
    customer_will(&bank, Answer::Never);
    let slow = &of_debit("t-1", DebitStep::Reserve);
    let answer = bank
        .client
        .request_approval(slow, &request(PAYER, 50))
        .await;
    answer.unwrap();
    let found = bank.client.find_approval(slow).await;
    assert_eq!(found, Ok(Some(Approval::Pending)));
    for _ in 0..2 {
        let cancelled = bank.client.cancel_approval(slow).await;
        assert_eq!(cancelled, Ok(Approval::Expired));
    }

    customer_will(&bank, Answer::Approve);
    let fast = &of_debit("t-2", DebitStep::Reserve);
    let number = bank
        .client
        .request_approval(fast, &request(PAYER, 50))
        .await;
    let cancelled = bank.client.cancel_approval(fast).await;
    assert_eq!(cancelled, Ok(Approval::Approved(number.unwrap())));
    assert_eq!(bank.available(PAYER), "50");
}

#[tokio::test]
async fn nothing_is_known_of_a_request_that_was_never_made() {
    let bank = Bank::open();
    let unknown = &of_debit("t-1", DebitStep::Reserve);
    assert_eq!(bank.client.find_approval(unknown).await, Ok(None));
    let cancelled = bank.client.cancel_approval(unknown).await;
    assert_eq!(cancelled, refused(Refusal::Other));
}

#[tokio::test]
async fn a_customer_is_asked_once_however_often_the_request_comes() {
    let bank = Bank::open();
    customer_will(&bank, Answer::Approve);
    let asked = &of_debit("t-1", DebitStep::Reserve);
    let request = request(PAYER, 50);
    let first = bank.client.request_approval(asked, &request).await;
    assert!(first.is_ok());
    bank.client.find_approval(asked).await.unwrap();
    let second = bank.client.request_approval(asked, &request).await;
    assert_eq!(second, first);
    bank.client.find_approval(asked).await.unwrap();
    assert_eq!(bank.available(PAYER), "50");
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
        let asked = &of_debit(transfer, DebitStep::Reserve);
        let request = &request(payer, total);
        let answer = bank.client.request_approval(asked, request).await;
        assert_eq!(answer, refused(refusal));
        let found = bank.client.find_booking(asked).await;
        assert_eq!(found, Ok(Some(Booking::Refused(refusal))));
    }
}

#[tokio::test]
async fn a_bank_that_says_it_failed_may_have_asked_and_can_be_asked_itself() {
    let bank = Bank::open();
    for (fault, transfer, acted) in [("fail", "t-1", false), ("act_then_fail", "t-2", true)] {
        bank.misbehaves(json!({ "operation": "request_approval", "fault": fault }));
        let asked = &of_debit(transfer, DebitStep::Reserve);
        let answer = bank
            .client
            .request_approval(asked, &request(PAYER, 10))
            .await;
        assert!(matches!(answer, Err(BankError::Failed(_))), "{answer:?}");
        let found = bank.client.find_booking(asked).await.unwrap();
        assert_eq!(found.is_some(), acted, "{fault}");
    }
}

#[tokio::test]
async fn a_bank_that_does_not_answer_in_time_may_have_refunded() {
    let timeout = Duration::from_millis(500);
    let bank = Bank::with(SandboxBank::new(seed()), timeout);
    customer_will(&bank, Answer::Approve);
    let asked = &of_debit("t-1", DebitStep::Reserve);
    let answer = bank
        .client
        .request_approval(asked, &request(PAYER, 10))
        .await;
    answer.unwrap();
    bank.client.find_approval(asked).await.unwrap();
    bank.misbehaves(json!({ "operation": "refund", "fault": "act_then_silent" }));
    let refund = &of_debit("t-1", DebitStep::Release);
    let answer = bank.client.refund(refund, asked).await;
    assert!(matches!(answer, Err(BankError::NoAnswer(_))), "{answer:?}");
    assert_eq!(bank.available(PAYER), "100");
}
