//! This connector's backend API, called the way the Mojaloop Connector calls it.

use std::{
    io::{Error, ErrorKind},
    time::{Duration, SystemTime},
};

use actix_web::http::header::HttpDate;
use reqwest::{Client, Method, Response, Url, header};
use serde::Serialize;
use serde_json::Value;

/// How long one call may take.
const TIMEOUT: Duration = Duration::from_secs(65);

/// How often one request is sent until it is not answered with a failure.
const CALLS: u32 = 4;
const PAUSE_BETWEEN_CALLS: Duration = Duration::from_millis(10);

/// How often a notification is tried until it is taken; each time is up to
/// `CALLS` calls. The real pauses add up to 25 seconds.
const NOTIFICATION_TRIES: u32 = 6;
const PAUSE_BETWEEN_NOTIFICATION_TRIES: Duration = Duration::from_millis(50);

/// No more of an answer is read.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// What came of one request.
#[derive(Debug, Serialize)]
pub(super) struct Step {
    /// The method and the path.
    pub request: String,
    /// The last status, unless no answer came at all.
    pub status: Option<u16>,
    /// How many calls it took.
    pub attempts: u32,
    /// The last answer.
    pub body: Value,
}

impl Step {
    pub(super) fn succeeded(&self) -> bool {
        self.status
            .is_some_and(|status| (200..300).contains(&status))
    }

    /// A 4xx: the request will never be taken.
    fn was_refused(&self) -> bool {
        self.status
            .is_some_and(|status| (400..500).contains(&status))
    }
}

#[derive(Clone)]
pub(super) struct Backend {
    client: Client,
    base_url: Url,
}

impl Backend {
    pub(super) fn new(base_url: &str) -> std::io::Result<Self> {
        let invalid = |reason: String| Error::new(ErrorKind::InvalidInput, reason);
        let base_url: Url = base_url
            .parse()
            .map_err(|error| invalid(format!("the backend base url {base_url:?}: {error}")))?;
        if base_url.cannot_be_a_base() {
            return Err(invalid(format!("{base_url} cannot be a backend base url")));
        }
        let client = Client::builder()
            .timeout(TIMEOUT)
            // The two run next to each other, whatever proxy leads to elsewhere.
            .no_proxy()
            .user_agent("axios/1.13.6")
            .build()
            .map_err(Error::other)?;
        Ok(Self { client, base_url })
    }

    /// Sends a request until it is taken or refused, or often enough.
    pub(super) async fn call(&self, method: Method, path: &[&str], body: Option<&Value>) -> Step {
        let url = self.url(path);
        let mut attempts = 0;
        loop {
            attempts += 1;
            let answer = self.call_once(method.clone(), url.clone(), body).await;
            let (status, body) = match answer {
                Ok((status, body)) => (Some(status), body),
                Err(error) => (None, Value::String(error.to_string())),
            };
            let step = Step {
                request: format!("{method} {}", url.path()),
                status,
                attempts,
                body,
            };
            if step.succeeded() || step.was_refused() || attempts == CALLS {
                return step;
            }
            tokio::time::sleep(PAUSE_BETWEEN_CALLS).await;
        }
    }

    /// Sends a notification until it is taken, or often enough.
    pub(super) async fn notify(&self, path: &[&str], body: &Value) -> Step {
        let mut attempts = 0;
        let mut tries = 0;
        loop {
            tries += 1;
            let step = self.call(Method::PUT, path, Some(body)).await;
            attempts += step.attempts;
            if step.succeeded() || tries == NOTIFICATION_TRIES {
                return Step { attempts, ..step };
            }
            tokio::time::sleep(PAUSE_BETWEEN_NOTIFICATION_TRIES).await;
        }
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base_url.clone();
        // `new` has made sure that there is a path to extend. A plus sign stays as it is.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    async fn call_once(
        &self,
        method: Method,
        url: Url,
        body: Option<&Value>,
    ) -> reqwest::Result<(u16, Value)> {
        let mut request = self
            .client
            .request(method, url)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json")
            .header(header::DATE, HttpDate::from(SystemTime::now()).to_string());
        if let Some(body) = body {
            request = request.body(body.to_string());
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        Ok((status, read_answer(response).await?))
    }
}

pub(super) async fn read_answer(mut response: Response) -> reqwest::Result<Value> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        let room = MAX_ANSWER_BYTES - bytes.len();
        bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() >= room {
            break;
        }
    }
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    let as_text = |_| Value::String(String::from_utf8_lossy(&bytes).into_owned());
    Ok(serde_json::from_slice(&bytes).unwrap_or_else(as_text))
}
