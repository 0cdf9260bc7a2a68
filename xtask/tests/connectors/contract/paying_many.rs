//! Bulks of the payer: asked for and decided on together.

use serde_json::{Value, json};
use xtask::running::wait_for;

use super::{asking::refused, scene::Scene};
use crate::site::{CURRENCY, ELSEWHERE, PAYER, new_id};

pub fn every_way(scene: &Scene) {
    // By what the simulated scheme makes of the notes.
    let notes = ["salary", "unknown payee", "refused"];
    decided(scene, &notes, |_| json!({ "acceptQuotes": true }));
    decided(scene, &notes, |_| json!({ "acceptQuotes": false }));
    decided(scene, &["salary", "salary"], |bulk| {
        let decide = |index: usize, accept: bool| {
            let transfer_id = &bulk["items"][index]["transferId"];
            json!({ "transferId": transfer_id, "acceptQuote": accept })
        };
        json!({ "items": [decide(0, true), decide(1, false)] })
    });
    let unknown = format!("/bulkTransactions/{}", new_id());
    let callback = json!({
        "bulkTransactionId": new_id(),
        "currentState": "COMPLETED",
        "individualTransferResults": [],
    });
    for bad in [Value::Null, json!({}), json!([]), callback] {
        refused(scene, "PUT", &unknown, &bad);
    }
}

/// A bulk from the request to its end.
fn decided(scene: &Scene, notes: &[&str], decide: impl Fn(&Value) -> Value) {
    let items: Vec<Value> = notes
        .iter()
        .map(|note| {
            json!({
                "payeeIdType": "MSISDN",
                "payeeId": ELSEWHERE,
                "amount": "12.5",
                "note": note,
            })
        })
        .collect();
    let request = json!({
        "homeTransactionId": new_id(),
        "payer": { "name": "A Customer", "payerId": PAYER },
        "currency": CURRENCY,
        "purposeCode": "SALA",
        "items": items,
    });
    let asked = scene.dfsp_ok("POST", "/bulk-payments", &request);
    let path = format!("/bulk-payments/{}", asked.field("bulkId"));
    let becomes = |state: &str| {
        let reached = wait_for(&format!("the bulk is {state}"), || {
            let bulk = scene.dfsp_ok("GET", &path, &Value::Null).json();
            (bulk["state"] == state).then_some(bulk)
        });
        reached.unwrap()
    };
    let quoted = becomes("quoted");
    scene.dfsp_ok("PUT", &path, &decide(&quoted));
    becomes("closed");
}
