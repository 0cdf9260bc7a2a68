//! A bank that fails at what it is told about incoming payments.

use core_connector::domain::{
    incoming::IncomingState,
    party::{AccountNumber, AccountStatus},
};
use serde_json::json;
use tokio::time::{Duration, Instant};

use crate::{
    incoming_payment::IncomingPayment,
    test_connector::{TestConnector, eventually},
};

#[tokio::test]
async fn a_repayment_that_the_bank_refuses_is_refused_for_good() {
    let connector = TestConnector::start().await;
    let payment = IncomingPayment::of("100");
    let quote = connector.quote(&payment).await.served();
    let request = payment.transfer_request(&quote);
    connector.bank_rule(json!({
        "operation": "post_repayment", "fault": "refuse", "reason": "limit_exceeded", "times": 1
    }));
    for _ in 0..2 {
        let answer = connector.backend.post("/transfers", &request).await;
        answer.assert_error(400, "5200");
    }
    let id = &payment.transfer_id;
    assert_eq!(connector.incoming_state_told(id).await, "ABORTED");
    connector.tell(id, "ABORTED").await.served();
    connector.assert_books([]);
}

#[tokio::test]
async fn a_repayment_is_known_by_its_booking() {
    let connector = TestConnector::start().await;
    let payment = IncomingPayment::of("100");
    let answer = connector.prepare(&payment).await.served();
    let recorded = connector.incoming(&payment.transfer_id).await;
    let booking = recorded.payment.promise.booking.unwrap();
    assert_eq!(answer["homeTransactionId"], json!(booking));
}

#[tokio::test]
async fn a_bank_that_posts_and_does_not_say_so_posts_once() {
    for fault in ["act_then_fail", "act_then_silent", "fail"] {
        let connector = TestConnector::start().await;
        connector.bank_fault("post_repayment", fault, Some(1));
        let payment = IncomingPayment::of("100");
        let id = connector.reserved(&payment).await;
        connector.assert_books([payment.reserved()]);
        connector.tell(&id, "COMMITTED").await.served();
        connector.assert_books([payment.committed()]);
    }
}

#[tokio::test]
async fn a_bank_that_posts_after_it_was_given_up_posts_once() {
    let late = Instant::now() + Duration::from_secs(3);
    let connector = TestConnector::with(&[("CBS_SETTLE_MS", "3000")]).await;
    connector.bank_rule(json!({
        "operation": "post_repayment", "fault": "slow", "delay_ms": 1500, "times": 1
    }));
    let payment = IncomingPayment::of("100");
    connector.prepare(&payment).await.assert_error(500, "2005");
    // The Mojaloop Connector asks again; the answer is that of the first request.
    connector.reserved(&payment).await;
    // By now the bank has also done what it was slow about.
    tokio::time::sleep_until(late).await;
    connector.assert_books([payment.reserved()]);
}

#[tokio::test]
async fn a_repayment_that_is_posted_after_the_abort_is_reversed() {
    let connector = TestConnector::with(&[("CBS_SETTLE_MS", "3000")]).await;
    connector.bank_rule(json!({
        "operation": "post_repayment", "fault": "slow", "delay_ms": 1500, "times": 1
    }));
    let payment = IncomingPayment::of("100");
    connector.prepare(&payment).await.assert_error(500, "2005");
    connector
        .tell(&payment.transfer_id, "ABORTED")
        .await
        .served();
    connector.assert_books([payment.released()]);
}

#[tokio::test]
async fn a_commit_needs_nothing_of_the_bank() {
    let connector = TestConnector::start().await;
    let payment = IncomingPayment::of("100");
    let id = connector.reserved(&payment).await;
    connector.bank_fault("any", "fail", None);
    connector.tell(&id, "COMMITTED").await.served();
    assert_eq!(connector.incoming_state_told(&id).await, "COMMITTED");
    connector.assert_books([payment.committed()]);
}

#[tokio::test]
async fn a_bank_that_reverses_and_does_not_say_so_reverses_once() {
    for fault in ["act_then_fail", "act_then_silent", "fail"] {
        let connector = TestConnector::start().await;
        connector.bank_fault("reverse_repayment", fault, Some(1));
        let payment = IncomingPayment::of("100");
        let id = connector.reserved(&payment).await;
        connector.tell(&id, "ABORTED").await.served();
        connector.assert_books([payment.released()]);
    }
}

#[tokio::test]
async fn a_reversal_that_the_bank_cannot_take_now_is_posted_later_without_being_told_again() {
    let connector = TestConnector::start().await;
    let payment = IncomingPayment::of("100");
    let id = connector.reserved(&payment).await;
    connector.bank_fault("reverse_repayment", "fail", None);
    connector
        .tell(&id, "ABORTED")
        .await
        .assert_error(500, "2005");
    assert_eq!(connector.incoming_state_told(&id).await, "ABORTED");
    connector.assert_books([payment.reserved()]);

    connector.bank_recovers();
    connector
        .incoming_becomes(&id, IncomingState::Aborted)
        .await;
    connector.assert_books([payment.released()]);
    connector.tell(&id, "ABORTED").await.served();
    connector.assert_books([payment.released()]);
}

#[tokio::test]
async fn an_abort_that_was_told_is_reversed_although_nobody_tells_it_again() {
    let mut connector = TestConnector::start().await;
    let payment = IncomingPayment::of("100");
    let id = connector.reserved(&payment).await;
    let repaid = connector.bank.ledger();
    connector.bank_fault("reverse_repayment", "act_then_silent", Some(1));
    tokio::select! {
        _ = connector.tell(&id, "ABORTED") => {}
        () = eventually("the bank reverses", async || {
            connector.bank.ledger().postings.len() > repaid.postings.len()
        }) => {}
    }
    connector.start_again().await;
    connector
        .incoming_becomes(&id, IncomingState::Aborted)
        .await;
    connector.assert_books([payment.released()]);
}

#[tokio::test]
async fn a_reversal_that_the_bank_refuses_is_left_to_a_person() {
    let mut connector = TestConnector::start().await;
    let payment = IncomingPayment::of("100");
    let id = connector.reserved(&payment).await;
    let account = AccountNumber::new(payment.payee.account());
    let blocked = AccountStatus::Blocked;
    connector
        .bank
        .set_account_status(&account, blocked)
        .unwrap();
    for _ in 0..2 {
        connector
            .tell(&id, "ABORTED")
            .await
            .assert_error(500, "2001");
    }
    // It is still so after a restart: nobody but a person ends it.
    connector.start_again().await;
    connector
        .tell(&id, "ABORTED")
        .await
        .assert_error(500, "2001");
    let recorded = connector.incoming(&id).await;
    assert_eq!(recorded.payment.state(), IncomingState::Releasing);
    let reason = recorded.work.parked.unwrap();
    assert!(reason.starts_with("reconciliation error"), "{reason}");
    assert!(reason.contains("blocked"), "{reason}");
    // That says it all: nobody has to look in a second place.
    assert!(connector.exceptions_of(&id).await.is_empty());
    connector.assert_books([payment.reserved()]);
}
