//! A document as YAML: each fact on a line of its own, in an order that does not
//! change, so that a difference reads well.

use serde_json::Value;
use utoipa::openapi::OpenApi;

/// What a document begins with, and then its paths and schemas.
const ORDER: [&str; 4] = ["openapi", "info", "paths", "components"];

const INDENT: &str = "  ";

pub fn document(document: &OpenApi) -> String {
    let document = value(document);
    let mut text = String::new();
    for key in ORDER {
        entry(&mut text, 0, key, &document[key]);
    }
    assert_eq!(document.as_object().unwrap().len(), ORDER.len());
    text
}

pub fn value(document: &OpenApi) -> Value {
    serde_json::to_value(document).unwrap()
}

/// One entry of a map that is indented so deep.
pub fn entry(text: &mut String, depth: usize, key: &str, value: &Value) {
    text.push_str(&INDENT.repeat(depth));
    text.push_str(&scalar(key));
    text.push(':');
    match value {
        Value::Object(map) if !map.is_empty() => {
            text.push('\n');
            entries(text, depth + 1, value);
        }
        Value::Array(items) if !items.is_empty() => {
            text.push('\n');
            for item in items {
                list_item(text, depth + 1, item);
            }
        }
        Value::String(lines) if lines.contains('\n') => {
            text.push_str(" |-\n");
            for line in lines.lines() {
                let line = format!("{}{line}", INDENT.repeat(depth + 1));
                text.push_str(line.trim_end());
                text.push('\n');
            }
        }
        Value::String(one_line) => {
            text.push_str(&format!(" {}\n", scalar(one_line)));
        }
        simple => text.push_str(&format!(" {simple}\n")),
    }
}

fn entries(text: &mut String, depth: usize, map: &Value) {
    let mut entries: Vec<_> = map.as_object().unwrap().iter().collect();
    entries.sort_by_key(|(key, _)| *key);
    for (key, value) in entries {
        entry(text, depth, key, value);
    }
}

fn list_item(text: &mut String, depth: usize, item: &Value) {
    text.push_str(&INDENT.repeat(depth));
    text.push_str("- ");
    match item {
        Value::Object(map) if !map.is_empty() => {
            let mut nested = String::new();
            entries(&mut nested, depth + 1, item);
            text.push_str(nested.trim_start());
        }
        Value::String(one_line) => text.push_str(&format!("{}\n", scalar(one_line))),
        simple => text.push_str(&format!("{simple}\n")),
    }
}

/// A text as it is, if YAML takes it for nothing else; otherwise as in JSON.
fn scalar(text: &str) -> String {
    let is_plain =
        |character: char| character.is_ascii_alphanumeric() || "_-/$".contains(character);
    let begins_plainly =
        text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/');
    let is_text = !matches!(
        text.to_lowercase().as_str(),
        "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
    );
    if begins_plainly && is_text && text.chars().all(is_plain) {
        return text.to_owned();
    }
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_yaml_could_take_for_something_else_is_quoted() {
        let value = json!({
            "200": "3101", "no": "no", "plain": "text_1", "lines": "one\ntwo",
            "list": ["a b", { "key": 1, "other": [] }, true], "nothing": {},
        });
        let mut text = String::new();
        entry(&mut text, 0, "root", &value);
        let expected = "root:\n  \"200\": \"3101\"\n  lines: |-\n    one\n    two\n  list:\n    - \"a b\"\n    \
            - key: 1\n      other: []\n    - true\n  \"no\": \"no\"\n  nothing: {}\n  plain: text_1\n";
        assert_eq!(text, expected);
    }
}
