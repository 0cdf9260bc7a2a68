//! Money that leaves: ordered, compared with the limits, transferred and
//! debited, once.

use core_connector::domain::{outgoing::OutgoingState, quote::AmountType};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{
    agreement::transfer_id,
    charges::payer_fee,
    customers::{
        Customer::{self, Joshua},
        other_currency,
    },
    debits::{committed, released, reserved},
    outgoing_payment::{merchant_payment, send_money, sent, terms},
    test_connector::{TestConnector, eventually, once, rule, variable},
};

/// An order with one more element, or another one.
fn with(mut order: Value, element: &str, value: &str) -> Value {
    order[element] = json!(value);
    order
}

/// How many transfers the scheme has heard of.
async fn heard_of(connector: &TestConnector) -> usize {
    let seen = connector.simulator.get("/simulator/transfers").await;
    seen.served().as_array().unwrap().len()
}

#[tokio::test]
async fn a_payment_is_made_in_one_call() {
    let connector = TestConnector::start().await;
    let order = send_money(Joshua, "100");
    let terms = sent("100");
    let paid = connector.pay(&order).await.served();
    let id = transfer_id(&paid);
    assert_eq!(paid["transferState"], "COMMITTED");
    assert_eq!(paid["transactionId"], paid["transferId"]);
    assert_eq!(paid["homeTransactionId"], order["homeTransactionId"]);
    assert_eq!(paid["payeeDetails"]["idValue"], order["payeeId"]);
    assert_eq!(paid["payeeDetails"]["name"], "John Alexander Doe");
    assert_eq!(paid["sendAmount"], terms.transfer_amount().to_string());
    assert_eq!(paid["receiveAmount"], terms.payee_receives().to_string());
    assert_eq!(paid["sourceFees"], payer_fee(terms).to_string());
    assert_eq!(paid["targetFees"], "0");
    connector.assert_books([committed(&id, Joshua, terms)]);
    assert_eq!(connector.outgoing_state_told(&id).await, "COMMITTED");
    assert_eq!(connector.seen_by_scheme(&id).await["accepts"], 1);
}

#[tokio::test]
async fn an_order_that_could_not_be_repeated_is_refused() {
    let connector = TestConnector::start().await;
    let mut order = send_money(Joshua, "100");
    order.as_object_mut().unwrap().remove("homeTransactionId");
    connector.pay(&order).await.assert_error(400, "3102");
    assert_eq!(connector.address_told(&order).await, None);
    assert_eq!(heard_of(&connector).await, 0);
    connector.assert_books([]);
}

#[tokio::test]
async fn there_is_nothing_to_decide_on_later() {
    let connector = TestConnector::start().await;
    let order = send_money(Joshua, "100");
    let id = transfer_id(&connector.pay(&order).await.served());
    for path in ["/send-money", "/merchant-payment"] {
        let path = format!("{path}/{id}");
        let decision = json!({ "acceptQuote": true });
        let answer = connector.dfsp.put(&path, &decision).await;
        answer.assert_error(404, "3100");
    }
    connector.assert_books([committed(&id, Joshua, sent("100"))]);
}

#[tokio::test]
async fn an_order_that_comes_again_gets_the_same_answer_and_pays_nothing_more() {
    let connector = TestConnector::start().await;
    let order = send_money(Joshua, "100");
    let answers = join_all((0..8).map(|_| connector.pay(&order))).await;
    for answer in &answers {
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer, &answers[0]);
    }
    for other in [
        with(order.clone(), "sendAmount", "200"),
        with(order.clone(), "payeeId", "25472222222"),
        with(order.clone(), "payeeName", "John Alexander Doe"),
    ] {
        connector.pay(&other).await.assert_error(400, "3106");
    }
    let id = transfer_id(&answers[0].body);
    connector.assert_books([committed(&id, Joshua, sent("100"))]);
    assert_eq!(connector.seen_by_scheme(&id).await["accepts"], 1);
}

#[tokio::test]
async fn every_answer_about_a_payment_says_where_its_outcome_can_be_asked_for() {
    let connector = TestConnector::start().await;
    for order in [send_money(Joshua, "100"), send_money(Customer::Poor, "100")] {
        let address = connector.address_told(&order).await.unwrap();
        let id = connector.id_of(&order).await;
        assert_eq!(address, format!("/transfers/{id}"));
        connector.dfsp.get(&address).await.served();
    }
}

#[tokio::test]
async fn the_scheme_does_not_hear_of_whoever_cannot_pay() {
    let connector = TestConnector::start().await;
    for (payer, status, code) in [
        (Customer::Blocked, 500, "5400"),
        (Customer::Closed, 400, "3204"),
    ] {
        let answer = connector.pay(&send_money(payer, "100")).await;
        answer.assert_error(status, code);
    }
    let order = with(send_money(Joshua, "100"), "sendCurrency", other_currency());
    connector.pay(&order).await.assert_error(400, "5106");
    assert_eq!(heard_of(&connector).await, 0);
    connector.assert_books([]);
}

#[tokio::test]
async fn a_payee_who_is_not_found_ends_the_payment() {
    let connector = TestConnector::start().await;
    let order = with(send_money(Joshua, "100"), "payeeId", "46733123450");
    for _ in 0..2 {
        connector.pay(&order).await.assert_error(500, "3204");
    }
    connector.assert_books([]);
}

#[tokio::test]
async fn a_payee_with_another_name_than_the_payer_gave_is_not_paid() {
    let connector = TestConnector::start().await;
    let order = with(send_money(Joshua, "100"), "payeeName", "Jane Doe");
    for _ in 0..2 {
        connector.pay(&order).await.assert_error(500, "4101");
    }
    let id = connector.id_of(&order).await;
    connector.assert_rejected_at_scheme(&id).await;
    connector.assert_books([]);

    let order = with(send_money(Joshua, "100"), "payeeName", "john alexander DOE");
    let id = transfer_id(&connector.pay(&order).await.served());
    connector.assert_books([committed(&id, Joshua, sent("100"))]);
}

#[tokio::test]
async fn what_exceeds_a_limit_is_rejected_at_the_scheme_and_nothing_moves() {
    let enough = variable("MAX_PAYEE_FEE");
    for (limit, value, code) in [
        ("ALLOWED_PAYEE_FSPS".to_owned(), "nobody", "4101"),
        (variable("MAX_PAYMENT_TOTAL"), "99", "4200"),
        (variable("MAX_PAYEE_FEE"), "1", "4200"),
        (variable("MAX_PAYEE_FEE_PERCENT"), "1.9", "4200"),
    ] {
        let mut limits = vec![(limit.as_str(), value)];
        if !limit.contains("PAYEE_FEE") {
            limits.push((enough.as_str(), "2"));
        }
        let connector = TestConnector::with(&limits).await;
        connector.scheme_behaves(json!({ "payeeFee": "2" })).await;
        let order = send_money(Joshua, "100");
        for _ in 0..2 {
            connector.pay(&order).await.assert_error(500, code);
        }
        let id = connector.id_of(&order).await;
        connector.assert_rejected_at_scheme(&id).await;
        assert_eq!(connector.outgoing_state_told(&id).await, "ABORTED");
        connector.assert_books([]);
    }
}

#[tokio::test]
async fn a_fee_of_the_payees_bank_within_the_limit_comes_out_of_what_is_sent() {
    let connector = TestConnector::with(&[(&variable("MAX_PAYEE_FEE"), "2")]).await;
    connector.scheme_behaves(json!({ "payeeFee": "2" })).await;
    let paid = connector.pay(&send_money(Joshua, "100")).await.served();
    assert_eq!(paid["sendAmount"], "100");
    assert_eq!(paid["receiveAmount"], "98");
    let terms = terms(AmountType::Send, "100", "2");
    connector.assert_books([committed(&transfer_id(&paid), Joshua, terms)]);
}

#[tokio::test]
async fn a_fee_of_the_payees_bank_within_the_limit_comes_on_top_of_what_is_to_be_received() {
    let connector = TestConnector::with(&[(&variable("MAX_PAYEE_FEE_PERCENT"), "2")]).await;
    connector.scheme_behaves(json!({ "payeeFee": "2" })).await;
    let order = merchant_payment(Joshua, "100");
    let paid = connector.dfsp.post("/merchant-payment", &order).await;
    let paid = paid.served();
    assert_eq!(paid["sendAmount"], "102");
    assert_eq!(paid["receiveAmount"], "100");
    let terms = terms(AmountType::Receive, "100", "2");
    connector.assert_books([committed(&transfer_id(&paid), Joshua, terms)]);
}

#[tokio::test]
async fn an_amount_goes_out_in_the_form_that_the_scheme_takes() {
    let connector = TestConnector::start().await;
    let paid = connector.pay(&send_money(Joshua, "150.00")).await.served();
    let id = transfer_id(&paid);
    assert_eq!(connector.seen_by_scheme(&id).await["amount"], "150");
    connector.assert_books([committed(&id, Joshua, sent("150"))]);
}

#[tokio::test]
async fn a_scheme_that_asks_about_the_payee_is_told_to_go_on() {
    let connector = TestConnector::start().await;
    connector
        .scheme_behaves(json!({ "autoAcceptParty": false }))
        .await;
    let paid = connector.pay(&send_money(Joshua, "100")).await.served();
    connector.assert_books([committed(&transfer_id(&paid), Joshua, sent("100"))]);
}

#[tokio::test]
async fn terms_that_have_expired_when_they_arrive_are_rejected_at_the_scheme() {
    let connector = TestConnector::start().await;
    connector
        .scheme_behaves(json!({ "quoteLifetimeMs": 0 }))
        .await;
    let order = send_money(Joshua, "100");
    for _ in 0..2 {
        connector.pay(&order).await.assert_error(500, "3302");
    }
    let id = connector.id_of(&order).await;
    connector.assert_rejected_at_scheme(&id).await;
    connector.assert_books([]);
}

#[tokio::test]
async fn an_order_that_the_scheme_could_not_be_asked_about_is_repeated_as_it_is() {
    for fault in ["fail", "gatewayTimeout", "unavailable"] {
        let connector = TestConnector::start().await;
        connector
            .scheme_behaves(json!({ "rules": [once("post_transfer", fault)] }))
            .await;
        let order = send_money(Joshua, "100");
        let answer = connector.pay(&order).await;
        assert_eq!(answer.status, 500, "{fault}: {}", answer.body);
        connector.assert_books([]);
        let id = transfer_id(&connector.pay(&order).await.served());
        connector.assert_books([committed(&id, Joshua, sent("100"))]);
    }
}

#[tokio::test]
async fn a_scheme_that_pays_without_being_told_to_is_noticed_and_nothing_more_is_paid() {
    let connector = TestConnector::start().await;
    connector
        .scheme_behaves(json!({ "rules": [rule("post_transfer", "autoAcceptQuotes")] }))
        .await;
    let order = send_money(Joshua, "100");
    for _ in 0..2 {
        connector.pay(&order).await.assert_error(500, "2001");
    }
    let id = connector.id_of(&order).await;
    let reason = connector.outgoing(&id).await.work.parked.unwrap();
    assert!(reason.contains("AUTO_ACCEPT_QUOTES"), "{reason}");

    // Every further one would be a payment that nobody has paid.
    let another = connector.pay(&send_money(Joshua, "100")).await;
    another.assert_error(500, "2003");
    assert_eq!(heard_of(&connector).await, 1);
    connector.assert_books([]);
}

#[tokio::test]
async fn a_commit_that_the_answer_does_not_prove_is_found_out_before_the_answer_is_given() {
    for fault in [
        "commitThenGatewayTimeout",
        "commitThenFail",
        "commitThenReserved",
    ] {
        let connector = TestConnector::start().await;
        connector
            .scheme_behaves(json!({ "rules": [rule("accept", fault)] }))
            .await;
        let paid = connector.pay(&send_money(Joshua, "100")).await.served();
        let id = transfer_id(&paid);
        connector.assert_books([committed(&id, Joshua, sent("100"))]);
        let seen = connector.seen_by_scheme(&id).await;
        assert_eq!(seen["accepts"], 1, "{fault}: {seen}");
    }
}

#[tokio::test]
async fn a_commit_that_is_not_answered_at_all_is_found_out() {
    let connector = TestConnector::with(&[("SDK_REQUEST_TIMEOUT_MS", "2000")]).await;
    connector
        .scheme_behaves(json!({ "rules": [rule("accept", "commitThenSilent")] }))
        .await;
    let paid = connector.pay(&send_money(Joshua, "100")).await.served();
    let id = transfer_id(&paid);
    connector.assert_books([committed(&id, Joshua, sent("100"))]);
    assert_eq!(connector.seen_by_scheme(&id).await["accepts"], 1);
}

#[tokio::test]
async fn a_failure_that_the_scheme_names_frees_the_money() {
    let refusal = json!({ "operation": "accept", "fault": "mojaloopError", "code": "5200" });
    for (rule, code) in [(refusal, "5200"), (rule("accept", "abort"), "5000")] {
        let connector = TestConnector::start().await;
        connector.scheme_behaves(json!({ "rules": [rule] })).await;
        let order = send_money(Joshua, "100");
        for _ in 0..2 {
            connector.pay(&order).await.assert_error(500, code);
        }
        let id = connector.id_of(&order).await;
        assert_eq!(connector.outgoing_state_told(&id).await, "ABORTED");
        assert_eq!(connector.seen_by_scheme(&id).await["accepts"], 1);
        connector.assert_books([released(&id, Joshua, sent("100"))]);
    }
}

#[tokio::test]
async fn an_acceptance_that_did_not_reach_the_hub_is_sent_again_while_the_offer_stands() {
    for fault in ["gatewayTimeout", "fail", "empty", "unavailable"] {
        let connector = TestConnector::start().await;
        connector
            .scheme_behaves(json!({ "rules": [once("accept", fault)] }))
            .await;
        let order = send_money(Joshua, "100");
        connector.pay(&order).await.assert_error(500, "2005");
        let id = connector.id_of(&order).await;
        connector
            .outgoing_becomes(&id, OutgoingState::Completed)
            .await;
        connector.pay(&order).await.served();
        connector.assert_books([committed(&id, Joshua, sent("100"))]);
        let seen = connector.seen_by_scheme(&id).await;
        assert_eq!(seen["accepts"], 2, "{fault}: {seen}");
    }
}

#[tokio::test]
async fn a_transfer_that_can_no_longer_appear_at_the_hub_frees_the_money() {
    let connector = TestConnector::with(&[
        ("SDK_REQUEST_TIMEOUT_MS", "2000"),
        ("NEVER_SEEN_AFTER_MS", "2000"),
    ])
    .await;
    connector
        .scheme_behaves(json!({
            "quoteLifetimeMs": 3000,
            "rules": [rule("accept", "gatewayTimeout")],
        }))
        .await;
    let order = send_money(Joshua, "100");
    connector.pay(&order).await.assert_error(500, "2005");
    let id = connector.id_of(&order).await;
    connector.assert_books([reserved(&id, Joshua, sent("100"))]);
    connector
        .outgoing_becomes(&id, OutgoingState::Aborted)
        .await;
    connector.pay(&order).await.assert_error(500, "3303");
    connector.assert_books([released(&id, Joshua, sent("100"))]);
}

#[tokio::test]
async fn as_long_as_nobody_knows_the_money_stays_reserved_and_the_outcome_can_be_asked_for() {
    let connector = TestConnector::start().await;
    connector
        .scheme_behaves(json!({ "rules": [
            rule("accept", "commitThenGatewayTimeout"),
            rule("get_transfer", "unknownState"),
        ] }))
        .await;
    let order = send_money(Joshua, "100");
    connector.pay(&order).await.assert_error(500, "2005");
    let id = connector.id_of(&order).await;
    connector.outgoing_is_postponed(&id).await;
    connector.pay(&order).await.assert_error(500, "2005");
    let address = connector.address_told(&order).await.unwrap();
    let told = connector.dfsp.get(&address).await.served();
    assert_eq!(told["fulfil"]["body"]["transferState"], "RESERVED");
    connector.assert_books([reserved(&id, Joshua, sent("100"))]);

    connector.scheme_recovers().await;
    connector
        .outgoing_becomes(&id, OutgoingState::Completed)
        .await;
    let told = connector.dfsp.get(&address).await.served();
    assert_eq!(told["fulfil"]["body"]["transferState"], "COMMITTED");
    connector.pay(&order).await.served();
    connector.assert_books([committed(&id, Joshua, sent("100"))]);
    assert_eq!(connector.seen_by_scheme(&id).await["accepts"], 1);
}

#[tokio::test]
async fn an_error_that_does_not_say_that_there_is_no_transfer_proves_nothing() {
    // Of communication; that the transfer is known already; that it is not known.
    for code in ["2001", "3106", "3208"] {
        let connector = TestConnector::start().await;
        let unproven = json!({ "operation": "accept", "fault": "mojaloopError", "code": code });
        connector
            .scheme_behaves(json!({ "rules": [unproven, rule("get_transfer", "unknownState")] }))
            .await;
        let order = send_money(Joshua, "100");
        connector.pay(&order).await.assert_error(500, "2005");
        let id = connector.id_of(&order).await;
        connector.assert_books([reserved(&id, Joshua, sent("100"))]);

        // Now the hub says that it has aborted.
        connector.scheme_recovers().await;
        connector
            .outgoing_becomes(&id, OutgoingState::Aborted)
            .await;
        connector.assert_books([released(&id, Joshua, sent("100"))]);
    }
}

#[tokio::test]
async fn what_stays_unknown_for_too_long_is_left_to_a_person_with_the_money_reserved() {
    let connector = TestConnector::with(&[("RETRY_MAX_ATTEMPTS", "3")]).await;
    connector
        .scheme_behaves(json!({ "rules": [
            rule("accept", "commitThenGatewayTimeout"),
            rule("get_transfer", "unknownState"),
        ] }))
        .await;
    let order = send_money(Joshua, "100");
    connector.pay(&order).await.assert_error(500, "2005");
    let id = connector.id_of(&order).await;
    eventually("a person has to decide", async || {
        connector.outgoing(&id).await.work.parked.is_some()
    })
    .await;
    connector.assert_books([reserved(&id, Joshua, sent("100"))]);
}
