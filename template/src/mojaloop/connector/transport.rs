//! How a request gets to the Mojaloop Connector, and its answer back.
//!
//! What an answer means is not known here. It is a trait of its own so that the
//! use cases can be tried with a Mojaloop Connector that misbehaves on purpose.

use std::{error::Error, fmt, time::Duration};

use async_trait::async_trait;
use reqwest::{Method, StatusCode, Url};
use serde_json::Value;

/// The Mojaloop Connector answers with its whole state: tens of kilobytes.
const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// An answer of the Mojaloop Connector.
pub struct Answer {
    pub status: StatusCode,
    pub body: Vec<u8>,
}

/// Why there is no answer.
pub enum NoAnswer {
    /// The request was certainly not received.
    Unreachable(String),
    /// It may have been.
    Lost(String),
}

/// What takes requests to the Mojaloop Connector.
#[async_trait]
pub trait Transport: fmt::Debug + Send + Sync {
    /// Sends a request once. It ends within a bounded time.
    async fn send(
        &self,
        method: Method,
        path: &[&str],
        body: Option<&Value>,
    ) -> Result<Answer, NoAnswer>;
}

/// HTTP, as everybody else has it.
#[derive(Debug)]
pub struct Http {
    client: reqwest::Client,
    base_url: Url,
}

impl Http {
    pub fn new(base_url: Url, timeout: Duration) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .timeout(timeout)
            // A PUT that accepts is never sent twice behind the payment's back.
            .retry(reqwest::retry::never())
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        Ok(Self { client, base_url })
    }
}

#[async_trait]
impl Transport for Http {
    async fn send(
        &self,
        method: Method,
        path: &[&str],
        body: Option<&Value>,
    ) -> Result<Answer, NoAnswer> {
        let mut url = self.base_url.clone();
        url.path_segments_mut()
            .map_err(|()| NoAnswer::Unreachable("SDK_BASE_URL cannot have a path".to_owned()))?
            .pop_if_empty()
            .extend(path);
        let mut request = self.client.request(method, url);
        if let Some(body) = body {
            request = request.json(body);
        }
        let lost = |error| NoAnswer::Lost(reason(error));
        let mut answer = request.send().await.map_err(|error| {
            if error.is_connect() || error.is_builder() {
                NoAnswer::Unreachable(reason(error))
            } else {
                lost(error)
            }
        })?;
        let status = answer.status();
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(lost)? {
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(NoAnswer::Lost("the answer is too long".to_owned()));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, body })
    }
}

/// Why there is no answer. The URL stays out of it: it holds identifiers.
fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
