//! Nothing that identifies a customer, and no secret, is told to anybody who did
//! not give it: no log line, no metric and no error has it.
//!
//! All scenarios are watched: the whole process logs at the most verbose level
//! that there is into here; every connector's metrics are read when its test
//! ends; and every error passes by. Whatever a test gives as input is remembered
//! when it is given. Each test that ends compares all that was written so far, so
//! that one of them fails wherever it was written.

use std::{
    collections::HashSet,
    io::{self, Read, Write},
    net::TcpStream,
    sync::{LazyLock, Mutex, MutexGuard, Once, PoisonError},
    time::Duration,
};

use core_connector::{
    domain::identifier::IdType,
    operations::telemetry::{LogFormat, lines},
};
use serde_json::Value;
use tracing_subscriber::{layer::SubscriberExt, util::SubscriberInitExt};

use crate::customers::Customer;

/// The elements whose values are about a person, or are secrets.
const TELLING: [&str; 20] = [
    "accountId",
    "authorization",
    "dateOfBirth",
    "dateofbirth",
    "displayName",
    "email",
    "firstName",
    "fullName",
    "idSubValue",
    "idValue",
    "lastName",
    "middleName",
    "name",
    "note",
    "otpValue",
    "partyIdentifier",
    "partySubIdOrType",
    "payeeId",
    "payerId",
    "value",
];

/// Shorter ones are found in any text.
const LEAST_LENGTH: usize = 4;

/// What all scenarios log is less.
const LONGEST_WRITTEN: usize = 256 * 1024 * 1024;

static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

#[derive(Default)]
struct Known {
    /// What nobody may be told, in the words that it consists of.
    secrets: HashSet<String>,
    written: String,
    /// How much of that has been compared.
    compared: usize,
}

fn known() -> MutexGuard<'static, Known> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Logs everything that is logged from now on into here.
pub fn watch() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        let filter = "trace".parse().unwrap();
        let lines = lines(filter, LogFormat::Json, || Writer, false);
        tracing_subscriber::registry().with(lines).init();
        for customer in Customer::ALL {
            for id_type in IdType::ALL {
                remember(&customer.id_value_of(id_type));
            }
            remember(&customer.account());
        }
        for text in ["John Doe", "1990-05-15", "2001-01-01", "Moi Avenue"] {
            remember(text);
        }
    });
}

/// Nobody may be told this, unless it is made of ordinary words.
pub fn remember(text: &str) {
    let are_words = text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b' '));
    if text.len() >= LEAST_LENGTH && !are_words {
        known().secrets.insert(text.to_lowercase());
    }
}

/// Of what is configured, nobody may be told secrets and the numbers of accounts.
pub fn remember_what_is_configured<'a>(variables: impl Iterator<Item = (&'a String, &'a String)>) {
    for (name, value) in variables {
        let parts = ["ACCOUNT", "CLIENT_ID", "KEY", "PASSWORD", "SECRET", "USER"];
        let is_a_header = name.ends_with("_HEADER");
        if parts.iter().any(|part| name.contains(part)) && !is_a_header {
            remember(value);
        }
    }
}

/// Nobody may be told what of this is about a person.
pub fn remember_what_is_given(body: &Value) {
    match body {
        Value::Object(elements) => {
            for (name, value) in elements {
                match value.as_str() {
                    Some(text) if TELLING.contains(&name.as_str()) => remember(text),
                    _ => remember_what_is_given(value),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(remember_what_is_given),
        _ => {}
    }
}

/// What a person is looked up by stands in the path.
pub fn remember_what_is_asked_for(path: &str) {
    let mut segments = path.split(['/', '?']).skip(1);
    let resource = segments.next();
    if matches!(resource, Some("parties" | "participants" | "accounts")) {
        segments.skip(1).for_each(remember);
    }
}

/// Says what of a text nobody may be told.
pub fn told_in(text: &str, secrets: &HashSet<String>) -> Option<String> {
    let text = text.to_lowercase();
    let is_part = |character: char| character.is_alphanumeric() || "+-_.@".contains(character);
    let mut words = text
        .split(|character| !is_part(character))
        .map(|word| word.trim_matches(['+', '-', '_', '.']));
    words
        .find(|word| secrets.contains(*word))
        .map(str::to_owned)
        .or_else(|| {
            let phrases = secrets.iter().filter(|secret| secret.contains([' ', '+']));
            phrases
                .into_iter()
                .find(|phrase| text.contains(phrase.as_str()))
                .cloned()
        })
}

/// The same, of all that any test has given so far.
pub fn told(text: &str) -> Option<String> {
    told_in(text, &known().secrets)
}

/// An error is answered: it must not tell what was asked.
#[track_caller]
pub fn check_error(body: &Value) {
    let message = body["message"].as_str().unwrap_or_default();
    let told = told(message);
    assert_eq!(told, None, "an error says: {message}");
}

/// Compares what has been logged since the last time, and these metrics.
pub fn check(metrics_address: &str) {
    let metrics = scrape(metrics_address);
    let told = {
        let mut known = known();
        let lately = &known.written[known.compared..];
        let told = lately
            .lines()
            .chain(metrics.lines())
            .find_map(|line| told_in(line, &known.secrets).map(|word| (word, line.to_owned())));
        known.compared = known.written.len();
        told
    };
    assert_eq!(told, None, "of what was logged, or of the metrics");
    assert!(metrics.contains("connector_build_info"), "{metrics}");
}

/// The lines that were logged about a payment.
pub fn logged_about(transfer_id: &str) -> Vec<Value> {
    let known = known();
    let lines = known
        .written
        .lines()
        .filter(|line| line.contains(transfer_id));
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The metrics of a connector that still runs, without an executor.
fn scrape(address: &str) -> String {
    let mut text = String::new();
    let mut connection = TcpStream::connect(address).unwrap();
    connection
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).unwrap();
    connection.read_to_string(&mut text).unwrap();
    text
}

struct Writer;

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut known = known();
        known.written.push_str(&String::from_utf8_lossy(bytes));
        assert!(known.written.len() < LONGEST_WRITTEN, "too much is logged");
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn what_somebody_is_told_is_found_wherever_it_stands() {
    let secrets = [
        "254700000101",
        "moi avenue",
        "account-1",
        "customer.1@example.com",
    ];
    let secrets: HashSet<_> = secrets.into_iter().map(str::to_owned).collect();
    for text in [
        "GET /parties/MSISDN/254700000101?x",
        r#"{"idValue":"+254700000101"}"#,
        "he lives in Moi Avenue 7",
        "account=account-1.",
        "<Customer.1@example.com>",
    ] {
        assert!(told_in(text, &secrets).is_some(), "{text}");
    }
    for text in ["254700000102", "account-12", "moi, avenue", ""] {
        assert_eq!(told_in(text, &secrets), None, "{text}");
    }
}
