//! The official documents judge a connector with both roles and all use cases:
//! every endpoint that they have, good and bad requests, and all that it asks.

mod asking;
mod converting;
mod paying;
mod paying_many;
mod requesting;
mod scene;

use std::{collections::BTreeSet, sync::LazyLock};

use serde_json::Value;
use xtask::{
    contract::{
        document::Document,
        endpoints::{BACKEND, OUTBOUND_ASKED},
        verdict::{Finding, surprises},
    },
    official::Api,
};

use scene::{Exchange, Scene};

static BACKEND_DOCUMENT: LazyLock<Document> =
    LazyLock::new(|| Document::open(Api::Backend).unwrap());

static OUTBOUND_DOCUMENT: LazyLock<Document> =
    LazyLock::new(|| Document::open(Api::Outbound).unwrap());

/// Probes: they cannot go wrong while the connector runs.
const NEVER_REFUSED: [&str; 1] = ["GET /"];

#[test]
fn the_official_documents_describe_every_exchange() {
    let (backend, outbound) = (&*BACKEND_DOCUMENT, &*OUTBOUND_DOCUMENT);
    let scene = Scene::start();
    asking::every_endpoint(&scene);
    requesting::both_ways(&scene);
    converting::both_ways(&scene);
    paying::every_way(&scene);
    paying_many::every_way(&scene);

    let answered = scene.answered();
    let asked = scene.asked();
    let mut findings: Vec<Finding> = Vec::new();
    for exchange in &answered {
        let Exchange {
            method,
            path,
            status,
            text,
            ..
        } = exchange;
        findings.extend(backend.judge_answer(method, path, *status, text));
    }
    for exchange in &asked {
        findings.extend(outbound.judge_request(&exchange.method, &exchange.path, &exchange.body));
    }
    let surprises = surprises(&findings);
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));

    assert_all_is_answered(backend, &answered);
    let asked: BTreeSet<String> = asked
        .iter()
        .filter_map(|exchange| outbound.endpoint(&exchange.method, &exchange.path))
        .collect();
    assert_eq!(asked, OUTBOUND_ASKED.map(str::to_owned).into());
    scene.assert_books_balance();
}

/// Each endpoint has succeeded and refused.
fn assert_all_is_answered(backend: &Document, answered: &[Exchange]) {
    let with = |is_meant: fn(u16) -> bool| -> BTreeSet<String> {
        let exchanges = answered.iter().filter(|exchange| is_meant(exchange.status));
        exchanges
            .filter_map(|exchange| backend.endpoint(&exchange.method, &exchange.path))
            .collect()
    };
    let succeeded = with(|status| status < 400);
    let refused = with(|status| status >= 400);
    let all: BTreeSet<String> = backend.endpoints().into_keys().collect();
    let without =
        |set: &BTreeSet<String>| -> BTreeSet<String> { all.difference(set).cloned().collect() };
    assert_eq!(without(&refused), NEVER_REFUSED.map(str::to_owned).into());
    assert_eq!(without(&succeeded), BTreeSet::new());
}

#[test]
fn the_list_of_endpoints_is_that_of_the_document() {
    let listed = BACKEND.map(|endpoint| (endpoint.name.to_owned(), endpoint.answers.to_vec()));
    assert_eq!(BACKEND_DOCUMENT.endpoints(), listed.into());
    let outbound = OUTBOUND_DOCUMENT.endpoints();
    for endpoint in OUTBOUND_ASKED {
        assert!(outbound.contains_key(endpoint), "{endpoint}");
    }
}

#[test]
fn a_document_finds_fault_with_what_is_not_in_it() {
    let document = &*BACKEND_DOCUMENT;
    let wrong = [
        // The type of the party is no identifier type, and its number is missing.
        ("GET", "/parties/MSISDN/1", 200, r#"{"idType":"PHONE"}"#, 2),
        ("GET", "/parties/MSISDN/1", 503, "{}", 1),
        ("GET", "/otp/1", 200, r#"{"otpValue":1234}"#, 1),
        (
            "POST",
            "/fxTransfers",
            200,
            r#"{"conversionState":"DONE"}"#,
            1,
        ),
        ("POST", "/transfers", 400, "busy", 1),
        ("DELETE", "/transfers/1", 200, "{}", 1),
    ];
    for (method, path, status, text, findings) in wrong {
        let found = document.judge_answer(method, path, status, text);
        assert_eq!(found.len(), findings, "{method} {path}: {found:?}");
    }
    let document = &*OUTBOUND_DOCUMENT;
    let acceptance = serde_json::json!({ "acceptQuote": "yes" });
    assert!(
        !document
            .judge_request("PUT", "/transfers/1", &acceptance)
            .is_empty()
    );
    assert!(
        !document
            .judge_request("POST", "/transfers", &Value::Null)
            .is_empty()
    );
}
