//! An official document as a judge of requests and answers.

use std::{borrow::Cow, collections::BTreeMap, fs};

use anyhow::{Context, Result, ensure};
use jsonschema::{Draft, ValidationError, Validator, error::ValidationErrorKind};
use serde_json::{Value, json};

use super::{
    differences::{Deviation, Message},
    verdict::Finding,
};
use crate::official::{self, Api};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// An official document, read.
pub struct Document {
    api: Api,
    operations: Vec<Operation>,
}

struct Operation {
    method: String,
    /// With names in braces.
    path: String,
    request: Option<Validator>,
    /// By status; those without a validator have no body.
    answers: BTreeMap<u16, Option<Validator>>,
}

impl Document {
    /// Fetches and reads the document of an API.
    pub fn open(api: Api) -> Result<Self> {
        Self::read(api, &read_document(api)?)
    }

    fn read(api: Api, document: &Value) -> Result<Self> {
        // Schemas of OpenAPI 3.0 are those of JSON Schema's draft 4 but for this word.
        ensure!(
            !document.to_string().contains(r#""nullable""#),
            "the document has nullable members, which are not read here"
        );
        let paths = document["paths"].as_object().context("no paths")?;
        let mut operations = Vec::new();
        for (path, item) in paths {
            for method in METHODS {
                if let Some(operation) = item.get(method) {
                    operations.push(Operation::read(document, method, path, operation)?);
                }
            }
        }
        Ok(Self { api, operations })
    }

    /// The endpoints that it describes, by name, with their statuses.
    pub fn endpoints(&self) -> BTreeMap<String, Vec<u16>> {
        let operations = self.operations.iter();
        operations
            .map(|operation| {
                let statuses = operation.answers.keys().copied();
                (operation.name(), statuses.collect())
            })
            .collect()
    }

    /// Whether it describes this request, and what is unusual about it.
    pub fn judge_request(&self, method: &str, path: &str, body: &Value) -> Vec<Finding> {
        let Some(operation) = self.find(method, path) else {
            return vec![self.unknown(method, path)];
        };
        let deviations = match &operation.request {
            Some(validator) => deviations(validator, body),
            None if body.is_null() => Vec::new(),
            None => vec![Deviation::Body],
        };
        self.findings(operation, Message::Request, deviations)
    }

    /// Whether this is an answer that the document describes.
    pub fn judge_answer(&self, method: &str, path: &str, status: u16, text: &str) -> Vec<Finding> {
        let Some(operation) = self.find(method, path) else {
            return vec![self.unknown(method, path)];
        };
        let message = Message::of(status);
        let Some(declared) = operation.answers.get(&status) else {
            // Its body is that of another answer of this kind.
            let mut others = operation.answers.iter();
            let similar = others.find(|(other, _)| Message::of(**other) == message);
            let mut all = vec![Deviation::Status(status)];
            if let Some((_, Some(validator))) = similar {
                all.extend(deviations_of_text(validator, text));
            }
            return self.findings(operation, message, all);
        };
        let deviations = match declared {
            Some(validator) => deviations_of_text(validator, text),
            None if text.is_empty() => Vec::new(),
            None => vec![Deviation::Body],
        };
        self.findings(operation, message, deviations)
    }

    /// The endpoint that a path belongs to, as the document names it.
    pub fn endpoint(&self, method: &str, path: &str) -> Option<String> {
        let operation = self.find(method, path)?;
        Some(operation.name())
    }

    fn find(&self, method: &str, path: &str) -> Option<&Operation> {
        let path = path.split('?').next().unwrap_or_default();
        let mut operations = self.operations.iter();
        operations.find(|operation| operation.method == method && fits(&operation.path, path))
    }

    fn unknown(&self, method: &str, path: &str) -> Finding {
        Finding {
            api: self.api,
            endpoint: format!("{method} {path}"),
            message: Message::Request,
            deviation: Deviation::Endpoint,
        }
    }

    fn findings(
        &self,
        operation: &Operation,
        message: Message,
        deviations: Vec<Deviation>,
    ) -> Vec<Finding> {
        let deviations = deviations.into_iter();
        deviations
            .map(|deviation| Finding {
                api: self.api,
                endpoint: operation.name(),
                message,
                deviation,
            })
            .collect()
    }
}

/// Fetches the document of an API, as it is.
pub(super) fn read_document(api: Api) -> Result<Value> {
    let path = official::document(api)?;
    let text = fs::read_to_string(&path)?;
    serde_saphyr::from_str(&text).with_context(|| format!("cannot read {}", path.display()))
}

impl Operation {
    fn read(document: &Value, method: &str, path: &str, operation: &Value) -> Result<Self> {
        let what = || format!("{method} {path}");
        let mut answers = BTreeMap::new();
        let responses = operation["responses"].as_object().with_context(what)?;
        for (status, response) in responses {
            let status = status.parse().with_context(what)?;
            let response = resolved(document, response).with_context(what)?;
            let validator = validator(document, response).with_context(what)?;
            answers.insert(status, validator);
        }
        let request = match operation.get("requestBody") {
            Some(body) => validator(document, resolved(document, body)?).with_context(what)?,
            None => None,
        };
        Ok(Self {
            method: method.to_ascii_uppercase(),
            path: path.to_owned(),
            request,
            answers,
        })
    }

    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

fn fits(template: &str, path: &str) -> bool {
    let (template, path) = (template.split('/'), path.split('/'));
    template.clone().count() == path.clone().count()
        && template.zip(path).all(|(expected, found)| {
            expected == found || (expected.starts_with('{') && !found.is_empty())
        })
}

/// A request body or response, itself or where its reference points to.
fn resolved<'a>(document: &'a Value, part: &'a Value) -> Result<&'a Value> {
    let Some(reference) = part["$ref"].as_str() else {
        return Ok(part);
    };
    let pointer = reference.strip_prefix('#').unwrap_or(reference);
    let found = document.pointer(pointer);
    found.with_context(|| format!("{reference} leads nowhere"))
}

fn validator(document: &Value, part: &Value) -> Result<Option<Validator>> {
    let Some(schema) = part.pointer("/content/application~1json/schema") else {
        return Ok(None);
    };
    // References are followed within the schema, so that it needs the others.
    let schema = json!({
        "allOf": [schema],
        "components": { "schemas": document["components"]["schemas"] },
    });
    let options = jsonschema::options().with_draft(Draft::Draft4);
    // The error borrows nothing, but may hold all of the schema.
    let built = options.build(&schema);
    let validator = built.map_err(|error| anyhow::anyhow!("no schema: {error}"))?;
    Ok(Some(validator))
}

fn deviations_of_text(validator: &Validator, text: &str) -> Vec<Deviation> {
    match serde_json::from_str(text) {
        Ok(body) => deviations(validator, &body),
        Err(_) => vec![Deviation::NotJson],
    }
}

fn deviations(validator: &Validator, body: &Value) -> Vec<Deviation> {
    let mut all: Vec<Deviation> = validator.iter_errors(body).flat_map(read).collect();
    all.sort();
    all.dedup();
    all
}

fn read(error: ValidationError) -> Vec<Deviation> {
    let place = without_numbers(error.instance_path().as_str());
    let member = |name: &str| Cow::Owned(format!("{place}/{name}"));
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let unexpected = unexpected.iter();
            unexpected
                .map(|name| Deviation::Unexpected(member(name)))
                .collect()
        }
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            vec![Deviation::Missing(member(name))]
        }
        kind => {
            let keyword = match kind {
                ValidationErrorKind::OneOfMultipleValid { .. } => {
                    "oneOf, of which more than one fits"
                }
                kind => kind.keyword(),
            };
            vec![Deviation::Value {
                place: Cow::Owned(place),
                keyword: Cow::Owned(keyword.to_owned()),
            }]
        }
    }
}

/// All members of an array are in the same place.
fn without_numbers(pointer: &str) -> String {
    let segments = pointer.split('/').map(|segment| {
        let is_number = !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit());
        if is_number { "*" } else { segment }
    });
    segments.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Document {
        let text = r##"{
            "paths": {
                "/pots/{id}": {
                    "get": {
                        "responses": {
                            "200": { "content": { "application/json": {
                                "schema": { "$ref": "#/components/schemas/pot" } } } },
                            "400": { "$ref": "#/components/responses/400" }
                        }
                    },
                    "put": {
                        "requestBody": { "content": { "application/json": {
                            "schema": { "type": "object", "required": ["lid"] } } } },
                        "responses": { "200": { "description": "no body" } }
                    }
                }
            },
            "components": {
                "schemas": {
                    "pot": {
                        "type": "object",
                        "required": ["litres"],
                        "properties": {
                            "litres": { "type": "number", "minimum": 0, "exclusiveMinimum": true },
                            "lids": { "type": "array", "items": { "type": "string" } }
                        },
                        "additionalProperties": false
                    }
                },
                "responses": {
                    "400": { "content": { "application/json": { "schema": {
                        "type": "object", "required": ["message"] } } } }
                }
            }
        }"##;
        let document = serde_json::from_str(text).unwrap();
        Document::read(Api::Backend, &document).unwrap()
    }

    fn answered(method: &str, path: &str, status: u16, text: &str) -> Vec<String> {
        let findings = document().judge_answer(method, path, status, text);
        findings.iter().map(Finding::to_string).collect()
    }

    #[test]
    fn what_the_document_describes_is_in_order() {
        assert!(answered("GET", "/pots/1", 200, r#"{"litres":2,"lids":["a"]}"#).is_empty());
        assert!(answered("GET", "/pots/1?of=x", 400, r#"{"message":"no"}"#).is_empty());
        assert!(answered("PUT", "/pots/1", 200, "").is_empty());
    }

    #[test]
    fn whatever_else_is_found() {
        let text = r#"{"lids":["a",1],"colour":"red"}"#;
        assert_eq!(
            answered("GET", "/pots/1", 200, text),
            [
                "backend API, GET /pots/{id}, success: /colour is not in the document",
                "backend API, GET /pots/{id}, success: /litres is missing",
                "backend API, GET /pots/{id}, success: /lids/* breaks the rule `type`",
            ]
        );
        assert_eq!(
            answered("GET", "/pots/1", 200, r#"{"litres":0}"#),
            ["backend API, GET /pots/{id}, success: /litres breaks the rule `exclusiveMinimum`"]
        );
        assert_eq!(
            answered("GET", "/pots/1", 200, "soup"),
            ["backend API, GET /pots/{id}, success: the body is not JSON"]
        );
        assert_eq!(
            answered("PUT", "/pots/1", 200, "{}"),
            ["backend API, PUT /pots/{id}, success: there is a body, and none in the document"]
        );
        assert_eq!(
            answered("GET", "/pots", 200, "{}"),
            ["backend API, GET /pots, request: the document has no such endpoint"]
        );
    }

    #[test]
    fn an_undeclared_refusal_has_the_body_of_a_declared_one() {
        assert_eq!(
            answered("GET", "/pots/1", 404, "{}"),
            [
                "backend API, GET /pots/{id}, refusal: the document has no status 404",
                "backend API, GET /pots/{id}, refusal: /message is missing",
            ]
        );
    }

    #[test]
    fn requests_are_judged_too() {
        let judge = |body: Value| document().judge_request("PUT", "/pots/1", &body).len();
        assert_eq!(judge(json!({ "lid": 1 })), 0);
        assert_eq!(judge(json!({})), 1);
    }
}
