//! A bank that fails at what it is asked and told about incoming payments, and
//! promises that do not fit together.

use core_connector::domain::{
    incoming::IncomingState,
    party::{AccountNumber, AccountStatus},
};
use futures_util::future::join_all;
use serde_json::json;
use tokio::time::{Duration, Instant};

use crate::{
    books::Booked,
    customers::Customer::NearlyFull,
    incoming_payment::IncomingPayment,
    test_connector::{TestConnector, eventually},
};

#[tokio::test]
async fn a_credit_that_the_account_does_not_take_any_more_is_refused_for_good() {
    let connector = TestConnector::start().await;
    let payment = IncomingPayment::of("100");
    let quote = connector.quote(&payment).await.served();
    let request = payment.transfer_request(&quote);
    connector.bank_rule(json!({
        "operation": "check_credit", "fault": "refuse", "reason": "limit_exceeded", "times": 1
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
async fn nothing_is_promised_while_the_bank_cannot_be_asked() {
    let connector = TestConnector::start().await;
    let payment = IncomingPayment::of("100");
    let quote = connector.quote(&payment).await.served();
    let request = payment.transfer_request(&quote);
    connector.bank_fault("check_credit", "fail", None);
    let answer = connector.backend.post("/transfers", &request).await;
    answer.assert_error(500, "2005");

    connector.bank_recovers();
    let answer = connector.backend.post("/transfers", &request).await;
    assert_eq!(answer.served()["transferState"], "RESERVED");
    connector.assert_books([]);
}

#[tokio::test]
async fn an_abort_waits_for_no_bank_that_was_never_told_anything() {
    let connector = TestConnector::with(&[("CBS_SETTLE_MS", "60000")]).await;
    let payment = IncomingPayment::of("100");
    let quote = connector.quote(&payment).await.served();
    let request = payment.transfer_request(&quote);
    connector.bank_fault("check_credit", "fail", None);
    let answer = connector.backend.post("/transfers", &request).await;
    answer.assert_error(500, "2005");

    let told_at = Instant::now();
    let id = &payment.transfer_id;
    connector.tell(id, "ABORTED").await.served();
    assert!(told_at.elapsed() < Duration::from_secs(30));
    assert_eq!(connector.incoming_state_told(id).await, "ABORTED");
    connector.assert_books([]);
}

#[tokio::test]
async fn a_promise_is_known_by_the_identifier_of_the_transfer() {
    let connector = TestConnector::start().await;
    let payment = IncomingPayment::of("100");
    let answer = connector.prepare(&payment).await;
    let id = &payment.transfer_id;
    assert_eq!(answer.body["homeTransactionId"], json!(id));
    connector.tell(id, "COMMITTED").await.served();
    // Also when there is a booking: a repeated request gets the same answer.
    assert_eq!(connector.prepare(&payment).await, answer);
}

#[tokio::test]
async fn promises_to_one_payee_do_not_exceed_what_his_account_takes() {
    let connector = TestConnector::start().await;
    let [first, second] = ["9", "9"].map(|amount| IncomingPayment::of(amount).to(NearlyFull));
    let id = connector.reserved(&first).await;
    connector.prepare(&second).await.assert_error(400, "5200");

    connector.tell(&id, "ABORTED").await.served();
    let third = IncomingPayment::of("9").to(NearlyFull);
    let id = connector.reserved(&third).await;
    connector.tell(&id, "COMMITTED").await.served();
    connector.assert_books([third.committed()]);
}

#[tokio::test]
async fn promises_that_are_made_at_the_same_moment_do_not_overlook_each_other() {
    let connector = TestConnector::start().await;
    let payments: Vec<_> = (0..8)
        .map(|_| IncomingPayment::of("9").to(NearlyFull))
        .collect();
    let prepared = join_all(payments.iter().map(|payment| connector.prepare(payment))).await;
    let promised: Vec<_> = payments
        .iter()
        .zip(prepared)
        .filter(|(_, answer)| answer.status == 200)
        .map(|(payment, _)| payment)
        .collect();
    assert!(promised.len() <= 1, "{} are promised", promised.len());
    for payment in &promised {
        let told = connector.tell(&payment.transfer_id, "COMMITTED").await;
        told.served();
    }
    let paid = promised.first().map(|payment| payment.committed());
    connector.assert_books([paid.unwrap_or_else(Booked::nothing)]);
}

#[tokio::test]
async fn promises_do_not_exceed_what_the_funding_covers() {
    let connector = TestConnector::start().await;
    let [first, second] = ["60000", "60000"].map(IncomingPayment::of);
    let quote = connector.quote(&second).await.served();
    let id = connector.reserved(&first).await;
    let request = second.transfer_request(&quote);
    let answer = connector.backend.post("/transfers", &request).await;
    answer.assert_error(400, "5001");

    connector.tell(&id, "ABORTED").await.served();
    let third = IncomingPayment::of("60000");
    let id = connector.reserved(&third).await;
    connector.tell(&id, "COMMITTED").await.served();
    connector.assert_books([third.committed()]);
}

#[tokio::test]
async fn a_promise_outlives_the_connector_and_still_counts() {
    let mut connector = TestConnector::start().await;
    let [first, second] = ["9", "9"].map(|amount| IncomingPayment::of(amount).to(NearlyFull));
    let id = connector.reserved(&first).await;
    connector.start_again().await;
    connector.prepare(&second).await.assert_error(400, "5200");
    connector.tell(&id, "COMMITTED").await.served();
    connector.assert_books([first.committed()]);
}

#[tokio::test]
async fn a_bank_that_posts_and_does_not_say_so_posts_once() {
    for fault in ["act_then_fail", "act_then_silent", "fail"] {
        let connector = TestConnector::start().await;
        connector.bank_fault("credit_payee", fault, Some(1));
        let payment = IncomingPayment::of("100");
        let id = connector.reserved(&payment).await;
        connector.tell(&id, "COMMITTED").await.served();
        connector.assert_books([payment.committed()]);
    }
}

#[tokio::test]
async fn a_bank_that_posts_after_it_was_given_up_posts_once() {
    let late = Instant::now() + Duration::from_secs(3);
    let connector = TestConnector::with(&[("CBS_SETTLE_MS", "3000")]).await;
    connector.bank_rule(json!({
        "operation": "credit_payee", "fault": "slow", "delay_ms": 1500, "times": 1
    }));
    let payment = IncomingPayment::of("100");
    let id = connector.reserved(&payment).await;
    connector
        .tell(&id, "COMMITTED")
        .await
        .assert_error(500, "2005");
    // The Mojaloop Connector tells it again.
    connector.tell(&id, "COMMITTED").await.served();
    // By now the bank has also done what it was slow about.
    tokio::time::sleep_until(late).await;
    connector.assert_books([payment.committed()]);
}

#[tokio::test]
async fn a_commit_that_the_bank_cannot_take_now_is_posted_later_without_being_told_again() {
    let connector = TestConnector::start().await;
    let payment = IncomingPayment::of("100");
    let id = connector.reserved(&payment).await;
    connector.bank_fault("credit_payee", "fail", None);
    connector
        .tell(&id, "COMMITTED")
        .await
        .assert_error(500, "2005");
    assert_eq!(connector.incoming_state_told(&id).await, "COMMITTED");
    connector.assert_books([]);

    connector.bank_recovers();
    connector
        .incoming_becomes(&id, IncomingState::Committed)
        .await;
    connector.assert_books([payment.committed()]);
    connector.tell(&id, "COMMITTED").await.served();
    connector.assert_books([payment.committed()]);
}

#[tokio::test]
async fn a_commit_that_was_told_is_posted_although_nobody_tells_it_again() {
    let mut connector = TestConnector::start().await;
    let payment = IncomingPayment::of("100");
    let id = connector.reserved(&payment).await;
    let untouched = connector.bank.ledger();
    connector.bank_fault("credit_payee", "act_then_silent", Some(1));
    tokio::select! {
        _ = connector.tell(&id, "COMMITTED") => {}
        () = eventually("the bank posts", async || {
            connector.bank.ledger().postings.len() > untouched.postings.len()
        }) => {}
    }
    connector.start_again().await;
    connector
        .incoming_becomes(&id, IncomingState::Committed)
        .await;
    connector.assert_books([payment.committed()]);
}

#[tokio::test]
async fn a_credit_that_is_refused_after_the_commit_is_left_to_a_person() {
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
            .tell(&id, "COMMITTED")
            .await
            .assert_error(500, "2001");
    }
    // It is still so after a restart: nobody but a person ends it.
    connector.start_again().await;
    connector
        .tell(&id, "COMMITTED")
        .await
        .assert_error(500, "2001");
    let recorded = connector.incoming(&id).await;
    assert_eq!(recorded.payment.state(), IncomingState::Committing);
    let reason = recorded.work.parked.unwrap();
    assert!(reason.starts_with("reconciliation error"), "{reason}");
    assert!(reason.contains("blocked"), "{reason}");
    // That says it all: nobody has to look in a second place.
    assert!(connector.exceptions_of(&id).await.is_empty());
    connector.assert_books([]);
}
