//! Money that arrives: promised, and then paid or given up, once.

use std::time::{Duration, Instant};

use core_connector::domain::{
    incoming::IncomingState, timestamp::Timestamp, transfer_id::TransferId,
};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{
    credits,
    customers::{Customer, id_type},
    incoming_payment::IncomingPayment,
    test_connector::{TestConnector, eventually},
};

/// Lets the simulated scheme pay John, and decide without telling of it.
async fn pay_without_a_notification(connector: &TestConnector, decision: &str) -> IncomingPayment {
    let payment = IncomingPayment::of("100");
    let wanted = json!({
        "transferId": payment.transfer_id,
        "idType": id_type(),
        "idValue": payment.payee.id_value(),
        "amount": payment.amount,
        "finalState": decision,
        "notifications": 0,
    });
    let report = connector.simulator.post("/simulator/incoming", &wanted);
    let report = report.await.served();
    assert_eq!(report["outcome"], decision, "{report}");
    payment
}

#[tokio::test]
async fn a_committed_transfer_is_posted_once_however_often_it_is_told() {
    let connector = TestConnector::start().await;
    let payment = IncomingPayment::of("100");
    let id = connector.reserved(&payment).await;
    connector.assert_books([payment.reserved()]);
    assert_eq!(connector.incoming_state_told(&id).await, "RESERVED");

    for _ in 0..3 {
        connector.tell(&id, "COMMITTED").await.served();
        connector.assert_books([payment.committed()]);
    }
    assert_eq!(connector.incoming_state_told(&id).await, "COMMITTED");
}

#[tokio::test]
async fn an_aborted_transfer_is_freed() {
    let connector = TestConnector::start().await;
    let payment = IncomingPayment::of("100");
    let id = connector.reserved(&payment).await;
    for _ in 0..3 {
        connector.tell(&id, "ABORTED").await.served();
        connector.assert_books([payment.released()]);
    }
    assert_eq!(connector.incoming_state_told(&id).await, "ABORTED");
    // What was reserved for it is no longer promised.
    connector.prepare(&payment).await.assert_error(400, "3303");
    connector.assert_books([payment.released()]);
}

#[tokio::test]
async fn the_whole_conversation_with_the_scheme_ends_with_the_money_at_the_payee() {
    let connector = TestConnector::start().await;
    let payment = IncomingPayment::of("100");
    let wanted = json!({
        "transferId": payment.transfer_id,
        "idType": id_type(),
        "idValue": payment.payee.id_value(),
        "amount": payment.amount,
        "notifications": 8,
        "concurrent": true,
    });
    let report = connector.simulator.post("/simulator/incoming", &wanted);
    let report = report.await.served();
    assert_eq!(report["outcome"], "COMMITTED", "{report}");
    let steps = report["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 3 + 8);
    for step in steps {
        assert_eq!(
            (&step["status"], &step["attempts"]),
            (&json!(200), &json!(1))
        );
    }
    connector.assert_books([payment.committed()]);
}

#[tokio::test]
async fn a_request_that_comes_again_gets_the_same_answer_and_reserves_nothing_more() {
    let connector = TestConnector::start().await;
    let payment = IncomingPayment::of("100");
    let answer = connector.prepare(&payment).await;
    assert_eq!(answer.status, 200);
    assert_eq!(connector.prepare(&payment).await, answer);
    connector.assert_books([payment.reserved()]);

    connector
        .tell(&payment.transfer_id, "COMMITTED")
        .await
        .served();
    assert_eq!(connector.prepare(&payment).await, answer);
    connector.assert_books([payment.committed()]);
}

#[tokio::test]
async fn eight_requests_at_once_reserve_once() {
    let connector = TestConnector::start().await;
    let payment = IncomingPayment::of("100");
    let quote = connector.quote(&payment).await.served();
    let request = payment.transfer_request(&quote);
    let requests = (0..8).map(|_| connector.backend.post("/transfers", &request));
    let answers = join_all(requests).await;
    for answer in &answers {
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer, &answers[0]);
    }
    connector.assert_books([payment.reserved()]);
}

#[tokio::test]
async fn eight_notifications_at_once_post_once() {
    let connector = TestConnector::start().await;
    let payment = IncomingPayment::of("100");
    let id = connector.reserved(&payment).await;
    let answers = join_all((0..8).map(|_| connector.tell(&id, "COMMITTED"))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    connector.assert_books([payment.committed()]);
}

#[tokio::test]
async fn another_transfer_under_a_known_identifier_is_refused() {
    let connector = TestConnector::start().await;
    let payment = IncomingPayment::of("100");
    connector.reserved(&payment).await;
    let mut other = IncomingPayment::of("200");
    other.transfer_id = payment.transfer_id.clone();
    connector.prepare(&other).await.assert_error(400, "3106");
    connector.assert_books([payment.reserved()]);
}

#[tokio::test]
async fn a_transfer_is_held_to_the_quote_that_was_given_for_it() {
    let connector = TestConnector::start().await;
    let payment = IncomingPayment::of("100");
    let quote = connector.quote(&payment).await.served();
    let mut dearer = IncomingPayment::of("200");
    dearer.quote_id = payment.quote_id.clone();
    let mut copy = quote.clone();
    copy["transferAmount"] = json!("200");
    copy["payeeReceiveAmount"] = json!("200");
    for (payment, copy) in [
        (dearer, copy),
        (payment.clone().to(Customer::Joshua), quote.clone()),
    ] {
        let request = payment.transfer_request(&copy);
        let answer = connector.backend.post("/transfers", &request).await;
        assert_eq!(answer.status, 400, "{}", answer.body);
    }
    connector.assert_books([]);
}

#[tokio::test]
async fn an_expired_quote_is_no_longer_binding() {
    let connector = TestConnector::with(&[("QUOTE_LIFETIME_MS", "1")]).await;
    let payment = IncomingPayment::of("100");
    let quote = connector.quote(&payment).await.served();
    let expiration: Timestamp = quote["expiration"].as_str().unwrap().parse().unwrap();
    eventually("the quote expires", async || Timestamp::now() > expiration).await;
    let request = payment.transfer_request(&quote);
    let answer = connector.backend.post("/transfers", &request).await;
    answer.assert_error(400, "3302");
    connector.assert_books([]);
}

/// The quote as a connector that no longer has it could be sent it.
fn quote_of_another(transfer_amount: &str, payee_receives: &str) -> Value {
    json!({
        "quoteId": TransferId::generate(),
        "transferAmount": transfer_amount,
        "payeeReceiveAmount": payee_receives,
        "payeeFspFeeAmount": "2",
        "payeeFspCommissionAmount": "1",
        "expiration": "2020-01-01T00:00:00.000Z",
    })
}

#[tokio::test]
async fn without_a_quote_of_ours_the_figures_have_to_add_up() {
    let connector = TestConnector::start().await;
    let payment = IncomingPayment::of("100");
    for (transfer_amount, payee_receives) in [("100", "98"), ("99", "100"), ("98", "97")] {
        let quote = quote_of_another(transfer_amount, payee_receives);
        let request = payment.transfer_request(&quote);
        let answer = connector.backend.post("/transfers", &request).await;
        answer.assert_error(400, "5101");
    }
    connector.assert_books([]);

    let request = payment.transfer_request(&quote_of_another("99", "98"));
    let answer = connector.backend.post("/transfers", &request).await;
    assert_eq!(answer.served()["transferState"], "RESERVED");
    let terms = connector.incoming(&payment.transfer_id).await.payment.terms;
    assert_eq!(terms.transfer_amount().to_string(), "99");
    connector.assert_books([credits::reserved(
        &payment.transfer_id,
        payment.payee,
        terms,
    )]);

    connector
        .tell(&payment.transfer_id, "COMMITTED")
        .await
        .served();
    let posting = credits::committed(&payment.transfer_id, payment.payee, terms);
    connector.assert_books([posting]);
}

#[tokio::test]
async fn an_error_proves_nothing_so_the_credit_stays_reserved_until_the_hub_has_decided() {
    let connector = TestConnector::start().await;
    let undecided = json!({ "operation": "get_transfer", "fault": "unknownState" });
    connector
        .scheme_behaves(json!({ "rules": [undecided] }))
        .await;
    let payment = pay_without_a_notification(&connector, "COMMITTED").await;
    let id = &payment.transfer_id;

    let answer = connector.tell(id, "RESERVED").await;
    answer.assert_error(500, "5000");
    assert_eq!(answer.body["message"], "Transfer Not Completed Error");
    connector.incoming_is_postponed(id).await;
    assert_eq!(connector.incoming_state_told(id).await, "RESERVED");
    connector.assert_books([payment.reserved()]);

    connector.scheme_recovers().await;
    connector
        .incoming_becomes(id, IncomingState::Committed)
        .await;
    connector.assert_books([payment.committed()]);
}

#[tokio::test]
async fn a_commit_that_is_never_told_is_found_out_at_the_hub() {
    let connector = TestConnector::with(&[("FINAL_WORD_AFTER_MS", "100")]).await;
    let payment = pay_without_a_notification(&connector, "COMMITTED").await;
    let id = &payment.transfer_id;
    connector
        .incoming_becomes(id, IncomingState::Committed)
        .await;
    connector.assert_books([payment.committed()]);
}

#[tokio::test]
async fn an_abort_that_is_never_told_is_found_out_at_the_hub() {
    let connector = TestConnector::with(&[("FINAL_WORD_AFTER_MS", "100")]).await;
    let payment = pay_without_a_notification(&connector, "ABORTED").await;
    let id = &payment.transfer_id;
    connector.incoming_becomes(id, IncomingState::Aborted).await;
    connector.assert_books([payment.released()]);
}

#[tokio::test]
async fn completed_without_the_schemes_own_word_is_found_out_at_the_hub() {
    let connector = TestConnector::start().await;
    let payment = pay_without_a_notification(&connector, "COMMITTED").await;
    let path = format!("/transfers/{}", payment.transfer_id);
    let body = json!({ "currentState": "COMPLETED" });
    connector.backend.put(&path, &body).await.served();
    connector.assert_books([payment.committed()]);
}

/// The Mojaloop Connector waits for 65 s, of which an attempt with the bank may need 63.
#[tokio::test]
async fn a_hub_that_is_slow_to_say_is_not_waited_for_longer_than_the_message_allows() {
    let connector = TestConnector::with(&[
        ("CBS_REQUEST_TIMEOUT_MS", "9000"),
        ("CBS_SETTLE_MS", "13000"),
        ("SDK_REQUEST_TIMEOUT_MS", "30000"),
        ("NEVER_SEEN_AFTER_MS", "60000"),
    ])
    .await;
    let payment = pay_without_a_notification(&connector, "COMMITTED").await;
    let slow = json!({ "operation": "get_transfer", "fault": "slow", "delayMs": 6000 });
    connector.scheme_behaves(json!({ "rules": [slow] })).await;
    let path = format!("/transfers/{}", payment.transfer_id);
    let body = json!({ "currentState": "COMPLETED" });
    let asked_at = Instant::now();
    connector.backend.put(&path, &body).await.served();
    assert!(asked_at.elapsed() < Duration::from_secs(5));
    connector.assert_books([payment.reserved()]);

    connector
        .incoming_becomes(&payment.transfer_id, IncomingState::Committed)
        .await;
    connector.assert_books([payment.committed()]);
}

#[tokio::test]
async fn the_final_word_on_an_unknown_transfer_moves_nothing_and_is_kept_for_a_person() {
    let connector = TestConnector::start().await;
    let id = TransferId::generate();
    for _ in 0..2 {
        connector.tell(&id, "COMMITTED").await.served();
    }
    assert_eq!(connector.exceptions_of(&id).await, ["COMMITTED"]);
    connector
        .tell(&id, "RESERVED")
        .await
        .assert_error(500, "5000");
    connector.assert_books([]);
}

#[tokio::test]
async fn an_unknown_transfer_is_not_found() {
    let connector = TestConnector::start().await;
    let path = format!("/transfers/{}", TransferId::generate());
    connector.backend.get(&path).await.assert_error(404, "3208");
    connector.assert_books([]);
}

#[tokio::test]
async fn a_scheme_that_contradicts_itself_moves_nothing_more() {
    let connector = TestConnector::start().await;
    let [committed, aborted] = ["100", "200"].map(IncomingPayment::of);
    for (payment, first, second) in [
        (&committed, "COMMITTED", "ABORTED"),
        (&aborted, "ABORTED", "COMMITTED"),
    ] {
        let id = connector.reserved(payment).await;
        connector.tell(&id, first).await.served();
        connector.tell(&id, second).await.assert_error(500, "2001");
        assert_eq!(connector.exceptions_of(&id).await, [second]);
    }
    connector.assert_books([committed.committed(), aborted.released()]);
}
