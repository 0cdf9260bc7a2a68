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
async fn a_credit_that_the_bank_refuses_is_refused_for_good() {
    let connector = TestConnector::start().await;
    let payment = IncomingPayment::of("100");
    let quote = connector.quote(&payment).await.served();
    let request = payment.transfer_request(&quote);
    let reason = json!({
        "operation": "reserve_credit", "fault": "refuse", "reason": "limit_exceeded", "times": 1
    });
    connector.bank_rule(reason);
    for _ in 0..2 {
        let answer = connector.backend.post("/transfers", &request).await;
        answer.assert_error(400, "5200");
    }
    assert_eq!(
        connector.incoming_state_told(&payment.transfer_id).await,
        "ABORTED"
    );
    connector
        .tell(&payment.transfer_id, "ABORTED")
        .await
        .served();
    connector.assert_books([]);
}

#[tokio::test]
async fn a_bank_that_reserves_and_does_not_say_so_reserves_once() {
    for fault in ["act_then_fail", "act_then_silent", "fail"] {
        let connector = TestConnector::start().await;
        connector.bank_fault("reserve_credit", fault, Some(1));
        let payment = IncomingPayment::of("100");
        let id = connector.reserved(&payment).await;
        connector.assert_books([payment.reserved()]);
        connector.tell(&id, "COMMITTED").await.served();
        connector.assert_books([payment.committed()]);
    }
}

#[tokio::test]
async fn a_bank_that_reserves_after_it_was_given_up_reserves_once() {
    let late = Instant::now() + Duration::from_secs(3);
    let connector = TestConnector::with(&[("CBS_SETTLE_MS", "3000")]).await;
    connector.bank_rule(json!({
        "operation": "reserve_credit", "fault": "slow", "delay_ms": 1500, "times": 1
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
async fn a_payment_waits_for_a_bank_that_is_away_and_needs_no_person() {
    let variables = [
        ("BREAKER_FAILURES", "2"),
        ("BREAKER_FIRST_PAUSE_MS", "1500"),
        ("BREAKER_LONGEST_PAUSE_MS", "1500"),
        // Used up long before, if these attempts counted.
        ("RETRY_MAX_ATTEMPTS", "3"),
    ];
    let connector = TestConnector::with(&variables).await;
    let payment = IncomingPayment::of("100");
    let id = connector.reserved(&payment).await;
    connector.bank.set_faults(
        serde_json::from_value(json!({
            "rules": [
                { "operation": "commit_credit", "fault": "fail", "times": 1 },
                { "operation": "enquire", "fault": "fail", "times": 1 },
            ],
            "forgetful": true,
        }))
        .unwrap(),
    );
    connector
        .tell(&id, "COMMITTED")
        .await
        .assert_error(500, "2005");
    eventually("the credit is posted", async || {
        connector.tell(&id, "COMMITTED").await.status == 200
    })
    .await;
    connector.assert_books([payment.committed()]);
}

#[tokio::test]
async fn a_bank_that_posts_and_does_not_say_so_posts_once() {
    for fault in ["act_then_fail", "act_then_silent", "fail"] {
        let connector = TestConnector::start().await;
        connector.bank_fault("commit_credit", fault, Some(1));
        let payment = IncomingPayment::of("100");
        let id = connector.reserved(&payment).await;
        connector.tell(&id, "COMMITTED").await.served();
        connector.assert_books([payment.committed()]);
    }
}

#[tokio::test]
async fn a_bank_that_frees_and_does_not_say_so_frees_once() {
    for fault in ["act_then_fail", "act_then_silent", "fail"] {
        let connector = TestConnector::start().await;
        connector.bank_fault("release_credit", fault, Some(1));
        let payment = IncomingPayment::of("100");
        let id = connector.reserved(&payment).await;
        connector.tell(&id, "ABORTED").await.served();
        connector.assert_books([payment.released()]);
    }
}

#[tokio::test]
async fn a_commit_that_the_bank_cannot_take_now_is_posted_later_without_being_told_again() {
    let connector = TestConnector::start().await;
    let payment = IncomingPayment::of("100");
    let id = connector.reserved(&payment).await;
    connector.bank_fault("commit_credit", "fail", None);
    connector
        .tell(&id, "COMMITTED")
        .await
        .assert_error(500, "2005");
    assert_eq!(connector.incoming_state_told(&id).await, "COMMITTED");
    connector.assert_books([payment.reserved()]);

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
    connector.bank_fault("commit_credit", "act_then_silent", Some(1));
    tokio::select! {
        _ = connector.tell(&id, "COMMITTED") => {}
        () = eventually("the bank posts", async || connector.bank.ledger().open_holds.is_empty()) => {}
    }
    connector.start_again().await;
    connector
        .incoming_becomes(&id, IncomingState::Committed)
        .await;
    connector.assert_books([payment.committed()]);
}

#[tokio::test]
async fn a_commit_that_the_bank_refuses_is_left_to_a_person() {
    let connector = TestConnector::start().await;
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
    let recorded = connector.incoming(&id).await;
    assert_eq!(recorded.payment.state(), IncomingState::Committing);
    let reason = recorded.work.parked.unwrap();
    assert!(reason.starts_with("reconciliation error"), "{reason}");
    assert!(reason.contains("blocked"), "{reason}");
    // That says it all: nobody has to look in a second place.
    assert!(connector.exceptions_of(&id).await.is_empty());
    connector.assert_books([payment.reserved()]);
}
