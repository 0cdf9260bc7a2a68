//! Money that leaves: offered, reserved, transferred and taken, once.

use core_connector::domain::{outgoing::OutgoingState, quote::AmountType, transfer_id::TransferId};
use futures_util::future::join_all;
use serde_json::json;

use crate::{
    agreement::transfer_id,
    customers::{
        Customer::{self, Joshua},
        other_currency,
    },
    debits::{committed, released, reserved},
    outgoing_payment::{merchant_payment, send_money, sent, terms},
    test_connector::{TestConnector, eventually, once, rule},
};

#[tokio::test]
async fn an_offer_that_is_accepted_is_paid() {
    let connector = TestConnector::start().await;
    let request = send_money(Joshua, "100");
    let offer = connector.offer(&request).await.served();
    let terms = sent("100");
    assert_eq!(offer["homeTransactionId"], request["homeTransactionId"]);
    assert_eq!(offer["payeeDetails"]["idValue"], request["payeeId"]);
    assert_eq!(offer["payeeDetails"]["name"], "John Alexander Doe");
    assert_eq!(offer["sendAmount"], terms.transfer_amount().to_string());
    assert_eq!(offer["sendCurrency"], request["sendCurrency"]);
    assert_eq!(offer["receiveAmount"], terms.payee_receives().to_string());
    assert_eq!(offer["targetFees"], "0");
    connector.assert_books([]);

    let id = transfer_id(&offer);
    let answer = connector.accept(&id).await.served();
    assert_eq!(answer, json!({ "transferId": id }));
    connector.assert_books([committed(&id, Joshua, terms)]);
    assert_eq!(connector.outgoing_state_told(&id).await, "COMMITTED");
    let seen = connector.seen_by_scheme(&id).await;
    assert_eq!(
        (&seen["hubState"], &seen["accepts"]),
        (&json!("COMMITTED"), &json!(1))
    );
}

#[tokio::test]
async fn an_amount_goes_out_in_the_form_that_the_scheme_takes() {
    let connector = TestConnector::start().await;
    let id = connector.offered(Joshua, "150.00").await;
    assert_eq!(connector.seen_by_scheme(&id).await["amount"], "150");
    connector.accept(&id).await.served();
    connector.assert_books([committed(&id, Joshua, sent("150"))]);
}

#[tokio::test]
async fn an_offer_that_is_rejected_takes_nothing() {
    let connector = TestConnector::start().await;
    let id = connector.offered(Joshua, "100").await;
    for _ in 0..2 {
        connector.reject(&id).await.assert_error(500, "4101");
    }
    connector.assert_rejected_at_scheme(&id).await;
    assert_eq!(connector.outgoing_state_told(&id).await, "ABORTED");
    // It is too late to change one's mind.
    connector.accept(&id).await.assert_error(500, "4101");
    connector.assert_books([]);
}

#[tokio::test]
async fn a_request_that_comes_again_gets_the_same_offer_and_another_one_none() {
    let connector = TestConnector::start().await;
    let request = send_money(Joshua, "100");
    let offers = join_all((0..8).map(|_| connector.offer(&request))).await;
    for offer in &offers {
        assert_eq!(offer.status, 200, "{}", offer.body);
        assert_eq!(offer, &offers[0]);
    }
    for (element, value) in [("sendAmount", "200"), ("payeeId", "25472222222")] {
        let mut other = request.clone();
        other[element] = json!(value);
        connector.offer(&other).await.assert_error(400, "3106");
    }
    let id = transfer_id(&offers[0].body);
    connector.accept(&id).await.served();
    assert_eq!(connector.offer(&request).await, offers[0]);
    connector.assert_books([committed(&id, Joshua, sent("100"))]);
}

#[tokio::test]
async fn a_decision_that_comes_again_gets_the_same_answer_and_moves_nothing_more() {
    let connector = TestConnector::start().await;
    let id = connector.offered(Joshua, "100").await;
    for _ in 0..3 {
        connector.accept(&id).await.served();
    }
    // It is too late to reject it, and the answer cannot be taken for a rejection.
    connector.reject(&id).await.assert_error(400, "3106");
    connector.assert_books([committed(&id, Joshua, sent("100"))]);
    assert_eq!(connector.seen_by_scheme(&id).await["accepts"], 1);
}

#[tokio::test]
async fn eight_decisions_at_once_pay_once() {
    let connector = TestConnector::start().await;
    let id = connector.offered(Joshua, "100").await;
    let answers = join_all((0..8).map(|_| connector.accept(&id))).await;
    for answer in answers {
        answer.served();
    }
    connector.assert_books([committed(&id, Joshua, sent("100"))]);
    assert_eq!(connector.seen_by_scheme(&id).await["accepts"], 1);
}

#[tokio::test]
async fn nobody_is_made_an_offer_who_could_not_take_it() {
    let connector = TestConnector::start().await;
    for (payer, status, code) in [
        (Customer::Blocked, 500, "5400"),
        (Customer::Closed, 400, "3204"),
    ] {
        let answer = connector.offer(&send_money(payer, "100")).await;
        answer.assert_error(status, code);
    }
    let mut request = send_money(Joshua, "100");
    request["sendCurrency"] = json!(other_currency());
    connector.offer(&request).await.assert_error(400, "5106");
    let seen = connector
        .simulator
        .get("/simulator/transfers")
        .await
        .served();
    assert_eq!(seen, json!([]));
    connector.assert_books([]);
}

#[tokio::test]
async fn a_payee_who_is_not_found_ends_the_payment() {
    let connector = TestConnector::start().await;
    let mut request = send_money(Joshua, "100");
    request["payeeId"] = json!("46733123450");
    for _ in 0..2 {
        connector.offer(&request).await.assert_error(400, "3204");
    }
    connector.assert_books([]);
}

#[tokio::test]
async fn an_offer_that_the_payer_lets_expire_is_rejected_at_the_scheme() {
    let connector = TestConnector::start().await;
    connector
        .scheme_behaves(json!({ "quoteLifetimeMs": 1, "autoAcceptParty": false }))
        .await;
    let [told, untold] = [
        connector.offered(Joshua, "100").await,
        connector.offered(Joshua, "200").await,
    ];
    eventually("the offer has expired", async || {
        connector.accept(&told).await.status == 500
    })
    .await;
    connector.accept(&told).await.assert_error(500, "3302");
    for id in [&told, &untold] {
        connector.outgoing_becomes(id, OutgoingState::Aborted).await;
        connector.assert_rejected_at_scheme(id).await;
    }
    connector.assert_books([]);
}

#[tokio::test]
async fn a_scheme_that_asks_about_the_payee_first_is_told_to_go_on() {
    let connector = TestConnector::start().await;
    connector
        .scheme_behaves(json!({ "autoAcceptParty": false }))
        .await;
    let id = connector.offered(Joshua, "100").await;
    connector.accept(&id).await.served();
    connector.assert_books([committed(&id, Joshua, sent("100"))]);
}

#[tokio::test]
async fn the_fee_of_the_payees_bank_comes_on_top_of_what_is_to_be_received() {
    let connector = TestConnector::start().await;
    connector.scheme_behaves(json!({ "payeeFee": "2" })).await;
    let terms = terms(AmountType::Receive, "100", "2");
    let request = merchant_payment(Joshua, "100");
    let offer = connector.offer_at("/merchant-payment", &request).await;
    let offer = offer.served();
    assert_eq!(offer["sendAmount"], "102");
    assert_eq!(offer["receiveAmount"], "100");
    assert_eq!(offer["targetFees"], "2");

    let id = transfer_id(&offer);
    let path = format!("/merchant-payment/{id}");
    let decision = json!({ "acceptQuote": true });
    connector.dfsp.put(&path, &decision).await.served();
    connector.assert_books([committed(&id, Joshua, terms)]);
}

#[tokio::test]
async fn the_fee_of_the_payees_bank_comes_out_of_what_is_sent() {
    let connector = TestConnector::start().await;
    connector.scheme_behaves(json!({ "payeeFee": "2" })).await;
    let offer = connector.offer(&send_money(Joshua, "100")).await.served();
    assert_eq!(offer["sendAmount"], "100");
    assert_eq!(offer["receiveAmount"], "98");
    let id = transfer_id(&offer);
    connector.accept(&id).await.served();
    let terms = terms(AmountType::Send, "100", "2");
    connector.assert_books([committed(&id, Joshua, terms)]);
}

#[tokio::test]
async fn a_scheme_that_pays_without_being_told_to_is_noticed_and_nothing_is_offered() {
    let connector = TestConnector::start().await;
    connector
        .scheme_behaves(json!({ "rules": [rule("post_transfer", "autoAcceptQuotes")] }))
        .await;
    let request = send_money(Joshua, "100");
    for _ in 0..2 {
        connector.offer(&request).await.assert_error(500, "2001");
    }
    let seen = connector
        .simulator
        .get("/simulator/transfers")
        .await
        .served();
    let id: TransferId = seen[0]["transferId"].as_str().unwrap().parse().unwrap();
    let reason = connector.outgoing(&id).await.work.parked.unwrap();
    assert!(reason.contains("AUTO_ACCEPT_QUOTES"), "{reason}");
    assert_ne!(connector.accept(&id).await.status, 200);

    // Every further offer would be a payment that nobody has paid.
    let another = connector.offer(&send_money(Joshua, "100")).await;
    another.assert_error(500, "2003");
    let seen = connector.simulator.get("/simulator/transfers").await;
    assert_eq!(seen.served().as_array().unwrap().len(), 1);
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
        let id = connector.offered(Joshua, "100").await;
        connector.accept(&id).await.served();
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
    let id = connector.offered(Joshua, "100").await;
    connector.accept(&id).await.served();
    connector.assert_books([committed(&id, Joshua, sent("100"))]);
    assert_eq!(connector.seen_by_scheme(&id).await["accepts"], 1);
}

#[tokio::test]
async fn a_failure_that_the_scheme_names_frees_the_money() {
    let refusal = json!({ "operation": "accept", "fault": "mojaloopError", "code": "5200" });
    for (rule, code) in [(refusal, "5200"), (rule("accept", "abort"), "5000")] {
        let connector = TestConnector::start().await;
        connector.scheme_behaves(json!({ "rules": [rule] })).await;
        let id = connector.offered(Joshua, "100").await;
        for _ in 0..2 {
            connector.accept(&id).await.assert_error(500, code);
        }
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
        let id = connector.offered(Joshua, "100").await;
        connector.accept(&id).await.assert_error(500, "2005");
        connector
            .outgoing_becomes(&id, OutgoingState::Completed)
            .await;
        connector.accept(&id).await.served();
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
    let id = connector.offered(Joshua, "100").await;
    connector.accept(&id).await.assert_error(500, "2005");
    connector.assert_books([reserved(&id, Joshua, sent("100"))]);
    connector
        .outgoing_becomes(&id, OutgoingState::Aborted)
        .await;
    connector.accept(&id).await.assert_error(500, "3303");
    connector.assert_books([released(&id, Joshua, sent("100"))]);
}

#[tokio::test]
async fn as_long_as_nobody_knows_the_money_stays_reserved() {
    let connector = TestConnector::start().await;
    connector
        .scheme_behaves(json!({ "rules": [
            rule("accept", "commitThenGatewayTimeout"),
            rule("get_transfer", "unknownState"),
        ] }))
        .await;
    let id = connector.offered(Joshua, "100").await;
    connector.accept(&id).await.assert_error(500, "2005");
    connector.outgoing_is_postponed(&id).await;
    connector.accept(&id).await.assert_error(500, "2005");
    // It may have been paid already: to reject it is not possible any more.
    connector.reject(&id).await.assert_error(500, "2005");
    assert_eq!(connector.outgoing_state_told(&id).await, "RESERVED");
    connector.assert_books([reserved(&id, Joshua, sent("100"))]);

    connector.scheme_recovers().await;
    connector
        .outgoing_becomes(&id, OutgoingState::Completed)
        .await;
    connector.accept(&id).await.served();
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
        let id = connector.offered(Joshua, "100").await;
        connector.accept(&id).await.assert_error(500, "2005");
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
    let id = connector.offered(Joshua, "100").await;
    connector.accept(&id).await.assert_error(500, "2005");
    eventually("a person has to decide", async || {
        connector.outgoing(&id).await.work.parked.is_some()
    })
    .await;
    connector.assert_books([reserved(&id, Joshua, sent("100"))]);
}
