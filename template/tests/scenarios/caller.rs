//! Calling an API, and what it answered.

use core_connector::{
    mojaloop::http::guard::KEY_HEADER, operations::startup::choose_tls, sandbox::DEVELOPMENT_KEY,
};
use reqwest::{
    Client, Method, RequestBuilder,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use serde_json::Value;

use crate::secrecy;

/// Calls one API.
#[derive(Debug, Clone)]
pub struct Caller {
    http: Client,
    base_url: String,
}

/// An answer with its body; an empty body is null.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Caller {
    pub fn of(base_url: String) -> Self {
        choose_tls();
        Self {
            http: Client::builder().no_proxy().build().unwrap(),
            base_url,
        }
    }

    /// Calls as a channel that has the key of the sandbox.
    pub fn with_key(base_url: String) -> Self {
        Self::showing(base_url, KEY_HEADER, DEVELOPMENT_KEY)
    }

    /// Calls as somebody who shows this with every request.
    pub fn showing(base_url: String, header: &str, value: &str) -> Self {
        secrecy::remember(value.trim_start_matches("Bearer "));
        let header = HeaderName::from_bytes(header.as_bytes()).unwrap();
        let headers = HeaderMap::from_iter([(header, HeaderValue::from_str(value).unwrap())]);
        let http = Client::builder().no_proxy().default_headers(headers);
        Self {
            http: http.build().unwrap(),
            ..Self::of(base_url)
        }
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        self.base_url.trim_start_matches("http://")
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        secrecy::remember_what_is_asked_for(path);
        self.http
            .request(method, format!("{}{path}", self.base_url))
    }

    pub async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        secrecy::remember_what_is_given(body);
        answer(self.request(Method::POST, path).json(body)).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        secrecy::remember_what_is_given(body);
        answer(self.request(Method::PUT, path).json(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        answer(self.request(Method::DELETE, path)).await
    }
}

/// Sends a request.
pub async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    let body = match text.as_str() {
        "" => Value::Null,
        text => serde_json::from_str(text).unwrap_or_else(|_| panic!("not JSON: {text}")),
    };
    if status >= 400 {
        secrecy::check_error(&body);
    }
    Answer { status, body }
}

impl Answer {
    /// The body of a request that was served.
    #[track_caller]
    pub fn served(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body
    }

    #[track_caller]
    pub fn assert_error(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.body["statusCode"], code, "{}", self.body);
        assert!(self.has_error_body(), "{}", self.body);
    }

    /// Every error has this one shape, which the Mojaloop Connector reads.
    pub fn has_error_body(&self) -> bool {
        let text = |name: &str| self.body.get(name).and_then(Value::as_str);
        let four_digits = |code: &str| code.len() == 4 && code.bytes().all(|d| d.is_ascii_digit());
        let readable = |message: &str| {
            (1..=128).contains(&message.len())
                && message.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        };
        text("statusCode").is_some_and(four_digits)
            && text("status") == text("statusCode")
            && text("message").is_some_and(readable)
            && self.body.as_object().is_some_and(|body| body.len() == 3)
    }
}
