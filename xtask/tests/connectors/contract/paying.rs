//! Payments in both directions, so that the connector asks all that it asks.

use serde_json::{Value, json};

use super::scene::Scene;
use crate::site::{CURRENCY, ELSEWHERE, PAYEE, PAYER, decision, new_id, send_money};

pub fn every_way(scene: &Scene) {
    incoming(scene);
    outgoing(scene);
    accounts(scene);
    look_ups(scene);
}

fn incoming(scene: &Scene) {
    for final_state in ["COMMITTED", "ABORTED", "RESERVED"] {
        for amount_type in ["SEND", "RECEIVE"] {
            let payment = json!({
                "idType": "MSISDN",
                "idValue": PAYEE,
                "amount": "10",
                "amountType": amount_type,
                "finalState": final_state,
            });
            scene.simulator("POST", "/simulator/incoming", &payment);
        }
    }
}

fn outgoing(scene: &Scene) {
    let pay = |body: &Value, path: &str, accept: bool| {
        let offer = scene.dfsp_ok("POST", path, body);
        let id = offer.field("transactionId");
        let path = format!("{path}/{id}");
        (scene.dfsp("PUT", &path, &decision(accept)), id)
    };
    let (paid, id) = pay(&send_money(&new_id(), "20"), "/send-money", true);
    assert_eq!(paid.status, 200, "{}", paid.text);
    scene.dfsp_ok("GET", &format!("/transfers/{id}"), &Value::Null);
    let (declined, _) = pay(&send_money(&new_id(), "20"), "/send-money", false);
    assert_eq!(declined.field("statusCode"), "4101");
    let (paid, _) = pay(&merchant_payment("12.50"), "/merchant-payment", true);
    assert_eq!(paid.status, 200, "{}", paid.text);

    // With all that a payment can say about its payer.
    let mut body = send_money(&new_id(), "7.5");
    body["subId"] = json!("home");
    body["purposeCode"] = json!("P2P");
    body["payer"]["DateAndPlaceOfBirth"] = json!({
        "BirthDt": "2001-01-01",
        "PrvcOfBirth": "Central Province",
        "CityOfBirth": "Lilongwe",
        "CtryOfBirth": "GM",
    });
    pay(&body, "/send-money", true);

    // The hub has to be asked what became of it.
    let fault = json!({ "rules": [
        { "operation": "accept", "fault": "commitThenFail", "times": 1 },
    ] });
    scene.simulator("PUT", "/simulator/behaviour", &fault);
    let (paid, id) = pay(&send_money(&new_id(), "20"), "/send-money", true);
    assert_eq!(paid.status, 200, "{}", paid.text);
    let path = format!("/transfers/{id}");
    let is_asked = |method: &str| {
        let mut asked = scene.asked().into_iter();
        asked.any(|exchange| exchange.method == method && exchange.path == path)
    };
    assert!(is_asked("GET"));
}

fn accounts(scene: &Scene) {
    let accounts = json!([
        { "idType": "MSISDN", "idValue": PAYEE, "currency": CURRENCY },
        { "idType": "MSISDN", "idValue": PAYER, "idSubValue": "home" },
    ]);
    scene.dfsp_ok("POST", "/accounts", &accounts);
    for path in [
        format!("/accounts/MSISDN/{PAYEE}"),
        format!("/accounts/MSISDN/{PAYER}/home"),
    ] {
        scene.dfsp_ok("DELETE", &path, &Value::Null);
    }
}

fn look_ups(scene: &Scene) {
    for path in [
        format!("/parties/MSISDN/{ELSEWHERE}"),
        format!("/parties/MSISDN/{ELSEWHERE}/home"),
    ] {
        scene.dfsp_ok("GET", &path, &Value::Null);
    }
}

fn merchant_payment(amount: &str) -> Value {
    json!({
        "homeTransactionId": new_id(),
        "payeeIdType": "MSISDN",
        "payeeId": ELSEWHERE,
        "receiveAmount": amount,
        "receiveCurrency": CURRENCY,
        "sendCurrency": CURRENCY,
        "transactionType": "TRANSFER",
        "payer": { "name": "A Customer", "payerId": PAYER },
    })
}
