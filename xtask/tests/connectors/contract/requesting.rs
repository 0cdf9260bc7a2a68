//! Requests to pay: customers who are asked for money, and customers who ask.

use serde_json::{Value, json};

use super::{
    asking::{payer, refused},
    scene::Scene,
};
use crate::site::{CURRENCY, ELSEWHERE, NOBODY, PAYEE, PAYER, new_id};

pub fn both_ways(scene: &Scene) {
    being_asked(scene);
    deciding(scene);
    asking(scene);
}

/// What the Mojaloop Connector passes on.
fn demand(id: &str) -> Value {
    json!({
        "transactionRequestId": id,
        "to": { "idType": "MSISDN", "idValue": PAYER },
        "from": payer(),
        "amount": "10",
        "currency": CURRENCY,
        "transactionType": "TRANSFER",
        "initiator": "PAYEE",
        "initiatorType": "CONSUMER",
        "note": "two coffees",
    })
}

fn being_asked(scene: &Scene) {
    let path = "/transactionrequests";
    let id = new_id();
    scene.backend_ok("POST", path, &demand(&id));
    scene.backend_ok("POST", path, &demand(&id));
    scene.backend_ok("GET", &format!("/otp/{id}"), &Value::Null);
    refused(scene, "GET", &format!("/otp/{}", new_id()), &Value::Null);

    let mut contradiction = demand(&id);
    contradiction["amount"] = json!("11");
    let with = |name: &str, value: Value| {
        let mut changed = demand(&new_id());
        changed[name] = value;
        changed
    };
    for bad in [
        contradiction,
        with("to", json!({ "idType": "MSISDN", "idValue": NOBODY })),
        with("to", Value::Null),
        with("amount", json!("0")),
        with("currency", json!("XXX")),
        with("initiator", json!("SOMEBODY")),
        with("expiration", json!("2020-01-01T00:00:00.000Z")),
        Value::Null,
        json!({}),
    ] {
        refused(scene, "POST", path, &bad);
    }
    scene.while_the_bank_is_away(|| {
        scene.backend("POST", path, &demand(&new_id()));
        scene.backend("GET", &format!("/otp/{id}"), &Value::Null);
    });
}

/// The customer accepts, or rejects the request, or what it would cost him.
fn deciding(scene: &Scene) {
    let decide = |accept: bool| {
        let id = new_id();
        scene.backend_ok("POST", "/transactionrequests", &demand(&id));
        let path = format!("/transactionrequests/{id}");
        scene.dfsp_ok("PUT", &path, &json!({ "accept": accept }))
    };
    decide(false);
    for (agrees, status) in [(true, 200), (false, 500)] {
        let offer = decide(true);
        let path = format!("/send-money/{}", offer.field("transactionId"));
        let decision = crate::site::decision(agrees);
        let answer = scene.dfsp("PUT", &path, &decision);
        assert_eq!(answer.status, status, "{}", answer.text);
    }
}

/// The customer asks, and hears what the payer's FSP says.
fn asking(scene: &Scene) {
    let ask = |with: &[(&str, &str)]| {
        let mut wish = json!({
            "homeTransactionId": new_id(),
            "payeeIdType": "MSISDN",
            "payeeId": PAYEE,
            "payerIdType": "MSISDN",
            "payerId": ELSEWHERE,
            "amount": "12.5",
            "currency": CURRENCY,
            "transactionType": "TRANSFER",
        });
        for (name, value) in with {
            wish[*name] = json!(value);
        }
        let asked = scene.dfsp_ok("POST", "/request-to-pay", &wish);
        asked.field("transactionRequestId")
    };
    let id = ask(&[("authenticationType", "OTP"), ("payerSubId", "home")]);
    scene.backend_ok("GET", &format!("/otp/{id}"), &Value::Null);
    let path = format!("/requestToPay/{id}");
    for word in ["RECEIVED", "ACCEPTED", "ACCEPTED"] {
        let word = json!({ "transactionRequestState": word });
        scene.backend_ok("PUT", &path, &word);
    }
    let rejected = format!("/requestToPay/{}", ask(&[]));
    let word = json!({ "transactionRequestState": "REJECTED" });
    scene.backend_ok("PUT", &rejected, &word);

    // The Mojaloop Connector asks whether this is the payer.
    let asks_back = json!({ "autoAcceptParty": false });
    scene.simulator("PUT", "/simulator/behaviour", &asks_back);
    ask(&[]);
    scene.simulator("PUT", "/simulator/behaviour", &json!({}));

    let unknown = format!("/requestToPay/{}", new_id());
    for bad in [Value::Null, json!({}), word] {
        refused(scene, "PUT", &unknown, &bad);
    }
    let nonsense = json!({ "transactionRequestState": "PAID" });
    refused(scene, "PUT", &path, &nonsense);
}
