//! Requests as they go over the wire, for what a client would not send.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use core_connector::{mojaloop::http::guard::KEY_HEADER, sandbox::DEVELOPMENT_KEY};
use serde_json::Value;

use crate::caller::Answer;

/// Longer than any answer takes, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// The head of a request whose target is written as it is.
pub fn head(method: &str, target: &str, headers: &str) -> Vec<u8> {
    // The key is for one API, and does no harm at the other.
    format!(
        "{method} {target} HTTP/1.1\r\nHost: connector\r\nConnection: close\r\n\
         {KEY_HEADER}: {DEVELOPMENT_KEY}\r\n{headers}\r\n"
    )
    .into_bytes()
}

/// A request whose target is written as it is.
pub fn request(method: &str, target: &str, body: &[u8]) -> Vec<u8> {
    let headers = format!(
        "Content-Type: application/json\r\nContent-Length: {}\r\n",
        body.len()
    );
    [head(method, target, &headers).as_slice(), body].concat()
}

/// What a server answers to these bytes; an empty body is null.
pub fn exchange(address: &str, bytes: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // A server need not read to the end what it refuses.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let mut part = [0; 4096];
    while !is_whole(&answer) {
        match stream.read(&mut part) {
            Ok(length) if length > 0 => answer.extend_from_slice(&part[..length]),
            _ => break,
        }
    }
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    Answer {
        status: status.unwrap_or_else(|| panic!("not an answer: {answer:?}")),
        body: match body {
            "" => Value::Null,
            body => serde_json::from_str(body).unwrap_or_else(|_| panic!("not JSON: {body}")),
        },
    }
}

/// Whether the answer is there, however long the connection stays open.
fn is_whole(answer: &[u8]) -> bool {
    let answer = String::from_utf8_lossy(answer);
    let Some((head, body)) = answer.split_once("\r\n\r\n") else {
        return false;
    };
    let head = head.to_ascii_lowercase();
    let mut lines = head.lines();
    let length = lines.find_map(|line| line.strip_prefix("content-length: "));
    length.and_then(|length| length.parse().ok()) == Some(body.len())
}
