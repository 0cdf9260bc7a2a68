//! Conversions: of this connector as an FXP, and of its customers as payers.

use serde_json::{Value, json};

use super::{asking::refused, scene::Scene};
use crate::site::{CURRENCY, ELSEWHERE, PAYER, decision, new_id};

/// What the FXP sells.
const SOLD: &str = "USD";

/// The currency of payees abroad, and what an FXP elsewhere gives for one unit.
pub const ABROAD: &str = "GBP";
pub const RATE: &str = "0.5";

pub fn both_ways(scene: &Scene) {
    as_an_fxp(scene);
    as_a_payers_bank(scene);
}

fn as_an_fxp(scene: &Scene) {
    for amount_type in ["SEND", "RECEIVE"] {
        for method in ["PUT", "PATCH"] {
            for final_state in ["COMMITTED", "ABORTED"] {
                let order = quoted(scene, amount_type);
                scene.backend_ok("POST", "/fxTransfers", &order);
                scene.backend_ok("POST", "/fxTransfers", &order);
                let mut contradiction = order.clone();
                contradiction["sourceAmount"]["amount"] = json!("1");
                refused(scene, "POST", "/fxTransfers", &contradiction);

                let id = order["commitRequestId"].as_str().unwrap();
                let path = format!("/fxTransfers/{id}");
                scene.backend_ok(method, &path, &word(method, final_state));
                scene.backend_ok(method, &path, &word(method, final_state));
                let contrary = match final_state {
                    "COMMITTED" => "ABORTED",
                    _ => "COMMITTED",
                };
                refused(scene, method, &path, &word(method, contrary));
            }
        }
    }
    let path = "/fxQuotes";
    let with = |place: &str, value: Value| {
        let mut changed = quote_request("SEND");
        *changed.pointer_mut(place).unwrap() = value;
        changed
    };
    let no_conversion = json!({ "currency": CURRENCY, "amount": "0" });
    for bad in [
        with("/conversionTerms/targetAmount/currency", json!("XXX")),
        with("/conversionTerms/targetAmount", no_conversion),
        with("/conversionTerms/targetAmount/amount", json!("7")),
        with("/conversionTerms/sourceAmount/amount", json!("0")),
        with("/conversionTerms/sourceAmount/amount", json!("0.001")),
        with("/conversionTerms/amountType", json!("GIVE")),
        with("/conversionTerms/conversionId", json!(7)),
        with("/conversionTerms", Value::Null),
        Value::Null,
        json!({}),
        json!([]),
    ] {
        refused(scene, "POST", path, &bad);
    }
    scene.while_the_bank_is_away(|| {
        refused(scene, "POST", path, &quote_request("SEND"));
    });
    let order = quoted(scene, "SEND");
    scene.while_the_bank_is_away(|| {
        refused(scene, "POST", "/fxTransfers", &order);
    });
    let mut never_quoted = order;
    never_quoted["commitRequestId"] = json!(new_id());
    for bad in [never_quoted, Value::Null, json!({})] {
        refused(scene, "POST", "/fxTransfers", &bad);
    }
    let unknown = format!("/fxTransfers/{}", new_id());
    for method in ["PUT", "PATCH"] {
        scene.backend_ok(method, &unknown, &word(method, "COMMITTED"));
        // What proves nothing has been heard.
        scene.backend_ok(method, &unknown, &word(method, "RESERVED"));
        for no_word in [json!({}), Value::Null] {
            refused(scene, method, &unknown, &no_word);
        }
    }
}

/// The order of a conversion that was quoted.
fn quoted(scene: &Scene, amount_type: &str) -> Value {
    let request = quote_request(amount_type);
    let quote = scene.backend_ok("POST", "/fxQuotes", &request);
    assert_eq!(scene.backend("POST", "/fxQuotes", &request), quote);
    let mut other = request;
    other["conversionTerms"]["initiatingFsp"] = json!("greenbank");
    refused(scene, "POST", "/fxQuotes", &other);
    let terms = quote.json()["conversionTerms"].clone();
    json!({
        "commitRequestId": terms["conversionId"],
        "determiningTransferId": terms["determiningTransferId"],
        "initiatingFsp": terms["initiatingFsp"],
        "counterPartyFsp": terms["counterPartyFsp"],
        "sourceAmount": terms["sourceAmount"],
        "targetAmount": terms["targetAmount"],
        "condition": "4IEhEZPNDn8b_vgNZMeWQ_tjGpJ3fP63tMl0Oz_NNsc",
    })
}

/// Of the side that is not known, the amount is zero.
fn quote_request(amount_type: &str) -> Value {
    let (source, target) = match amount_type {
        "SEND" => ("1000", "0"),
        _ => ("0", "10"),
    };
    json!({
        "conversionRequestId": new_id(),
        "conversionTerms": {
            "conversionId": new_id(),
            "determiningTransferId": new_id(),
            "initiatingFsp": "bluebank",
            "counterPartyFsp": "harbourbank",
            "amountType": amount_type,
            "sourceAmount": { "currency": CURRENCY, "amount": source },
            "targetAmount": { "currency": SOLD, "amount": target },
            "expiration": "2099-01-01T00:00:00.000Z",
        },
    })
}

/// The final word: as the Mojaloop Connector sends it, or with the whole state
/// of the conversion around it.
fn word(method: &str, state: &str) -> Value {
    let word = json!({
        "conversionState": state,
        "completedTimestamp": "2026-11-21T20:52:45.615Z",
    });
    match method {
        "PUT" => word,
        _ => json!({ "currentState": "COMPLETED", "finalNotification": word }),
    }
}

fn as_a_payers_bank(scene: &Scene) {
    for asks_back in [false, true] {
        let behaviour = json!({
            "autoAcceptParty": !asks_back,
            "payeeCurrencies": [ABROAD],
            "conversion": { "rate": RATE },
        });
        scene.simulator("PUT", "/simulator/behaviour", &behaviour);
        for (path, fixed) in [
            ("/send-money", "sendAmount"),
            ("/merchant-payment", "receiveAmount"),
        ] {
            for (agrees, status) in [(true, 200), (false, 500)] {
                let mut payment = json!({
                    "homeTransactionId": new_id(),
                    "payeeIdType": "MSISDN",
                    "payeeId": ELSEWHERE,
                    "sendCurrency": CURRENCY,
                    "receiveCurrency": ABROAD,
                    "transactionType": "TRANSFER",
                    "payer": { "name": "A Customer", "payerId": PAYER },
                });
                payment[fixed] = json!("20");
                let offer = scene.dfsp_ok("POST", path, &payment);
                let path = format!("{path}/{}", offer.field("transactionId"));
                let decided = scene.dfsp("PUT", &path, &decision(agrees));
                assert_eq!(decided.status, status, "{}", decided.text);
            }
        }
    }
    scene.simulator("PUT", "/simulator/behaviour", &json!({}));
}
