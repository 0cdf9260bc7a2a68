//! Every endpoint of the backend API, asked for good things and bad ones.

use serde_json::{Value, json};

use super::scene::Scene;
use crate::site::{BLOCKED, ELSEWHERE, Incoming, NOBODY, PAYEE, new_id, notification};

pub fn every_endpoint(scene: &Scene) {
    scene.backend_ok("GET", "/", &Value::Null);
    parties(scene);
    quotes(scene);
    transfers(scene);
    bulk(scene);
}

fn parties(scene: &Scene) {
    for kind in ["parties", "participants"] {
        for path in [
            format!("/{kind}/MSISDN/{PAYEE}"),
            format!("/{kind}/MSISDN/{PAYEE}/home"),
            format!("/{kind}/MSISDN/{NOBODY}"),
            format!("/{kind}/MSISDN/{NOBODY}/home"),
            format!("/{kind}/MSISDN/{BLOCKED}"),
            format!("/{kind}/MSISDN/twelve"),
            format!("/{kind}/PASSPORT/{PAYEE}"),
            format!("/{kind}/PASSPORT/{PAYEE}/home"),
        ] {
            scene.backend("GET", &path, &Value::Null);
        }
        scene.while_the_bank_is_away(|| {
            scene.backend("GET", &format!("/{kind}/MSISDN/{PAYEE}"), &Value::Null);
        });
    }
}

fn quotes(scene: &Scene) {
    let path = "/quoterequests";
    let good = Incoming::of("10").quote_request();
    scene.backend_ok("POST", path, &good);
    scene.backend_ok("POST", path, &good);
    let with = |name: &str, value: Value| {
        let mut changed = Incoming::of("10").quote_request();
        changed[name] = value;
        changed
    };
    scene.backend_ok("POST", path, &with("amountType", json!("RECEIVE")));
    let expiration = json!("2099-01-01T00:00:00.000Z");
    scene.backend_ok("POST", path, &with("expiration", expiration));

    let mut contradiction = good;
    contradiction["amount"] = json!("11");
    for bad in [
        contradiction,
        Value::Null,
        json!([]),
        json!({}),
        json!("quote"),
        with("currency", json!("XXX")),
        with("currency", json!(7)),
        with("amount", json!("ten")),
        with("amount", json!("0")),
        with("amount", json!("10.001")),
        with("amountType", json!("GIVE")),
        with("to", json!({ "idType": "MSISDN", "idValue": NOBODY })),
        with("to", json!({ "idType": "MSISDN", "idValue": BLOCKED })),
        with("to", json!({ "idType": "PASSPORT", "idValue": PAYEE })),
        with("to", Value::Null),
    ] {
        refused(scene, "POST", path, &bad);
    }
    scene.while_the_bank_is_away(|| {
        refused(scene, "POST", path, &Incoming::of("10").quote_request());
    });
}

fn transfers(scene: &Scene) {
    let path = "/transfers";
    for (final_state, status) in [("COMMITTED", 200), ("ABORTED", 200), ("RESERVED", 500)] {
        let payment = Incoming::of("10");
        scene.backend_ok("POST", "/quoterequests", &payment.quote_request());
        scene.backend_ok("POST", path, &payment.prepare());
        scene.backend_ok("POST", path, &payment.prepare());
        scene.backend_ok("GET", &payment.path(), &Value::Null);
        let answer = scene.backend("PUT", &payment.path(), &notification(final_state));
        assert_eq!(answer.status, status, "{}", answer.text);
        scene.backend_ok("GET", &payment.path(), &Value::Null);

        let mut contradiction = payment.prepare();
        contradiction["amount"] = json!("11");
        contradiction["quote"]["transferAmount"] = json!("11");
        contradiction["quote"]["payeeReceiveAmount"] = json!("11");
        refused(scene, "POST", path, &contradiction);
    }
    let with = |name: &str, value: Value| {
        let mut changed = Incoming::of("10").prepare();
        changed[name] = value;
        changed
    };
    for bad in [
        Value::Null,
        json!({}),
        with("currency", json!("XXX")),
        with("amount", json!("9")),
        with("quote", Value::Null),
        with("quote", json!({})),
        with("to", json!({ "idType": "MSISDN", "idValue": NOBODY })),
    ] {
        refused(scene, "POST", path, &bad);
    }
    scene.while_the_bank_is_away(|| {
        let payment = Incoming::of("10");
        refused(scene, "POST", path, &payment.prepare());
        scene.backend("GET", &payment.path(), &Value::Null);
    });
    let unknown = format!("/transfers/{}", new_id());
    refused(scene, "GET", &unknown, &Value::Null);
    refused(scene, "GET", "/transfers/one", &Value::Null);
    refused(scene, "GET", "/transfers/%C3%A4", &Value::Null);
    scene.backend_ok("PUT", &unknown, &notification("COMMITTED"));
    scene.backend_ok("PUT", &unknown, &json!({ "currentState": "COMPLETED" }));
    for bad in [Value::Null, json!({}), json!([])] {
        refused(scene, "PUT", &unknown, &bad);
    }
}

fn bulk(scene: &Scene) {
    let [quote_id, transfer_id] = [new_id(), new_id()];
    let items = [Incoming::of("5"), Incoming::to(NOBODY, "5")];
    let quotes: Vec<Value> = items
        .iter()
        .map(|item| {
            let mut quote = item.quote_request();
            for name in ["from", "expiration"] {
                quote.as_object_mut().unwrap().remove(name);
            }
            quote
        })
        .collect();
    let request = json!({
        "bulkQuoteId": quote_id,
        "from": payer(),
        "individualQuotes": quotes,
    });
    let quoted = scene.backend("POST", "/bulkQuotes", &request);
    scene.backend("GET", &format!("/bulkQuotes/{quote_id}"), &Value::Null);
    let mut contradiction = request;
    contradiction["individualQuotes"] = json!([contradiction["individualQuotes"][0]]);
    refused(scene, "POST", "/bulkQuotes", &contradiction);

    let transfers = items.iter().map(|item| {
        let mut transfer = item.prepare();
        for name in ["from", "quote"] {
            transfer.as_object_mut().unwrap().remove(name);
        }
        transfer["quoteId"] = json!(item.quote_id);
        transfer
    });
    let request = json!({
        "bulkTransferId": transfer_id,
        "bulkQuote": quoted.json(),
        "from": payer(),
        "individualTransfers": transfers.collect::<Vec<_>>(),
    });
    scene.backend("POST", "/bulkTransfers", &request);
    scene.backend(
        "GET",
        &format!("/bulkTransfers/{transfer_id}"),
        &Value::Null,
    );

    for path in ["/bulkQuotes", "/bulkTransfers"] {
        for bad in [Value::Null, json!({}), json!([])] {
            refused(scene, "POST", path, &bad);
        }
        let unknown = format!("{path}/{}", new_id());
        refused(scene, "GET", &unknown, &Value::Null);
    }
}

pub fn payer() -> Value {
    json!({ "idType": "MSISDN", "idValue": ELSEWHERE, "fspId": "bluebank" })
}

#[track_caller]
pub fn refused(scene: &Scene, method: &str, path: &str, body: &Value) {
    let answer = scene.backend(method, path, body);
    let text = &answer.text;
    assert!(answer.status >= 400, "{method} {path} {body}: {text}");
}
