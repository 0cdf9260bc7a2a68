//! A bank that fails at what it is told about outgoing payments.

use core_connector::domain::outgoing::OutgoingState;
use serde_json::json;
use tokio::time::{Duration, Instant};

use crate::{
    customers::Customer::Joshua,
    debits::{committed, released, reserved},
    outgoing_payment::{send_money, sent},
    test_connector::{TestConnector, rule},
};

// [if payer_steps is not one_step]
#[tokio::test]
async fn a_rejection_counts_while_the_money_is_being_taken() {
    let late = Instant::now() + Duration::from_secs(3);
    let connector = TestConnector::with(&[("CBS_SETTLE_MS", "3000")]).await;
    connector.bank_rule(json!({
        "operation": "debit", "fault": "slow", "delay_ms": 1500, "times": 1
    }));
    let id = connector.offered(Joshua, "100").await;
    connector.accept(&id).await.assert_error(500, "2005");
    connector.reject(&id).await.assert_error(500, "4101");
    // By now the bank has also done what it was slow about, and undone it.
    tokio::time::sleep_until(late).await;
    connector
        .outgoing_becomes(&id, OutgoingState::Aborted)
        .await;
    connector.assert_books([released(&id, Joshua, sent("100"))]);
    connector.assert_rejected_at_scheme(&id).await;
}

// [end]
#[tokio::test]
async fn a_bank_that_debits_and_does_not_say_so_debits_once() {
    for fault in ["act_then_fail", "act_then_silent", "fail"] {
        let connector = TestConnector::start().await;
        connector.bank_fault("debit", fault, Some(1));
        let request = send_money(Joshua, "100");
        connector.pay(&request).await.served();
        let id = connector.id_of(&request).await;
        connector.assert_books([committed(&id, Joshua, sent("100"))]);
    }
}

#[tokio::test]
async fn a_bank_that_debits_after_it_was_given_up_debits_once() {
    let late = Instant::now() + Duration::from_secs(3);
    let connector = TestConnector::with(&[("CBS_SETTLE_MS", "3000")]).await;
    connector.bank_rule(json!({
        "operation": "debit", "fault": "slow", "delay_ms": 1500, "times": 1
    }));
    let request = send_money(Joshua, "100");
    connector.pay(&request).await.assert_error(500, "2005");
    let id = connector.id_of(&request).await;
    connector.pay(&request).await.served();
    // By now the bank has also done what it was slow about.
    tokio::time::sleep_until(late).await;
    connector.assert_books([committed(&id, Joshua, sent("100"))]);
}

#[tokio::test]
async fn a_bank_that_reverses_and_does_not_say_so_reverses_once() {
    for fault in ["act_then_fail", "act_then_silent", "fail"] {
        let connector = TestConnector::start().await;
        connector
            .scheme_behaves(json!({ "rules": [rule("accept", "abort")] }))
            .await;
        connector.bank_fault("reverse_debit", fault, Some(1));
        let request = send_money(Joshua, "100");
        connector.pay(&request).await.assert_error(500, "5000");
        let id = connector.id_of(&request).await;
        connector
            .outgoing_becomes(&id, OutgoingState::Aborted)
            .await;
        connector.assert_books([released(&id, Joshua, sent("100"))]);
    }
}

#[tokio::test]
async fn a_reversal_that_fails_at_the_bank_is_done_later_also_by_the_next_connector() {
    let mut connector = TestConnector::start().await;
    connector
        .scheme_behaves(json!({ "rules": [rule("accept", "abort")] }))
        .await;
    connector.bank_fault("reverse_debit", "fail", None);
    let request = send_money(Joshua, "100");
    connector.pay(&request).await.assert_error(500, "5000");
    let id = connector.id_of(&request).await;
    connector.assert_books([reserved(&id, Joshua, sent("100"))]);

    connector.start_again().await;
    connector.bank_recovers();
    connector
        .outgoing_becomes(&id, OutgoingState::Aborted)
        .await;
    connector.assert_books([released(&id, Joshua, sent("100"))]);
}

#[tokio::test]
async fn a_reversal_that_the_bank_refuses_is_left_to_a_person_also_after_a_restart() {
    let mut connector = TestConnector::start().await;
    connector
        .scheme_behaves(json!({ "rules": [rule("accept", "abort")] }))
        .await;
    connector.bank_rule(json!({
        "operation": "reverse_debit", "fault": "refuse", "reason": "account_closed"
    }));
    let request = send_money(Joshua, "100");
    connector.pay(&request).await.assert_error(500, "2001");
    let id = connector.id_of(&request).await;
    let reason = connector.outgoing(&id).await.work.parked.unwrap();
    assert!(reason.contains("closed"), "{reason}");
    connector.assert_books([reserved(&id, Joshua, sent("100"))]);

    connector.bank_recovers();
    connector.scheme_recovers().await;
    connector.start_again().await;
    // When this payment is finished, a start has taken up all that it does.
    let request = send_money(Joshua, "200");
    connector.pay(&request).await.served();
    let other = connector.id_of(&request).await;
    connector.assert_books([
        committed(&other, Joshua, sent("200")),
        reserved(&id, Joshua, sent("100")),
    ]);
}
