//! What each API says of itself: served, and true.

use std::{collections::BTreeSet, fs, path::Path};

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    caller::{Caller, answer},
    test_connector::TestConnector,
};

const METHODS: [Method; 5] = [
    Method::GET,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
];

async fn document(api: &Caller) -> Value {
    api.get("/openapi.json").await.served()
}

/// A path of a document with something in the place of its parameters.
fn filled(path: &str) -> String {
    let segments = path.split('/').map(|segment| match segment {
        "{idType}" => "MSISDN",
        segment if segment.starts_with('{') => "0192f4a6-7c1e-7d35-9a3b-5f0c8e2d4b61",
        segment => segment,
    });
    segments.collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn each_operation_of_a_document_is_served_and_no_other_one_is() {
    let connector = TestConnector::start().await;
    for api in [&connector.backend, &connector.dfsp] {
        let document = document(api).await;
        for (path, item) in document["paths"].as_object().unwrap() {
            for method in METHODS {
                let is_documented = item.get(method.as_str().to_lowercase()).is_some();
                let request = api.request(method.clone(), &filled(path)).json(&json!({}));
                let status = answer(request).await.status;
                let is_served = status != 405;
                assert_eq!(is_served, is_documented, "{method} {path}: {status}");
            }
        }
    }
    connector.assert_books([]);
}

#[tokio::test]
async fn each_operation_answers_a_status_that_it_documents() {
    let connector = TestConnector::start().await;
    for api in [&connector.backend, &connector.dfsp] {
        let document = document(api).await;
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let method: Method = method.to_uppercase().parse().unwrap();
                let request = api.request(method.clone(), &filled(path)).json(&json!({}));
                let status = answer(request).await.status.to_string();
                let documented = operation["responses"].as_object().unwrap();
                assert!(
                    documented.contains_key(&status),
                    "{method} {path} answers {status}, which it does not document"
                );
            }
        }
    }
    connector.assert_books([]);
}

#[tokio::test]
async fn each_operation_has_a_name_of_its_own_and_each_reference_leads_somewhere() {
    let connector = TestConnector::start().await;
    for api in [&connector.backend, &connector.dfsp] {
        let document = document(api).await;
        let items = document["paths"].as_object().unwrap().values();
        let mut names = BTreeSet::new();
        for operation in items.flat_map(|item| item.as_object().unwrap().values()) {
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name), "{name} is the name of two operations");
        }
        let text = document.to_string();
        for after in text.split("\"#").skip(1) {
            let pointer = after.split_once('"').unwrap().0;
            assert!(document.pointer(pointer).is_some(), "{pointer} is nowhere");
        }
    }
}

#[tokio::test]
async fn each_route_is_in_a_document() {
    let connector = TestConnector::start().await;
    for (api, folder) in [
        (&connector.backend, "backend_api"),
        (&connector.dfsp, "dfsp_api"),
    ] {
        let document = document(api).await;
        let documented = document["paths"].as_object().unwrap();
        let missing: Vec<String> = routes(folder)
            .into_iter()
            .filter(|path| !documented.contains_key(path))
            .collect();
        assert!(missing.is_empty(), "{folder} does not document {missing:?}");
    }
}

/// The paths of all resources that the code of an API has.
fn routes(api: &str) -> BTreeSet<String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/mojaloop");
    let mut files = vec![source.join(format!("{api}.rs"))];
    let mut folders = vec![source.join(api)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                &mut folders
            } else {
                &mut files
            }
            .push(path);
        }
    }
    let mut routes = BTreeSet::new();
    for file in files {
        let code = fs::read_to_string(file).unwrap();
        for after in code.split("resource(").skip(1) {
            let path = after.trim_start().strip_prefix('"');
            let path = path.expect("a path is written where it is served");
            routes.insert(path.split_once('"').unwrap().0.to_owned());
        }
        assert!(!code.contains("scope("), "a scope hides paths");
    }
    assert!(routes.contains("/health"));
    routes
}
