//! The document of the backend API with the differences in it, for a tool that
//! knows no others.

use std::borrow::Cow;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::{
    differences::{DIFFERENCES, Deviation, Endpoints},
    document::read_document,
};
use crate::official::Api;

/// What generators of texts cannot do: Unicode classes in this spelling.
const UNUSUAL: &str = r"\p{gc=";

pub fn backend_document() -> Result<Value> {
    let mut document = read_document(Api::Backend)?;
    for difference in DIFFERENCES.iter().filter(|one| one.api == Api::Backend) {
        match (&difference.deviation, difference.endpoints) {
            (Deviation::Status(status), Endpoints::Only(names)) => {
                for name in names {
                    let operation = operation(&mut document, name)?;
                    operation["responses"][status.to_string()] =
                        json!({ "$ref": "#/components/responses/400" });
                }
            }
            (Deviation::Unexpected(place), Endpoints::All) => {
                let name = place.trim_start_matches('/');
                document["components"]["schemas"]["errorResponse"]["properties"][name] =
                    json!({ "type": "string" });
            }
            // One of several that fit: in the document, it is meant to be any of them.
            (Deviation::Value { place, .. }, Endpoints::Only(_))
                if *place == Cow::Borrowed("/individualQuoteResults/*") =>
            {
                let items = "/components/schemas/bulkQuoteResponse/properties\
                             /individualQuoteResults/items";
                let items = document.pointer_mut(items).context("no bulk quotes")?;
                let items = items.as_object_mut().context("no schema")?;
                let schemas = items.remove("oneOf").context("no alternatives")?;
                items.insert("anyOf".to_owned(), schemas);
            }
            // Bodies that the document does not have are not looked at.
            _ => {}
        }
    }
    declare_path_parameters(&mut document)?;
    simplify(&mut document);
    // Thousands of variants of what the connector does not read.
    let notification = "/components/schemas/fulfilNotification/properties";
    let members = document
        .pointer_mut(notification)
        .context("no notifications")?;
    for name in [
        "quote",
        "quoteRequest",
        "quoteResponse",
        "prepare",
        "fulfil",
    ] {
        members[name] = json!({ "type": "object" });
    }
    Ok(document)
}

pub(super) fn operation<'a>(document: &'a mut Value, name: &str) -> Result<&'a mut Value> {
    let (method, path) = name.split_once(' ').context("no endpoint")?;
    let operation = &mut document["paths"][path][method.to_ascii_lowercase()];
    operation
        .is_object()
        .then_some(operation)
        .context("no such endpoint")
}

/// The document has forgotten those of two paths.
fn declare_path_parameters(document: &mut Value) -> Result<()> {
    for method in ["PUT", "PATCH"] {
        let operation = operation(
            document,
            &format!("{method} /fxTransfers/{{commitRequestId}}"),
        )?;
        operation["parameters"] = json!([{
            "name": "commitRequestId",
            "in": "path",
            "required": true,
            "schema": { "$ref": "#/components/schemas/CorrelationId" },
        }]);
    }
    Ok(())
}

fn simplify(part: &mut Value) {
    match part {
        Value::Object(members) => {
            let pattern = members.get("pattern").and_then(Value::as_str);
            if pattern.is_some_and(|pattern| pattern.contains(UNUSUAL)) {
                members.insert(
                    "pattern".to_owned(),
                    json!("^[A-Za-z][A-Za-z .,'-]{0,127}$"),
                );
            }
            members.values_mut().for_each(simplify);
        }
        Value::Array(members) => members.iter_mut().for_each(simplify),
        _ => {}
    }
}
