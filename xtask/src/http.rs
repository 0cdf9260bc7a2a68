//! A small HTTP client for tests.
//!
//! Written by hand because it has to send what a tidy client would change: a
//! raw `+` or `{transferId}` in a path, and the headers of a captured request.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Longer than the Mojaloop Connector waits for the backend API.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(70);

/// What a connector with the sandbox knows its channels by, and what it has to be
/// told of that if the sandbox runs elsewhere.
pub const KEY: (&str, &str) = ("x-api-key", "development-key-of-the-sandbox");
pub const KEYS: (&str, &str) = (
    "DFSP_API_KEYS",
    "sandbox:ef67d4151dc5666433e659d6a1a7cc3da25426bc89fe49c4a7dac38f51617140",
);

const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;

/// An HTTP answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub text: String,
}

impl Answer {
    /// The body, or null if it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// A text in the body, or nothing.
    pub fn field(&self, name: &str) -> String {
        let text = self.json()[name].as_str().map(str::to_owned);
        text.unwrap_or_default()
    }
}

/// Sends one request to a port of this machine, on a connection of its own, with
/// the key of a channel: the DFSP API wants it, and all others ignore it.
pub fn send(port: u16, method: &str, path: &str, body: Option<&Value>) -> Result<Answer> {
    let headers = [
        ("content-type", "application/json"),
        ("accept", "application/json"),
        KEY,
    ];
    send_with_headers(port, method, path, &headers, body)
}

/// As [`send`], with exactly these headers, besides `host` and `content-length`.
pub fn send_with_headers(
    port: u16,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&Value>,
) -> Result<Answer> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, CONNECT_TIMEOUT)
        .with_context(|| format!("cannot connect to {address}"))?;
    stream.set_read_timeout(Some(ANSWER_TIMEOUT))?;
    stream.set_nodelay(true)?;
    let body = body.map(Value::to_string).unwrap_or_default();
    let mut request = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
    stream.write_all(request.as_bytes())?;

    let mut reader = BufReader::new(stream);
    let (first_line, headers) = read_head(&mut reader)?;
    let status = first_line.split(' ').nth(1).unwrap_or_default();
    let status = status
        .parse()
        .with_context(|| format!("not a status line: {first_line:?}"))?;
    let text = read_body(&mut reader, &headers)?;
    Ok(Answer { status, text })
}

/// Reads the first line and the headers, whose names are in lower case.
pub(crate) fn read_head(reader: &mut impl BufRead) -> Result<(String, Vec<(String, String)>)> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        let read = reader.read_line(&mut line)?;
        ensure!(read > 0, "the connection was closed in the middle");
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        lines.push(line);
    }
    let mut lines = lines.into_iter();
    let first_line = lines.next().unwrap_or_default();
    let headers = lines
        .filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        })
        .collect();
    Ok((first_line, headers))
}

/// Reads a body whose length is stated; without a length there is none.
pub(crate) fn read_body(reader: &mut impl Read, headers: &[(String, String)]) -> Result<String> {
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length: usize = length.map_or(Ok(0), |(_, length)| length.parse())?;
    ensure!(length <= MAX_BODY_BYTES, "the body is too long");
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(String::from_utf8(body)?)
}
