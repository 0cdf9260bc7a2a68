//! The payee is confirmed first: whether the scheme waits for that or not, the
//! customer is told the terms after, and no money moves before.

use std::sync::Arc;

use core_connector::domain::{outgoing::OutgoingState, quote::AmountType};
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::{
    agreement::transfer_id,
    caller::Answer,
    customers::Customer::Joshua,
    debits::committed,
    outgoing_payment::{merchant_payment, send_money, sent, terms},
    restart::has_died,
    stopping_store::{StopAt, stopping},
    test_connector::{TestConnector, once, rule},
};

/// A connector whose scheme waits until the payee is confirmed, or does not.
async fn connector(scheme_waits: bool) -> TestConnector {
    let connector = TestConnector::with(&[("SDK_REQUEST_TIMEOUT_MS", "2000")]).await;
    connector
        .scheme_behaves(json!({ "autoAcceptParty": !scheme_waits }))
        .await;
    connector
}

async fn found(connector: &TestConnector, request: &Value) -> Answer {
    connector.dfsp.post("/send-money", request).await
}

#[tokio::test]
async fn the_customer_is_told_the_payee_then_the_terms_and_then_pays() {
    for scheme_waits in [true, false] {
        let connector = connector(scheme_waits).await;
        let request = send_money(Joshua, "100");
        let payee = found(&connector, &request).await.served();
        assert_eq!(payee["homeTransactionId"], request["homeTransactionId"]);
        assert_eq!(payee["payeeDetails"]["idValue"], request["payeeId"]);
        assert_eq!(payee["payeeDetails"]["name"], "John Alexander Doe");
        assert!(payee["payeeDetails"]["fspId"].is_string(), "{payee}");
        for term in ["sendAmount", "receiveAmount", "targetFees", "sourceFees"] {
            assert_eq!(payee.get(term), None, "{payee}");
        }
        let id = transfer_id(&payee);
        let path = format!("/transfers/{id}");
        let status = connector.dfsp.get(&path).await.served();
        assert_eq!(status["currentState"], "WAITING_FOR_PARTY_ACCEPTANCE");

        let offer = connector.confirm(&id).await.served();
        assert_eq!(offer["transactionId"], payee["transactionId"]);
        assert_eq!(offer["payeeDetails"], payee["payeeDetails"]);
        assert_eq!(offer["sendAmount"], "100");
        let status = connector.dfsp.get(&path).await.served();
        assert_eq!(status["currentState"], "WAITING_FOR_QUOTE_ACCEPTANCE");
        connector.assert_books([]);

        let answer = connector.accept(&id).await.served();
        assert_eq!(answer, json!({ "transferId": id }));
        connector.assert_books([committed(&id, Joshua, sent("100"))]);
    }
}

#[tokio::test]
async fn each_call_that_comes_again_gets_the_same_answer() {
    for scheme_waits in [true, false] {
        let connector = connector(scheme_waits).await;
        let request = send_money(Joshua, "100");
        let payees = join_all((0..8).map(|_| found(&connector, &request))).await;
        let id = transfer_id(&payees[0].clone().served());
        let offers = join_all((0..8).map(|_| connector.confirm(&id))).await;
        offers[0].clone().served();
        connector.accept(&id).await.served();
        for payee in &payees {
            assert_eq!(payee, &payees[0]);
        }
        for offer in &offers {
            assert_eq!(offer, &offers[0]);
        }
        // Also when it is paid.
        assert_eq!(found(&connector, &request).await, payees[0]);
        assert_eq!(connector.confirm(&id).await, offers[0]);
        connector.accept(&id).await.served();
        connector.assert_books([committed(&id, Joshua, sent("100"))]);
        assert_eq!(connector.seen_by_scheme(&id).await["accepts"], 1);
    }
}

#[tokio::test]
async fn the_terms_are_not_agreed_to_before_the_payee() {
    for scheme_waits in [true, false] {
        let connector = connector(scheme_waits).await;
        let payee = found(&connector, &send_money(Joshua, "100")).await.served();
        let id = transfer_id(&payee);
        connector.accept(&id).await.assert_error(400, "3100");
        connector.assert_books([]);
        assert_eq!(connector.seen_by_scheme(&id).await["accepts"], 0);

        // Nothing is lost by that.
        connector.confirm(&id).await.served();
        connector.accept(&id).await.served();
        connector.assert_books([committed(&id, Joshua, sent("100"))]);
    }
}

#[tokio::test]
async fn a_decision_is_on_the_payee_or_on_the_terms() {
    let connector = connector(true).await;
    let payee = found(&connector, &send_money(Joshua, "100")).await.served();
    let id = transfer_id(&payee);
    let neither = connector.decide(&id, json!({})).await;
    neither.assert_error(400, "3102");
    let both = json!({ "acceptParty": true, "acceptQuote": true });
    connector.decide(&id, both).await.assert_error(400, "3101");
    connector.assert_books([]);
    let unknown = "unknown".parse().unwrap();
    connector.confirm(&unknown).await.assert_error(404, "3208");
}

#[tokio::test]
async fn a_no_to_the_payee_ends_the_payment() {
    for scheme_waits in [true, false] {
        for no in [
            json!({ "acceptParty": false }),
            json!({ "acceptQuote": false }),
        ] {
            let connector = connector(scheme_waits).await;
            let payee = found(&connector, &send_money(Joshua, "100")).await.served();
            let id = transfer_id(&payee);
            for _ in 0..2 {
                let answer = connector.decide(&id, no.clone()).await;
                answer.assert_error(500, "4101");
            }
            connector.assert_rejected_at_scheme(&id).await;
            assert_eq!(connector.outgoing_state_told(&id).await, "ABORTED");
            // It is too late to change one's mind.
            connector.confirm(&id).await.assert_error(400, "4101");
            connector.accept(&id).await.assert_error(500, "4101");
            connector.assert_books([]);
        }
    }
}

#[tokio::test]
async fn a_no_to_the_payee_counts_as_long_as_nothing_was_agreed_to() {
    let connector = connector(true).await;
    let id = connector.offered(Joshua, "100").await;
    let no = json!({ "acceptParty": false });
    connector.decide(&id, no).await.assert_error(500, "4101");
    connector.assert_rejected_at_scheme(&id).await;
    connector.assert_books([]);
}

#[tokio::test]
async fn a_payee_whom_nobody_confirms_in_time_is_given_up() {
    for scheme_waits in [true, false] {
        let connector = TestConnector::with(&[("CONFIRM_PAYEE_WITHIN_MS", "1")]).await;
        connector
            .scheme_behaves(json!({ "autoAcceptParty": !scheme_waits }))
            .await;
        let payee = found(&connector, &send_money(Joshua, "100")).await.served();
        let id = transfer_id(&payee);
        connector
            .outgoing_becomes(&id, OutgoingState::Aborted)
            .await;
        connector.assert_rejected_at_scheme(&id).await;
        connector.confirm(&id).await.assert_error(400, "3302");
        connector.assert_books([]);
    }
}

#[tokio::test]
async fn terms_that_came_along_with_the_payee_expire_while_he_is_not_confirmed() {
    let connector = TestConnector::start().await;
    connector
        .scheme_behaves(json!({ "quoteLifetimeMs": 1 }))
        .await;
    let payee = found(&connector, &send_money(Joshua, "100")).await.served();
    let id = transfer_id(&payee);
    connector
        .outgoing_becomes(&id, OutgoingState::Aborted)
        .await;
    connector.confirm(&id).await.assert_error(400, "3302");
    connector.assert_rejected_at_scheme(&id).await;
    connector.assert_books([]);
}

#[tokio::test]
async fn a_confirmation_whose_answer_is_lost_is_given_again() {
    for fault in ["fail", "gatewayTimeout", "unavailable", "quoteThenFail"] {
        let connector = TestConnector::start().await;
        connector
            .scheme_behaves(json!({
                "autoAcceptParty": false,
                "rules": [once("accept_party", fault)],
            }))
            .await;
        let request = merchant_payment(Joshua, "100");
        let payee = connector.dfsp.post("/merchant-payment", &request).await;
        let id = transfer_id(&payee.served());
        let answer = connector.confirm(&id).await;
        assert_eq!(answer.status, 500, "{fault}: {}", answer.body);
        connector.accept(&id).await.assert_error(400, "3100");
        connector.assert_books([]);

        connector.confirm(&id).await.served();
        connector.accept(&id).await.served();
        let terms = terms(AmountType::Receive, "100", "0");
        connector.assert_books([committed(&id, Joshua, terms)]);
        assert_eq!(connector.seen_by_scheme(&id).await["accepts"], 1, "{fault}");
    }
}

#[tokio::test]
async fn terms_that_nobody_comes_back_for_are_given_up() {
    let connector = TestConnector::with(&[("SDK_REQUEST_TIMEOUT_MS", "1000")]).await;
    connector
        .scheme_behaves(json!({
            "autoAcceptParty": false,
            "rules": [once("accept_party", "quoteThenFail")],
        }))
        .await;
    let payee = found(&connector, &send_money(Joshua, "100")).await.served();
    let id = transfer_id(&payee);
    connector.confirm(&id).await.assert_error(500, "2003");
    connector
        .outgoing_becomes(&id, OutgoingState::Aborted)
        .await;
    connector.assert_rejected_at_scheme(&id).await;
    connector.confirm(&id).await.assert_error(400, "3302");
    connector.assert_books([]);
}

#[tokio::test]
async fn a_payee_who_is_refused_terms_ends_the_payment() {
    let connector = TestConnector::start().await;
    let refusal = json!({ "operation": "accept_party", "fault": "mojaloopError", "code": "5200" });
    connector
        .scheme_behaves(json!({ "autoAcceptParty": false, "rules": [refusal] }))
        .await;
    let payee = found(&connector, &send_money(Joshua, "100")).await.served();
    let id = transfer_id(&payee);
    for _ in 0..2 {
        connector.confirm(&id).await.assert_error(500, "5200");
    }
    assert_eq!(connector.outgoing_state_told(&id).await, "ABORTED");
    connector.assert_books([]);
}

#[tokio::test]
async fn a_scheme_that_pays_when_the_payee_is_confirmed_is_noticed_and_nothing_more_is_offered() {
    let connector = TestConnector::start().await;
    connector
        .scheme_behaves(json!({
            "autoAcceptParty": false,
            "rules": [rule("accept_party", "autoAcceptQuotes")],
        }))
        .await;
    let [first, second] = [
        found(&connector, &send_money(Joshua, "100")).await.served(),
        found(&connector, &send_money(Joshua, "200")).await.served(),
    ];
    let [first, second] = [transfer_id(&first), transfer_id(&second)];
    for _ in 0..2 {
        connector.confirm(&first).await.assert_error(500, "2001");
    }
    let reason = connector.outgoing(&first).await.work.parked.unwrap();
    assert!(reason.contains("AUTO_ACCEPT_QUOTES"), "{reason}");
    // Every further confirmation would be a payment that nobody has paid.
    connector.confirm(&second).await.assert_error(500, "2003");
    let another = found(&connector, &send_money(Joshua, "100")).await;
    another.assert_error(500, "2003");
    connector.assert_books([]);
}

#[tokio::test]
async fn a_payee_who_was_found_outlives_the_connector() {
    for scheme_waits in [true, false] {
        let mut connector = connector(scheme_waits).await;
        let request = send_money(Joshua, "100");
        let payee = found(&connector, &request).await;
        connector.start_again().await;
        assert_eq!(found(&connector, &request).await, payee);
        let id = transfer_id(&payee.served());
        connector.confirm(&id).await.served();
        connector.accept(&id).await.served();
        connector.assert_books([committed(&id, Joshua, sent("100"))]);
    }
}

/// A payment whose connector dies at a record while the scheme waits for the
/// customer's decisions; the channel then asks the next one as it asked the
/// first. Says whether it came to that.
async fn survives(stop_at: StopAt) -> bool {
    let stopped = Arc::new(Notify::new());
    let notice = Arc::clone(&stopped);
    let mut connector =
        TestConnector::with_store(&[], |store| stopping(store, stop_at, notice)).await;
    connector
        .scheme_behaves(json!({ "autoAcceptParty": false }))
        .await;
    let request = send_money(Joshua, "100");
    let died = has_died(connector.pay(&request), &stopped).await;
    connector.start_again().await;
    connector.pay(&request).await.served();
    let id = connector.id_of(&request).await;
    connector
        .outgoing_becomes(&id, OutgoingState::Completed)
        .await;
    connector.assert_books([committed(&id, Joshua, sent("100"))]);
    let seen = connector.seen_by_scheme(&id).await;
    assert_eq!(seen["accepts"], 1, "{stop_at:?}: {seen}");
    died
}

#[tokio::test]
async fn a_payment_that_the_scheme_waits_with_survives_a_death_at_any_record() {
    for stop_at in [StopAt::Before, StopAt::After] {
        let mut number = 1;
        while survives(stop_at(number)).await {
            number += 1;
        }
        assert!(number > 7, "it has died only {} times", number - 1);
    }
}
