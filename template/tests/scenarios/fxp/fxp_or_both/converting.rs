//! Conversions that were quoted, and the scheme's final word on them.

use core_connector::domain::{promise::PromiseState, timestamp::Timestamp};
use futures_util::future::join_all;
use serde_json::json;

use crate::{
    customers::id_type,
    fxp::Conversion,
    incoming_payment::IncomingPayment,
    test_connector::{TestConnector, eventually},
};

/// Of 1000, at the rate of the sandbox bank.
const TARGET: &str = "13.84";

fn conversion() -> Conversion {
    Conversion::sending("1000")
}

#[tokio::test]
async fn a_committed_conversion_is_posted_once_however_often_it_is_told() {
    let connector = TestConnector::start().await;
    let conversion = conversion();
    let answer = connector.ordered(&conversion).await;
    assert!(answer["homeTransactionId"].is_string(), "{answer}");
    assert!(answer["completedTimestamp"].is_string(), "{answer}");
    assert!(answer.get("fulfilment").is_none(), "{answer}");
    connector.assert_books([conversion.reserved(TARGET)]);
    for _ in 0..3 {
        let told = connector.tell_conversion(&conversion.id, "COMMITTED").await;
        told.served();
        connector.assert_books([conversion.committed("1000", TARGET)]);
    }
}

#[tokio::test]
async fn conversions_are_reconciled_in_both_currencies() {
    let connector = TestConnector::start().await;
    let from = Timestamp::now();
    let [made, given_up] = [conversion(), conversion()];
    for (conversion, word) in [(&made, "COMMITTED"), (&given_up, "ABORTED")] {
        connector.ordered(conversion).await;
        let told = connector.tell_conversion(&conversion.id, word).await;
        told.served();
    }
    let id = &made.id;
    let bought = format!("{id},incoming,COMMITTED,1000,GMD");
    let sold = format!("{id},outgoing,COMMITTED,{TARGET},USD");
    let heading = "transferId,direction,state,amount,currency";
    let settlement = format!("{heading}\n{bought}\n{sold}\n");
    assert_eq!(connector.differences(from, &settlement).await, []);

    let half = format!("{heading}\n{bought}\n");
    let not_settled = ("not_settled".to_owned(), id.to_string());
    assert_eq!(connector.differences(from, &half).await, [not_settled]);
}

#[tokio::test]
async fn what_the_payee_is_to_receive_is_converted_to_the_minor_unit() {
    let connector = TestConnector::start().await;
    let conversion = Conversion::receiving("100");
    connector.ordered(&conversion).await;
    connector.assert_books([conversion.reserved("100")]);
    let told = connector.tell_conversion(&conversion.id, "COMMITTED").await;
    told.served();
    connector.assert_books([conversion.committed("7222.23", "100")]);
}

#[tokio::test]
async fn an_aborted_conversion_is_freed_and_not_promised_again() {
    let connector = TestConnector::start().await;
    let conversion = conversion();
    connector.ordered(&conversion).await;
    for _ in 0..3 {
        let told = connector.tell_conversion(&conversion.id, "ABORTED").await;
        told.served();
        connector.assert_books([]);
    }
    connector.order(&conversion).await.assert_error(400, "3303");
    connector.assert_books([]);
}

#[tokio::test]
async fn both_methods_and_both_forms_of_the_final_word_are_understood() {
    let connector = TestConnector::start().await;
    let [first, second] = [conversion(), conversion()];
    connector.ordered(&first).await;
    connector.ordered(&second).await;
    let short = json!({ "conversionState": "COMMITTED" });
    let patched = connector.patch_conversion(&first.id, &short).await;
    patched.served();
    let whole = json!({
        "currentState": "COMPLETED",
        "direction": "INBOUND",
        "finalNotification": {
            "conversionState": "COMMITTED",
            "completedTimestamp": "2026-11-21T20:53:28.000Z",
        },
    });
    let patched = connector.patch_conversion(&second.id, &whole).await;
    patched.served();
    connector.assert_books([
        first.committed("1000", TARGET),
        second.committed("1000", TARGET),
    ]);
}

#[tokio::test]
async fn what_is_no_final_word_moves_no_money() {
    let connector = TestConnector::start().await;
    let conversion = conversion();
    connector.ordered(&conversion).await;
    for state in ["RESERVED", "RECEIVED", "committed", ""] {
        let told = connector.tell_conversion(&conversion.id, state).await;
        told.served();
        connector.assert_books([conversion.reserved(TARGET)]);
    }
    let completed = json!({ "currentState": "COMPLETED" });
    let patched = connector.patch_conversion(&conversion.id, &completed).await;
    patched.served();
    connector.assert_books([conversion.reserved(TARGET)]);
    let told = connector.tell_conversion(&conversion.id, "COMMITTED").await;
    told.served();
    connector.assert_books([conversion.committed("1000", TARGET)]);
}

#[tokio::test]
async fn a_final_word_on_an_unknown_conversion_is_kept_for_a_person() {
    let connector = TestConnector::start().await;
    let conversion = conversion();
    for state in ["COMMITTED", "ABORTED", "COMMITTED", "RESERVED"] {
        let told = connector.tell_conversion(&conversion.id, state).await;
        told.served();
    }
    let mut kept = connector.exceptions_of(&conversion.id).await;
    kept.sort();
    assert_eq!(kept, ["ABORTED", "COMMITTED"]);
    connector.assert_books([]);
}

#[tokio::test]
async fn a_final_word_that_contradicts_the_first_one_moves_nothing() {
    let connector = TestConnector::start().await;
    let conversion = conversion();
    connector.ordered(&conversion).await;
    let told = connector.tell_conversion(&conversion.id, "COMMITTED").await;
    told.served();
    let told = connector.tell_conversion(&conversion.id, "ABORTED").await;
    told.assert_error(500, "2001");
    assert_eq!(connector.exceptions_of(&conversion.id).await, ["ABORTED"]);
    connector.assert_books([conversion.committed("1000", TARGET)]);
}

#[tokio::test]
async fn an_order_that_comes_again_gets_the_same_answer_and_reserves_nothing_more() {
    let connector = TestConnector::start().await;
    let conversion = conversion();
    let answer = connector.order(&conversion).await;
    assert_eq!(answer.status, 200);
    assert_eq!(connector.order(&conversion).await, answer);
    connector.assert_books([conversion.reserved(TARGET)]);
    let told = connector.tell_conversion(&conversion.id, "COMMITTED").await;
    told.served();
    assert_eq!(connector.order(&conversion).await, answer);
    connector.assert_books([conversion.committed("1000", TARGET)]);
}

#[tokio::test]
async fn eight_orders_and_eight_final_words_at_once_act_once() {
    let connector = TestConnector::start().await;
    let conversion = conversion();
    let quote = connector.quote_conversion(&conversion).await.served();
    let order = conversion.order(&quote);
    let orders = (0..8).map(|_| connector.backend.post("/fxTransfers", &order));
    for answer in join_all(orders).await {
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    connector.assert_books([conversion.reserved(TARGET)]);
    let told = (0..8).map(|_| connector.tell_conversion(&conversion.id, "COMMITTED"));
    for answer in join_all(told).await {
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    connector.assert_books([conversion.committed("1000", TARGET)]);
}

#[tokio::test]
async fn only_what_was_quoted_is_converted() {
    let connector = TestConnector::start().await;
    let conversion = conversion();
    let quote = connector.quote_conversion(&conversion).await.served();
    let order = conversion.order(&quote);
    for (element, other) in [
        ("targetAmount", json!({ "currency": "USD", "amount": "14" })),
        (
            "sourceAmount",
            json!({ "currency": "GMD", "amount": "999" }),
        ),
        (
            "targetAmount",
            json!({ "currency": "EUR", "amount": TARGET }),
        ),
        ("initiatingFsp", json!("redbank")),
        ("determiningTransferId", json!("another-transfer")),
    ] {
        let mut other_order = order.clone();
        other_order[element] = other;
        let refused = connector.backend.post("/fxTransfers", &other_order).await;
        refused.assert_error(400, "3106");
    }
    let mut unquoted = order.clone();
    unquoted["commitRequestId"] = json!("never-quoted");
    let refused = connector.backend.post("/fxTransfers", &unquoted).await;
    refused.assert_error(400, "3205");
    connector.assert_books([]);

    connector
        .backend
        .post("/fxTransfers", &order)
        .await
        .served();
    let mut other_order = order;
    other_order["initiatingFsp"] = json!("redbank");
    let refused = connector.backend.post("/fxTransfers", &other_order).await;
    refused.assert_error(400, "3106");
    connector.assert_books([conversion.reserved(TARGET)]);
}

#[tokio::test]
async fn a_quote_that_has_expired_is_not_converted() {
    let connector = TestConnector::with(&[("QUOTE_LIFETIME_MS", "1")]).await;
    let conversion = conversion();
    let quote = connector.quote_conversion(&conversion).await.served();
    tokio::time::sleep(tokio::time::Duration::from_millis(5)).await;
    let order = conversion.order(&quote);
    let refused = connector.backend.post("/fxTransfers", &order).await;
    refused.assert_error(400, "3302");
    connector.assert_books([]);
}

/// Lets the scheme decide on the transfer that a conversion is for, and tell
/// nothing of the conversion.
async fn decide(
    connector: &TestConnector,
    conversion: &Conversion,
    decision: &str,
) -> IncomingPayment {
    let mut payment = IncomingPayment::of("100");
    payment.transfer_id = conversion.determining_transfer_id.clone();
    let wanted = json!({
        "transferId": payment.transfer_id,
        "idType": id_type(),
        "idValue": payment.payee.id_value(),
        "amount": payment.amount,
        "finalState": decision,
    });
    let report = connector.simulator.post("/simulator/incoming", &wanted);
    let report = report.await.served();
    assert_eq!(report["outcome"], decision, "{report}");
    payment
}

#[tokio::test]
async fn without_a_final_word_an_abort_of_the_transfer_that_it_is_for_proves_the_abort() {
    let connector = TestConnector::with(&[("FINAL_WORD_AFTER_MS", "50")]).await;
    let conversion = conversion();
    connector.ordered(&conversion).await;
    let payment = decide(&connector, &conversion, "ABORTED").await;
    let aborted = PromiseState::Aborted;
    connector.conversion_becomes(&conversion.id, aborted).await;
    connector.assert_books([payment.released()]);
}

#[tokio::test]
async fn a_transfer_that_was_committed_may_have_been_by_another_conversion() {
    let variables = [("FINAL_WORD_AFTER_MS", "50"), ("RETRY_MAX_ATTEMPTS", "3")];
    let connector = TestConnector::with(&variables).await;
    let conversion = conversion();
    connector.ordered(&conversion).await;
    let payment = decide(&connector, &conversion, "COMMITTED").await;
    eventually("it is parked", async || {
        let work = connector.conversion(&conversion.id).await.work;
        work.parked.is_some()
    })
    .await;
    connector.assert_books([payment.committed(), conversion.reserved(TARGET)]);
    let told = connector.tell_conversion(&conversion.id, "COMMITTED").await;
    told.served();
    connector.assert_books([payment.committed(), conversion.committed("1000", TARGET)]);
}

#[tokio::test]
async fn what_was_not_promised_in_time_is_given_up() {
    for fault in ["fail", "act_then_silent"] {
        let connector = TestConnector::with(&[("FINAL_WORD_AFTER_MS", "300")]).await;
        let conversion = conversion();
        let quote = connector.quote_conversion(&conversion).await.served();
        let payment = decide(&connector, &conversion, "COMMITTED").await;
        connector.bank_fault("any", fault, None);
        let order = conversion.order(&quote);
        let ordered = connector.backend.post("/fxTransfers", &order).await;
        assert_eq!(ordered.status, 500, "{}", ordered.body);
        tokio::time::sleep(tokio::time::Duration::from_millis(300)).await;
        connector.bank_recovers();
        let aborted = PromiseState::Aborted;
        connector.conversion_becomes(&conversion.id, aborted).await;
        connector.assert_books([payment.committed()]);
        let refused = connector.backend.post("/fxTransfers", &order).await;
        refused.assert_error(400, "3303");
    }
}

#[tokio::test]
async fn a_conversion_whose_fate_cannot_be_found_out_is_left_to_a_person() {
    let variables = [("FINAL_WORD_AFTER_MS", "50"), ("RETRY_MAX_ATTEMPTS", "3")];
    let connector = TestConnector::with(&variables).await;
    let conversion = conversion();
    connector.ordered(&conversion).await;
    eventually("it is parked", async || {
        connector
            .conversion(&conversion.id)
            .await
            .work
            .parked
            .is_some()
    })
    .await;
    connector.assert_books([conversion.reserved(TARGET)]);
    // The final word is believed whenever it comes.
    let told = connector.tell_conversion(&conversion.id, "ABORTED").await;
    told.served();
    connector.assert_books([]);
}
