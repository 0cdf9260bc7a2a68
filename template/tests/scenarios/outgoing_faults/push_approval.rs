//! Customers who do not approve, a bank that fails at asking them, and
//! callbacks that cannot be trusted.

use std::time::Duration;

use core_connector::{
    domain::{
        identifier::IdType,
        outgoing::OutgoingState,
        reference::{DebitStep, Reference},
        transfer_id::TransferId,
    },
    sandbox::bank::debiting::{Answer, CallbackTarget},
};
use reqwest::Method;
use ring::hmac;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    caller::{self, Answer as Answered},
    customers::Customer::Joshua,
    debits::{committed, released, reserved},
    outgoing_payment::{send_money, sent},
    test_connector::{TestConnector, eventually, rule},
};

const SECRET: &str = "a secret of thirty-two characters";

fn joshua_will(connector: &TestConnector, answer: Answer, after_ms: u64) {
    let phone = Joshua.id_value_of(IdType::Msisdn);
    let after = Duration::from_millis(after_ms);
    connector.bank.set_phone(&phone, answer, after).unwrap();
}

async fn customer_is_waited_for(connector: &TestConnector, request: &Value) {
    let transfers = "/simulator/transfers";
    eventually("the payment is known", async || {
        connector.simulator.get(transfers).await.served() != json!([])
    })
    .await;
    let id = connector.id_of(request).await;
    connector
        .outgoing_becomes(&id, OutgoingState::Reserving)
        .await;
}

fn callback(id: &TransferId) -> Value {
    json!({
        "reference": Reference::of_debit(id, DebitStep::Reserve).as_str(),
        "status": "approved",
    })
}

async fn call_back(connector: &TestConnector, body: &Value, secret: &str) -> Answered {
    let body = body.to_string();
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, body.as_bytes());
    let digits = tag.as_ref().iter().map(|byte| format!("{byte:02x}"));
    let request = connector
        .dfsp
        .request(Method::POST, "/approvals")
        .header("X-Approval-Signature", digits.collect::<String>())
        .body(body);
    caller::answer(request).await
}

/// A bank that is asked again and again in vain is left alone after a while. Not here.
const PATIENT: (&str, &str) = ("BREAKER_FAILURES", "100000");

#[tokio::test]
async fn a_payment_that_the_customer_declines_is_rejected_at_the_scheme() {
    let connector = TestConnector::start().await;
    joshua_will(&connector, Answer::Decline, 50);
    let request = send_money(Joshua, "100");
    connector.pay(&request).await.assert_error(500, "4101");
    let id = connector.id_of(&request).await;
    connector.assert_rejected_at_scheme(&id).await;
    connector.assert_books([]);
}

#[tokio::test]
async fn a_customer_who_does_not_answer_is_not_waited_for_longer_than_configured() {
    let connector = TestConnector::with(&[("APPROVAL_WAIT_MS", "300")]).await;
    joshua_will(&connector, Answer::Never, 0);
    let request = send_money(Joshua, "100");
    connector.pay(&request).await.assert_error(500, "3302");
    let id = connector.id_of(&request).await;
    connector.assert_rejected_at_scheme(&id).await;
    connector.assert_books([]);
}

#[tokio::test]
async fn a_customer_who_does_not_answer_is_not_waited_for_longer_than_the_offer_lives() {
    let connector = TestConnector::start().await;
    connector
        .scheme_behaves(json!({ "quoteLifetimeMs": 1500 }))
        .await;
    joshua_will(&connector, Answer::Never, 0);
    let request = send_money(Joshua, "100");
    connector.pay(&request).await.assert_error(500, "3302");
    let id = connector.id_of(&request).await;
    connector.assert_rejected_at_scheme(&id).await;
    connector.assert_books([]);
}

#[tokio::test]
async fn a_customer_who_approves_in_the_last_moment_has_paid() {
    let connector = TestConnector::with(&[("APPROVAL_WAIT_MS", "500"), PATIENT]).await;
    // Only when the request is cancelled is it noticed that he has approved.
    connector.bank_fault("find_approval", "fail", None);
    let request = send_money(Joshua, "100");
    connector.pay(&request).await.served();
    let id = connector.id_of(&request).await;
    connector.assert_books([committed(&id, Joshua, sent("100"))]);
}

#[tokio::test]
async fn what_was_approved_and_came_too_late_is_refunded() {
    let connector = TestConnector::with(&[PATIENT]).await;
    connector
        .scheme_behaves(json!({ "quoteLifetimeMs": 1500 }))
        .await;
    connector.bank_fault("find_approval", "fail", None);
    let request = send_money(Joshua, "100");
    connector.pay(&request).await.assert_error(500, "3302");
    let id = connector.id_of(&request).await;
    connector
        .outgoing_becomes(&id, OutgoingState::Aborted)
        .await;
    connector.assert_rejected_at_scheme(&id).await;
    connector.assert_books([released(&id, Joshua, sent("100"))]);
}

#[tokio::test]
async fn as_long_as_it_is_not_known_whether_the_customer_approved_nothing_is_decided() {
    let connector = TestConnector::with(&[("APPROVAL_WAIT_MS", "300")]).await;
    joshua_will(&connector, Answer::Never, 0);
    let faults = json!({
        "rules": [rule("find_approval", "fail"), rule("cancel_approval", "act_then_silent")],
        "forgetful": true,
    });
    let faults = serde_json::from_value(faults).unwrap();
    connector.bank.set_faults(faults);
    let request = send_money(Joshua, "100");
    connector.pay(&request).await.assert_error(500, "2005");
    let id = connector.id_of(&request).await;

    connector.bank_recovers();
    connector
        .outgoing_becomes(&id, OutgoingState::Aborted)
        .await;
    assert_eq!(connector.outgoing_state_told(&id).await, "ABORTED");
    connector.assert_books([]);
}

#[tokio::test]
async fn a_customer_who_is_asked_by_a_bank_that_does_not_say_so_is_asked_once() {
    for fault in ["act_then_fail", "act_then_silent", "fail"] {
        let connector = TestConnector::start().await;
        connector.bank_fault("request_approval", fault, Some(1));
        let request = send_money(Joshua, "100");
        // Of a silent bank it may be known only later that it has asked.
        let answer = connector.pay(&request).await;
        let id = connector.id_of(&request).await;
        if answer.status != 200 {
            connector
                .outgoing_becomes(&id, OutgoingState::Completed)
                .await;
        }
        connector.assert_books([committed(&id, Joshua, sent("100"))]);
    }
}

#[tokio::test]
async fn a_bank_that_asks_after_it_was_given_up_asks_once() {
    let late = Instant::now() + Duration::from_secs(3);
    let connector = TestConnector::with(&[("CBS_SETTLE_MS", "3000")]).await;
    connector.bank_rule(json!({
        "operation": "request_approval", "fault": "slow", "delay_ms": 1500, "times": 1
    }));
    let request = send_money(Joshua, "100");
    connector.pay(&request).await.assert_error(500, "2005");
    let id = connector.id_of(&request).await;
    connector.pay(&request).await.served();
    // By now the bank has also asked as it was told first.
    tokio::time::sleep_until(late).await;
    connector.assert_books([committed(&id, Joshua, sent("100"))]);
}

// [if payer_steps is not one_step]
#[tokio::test]
async fn a_rejection_counts_while_the_customer_is_being_asked() {
    let late = Instant::now() + Duration::from_secs(3);
    let connector = TestConnector::with(&[("CBS_SETTLE_MS", "3000")]).await;
    joshua_will(&connector, Answer::Never, 0);
    connector.bank_rule(json!({
        "operation": "request_approval", "fault": "slow", "delay_ms": 1500, "times": 1
    }));
    let id = connector.offered(Joshua, "100").await;
    connector.accept(&id).await.assert_error(500, "2005");
    connector.reject(&id).await.assert_error(500, "4101");
    tokio::time::sleep_until(late).await;
    connector
        .outgoing_becomes(&id, OutgoingState::Aborted)
        .await;
    connector.assert_rejected_at_scheme(&id).await;
    connector.assert_books([]);
}

// [end]
#[tokio::test]
async fn the_next_connector_goes_on_waiting_for_a_customer() {
    let mut connector = TestConnector::start().await;
    joshua_will(&connector, Answer::Approve, 2000);
    let request = send_money(Joshua, "100");
    tokio::select! {
        _ = connector.pay(&request) => panic!("the customer has not answered yet"),
        () = customer_is_waited_for(&connector, &request) => {}
    }
    connector.start_again().await;
    let id = connector.id_of(&request).await;
    connector
        .outgoing_becomes(&id, OutgoingState::Completed)
        .await;
    connector.assert_books([committed(&id, Joshua, sent("100"))]);
    assert_eq!(connector.seen_by_scheme(&id).await["accepts"], 1);
}

#[tokio::test]
async fn a_bank_that_refunds_and_does_not_say_so_refunds_once() {
    for fault in ["act_then_fail", "act_then_silent", "fail"] {
        let connector = TestConnector::start().await;
        connector
            .scheme_behaves(json!({ "rules": [rule("accept", "abort")] }))
            .await;
        connector.bank_fault("refund", fault, Some(1));
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
async fn a_refund_that_the_bank_refuses_is_left_to_a_person_also_after_a_restart() {
    let mut connector = TestConnector::start().await;
    connector
        .scheme_behaves(json!({ "rules": [rule("accept", "abort")] }))
        .await;
    connector.bank_rule(json!({
        "operation": "refund", "fault": "refuse", "reason": "account_closed"
    }));
    let request = send_money(Joshua, "100");
    connector.pay(&request).await.assert_error(500, "2001");
    let id = connector.id_of(&request).await;
    let reason = connector.outgoing(&id).await.work.parked.unwrap();
    assert!(reason.contains("closed"), "{reason}");

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

#[tokio::test]
async fn a_callback_makes_the_connector_ask_at_once() {
    let connector = TestConnector::with(&[
        ("APPROVAL_POLL_MS", "45000"),
        ("APPROVAL_CALLBACK_SECRET", SECRET),
    ])
    .await;
    let request = connector.dfsp.request(Method::POST, "/approvals");
    let target = CallbackTarget {
        url: request.build().unwrap().url().to_string(),
        secret: SECRET.to_owned(),
    };
    connector.bank.set_callback_target(target).unwrap();
    let request = send_money(Joshua, "100");
    let started = Instant::now();
    connector.pay(&request).await.served();
    assert!(started.elapsed() < Duration::from_secs(20));
    let id = connector.id_of(&request).await;
    connector.assert_books([committed(&id, Joshua, sent("100"))]);
}

#[tokio::test]
async fn what_a_callback_says_is_not_believed() {
    let connector = TestConnector::with(&[
        ("APPROVAL_WAIT_MS", "1000"),
        ("APPROVAL_CALLBACK_SECRET", SECRET),
    ])
    .await;
    joshua_will(&connector, Answer::Never, 0);
    let request = send_money(Joshua, "100");
    let calls = async {
        customer_is_waited_for(&connector, &request).await;
        let id = connector.id_of(&request).await;
        for _ in 0..3 {
            let answer = call_back(&connector, &callback(&id), SECRET).await;
            assert_eq!(answer.status, 202);
        }
    };
    let (answer, ()) = tokio::join!(connector.pay(&request), calls);
    answer.assert_error(500, "3302");
    let id = connector.id_of(&request).await;
    // One that comes late is harmless as well.
    let answer = call_back(&connector, &callback(&id), SECRET).await;
    assert_eq!(answer.status, 202);
    connector.assert_rejected_at_scheme(&id).await;
    connector.assert_books([]);
}

#[tokio::test]
async fn a_callback_that_is_not_signed_with_the_secret_is_refused() {
    let connector = TestConnector::with(&[("APPROVAL_CALLBACK_SECRET", SECRET)]).await;
    let body = callback(&TransferId::generate());
    let forged = call_back(&connector, &body, "another one").await;
    forged.assert_error(401, "3100");
    let unsigned = connector.dfsp.post("/approvals", &body).await;
    unsigned.assert_error(401, "3100");
    let too_long = json!({ "reference": "x".repeat(2_000_000) });
    let too_long = call_back(&connector, &too_long, SECRET).await;
    too_long.assert_error(401, "3100");

    // Whether anybody waits is told to nobody.
    assert_eq!(call_back(&connector, &body, SECRET).await.status, 202);
    let malformed = call_back(&connector, &json!({ "status": "approved" }), SECRET).await;
    malformed.assert_error(400, "3101");
}

#[tokio::test]
async fn without_a_secret_no_callback_is_heard() {
    let connector = TestConnector::start().await;
    let body = callback(&TransferId::generate());
    let answer = call_back(&connector, &body, "").await;
    answer.assert_error(401, "3100");
}

#[tokio::test]
async fn a_payer_without_a_telephone_is_refused_before_anything() {
    let connector = TestConnector::with(&[("SUPPORTED_ID_TYPE", "MSISDN,ALIAS")]).await;
    let mut request = send_money(Joshua, "100");
    request["payer"]["payerIdType"] = json!("ALIAS");
    request["payer"]["payerId"] = json!(Joshua.id_value_of(IdType::Alias));
    connector.pay(&request).await.assert_error(400, "3100");
    let seen = connector.simulator.get("/simulator/transfers").await;
    assert_eq!(seen.served(), json!([]));
    connector.assert_books([]);
}
