//! Whatever is sent, by mistake or on purpose: it is refused with the one error
//! body, nothing of it is kept, and no money moves.

use core_connector::mojaloop::http::MAX_BODY_BYTES;
use serde_json::{Value, json};

use crate::{
    caller::Answer,
    endpoints::{self, Api, Endpoint},
    incoming_payment::IncomingPayment,
    raw_request::{exchange, head, request},
    test_connector::TestConnector,
};

/// No endpoint reads a body of so many bytes.
const LONGER_THAN_ANY_BODY: u64 = 64 * 1024 * 1024;

/// Customers are found by their telephone, whatever else was generated.
async fn connector() -> TestConnector {
    TestConnector::with(&[("SUPPORTED_ID_TYPE", "MSISDN")]).await
}

/// Says so if an answer is anything but a refusal.
fn not_refused(endpoint: &Endpoint, what: &str, answer: &Answer) -> Option<String> {
    let refused = (400..500).contains(&answer.status) && answer.has_error_body();
    let Endpoint { method, path, .. } = endpoint;
    let what: String = what.chars().take(80).collect();
    let Answer { status, body } = answer;
    (!refused).then(|| format!("{method} {path} with {what}: {status} {body}"))
}

/// The connector still serves, and has kept nothing of what it refused.
async fn assert_nothing_left(mut connector: TestConnector, accepted: Vec<String>) {
    assert!(accepted.is_empty(), "{accepted:#?}");
    for api in [&connector.backend, &connector.dfsp] {
        api.get("/health").await.served();
    }
    connector.assert_books([]);
    let rows = connector.end_and_count_rows().await;
    assert!(!rows.is_empty());
    assert!(rows.values().all(|count| *count == 0), "{rows:?}");
}

#[tokio::test]
async fn what_is_not_refused_would_be_found_in_the_journal() {
    let mut connector = TestConnector::start().await;
    connector.quote(&IncomingPayment::of("100")).await.served();
    let rows = connector.end_and_count_rows().await;
    assert!(rows.values().any(|count| *count > 0), "{rows:?}");
}

/// Bodies that are not JSON, or not the JSON that anything asks for.
fn not_a_request(intact: &Value) -> Vec<(&'static str, Vec<u8>)> {
    let intact = intact.to_string();
    let deep =
        |open: &str, close: &str| format!("{}7{}", open.repeat(10_000), close.repeat(10_000));
    let utf_16 = intact.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (_, truncated) = intact.split_at(1);
    vec![
        ("nothing", Vec::new()),
        ("white space", b" \r\n\t ".to_vec()),
        ("null", b"null".to_vec()),
        ("a number", b"7".to_vec()),
        ("a text", b"\"COMMITTED\"".to_vec()),
        ("an empty object", b"{}".to_vec()),
        ("an empty array", b"[]".to_vec()),
        ("an array", b"[[], {}, 7]".to_vec()),
        ("no beginning", truncated.as_bytes().to_vec()),
        ("no end", intact.as_bytes()[..intact.len() - 1].to_vec()),
        ("a tail", format!("{intact}x").into_bytes()),
        ("two bodies", format!("{intact}{intact}").into_bytes()),
        (
            "a byte order mark",
            format!("\u{FEFF}{intact}").into_bytes(),
        ),
        ("another encoding", utf_16),
        ("a zero byte", format!("\0{intact}").into_bytes()),
        ("not text", [intact.as_bytes(), &[0xff, 0xfe]].concat()),
        ("deep arrays", deep("[", "]").into_bytes()),
        ("deep objects", deep("{\"a\":", "}").into_bytes()),
        ("XML", b"<?xml version=\"1.0\"?><a>&b;</a>".to_vec()),
        ("a form", b"amount=100&currency=KES".to_vec()),
        ("a comment", format!("/* */{intact}").into_bytes()),
        ("not a number", b"{\"amount\": NaN}".to_vec()),
    ]
}

#[tokio::test]
async fn a_body_that_is_no_request_is_refused() {
    let connector = connector().await;
    let mut accepted = Vec::new();
    for endpoint in endpoints::all() {
        let Some(intact) = &endpoint.body else {
            continue;
        };
        let address = endpoint.caller(&connector).address();
        let path = endpoint.usual_path();
        for (what, body) in not_a_request(intact) {
            let bytes = request(endpoint.method.as_str(), &path, &body);
            accepted.extend(not_refused(&endpoint, what, &exchange(address, &bytes)));
        }
    }
    assert_nothing_left(connector, accepted).await;
}

#[tokio::test]
async fn a_body_that_is_too_long_is_refused_before_it_is_read() {
    let connector = connector().await;
    let mut accepted = Vec::new();
    for endpoint in endpoints::all() {
        if endpoint.body.is_none() {
            continue;
        }
        let address = endpoint.caller(&connector).address();
        for length in [LONGER_THAN_ANY_BODY, u64::MAX] {
            let length = length.to_string();
            let headers = format!("Content-Length: {length}\r\n");
            let bytes = head(endpoint.method.as_str(), &endpoint.usual_path(), &headers);
            let answer = exchange(address, &bytes);
            accepted.extend(not_refused(&endpoint, &length, &answer));
        }
    }
    // One whose length is not said beforehand.
    let chunk = vec![b' '; MAX_BODY_BYTES + 1];
    let mut bytes = head("POST", "/quoterequests", "Transfer-Encoding: chunked\r\n");
    bytes.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
    bytes.extend(chunk);
    bytes.extend(b"\r\n0\r\n\r\n");
    exchange(connector.backend.address(), &bytes).assert_error(400, "3100");
    assert_nothing_left(connector, accepted).await;
}

/// The body with something else for one of its elements, which need not be JSON.
fn with(intact: &Value, pointer: &str, instead: &str) -> Vec<u8> {
    const HERE: &str = "@here@";
    let mut body = intact.clone();
    *body.pointer_mut(pointer).unwrap() = json!(HERE);
    let body = body.to_string();
    body.replace(&format!("\"{HERE}\""), instead).into_bytes()
}

#[tokio::test]
async fn an_element_of_another_type_is_refused() {
    let connector = connector().await;
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let long = format!("\"{}\"", "9".repeat(MAX_BODY_BYTES / 2));
    let mut accepted = Vec::new();
    for endpoint in endpoints::all() {
        let address = endpoint.caller(&connector).address();
        for pointer in endpoint.needed {
            for instead in [
                "7",
                "-1e400",
                "true",
                "null",
                "{}",
                "[]",
                "\"\"",
                "\"\\u0000\"",
                "\"a\\nb\"",
                "\"\\ud800\"",
                "\"\\udc00\\ud800\"",
                "\"\\x\"",
                deep.as_str(),
                long.as_str(),
            ] {
                // Any text is a state, as far as a notification is concerned.
                if *pointer == "/currentState" && instead.starts_with('"') {
                    continue;
                }
                let body = with(endpoint.body.as_ref().unwrap(), pointer, instead);
                let bytes = request(endpoint.method.as_str(), &endpoint.usual_path(), &body);
                let what = format!("{pointer} {instead}");
                accepted.extend(not_refused(&endpoint, &what, &exchange(address, &bytes)));
            }
        }
    }
    assert_nothing_left(connector, accepted).await;
}

#[tokio::test]
async fn an_element_that_comes_twice_is_refused() {
    let connector = connector().await;
    let mut accepted = Vec::new();
    for endpoint in endpoints::all() {
        let address = endpoint.caller(&connector).address();
        for pointer in endpoint.needed {
            let intact = endpoint.body.as_ref().unwrap();
            let name = pointer.rsplit('/').next().unwrap();
            if name.parse::<usize>().is_ok() {
                continue;
            }
            let value = intact.pointer(pointer).unwrap();
            let body = with(intact, pointer, &format!("{value},\"{name}\":{value}"));
            let bytes = request(endpoint.method.as_str(), &endpoint.usual_path(), &body);
            accepted.extend(not_refused(&endpoint, pointer, &exchange(address, &bytes)));
        }
    }
    assert_nothing_left(connector, accepted).await;
}

/// Never an identifier of anything.
const NO_IDENTIFIERS: [&str; 13] = [
    "",
    ".",
    "..",
    "%2E%2E",
    "%20",
    "%00",
    "%0D%0AContent-Length:%200",
    "%7F",
    "%FF",
    "%C0%AF",
    "%ED%A0%80",
    "a%0Ab",
    "%EF%BF%BD",
];

/// What somebody might be found by, in some bank, and nobody is here.
const STRANGE: [&str; 10] = [
    "%2F",
    "..%2F..%2Fetc%2Fpasswd",
    "%252F",
    "%",
    "%zz",
    "'",
    "%22",
    "'%20OR%20'1'='1",
    "$%7Bjndi:ldap:%7D",
    "*",
];

#[tokio::test]
async fn a_path_that_identifies_nothing_is_refused() {
    let connector = connector().await;
    let long = "9".repeat(1_000);
    let longer = "9".repeat(60_000);
    let mut accepted = Vec::new();
    for endpoint in endpoints::all() {
        let address = endpoint.caller(&connector).address();
        let body = endpoint.body.as_ref().map(Value::to_string);
        let body = body.unwrap_or_default();
        let strange = match (&endpoint.body, endpoint.api) {
            (None, Api::Backend) => &STRANGE[..],
            _ => &[],
        };
        for number in 0..endpoint.parameters().len() {
            // A part of an identifier is the payee's own affair.
            let is_part = endpoint.parameters()[number] == "idSubValue";
            let strange = if is_part { &[] } else { strange };
            let hostile = NO_IDENTIFIERS.iter().chain(strange).copied();
            for value in hostile.chain([long.as_str(), longer.as_str()]) {
                let path = endpoint.path_with(number, value);
                let bytes = request(endpoint.method.as_str(), &path, body.as_bytes());
                accepted.extend(not_refused(&endpoint, &path, &exchange(address, &bytes)));
            }
        }
    }
    assert_nothing_left(connector, accepted).await;
}

/// These never become requests: whoever reads HTTP refuses them, without a body.
#[tokio::test]
async fn what_is_not_http_is_refused() {
    let connector = connector().await;
    let endless = format!("/parties/MSISDN/{}", "9".repeat(1_000_000));
    for api in [&connector.backend, &connector.dfsp] {
        for bytes in [
            head("GET", &endless, ""),
            head("GET", "/parties/MSISDN/\u{1}", ""),
            head("GET", "/transfers/\u{FFFD}", ""),
            head("GET", "/transfers/a b", ""),
            head("G\u{0}T", "/", ""),
            head("POST", "/quoterequests", "Content-Length: 7, 8\r\n"),
            head("POST", "/quoterequests", "Content-Length: -7\r\n"),
            head(
                "POST",
                "/quoterequests",
                "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
            ),
            head("GET", "/", &format!("X: {}\r\n", "x".repeat(1_000_000))),
            b"\0\x01\x02\r\n\r\n".to_vec(),
        ] {
            let answer = exchange(api.address(), &bytes);
            let status = answer.status;
            assert!((400..500).contains(&status), "{status}: {:?}", &bytes[..40]);
        }
    }
    assert_nothing_left(connector, Vec::new()).await;
}
