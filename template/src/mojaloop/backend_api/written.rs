//! The document of all connectors at once: what depends on an answer stands in
//! a region.

pub mod dfsp_or_fxp_or_both;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use utoipa::openapi::OpenApi;

use super::{bulk, conversions, document, requests_to_pay};
use crate::mojaloop::openapi::yaml::{entry, value};

pub fn text() -> String {
    Union::of(document())
        .one_of([
            ("use_cases has bulk", bulk::bulk::document()),
            ("use_cases has not bulk", bulk::no_bulk::document()),
        ])
        .one_of([
            (
                "use_cases has request_to_pay",
                requests_to_pay::request_to_pay::document(),
            ),
            (
                "use_cases has not request_to_pay",
                requests_to_pay::no_request_to_pay::document(),
            ),
        ])
        .one_of([
            ("role is dfsp", conversions::dfsp::document()),
            ("role is fxp, both", conversions::fxp_or_both::document()),
        ])
        .text()
}

/// The conditions of which one has to hold; none: always.
type Conditions = BTreeSet<&'static str>;

/// What a name stands for: one thing, or several under different conditions.
type Variants = BTreeMap<String, Vec<(Conditions, Value)>>;

/// A document whose parts count under conditions, which are those of regions.
pub struct Union {
    /// With the operations of the canonical connector.
    whole: Value,
    parts: Vec<(&'static str, Value)>,
    /// Conditions of which one always holds.
    exhaustive: Vec<Conditions>,
    /// Schema, one of its properties or values, condition.
    lines: Vec<(&'static str, &'static str, &'static str)>,
}

impl Union {
    pub fn of(document: OpenApi) -> Self {
        Self {
            whole: value(&document),
            parts: Vec::new(),
            exhaustive: Vec::new(),
            lines: Vec::new(),
        }
    }

    /// The operations of a part count under this condition, in place of those that
    /// the whole document has on the same paths.
    pub fn part(mut self, condition: &'static str, part: OpenApi) -> Self {
        self.parts.push((condition, value(&part)));
        self
    }

    /// Parts of which every connector has one.
    pub fn one_of<const N: usize>(mut self, parts: [(&'static str, OpenApi); N]) -> Self {
        let conditions = parts.iter().map(|(condition, _)| *condition);
        self.exhaustive.push(conditions.collect());
        parts
            .into_iter()
            .fold(self, |union, (condition, part)| union.part(condition, part))
    }

    /// A property of a schema, or one of its values, counts under this condition.
    pub fn line(
        mut self,
        schema: &'static str,
        name: &'static str,
        condition: &'static str,
    ) -> Self {
        self.lines.push((schema, name, condition));
        self
    }

    pub fn text(mut self) -> String {
        let whole = self.whole["paths"].as_object_mut().unwrap();
        for (_, part) in &self.parts {
            let paths = part["paths"].as_object().unwrap();
            paths.keys().for_each(|path| drop(whole.remove(path)));
        }
        let (mut paths, mut schemas) = (Variants::new(), Variants::new());
        let always = [(None, &self.whole)].into_iter();
        let parts = self.parts.iter().map(|(when, part)| (Some(*when), part));
        for (condition, part) in always.chain(parts) {
            for (path, item) in part["paths"].as_object().unwrap() {
                add(&mut paths, path, condition, item);
                let mut names = BTreeSet::new();
                self.find_schemas(part, item, &mut names);
                for name in &names {
                    add(&mut schemas, name, condition, self.schema(part, name));
                }
            }
        }

        self.leave_to_all(&mut schemas);

        let mut text = String::new();
        for key in ["openapi", "info"] {
            entry(&mut text, 0, key, &self.whole[key]);
        }
        text.push_str("paths:\n");
        self.write(&mut text, 1, &paths);
        text.push_str("components:\n  schemas:\n");
        self.write(&mut text, 2, &schemas);
        let schemes = &self.whole["components"]["securitySchemes"];
        if !schemes.is_null() {
            entry(&mut text, 1, "securitySchemes", schemes);
        }
        text
    }

    /// What each of the parts of which every connector has one has in its own way
    /// is there whoever else needs it.
    fn leave_to_all(&self, variants: &mut Variants) {
        for variants in variants.values_mut().filter(|variants| variants.len() > 1) {
            let all: Conditions = variants.iter().flat_map(|(of, _)| of.clone()).collect();
            if let Some(group) = self.exhaustive.iter().find(|group| all.is_superset(group)) {
                for (conditions, _) in variants.iter_mut() {
                    conditions.retain(|condition| group.contains(condition));
                }
            }
        }
    }

    fn write(&self, text: &mut String, depth: usize, variants: &Variants) {
        for (name, variants) in variants {
            for (conditions, content) in variants {
                let mut one = String::new();
                entry(&mut one, depth, name, content);
                let condition = self.joined(conditions);
                assert!(
                    condition.is_some() || variants.len() == 1,
                    "{name} is always there, and again under a condition"
                );
                let lines = self.lines.iter().filter(|(schema, ..)| schema == name);
                for (_, line, of_line) in lines {
                    assert!(
                        condition.is_none(),
                        "{name} is in a region: they do not nest"
                    );
                    one = with_region(&one, line, of_line);
                }
                match condition {
                    None => text.push_str(&one),
                    Some(condition) => text.push_str(&region(&condition, &one)),
                }
            }
        }
    }

    /// As one region has them, with answers to one question in one list; `None`
    /// if one of them always holds.
    fn joined(&self, conditions: &Conditions) -> Option<String> {
        let is_exhaustive = |all: &Conditions| conditions.is_superset(all);
        if conditions.is_empty() || self.exhaustive.iter().any(is_exhaustive) {
            return None;
        }
        let mut lists: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for condition in conditions {
            let (question, answers) = condition.split_once(" is ").unwrap_or((condition, ""));
            lists.entry(question).or_default().push(answers);
        }
        let terms = lists.iter().map(|(question, answers)| match answers[..] {
            [""] => (*question).to_owned(),
            _ => format!("{question} is {}", answers.join(", ")),
        });
        Some(terms.collect::<Vec<_>>().join(" or "))
    }

    /// What a part does not bring along is in every document.
    fn schema<'a>(&'a self, part: &'a Value, name: &str) -> &'a Value {
        let schema = |document: &'a Value| document.get("components")?.get("schemas")?.get(name);
        let schema = schema(part).or_else(|| schema(&self.whole));
        schema.unwrap_or_else(|| panic!("there is no schema {name}"))
    }

    /// The schemas that something refers to, and those that these refer to.
    fn find_schemas(&self, part: &Value, content: &Value, names: &mut BTreeSet<String>) {
        let inner: Vec<&Value> = match content {
            Value::Object(map) => map.values().collect(),
            Value::Array(items) => items.iter().collect(),
            _ => return,
        };
        let name = content.get("$ref").and_then(Value::as_str);
        let name = name.and_then(|name| name.strip_prefix("#/components/schemas/"));
        if let Some(name) = name
            && names.insert(name.to_owned())
        {
            self.find_schemas(part, self.schema(part, name), names);
        }
        for value in inner {
            self.find_schemas(part, value, names);
        }
    }
}

/// Adds what counts under a condition to what is known of its name.
fn add(variants: &mut Variants, name: &str, condition: Option<&'static str>, content: &Value) {
    let known = variants.entry(name.to_owned()).or_default();
    match (known.iter_mut().find(|(_, one)| one == content), condition) {
        (Some((conditions, _)), _) if conditions.is_empty() => {}
        (Some((conditions, _)), Some(condition)) => drop(conditions.insert(condition)),
        (Some((conditions, _)), None) => conditions.clear(),
        (None, condition) => known.push((condition.into_iter().collect(), content.clone())),
    }
}

fn region(condition: &str, text: &str) -> String {
    format!("# [if {condition}]\n{text}# [end]\n")
}

/// Puts the lines of a property, or of one value in a list, into a region.
fn with_region(text: &str, name: &str, condition: &str) -> String {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let (mut result, mut inside) = (String::new(), None);
    let mut found = false;
    for line in text.split_inclusive('\n') {
        if inside.is_some_and(|outer| indent(line) <= outer) {
            result.push_str("# [end]\n");
            inside = None;
        }
        let begins = line.trim() == format!("{name}:") || line.trim() == format!("- {name}");
        if begins && inside.is_none() {
            result.push_str(&format!("# [if {condition}]\n"));
            inside = Some(indent(line));
            found = true;
        }
        result.push_str(line);
    }
    if inside.is_some() {
        result.push_str("# [end]\n");
    }
    assert!(found, "there is no {name} in\n{text}");
    result
}
