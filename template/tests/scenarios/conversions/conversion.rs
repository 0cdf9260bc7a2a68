//! Payments to somebody who has another currency: offered within the limits of
//! the bank, paid in the payer's currency, or not begun.

use std::sync::Arc;

use core_connector::{
    domain::{currency::Currency, outgoing::OutgoingState},
    sandbox::mojaloop_connector::conversion::{FXP, currency_abroad},
};
use serde_json::{Value, json};
use tokio::sync::Notify;

// [if payer_steps is not one_step]
use crate::agreement::transfer_id;
// [end]
use crate::{
    caller::Answer,
    customers::{Customer::Joshua, currency},
    debits::{committed, released, reserved},
    outgoing_payment::{merchant_payment, send_money, sent},
    restart::has_died,
    stopping_store::{StopAt, stopping},
    test_connector::{TestConnector, once, rule, variable},
};

/// The payee's currency.
fn abroad() -> Currency {
    currency_abroad(currency()).unwrap()
}

/// Two of the payer's currency are one of the payee's.
const RATE: &str = "0.5";

/// A bank that lets the simulated FXP convert at that rate, or at one that is
/// worse by 1 %.
fn limits(more: &[(&str, &str)]) -> Vec<(String, String)> {
    let rates = format!("{}/{}:{RATE}", currency(), abroad());
    let usual = [
        ("CONVERSION_PROVIDERS", FXP),
        ("CONVERSION_RATES", &rates),
        ("CONVERSION_RATE_TOLERANCE_PERCENT", "1"),
    ];
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    usual.iter().chain(more).map(own).collect()
}

/// How the scheme behaves in these tests, and more of it.
fn scheme(more: Value) -> Value {
    let mut behaviour = json!({
        "payeeCurrencies": [abroad()],
        "conversion": { "rate": RATE },
    });
    for (name, value) in more.as_object().unwrap() {
        match (name.as_str(), value.as_object()) {
            ("conversion", Some(conversion)) => {
                for (name, value) in conversion {
                    behaviour["conversion"][name] = value.clone();
                }
            }
            _ => behaviour[name] = value.clone(),
        }
    }
    behaviour
}

async fn connector_with(variables: &[(&str, &str)], behaviour: Value) -> TestConnector {
    let limits = limits(variables);
    let limits: Vec<_> = limits
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let connector = TestConnector::with(&limits).await;
    connector.scheme_behaves(scheme(behaviour)).await;
    connector
}

/// 100 leave the payer, and half of that arrives.
fn to_send() -> Value {
    let mut request = send_money(Joshua, "100");
    request["receiveCurrency"] = json!(abroad());
    request
}

/// 50 arrive, and twice that leaves the payer.
fn to_receive() -> Value {
    let mut request = merchant_payment(Joshua, "50");
    request["receiveCurrency"] = json!(abroad());
    request
}

type Request = fn() -> Value;

const BOTH: [(&str, Request); 2] = [("/send-money", to_send), ("/merchant-payment", to_receive)];

#[track_caller]
fn assert_code(answer: &Answer, code: &str) {
    assert_eq!(answer.body["statusCode"], code, "{}", answer.body);
}

/// The payment ends before any money is touched, and the scheme is told.
async fn assert_not_begun(variables: &[(&str, &str)], behaviour: Value, code: &str) {
    for (path, request) in BOTH {
        let connector = connector_with(variables, behaviour.clone()).await;
        let request = request();
        assert_code(&connector.pay_at(path, &request).await, code);
        let id = connector.id_of(&request).await;
        assert_eq!(connector.outgoing_state_told(&id).await, "ABORTED");
        connector.assert_rejected_at_scheme(&id).await;
        connector.assert_books([]);
    }
}

#[tokio::test]
async fn the_payer_pays_in_his_currency_whichever_end_is_fixed() {
    for auto_accept_party in [true, false] {
        for (path, request) in BOTH {
            let behaviour = json!({ "autoAcceptParty": auto_accept_party });
            let connector = connector_with(&[], behaviour).await;
            let request = request();
            connector.pay_at(path, &request).await.served();
            let id = connector.id_of(&request).await;
            connector.assert_books([committed(&id, Joshua, sent("100"))]);
            assert_eq!(connector.outgoing_state_told(&id).await, "COMMITTED");
            let seen = connector.seen_by_scheme(&id).await;
            assert_eq!(seen["hubState"], "COMMITTED");
            assert_eq!(seen["accepts"], 1);
            // What comes again is answered again, and moves nothing.
            connector.pay_at(path, &request).await.served();
            connector.assert_books([committed(&id, Joshua, sent("100"))]);
        }
    }
}

// [if payer_steps is not one_step]
#[tokio::test]
async fn the_offer_is_in_both_currencies() {
    for (path, request) in BOTH {
        let connector = connector_with(&[], json!({})).await;
        let offer = connector.offer_at(path, &request()).await.served();
        assert_eq!(offer["sendAmount"], "100", "{offer}");
        assert_eq!(offer["sendCurrency"], json!(currency()));
        assert_eq!(offer["receiveAmount"], "50");
        assert_eq!(offer["receiveCurrency"], json!(abroad()));
        assert_eq!(offer["targetFees"], "0");
        connector.assert_books([]);
    }
}

#[tokio::test]
async fn a_payer_who_declines_pays_nothing() {
    for (path, request) in BOTH {
        let connector = connector_with(&[], json!({})).await;
        let offer = connector.offer_at(path, &request()).await.served();
        let id = transfer_id(&offer);
        assert_code(&connector.reject(&id).await, "4101");
        connector.assert_rejected_at_scheme(&id).await;
        connector.assert_books([]);
    }
}

#[tokio::test]
async fn an_offer_expires_with_the_conversion() {
    let variables = [("CONVERSION_LEAST_VALIDITY_MS", "1")];
    let behaviour = json!({ "conversion": { "lifetimeMs": 1500 } });
    let connector = connector_with(&variables, behaviour).await;
    let offer = connector.offer(&to_send()).await.served();
    let id = transfer_id(&offer);
    connector
        .outgoing_becomes(&id, OutgoingState::Aborted)
        .await;
    assert_code(&connector.accept(&id).await, "3302");
    connector.assert_rejected_at_scheme(&id).await;
    connector.assert_books([]);
}

// [end]
#[tokio::test]
async fn a_rate_within_the_tolerance_is_taken_and_a_worse_one_is_not() {
    let within = json!({ "conversion": { "rate": "0.495" } });
    let connector = connector_with(&[], within).await;
    let request = to_send();
    connector.pay(&request).await.served();
    let id = connector.id_of(&request).await;
    connector.assert_books([committed(&id, Joshua, sent("100"))]);

    let worse = json!({ "conversion": { "rate": "0.4949" } });
    assert_not_begun(&[], worse, "4200").await;
}

#[tokio::test]
async fn an_fxp_that_is_not_allowed_does_not_convert() {
    let another = json!({ "conversion": { "fxp": "silverfx" } });
    assert_not_begun(&[], another, "4101").await;
}

#[tokio::test]
async fn charges_are_taken_up_to_the_limit() {
    let charge = variable("MAX_CONVERSION_CHARGE");
    let tolerant = ("CONVERSION_RATE_TOLERANCE_PERCENT", "10");
    let behaviour = json!({ "conversion": { "charge": "2" } });
    assert_not_begun(&[tolerant, (&charge, "1")], behaviour.clone(), "4200").await;

    let connector = connector_with(&[tolerant, (&charge, "2")], behaviour).await;
    let mut request = to_receive();
    request["receiveAmount"] = json!("49");
    let path = "/merchant-payment";
    connector.pay_at(path, &request).await.served();
    let id = connector.id_of(&request).await;
    connector.assert_books([committed(&id, Joshua, sent("100"))]);
}

#[tokio::test]
async fn terms_that_are_about_to_expire_are_not_offered() {
    let short = json!({ "conversion": { "lifetimeMs": 3000 } });
    assert_not_begun(&[], short, "3302").await;
    assert_not_begun(&[], json!({ "quoteLifetimeMs": 3000 }), "3302").await;
}

#[tokio::test]
async fn without_a_rate_nothing_is_converted() {
    let connector = connector_with(&[("CONVERSION_RATES", "")], json!({})).await;
    for (path, request) in BOTH {
        let answer = connector.pay_at(path, &request()).await;
        answer.assert_error(400, "5106");
    }
    // It shows only when the payee is found.
    let mut request = to_send();
    request.as_object_mut().unwrap().remove("receiveCurrency");
    assert_code(&connector.pay(&request).await, "5106");
    let id = connector.id_of(&request).await;
    connector.assert_rejected_at_scheme(&id).await;
    connector.assert_books([]);
}

#[tokio::test]
async fn a_payee_is_paid_in_the_currency_that_was_named_or_not_at_all() {
    let connector = connector_with(&[], json!({})).await;
    let request = send_money(Joshua, "100");
    assert_code(&connector.pay(&request).await, "5101");
    let id = connector.id_of(&request).await;
    connector.assert_rejected_at_scheme(&id).await;
    connector.assert_books([]);
}

#[tokio::test]
async fn a_refusal_after_the_money_was_secured_gives_it_back() {
    let refuses = json!({ "conversion": { "fault": { "refusesToReserve": "5001" } } });
    let aborts = json!({ "rules": [rule("accept", "abort")] });
    for behaviour in [refuses, aborts] {
        for (path, request) in BOTH {
            let connector = connector_with(&[], behaviour.clone()).await;
            let request = request();
            let answer = connector.pay_at(path, &request).await;
            assert_eq!(answer.status, 500, "{}", answer.body);
            let id = connector.id_of(&request).await;
            connector
                .outgoing_becomes(&id, OutgoingState::Aborted)
                .await;
            connector.assert_books([released(&id, Joshua, sent("100"))]);
        }
    }
}

#[tokio::test]
async fn an_outcome_that_is_not_known_keeps_the_money_until_it_is() {
    for fault in [
        "commitThenFail",
        "commitThenGatewayTimeout",
        "commitThenReserved",
    ] {
        let rules = [once("accept", fault), rule("get_transfer", "unknownState")];
        let connector = connector_with(&[], json!({ "rules": rules })).await;
        let request = to_send();
        assert_code(&connector.pay(&request).await, "2005");
        let id = connector.id_of(&request).await;
        connector.assert_books([reserved(&id, Joshua, sent("100"))]);
        connector.scheme_recovers().await;
        connector
            .outgoing_becomes(&id, OutgoingState::Completed)
            .await;
        connector.assert_books([committed(&id, Joshua, sent("100"))]);
        assert_eq!(connector.seen_by_scheme(&id).await["accepts"], 1);
    }
}

#[tokio::test]
async fn a_first_acceptance_that_is_not_answered_moves_nothing_and_can_be_asked_again() {
    for fault in ["fail", "gatewayTimeout", "quoteThenFail", "unavailable"] {
        let behaviour = json!({ "rules": [once("accept_first_terms", fault)] });
        for (path, request) in BOTH {
            let connector = connector_with(&[], behaviour.clone()).await;
            let request = request();
            let answer = connector.pay_at(path, &request).await;
            assert_eq!(answer.status, 500, "{fault}: {}", answer.body);
            connector.assert_books([]);
            connector.pay_at(path, &request).await.served();
            let id = connector.id_of(&request).await;
            connector.assert_books([committed(&id, Joshua, sent("100"))]);
            assert_eq!(connector.seen_by_scheme(&id).await["accepts"], 1);
        }
    }
}

#[tokio::test]
async fn a_scheme_that_transfers_at_the_first_acceptance_is_asked_for_nothing_more() {
    let behaviour = json!({ "rules": [once("accept_first_terms", "autoAcceptQuotes")] });
    let connector = connector_with(&[], behaviour).await;
    let request = to_send();
    connector.pay(&request).await;
    let id = connector.id_of(&request).await;
    assert!(connector.outgoing(&id).await.work.parked.is_some());
    assert_code(&connector.pay(&to_send()).await, "2003");
    connector.assert_books([]);
}

/// The connector dies at a record; the channel then asks the next one as it
/// asked the first. Says whether it came to that.
async fn survives(stop_at: StopAt, path: &str, request: Value) -> bool {
    let stopped = Arc::new(Notify::new());
    let notice = Arc::clone(&stopped);
    let limits = limits(&[]);
    let limits: Vec<_> = limits
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let mut connector =
        TestConnector::with_store(&limits, |store| stopping(store, stop_at, stopped)).await;
    connector.scheme_behaves(scheme(json!({}))).await;
    let died = has_died(connector.pay_at(path, &request), &notice).await;
    connector.start_again().await;
    connector.pay_at(path, &request).await.served();
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
async fn a_payment_with_a_conversion_survives_a_death_around_any_record() {
    let stops: [fn(usize) -> StopAt; 2] = [StopAt::Before, StopAt::After];
    for stop_at in stops {
        for (path, request) in BOTH {
            let mut number = 1;
            while survives(stop_at(number), path, request()).await {
                number += 1;
            }
            assert!(number > 6, "it has died only {} times", number - 1);
        }
    }
}
