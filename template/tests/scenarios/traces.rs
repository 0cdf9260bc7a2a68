//! What an OpenTelemetry collector receives about payments, and what payments
//! are without it.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    net::TcpListener,
    time::{Duration, Instant},
};

use core_connector::sandbox::{DEVELOPMENT_KEY, bank::Seed};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use reqwest::Method;
use serde_json::{Value, json};
use toml::Table;

use crate::{
    caller::{Caller, answer},
    collector::{Collector, Exported, read},
    connector_process::ConnectorProcess,
    customers::{id_type, stranger},
    incoming_payment::IncomingPayment,
    secrecy,
    test_connector::eventually,
};

/// The trace that the caller's spans belong to.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// The caller's span for each of its requests.
const QUOTES: &str = "00f067aa0ba902b1";
const PREPARES: &str = "00f067aa0ba902b2";
const TELLS: &str = "00f067aa0ba902b3";
const LOOKS_UP: &str = "00f067aa0ba902b4";

const AMOUNT: &str = "7391";

const TOKEN: &str = "token-of-the-payers-scheme-7f3a";

/// What is shorter can be in an identifier by chance.
const SURE_LENGTH: usize = 8;

/// How long the connector lets a collector take for one batch.
const LONGEST_EXPORT: Duration = Duration::from_secs(10);

/// How often spans are sent: a variable of OpenTelemetry's own.
const INTERVAL: &str = "OTEL_BSP_SCHEDULE_DELAY";
const AT_ONCE: (&str, &str) = (INTERVAL, "20");
const NEVER: (&str, &str) = (INTERVAL, "3600000");

/// A connector whose spans go there.
async fn traced_to(url: &str, interval: (&str, &str)) -> ConnectorProcess {
    ConnectorProcess::start(&[("OTEL_EXPORTER_OTLP_ENDPOINT", url), interval]).await
}

/// Calls from within a span of the caller's.
async fn call(caller: &Caller, span: &str, method: Method, path: &str, body: &Value) -> Value {
    secrecy::remember_what_is_given(body);
    let request = caller
        .request(method, path)
        .header("traceparent", format!("00-{TRACE}-{span}-01"))
        .json(body);
    answer(request).await.served()
}

/// The customer who is paid: the first of the bank that comes with the connector.
fn payee() -> String {
    let seed = Seed::built_in().unwrap();
    let mut identifiers = seed.active_identifiers(id_type());
    identifiers.next().unwrap().as_given().to_owned()
}

/// A payment to this customer, with more than is needed about both.
fn with_people(mut request: Value) -> Value {
    request["to"]["idValue"] = json!(payee());
    request["from"]["displayName"] = json!("Wanjiru Traced");
    request["from"]["dateOfBirth"] = json!("1971-03-29");
    request["note"] = json!("For the school of Njoroge");
    request
}

/// An incoming payment, from the quote to the final word.
async fn pay(connector: &ConnectorProcess) -> IncomingPayment {
    let payment = IncomingPayment::of(AMOUNT);
    let backend = &connector.backend;
    let request = with_people(payment.quote_request());
    let quote = call(backend, QUOTES, Method::POST, "/quoterequests", &request).await;
    let request = with_people(payment.transfer_request(&quote));
    let reserved = call(backend, PREPARES, Method::POST, "/transfers", &request).await;
    assert_eq!(reserved["transferState"], "RESERVED");
    let path = path_of(&payment);
    let final_word = json!({
        "currentState": "COMPLETED",
        "finalNotification": { "transferState": "COMMITTED" },
        "quoteRequest": {
            "headers": { "authorization": format!("Bearer {TOKEN}") },
            "body": request,
        },
    });
    call(backend, TELLS, Method::PUT, &path, &final_word).await;
    let told = backend.get(&path).await.served();
    assert_eq!(told["transferState"], "COMMITTED");
    payment
}

fn path_of(payment: &IncomingPayment) -> String {
    format!("/transfers/{}", payment.transfer_id)
}

/// The only span of the trace that was made for a span of the caller's.
fn made_for<'a>(spans: &'a [Exported], of_caller: &str) -> &'a Exported {
    let made = spans.iter().filter(|span| span.parent_id == of_caller);
    let made: Vec<_> = made.collect();
    assert_eq!(made.len(), 1, "for {of_caller} of {spans:#?}");
    made[0]
}

#[tokio::test]
async fn a_payment_is_traced_from_its_caller_to_the_bank() {
    let collector = Collector::start();
    let connector = traced_to(&collector.url, AT_ONCE).await;
    let payment = pay(&connector).await;
    // The last is the look at what became of it, which is part of no caller's trace.
    eventually("the spans arrive", async || collector.requests().len() >= 4).await;
    let mut spans = collector.spans();
    for span in &spans {
        assert_eq!(span.service, env!("CARGO_PKG_NAME"));
    }
    spans.retain(|span| span.trace_id == TRACE);

    let transfer_id = payment.transfer_id.as_str();
    for (of_caller, name, about) in [
        (QUOTES, "POST /quoterequests", None),
        (PREPARES, "POST /transfers", Some(transfer_id)),
        (TELLS, "PUT /transfers/{transferId}", Some(transfer_id)),
    ] {
        let request = made_for(&spans, of_caller);
        assert_eq!(request.name, name);
        assert_eq!(request.kind, SpanKind::Server, "{name}");
        assert_eq!(request.attributes["api"], "backend", "{name}");
        let told = request.attributes.get("transfer_id").map(String::as_str);
        assert_eq!(told, about, "{name}");
    }

    let (requests, calls): (Vec<_>, Vec<_>) = spans
        .into_iter()
        .partition(|span| span.kind == SpanKind::Server);
    assert_eq!(requests.len(), 3, "{requests:#?}");
    let requests: BTreeMap<_, _> = requests
        .iter()
        .map(|request| (request.span_id.as_str(), request.name.as_str()))
        .collect();
    // Each of them is a part of the request that it is made for.
    let called_for: BTreeSet<_> = calls
        .iter()
        .map(|call| {
            assert_eq!(call.kind, SpanKind::Client, "{call:#?}");
            assert_eq!(call.attributes["to"], "the core banking system");
            assert!(!call.attributes["operation"].is_empty());
            requests[call.parent_id.as_str()]
        })
        .collect();
    // When it moves the money depends on the bank.
    let called_for: Vec<_> = called_for.into_iter().collect();
    assert!(
        matches!(*called_for, ["POST /quoterequests", _, ..]),
        "{calls:#?}"
    );
}

#[tokio::test]
async fn a_request_of_a_channel_is_traced_from_its_caller_to_the_mojaloop_connector() {
    let collector = Collector::start();
    let name = ("OTEL_SERVICE_NAME", "connector-of-a-test");
    let to = ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url.as_str());
    let connector = ConnectorProcess::start(&[to, name, AT_ONCE]).await;
    let path = format!("/accounts/{}/{}", id_type(), payee());
    let request = connector.dfsp.request(Method::DELETE, &path);
    let parent = format!("00-{TRACE}-{LOOKS_UP}-01");
    answer(request.header("traceparent", parent)).await;
    eventually("the spans arrive", async || collector.requests().len() == 1).await;
    let spans = collector.spans();
    let request = made_for(&spans, LOOKS_UP);
    let call = made_for(&spans, &request.span_id);
    assert_eq!(call.attributes["to"], "the Mojaloop Connector");
    assert_eq!(call.kind, SpanKind::Client);
    for span in [request, call] {
        assert_eq!(span.trace_id, TRACE, "{span:#?}");
        assert_eq!(span.service, "connector-of-a-test");
    }
}

#[tokio::test]
async fn neither_who_is_paid_nor_how_much_nor_a_secret_is_exported() {
    let collector = Collector::start();
    let mut connector = traced_to(&collector.url, AT_ONCE).await;
    let payment = pay(&connector).await;
    for id_value in [&*payee(), stranger(), "no such customer"] {
        let path = format!("{}/{id_value}", id_type());
        connector.backend.get(&format!("/parties/{path}")).await;
        connector.dfsp.delete(&format!("/accounts/{path}")).await;
    }
    connector
        .dfsp
        .post("/send-money", &json!({ "note": TOKEN }))
        .await;
    assert!(connector.end().await.success());

    let mut secrets = of_customer(&payee());
    assert!(secrets.len() > 5, "{secrets:?}");
    secrets.insert(format!("{AMOUNT}.00"));
    secrets.extend(
        [
            AMOUNT,
            TOKEN,
            DEVELOPMENT_KEY,
            stranger(),
            "971938765",
            "Wanjiru Traced",
            "1971-03-29",
            "For the school of Njoroge",
        ]
        .map(str::to_lowercase),
    );
    let mut is_about_the_payment = false;
    for body in collector.bodies() {
        let bytes = String::from_utf8_lossy(&body).to_lowercase();
        let mut sure = secrets.iter().filter(|secret| secret.len() >= SURE_LENGTH);
        assert_eq!(sure.find(|secret| bytes.contains(*secret)), None);
        // Each text has a line of its own, and numbers, such as durations, have others.
        let lines = format!("{:#?}", read(body));
        for text in lines.lines().filter(|line| line.contains('"')) {
            let told = secrecy::told(text).or_else(|| secrecy::told_in(text, &secrets));
            assert_eq!(told, None, "{text}");
            is_about_the_payment |= text.contains(payment.transfer_id.as_str());
        }
    }
    assert!(
        is_about_the_payment,
        "it has been looked for where it could be"
    );
}

/// All that the bank that comes with the connector knows of a customer, in small letters.
fn of_customer(id_value: &str) -> HashSet<String> {
    let accounts = include_str!("../../sandbox/accounts.toml");
    let accounts: Table = accounts.parse().unwrap();
    let identifier = format!("{} {id_value}", id_type());
    let has_identifier = |customer: &&toml::Value| {
        let mut identifiers = customer["identifiers"].as_array().unwrap().iter();
        identifiers.any(|known| known.as_str() == Some(&identifier))
    };
    let mut customers = accounts["customers"].as_array().unwrap().iter();
    let known = customers.find(has_identifier).unwrap().as_table().unwrap();
    let values = known.values().flat_map(|value| match value {
        toml::Value::Array(values) => values.iter().collect(),
        value => vec![value],
    });
    // Of an identifier, what stands behind its kind.
    let texts = values.filter_map(toml::Value::as_str).map(|text| {
        let kind = id_type().to_string();
        text.strip_prefix(&kind)
            .unwrap_or(text)
            .trim()
            .to_lowercase()
    });
    texts.filter(|text| text.len() >= 4).collect()
}

#[tokio::test]
async fn what_has_not_been_sent_yet_is_sent_at_the_end() {
    let collector = Collector::start();
    let mut connector = traced_to(&collector.url, NEVER).await;
    pay(&connector).await;
    assert_eq!(collector.bodies().len(), 0);
    assert!(connector.end().await.success());
    let spans = collector.spans();
    for of_caller in [QUOTES, PREPARES, TELLS] {
        assert_eq!(made_for(&spans, of_caller).trace_id, TRACE);
    }
}

#[tokio::test]
async fn a_collector_that_is_away_or_hangs_delays_neither_a_payment_nor_the_end() {
    // Takes connections, and answers none.
    let hangs = TcpListener::bind("127.0.0.1:0").unwrap();
    let hangs = (
        format!("http://{}", hangs.local_addr().unwrap()),
        Some(hangs),
    );
    let away = ("http://127.0.0.1:9".to_owned(), None);
    for (url, _listener) in [hangs, away] {
        let mut connector = traced_to(&url, AT_ONCE).await;
        let began = Instant::now();
        pay(&connector).await;
        assert!(began.elapsed() < LONGEST_EXPORT, "{url}");
        let began = Instant::now();
        assert!(connector.end().await.success(), "{url}");
        assert!(began.elapsed() < LONGEST_EXPORT, "{url}");
    }
}
