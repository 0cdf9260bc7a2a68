//! How a request gets to the Mojaloop Connector, and its answer back.
//!
//! What an answer means is not known here. It is a trait of its own so that the
//! use cases can be tried with a Mojaloop Connector that misbehaves on purpose.

use std::{error::Error, fmt, time::Duration};

use async_trait::async_trait;
use reqwest::{Method, StatusCode, Url};
use serde_json::Value;

use crate::{
    journal::work::InVain,
    remote::{Call, NotSent, Remote, trace},
};

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
    /// The connector did not send it.
    NotSent(NotSent),
}

impl NoAnswer {
    pub fn reason(self) -> String {
        match self {
            Self::Unreachable(reason) | Self::Lost(reason) => reason,
            Self::NotSent(not_sent) => not_sent.to_string(),
        }
    }

    pub fn in_vain(self) -> InVain {
        match self {
            Self::NotSent(_) => InVain::NotTried(self.reason()),
            _ => InVain::Tried(self.reason()),
        }
    }
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

/// HTTP, behind a circuit breaker.
#[derive(Debug)]
pub struct Http {
    client: reqwest::Client,
    base_url: Url,
    remote: Remote,
}

impl Http {
    pub fn new(base_url: Url, timeout: Duration, remote: Remote) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .timeout(timeout)
            // A PUT that accepts is never sent twice behind the payment's back.
            .retry(reqwest::retry::never())
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        Ok(Self {
            client,
            base_url,
            remote,
        })
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
        let call = match method {
            Method::PUT => Call::Instruction,
            _ => Call::Question,
        };
        // Without what follows, which holds identifiers.
        let resource = path.first().copied().unwrap_or_default();
        let operation = format!("{method} /{resource}");
        let sent = self.exchange(method, path, body);
        let made = self.remote.call(&operation, call, sent, is_away).await;
        made.unwrap_or_else(|not_sent| Err(NoAnswer::NotSent(not_sent)))
    }
}

impl Http {
    async fn exchange(
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
        for (name, value) in trace::headers() {
            request = request.header(name, value);
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

/// Whether an answer, or none, speaks of a Mojaloop Connector that is away. Its
/// own 500 and 504 are about the scheme behind it.
fn is_away(answer: &Result<Answer, NoAnswer>) -> bool {
    match answer {
        Ok(answer) => matches!(
            answer.status,
            StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE
        ),
        Err(_) => true,
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
