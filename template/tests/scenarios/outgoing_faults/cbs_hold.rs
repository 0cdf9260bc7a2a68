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
async fn a_rejection_counts_while_the_money_is_being_held() {
    let late = Instant::now() + Duration::from_secs(3);
    let connector = TestConnector::with(&[("CBS_SETTLE_MS", "3000")]).await;
    connector.bank_rule(json!({
        "operation": "hold", "fault": "slow", "delay_ms": 1500, "times": 1
    }));
    let id = connector.offered(Joshua, "100").await;
    connector.accept(&id).await.assert_error(500, "2005");
    connector.reject(&id).await.assert_error(500, "4101");
    // By now the bank has also held what it was slow about, and it is free again.
    tokio::time::sleep_until(late).await;
    connector
        .outgoing_becomes(&id, OutgoingState::Aborted)
        .await;
    connector.assert_books([]);
    connector.assert_rejected_at_scheme(&id).await;
}

// [end]
#[tokio::test]
async fn a_bank_that_acts_and_does_not_say_so_acts_once() {
    for operation in ["hold", "capture"] {
        for fault in ["act_then_fail", "act_then_silent", "fail"] {
            let connector = TestConnector::start().await;
            connector.bank_fault(operation, fault, Some(1));
            let request = send_money(Joshua, "100");
            connector.pay(&request).await.served();
            let id = connector.id_of(&request).await;
            connector.assert_books([committed(&id, Joshua, sent("100"))]);
        }
    }
}

#[tokio::test]
async fn a_bank_that_holds_after_it_was_given_up_holds_once() {
    let late = Instant::now() + Duration::from_secs(3);
    let connector = TestConnector::with(&[("CBS_SETTLE_MS", "3000")]).await;
    connector.bank_rule(json!({
        "operation": "hold", "fault": "slow", "delay_ms": 1500, "times": 1
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
async fn a_bank_that_frees_and_does_not_say_so_frees_once() {
    for fault in ["act_then_fail", "act_then_silent", "fail"] {
        let connector = TestConnector::start().await;
        connector
            .scheme_behaves(json!({ "rules": [rule("accept", "abort")] }))
            .await;
        connector.bank_fault("release_hold", fault, Some(1));
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
async fn a_capture_that_fails_at_the_bank_is_done_later() {
    let connector = TestConnector::start().await;
    connector.bank_fault("capture", "fail", None);
    let request = send_money(Joshua, "100");
    // The payee has the money: that this bank has to catch up is its own affair.
    connector.pay(&request).await.served();
    let id = connector.id_of(&request).await;
    assert_eq!(connector.outgoing_state_told(&id).await, "COMMITTED");
    connector.assert_books([reserved(&id, Joshua, sent("100"))]);

    connector.bank_recovers();
    connector
        .outgoing_becomes(&id, OutgoingState::Completed)
        .await;
    connector.assert_books([committed(&id, Joshua, sent("100"))]);
}

#[tokio::test]
async fn a_capture_that_the_bank_refuses_is_left_to_a_person_also_after_a_restart() {
    let mut connector = TestConnector::start().await;
    connector.bank_rule(json!({
        "operation": "capture", "fault": "refuse", "reason": "account_closed"
    }));
    let request = send_money(Joshua, "100");
    connector.pay(&request).await.served();
    let id = connector.id_of(&request).await;
    let reason = connector.outgoing(&id).await.work.parked.unwrap();
    assert!(reason.contains("closed"), "{reason}");
    connector.assert_books([reserved(&id, Joshua, sent("100"))]);

    connector.bank_recovers();
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
