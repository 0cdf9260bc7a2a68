//! Which endpoints of a generated connector its collections have called: the OpenAPI
//! documents of the repository against the report of a rehearsal.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::template::read;

/// The APIs, as the report names them, and their documents.
pub const APIS: [(&str, &str); 2] = [
    ("backend API", "openapi/backend-api.yaml"),
    ("DFSP API", "openapi/dfsp-api.yaml"),
];

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// An endpoint, and what the collections have done with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    pub api: &'static str,
    pub method: String,
    /// As the document has it: `/parties/{idType}/{idValue}`.
    pub path: String,
    pub summary: String,
    pub requests: usize,
    pub assertions: usize,
}

impl Endpoint {
    /// What was not chosen is there, and refuses.
    pub fn is_offered(&self) -> bool {
        !self.summary.ends_with("not enabled")
    }
}

/// Every endpoint of both APIs.
pub fn endpoints(connector: &Path, report: &Value) -> Result<Vec<Endpoint>> {
    let requests = requests(report)?;
    let mut endpoints = Vec::new();
    for (api, file) in APIS {
        let path = connector.join(file);
        let document: Value = serde_saphyr::from_str(&read(&path)?)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let of_api: Vec<_> = requests.iter().filter(|one| one.api == api).collect();
        let paths = document["paths"].as_object();
        for (path, operations) in paths.with_context(|| format!("{file} has no paths"))? {
            for method in METHODS {
                let Some(operation) = operations.get(method) else {
                    continue;
                };
                let method = method.to_uppercase();
                let calls = of_api
                    .iter()
                    .filter(|one| one.method == method && stands_for(path, &one.path));
                endpoints.push(Endpoint {
                    api,
                    path: path.clone(),
                    summary: text(operation, "summary")?.to_owned(),
                    requests: calls.clone().count(),
                    assertions: calls.map(|one| one.assertions).sum(),
                    method,
                });
            }
        }
    }
    Ok(endpoints)
}

/// Those that the connector offers and nothing has called.
pub fn not_called(connector: &Path, report: &Value) -> Result<Vec<String>> {
    let endpoints = endpoints(connector, report)?;
    let not_called = endpoints
        .iter()
        .filter(|one| one.is_offered() && one.requests == 0);
    Ok(not_called
        .map(|one| format!("{}: {} {}", one.api, one.method, one.path))
        .collect())
}

struct Request {
    api: String,
    method: String,
    path: String,
    assertions: usize,
}

fn requests(report: &Value) -> Result<Vec<Request>> {
    let mut requests = Vec::new();
    for collection in list(report, "collections")? {
        for case in list(collection, "cases")? {
            for request in list(case, "requests")? {
                requests.push(Request {
                    // What went to neither API, such as to the sandbox bank, has none.
                    api: request["api"].as_str().unwrap_or_default().to_owned(),
                    method: text(request, "method")?.to_owned(),
                    path: text(request, "path")?.to_owned(),
                    assertions: list(request, "assertions")?.len(),
                });
            }
        }
    }
    Ok(requests)
}

/// Whether a path of a document stands for the path of a request.
fn stands_for(path: &str, requested: &str) -> bool {
    let requested = requested.split('?').next().unwrap_or_default();
    let segments = |path: &str| -> Vec<String> {
        let path = path.trim_end_matches('/');
        path.split('/').map(str::to_owned).collect()
    };
    let (path, requested) = (segments(path), segments(requested));
    path.len() == requested.len()
        && path.iter().zip(&requested).all(|(known, given)| {
            let is_any = known.starts_with('{') && known.ends_with('}');
            known == given || is_any && !given.is_empty()
        })
}

pub(crate) fn list<'a>(value: &'a Value, name: &str) -> Result<&'a Vec<Value>> {
    value[name]
        .as_array()
        .with_context(|| format!("there is no list '{name}'"))
}

pub(crate) fn text<'a>(value: &'a Value, name: &str) -> Result<&'a str> {
    value[name]
        .as_str()
        .with_context(|| format!("there is no text '{name}'"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_stands_for_those_that_have_its_segments() {
        for (path, requested) in [
            ("/", "/"),
            ("/transfers", "/transfers/"),
            ("/transfers", "/transfers?of=everybody"),
            (
                "/parties/{idType}/{idValue}",
                "/parties/MSISDN/265998571175",
            ),
        ] {
            assert!(stands_for(path, requested), "{path} {requested}");
        }
        for (path, requested) in [
            ("/", "/health"),
            ("/transfers/{transferId}", "/transfers"),
            ("/transfers/{transferId}", "/transfers/"),
            ("/parties/{idType}/{idValue}", "/parties/MSISDN/265/savings"),
            ("/parties/{idType}/{idValue}", "/participants/MSISDN/265"),
        ] {
            assert!(!stands_for(path, requested), "{path} {requested}");
        }
    }

    #[test]
    fn calls_are_counted_for_the_api_that_they_went_to() {
        let request = |api: Value, method: &str, path: &str, assertions: usize| {
            let assertions = vec![json!({ "outcome": "passed" }); assertions];
            json!({ "api": api, "method": method, "path": path, "assertions": assertions })
        };
        let report = json!({ "collections": [{ "cases": [{ "requests": [
            request(json!("backend API"), "GET", "/health", 2),
            request(json!("backend API"), "GET", "/health", 1),
            request(json!("backend API"), "PUT", "/health", 1),
            request(json!(null), "GET", "/health", 1),
        ] }] }] });
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("openapi")).unwrap();
        let document = "paths:\n  /health:\n    get:\n      summary: \"Alive\"\n  \"/fxQuotes\":\n    \
                        post:\n      summary: \"Conversions are not enabled\"\n";
        for (_, file) in APIS {
            std::fs::write(folder.path().join(file), document).unwrap();
        }
        let found = endpoints(folder.path(), &report).unwrap();
        let counts: Vec<_> = found
            .iter()
            .map(|one| (one.api, one.path.as_str(), one.requests, one.assertions))
            .collect();
        let expected = [
            ("backend API", "/fxQuotes", 0, 0),
            ("backend API", "/health", 2, 3),
            ("DFSP API", "/fxQuotes", 0, 0),
            ("DFSP API", "/health", 0, 0),
        ];
        assert_eq!(counts, expected);
        let not_called = not_called(folder.path(), &report).unwrap();
        assert_eq!(not_called, ["DFSP API: GET /health"]);
    }
}
