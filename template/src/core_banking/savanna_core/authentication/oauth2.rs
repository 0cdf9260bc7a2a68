//! Who the connector is to the bank: a client that has an access token (OAuth
//! 2.0, client credentials).
//!
//! All requests share one token. It is fetched by the first that needs it while
//! the others wait for it, and again a little before it expires.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use reqwest::{
    RequestBuilder, Response, StatusCode, Url,
    header::{CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE},
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::{sync::Mutex, time::timeout_at};

use crate::{core_banking::port::BankError, environment::Variables};

/// Where the sandbox bank gives tokens; so do many others.
const USUAL_PATH: &str = "/oauth2/token";

/// A token is not used in the last tenth of its life, or in the last of it if
/// that is shorter: it has to be good until the request has arrived.
const LONGEST_LEEWAY: Duration = Duration::from_secs(30);

/// How long a token is used that does not say how long it is good.
const USUAL_LIFETIME_SECONDS: u64 = 60;

/// For so long, no other token is asked for after one that was not given.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// An answer that is longer holds no token.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// The client that the bank knows the connector as.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Not set: the usual path of the core banking system.
    token_url: Option<Url>,
    client_id: String,
    client_secret: SecretString,
    scope: Option<String>,
}

impl Settings {
    pub fn read(variables: &mut Variables) -> Option<Self> {
        let token_url = variables.url("CBS_TOKEN_URL");
        let client_id = variables.required("CBS_CLIENT_ID", "the client that the connector is");
        let client_secret = variables.required("CBS_CLIENT_SECRET", "the secret of CBS_CLIENT_ID");
        let scope = variables.text("CBS_SCOPE");
        Some(Self {
            token_url,
            client_id: client_id?,
            client_secret: client_secret?.into(),
            scope,
        })
    }
}

/// The one token that all requests share. A clone shares it too.
#[derive(Debug, Clone)]
pub struct AccessTokens {
    http: reqwest::Client,
    token_url: Url,
    settings: Settings,
    /// How long a request may take, the token included.
    timeout: Duration,
    /// Whoever fetches a token holds the lock, and the others wait for it.
    latest: Arc<Mutex<Latest>>,
}

/// What came of asking for a token last.
#[derive(Debug)]
enum Latest {
    None,
    Given(AccessToken),
    Failed { at: Instant, error: BankError },
}

#[derive(Debug, Clone)]
struct AccessToken {
    /// Marked as sensitive, so that it is never printed.
    bearer: HeaderValue,
    good_until: Instant,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    token_type: String,
    #[serde(default)]
    expires_in: Option<u64>,
}

impl AccessTokens {
    pub fn of(
        base_url: &Url,
        settings: &Settings,
        timeout: Duration,
    ) -> Result<Self, reqwest::Error> {
        let token_url = settings.token_url.clone().unwrap_or_else(|| {
            let mut usual = base_url.clone();
            usual.set_path(USUAL_PATH);
            usual
        });
        // Half of the time of a request, so that the other half is left for it.
        let http = reqwest::Client::builder()
            .timeout(timeout / 2)
            .retry(reqwest::retry::never())
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        Ok(Self {
            http,
            token_url,
            settings: settings.clone(),
            timeout,
            latest: Arc::new(Mutex::new(Latest::None)),
        })
    }

    /// Gives a request its token. If there is none to be had, the bank has
    /// certainly not been asked to act.
    pub async fn authorize(&self, request: RequestBuilder) -> Result<Authorized<'_>, BankError> {
        let deadline = Instant::now() + self.timeout;
        let token = self.token(deadline, None).await?;
        Ok(Authorized {
            tokens: self,
            request,
            token,
            deadline,
        })
    }

    /// The token that is good now; another one than the bank has refused.
    async fn token(
        &self,
        deadline: Instant,
        refused: Option<&AccessToken>,
    ) -> Result<AccessToken, BankError> {
        timeout_at(deadline.into(), self.shared_token(refused))
            .await
            .unwrap_or_else(|_| Err(not_given("it took too long")))
    }

    async fn shared_token(&self, refused: Option<&AccessToken>) -> Result<AccessToken, BankError> {
        let mut latest = self.latest.lock().await;
        let is_refused =
            |token: &AccessToken| refused.is_some_and(|refused| refused.bearer == token.bearer);
        match &*latest {
            Latest::Given(token) if Instant::now() < token.good_until && !is_refused(token) => {
                return Ok(token.clone());
            }
            Latest::Failed { at, error } if at.elapsed() < PAUSE_AFTER_FAILURE => {
                return Err(error.clone());
            }
            _ => {}
        }
        let fetched = self.fetch().await;
        *latest = match &fetched {
            Ok(token) => Latest::Given(token.clone()),
            Err(error) => {
                tracing::error!(%error, "no calls can be made to the core banking system");
                Latest::Failed {
                    at: Instant::now(),
                    error: error.clone(),
                }
            }
        };
        fetched
    }

    /// Replace (authentication): how the bank gives tokens, if not by a POST with
    /// the client's id and secret in the `Authorization` header (RFC 6749).
    async fn fetch(&self) -> Result<AccessToken, BankError> {
        let asked_at = Instant::now();
        let Settings {
            client_id,
            client_secret,
            scope,
            ..
        } = &self.settings;
        // A form is written as the query of an URL is.
        let mut form = self.token_url.clone();
        form.query_pairs_mut()
            .clear()
            .append_pair("grant_type", "client_credentials")
            .extend_pairs(scope.iter().map(|scope| ("scope", scope)));
        let request = self
            .http
            .post(self.token_url.clone())
            .basic_auth(client_id, Some(client_secret.expose_secret()))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.query().unwrap_or_default().to_owned());
        let answer = request.send().await.map_err(not_given)?;
        let status = answer.status();
        if !status.is_success() {
            return Err(not_given(format!("HTTP {status}")));
        }
        let body = body_of(answer).await?;
        // What is wrong with the answer is not said: it may hold a token.
        let answer: TokenAnswer =
            serde_json::from_slice(&body).map_err(|_| not_given("the answer is not understood"))?;
        if !answer.token_type.eq_ignore_ascii_case("Bearer") {
            return Err(not_given("its type is not Bearer"));
        }
        let bearer = format!("Bearer {}", answer.access_token);
        let mut bearer = HeaderValue::from_str(&bearer)
            .map_err(|_| not_given("it holds a character that no header can hold"))?;
        bearer.set_sensitive(true);
        let lifetime = answer.expires_in.unwrap_or(USUAL_LIFETIME_SECONDS);
        Ok(AccessToken {
            bearer,
            good_until: asked_at + usable(Duration::from_secs(lifetime)),
        })
    }
}

/// How much of its life a token is used.
fn usable(lifetime: Duration) -> Duration {
    // More is not needed, and would overflow the clock.
    let lifetime = lifetime.min(Duration::from_secs(24 * 60 * 60));
    lifetime - (lifetime / 10).min(LONGEST_LEEWAY)
}

async fn body_of(mut answer: Response) -> Result<Vec<u8>, BankError> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(not_given)? {
        if body.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(not_given("the answer is too long"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Without a token nothing is sent, so the bank has not acted.
fn not_given(reason: impl ToString) -> BankError {
    let reason = reason.to_string();
    BankError::Unreachable(format!("no access token was given: {reason}"))
}

/// A request with its token.
pub struct Authorized<'a> {
    tokens: &'a AccessTokens,
    request: RequestBuilder,
    token: AccessToken,
    deadline: Instant,
}

impl Authorized<'_> {
    /// Sends the request; with another token once more, if the bank does not
    /// take this one.
    ///
    /// That holds for instructions too, as 401 with a Bearer challenge is said by
    /// whoever checks tokens, before the instruction is looked at: it has
    /// certainly not been acted on. The bank must keep to that. A 401 without the
    /// challenge may come from anywhere, and is not taken for proof.
    pub async fn send(self) -> Result<Response, reqwest::Error> {
        let again = self.request.try_clone();
        let answer = send_by(self.deadline, self.request, &self.token).await?;
        let Some(again) = again.filter(|_| is_token_refused(&answer)) else {
            return Ok(answer);
        };
        match self.tokens.token(self.deadline, Some(&self.token)).await {
            Ok(token) => send_by(self.deadline, again, &token).await,
            // The bank's first answer stands.
            Err(_) => Ok(answer),
        }
    }
}

async fn send_by(
    deadline: Instant,
    request: RequestBuilder,
    token: &AccessToken,
) -> Result<Response, reqwest::Error> {
    let left = deadline.saturating_duration_since(Instant::now());
    let request = request.header("Authorization", token.bearer.clone());
    request.timeout(left).send().await
}

fn is_token_refused(answer: &Response) -> bool {
    let challenges = answer.headers().get_all(WWW_AUTHENTICATE);
    let is_bearer = |challenge: &HeaderValue| {
        let scheme = challenge.as_bytes().get(..6);
        scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"Bearer"))
    };
    answer.status() == StatusCode::UNAUTHORIZED && challenges.iter().any(is_bearer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_not_used_in_the_last_of_its_life() {
        for (lifetime, expected) in [(0, 0), (60, 54), (300, 270), (3600, 3570)] {
            let used = usable(Duration::from_secs(lifetime));
            assert_eq!(used, Duration::from_secs(expected), "{lifetime}");
        }
        assert!(usable(Duration::MAX) < Duration::from_secs(24 * 60 * 60));
    }

    #[test]
    fn the_client_has_to_be_named_and_its_secret_is_not_printed() {
        let read = |secret: Option<&str>| {
            let secret = secret.map(str::to_owned);
            let lookup = |name: &str| match name {
                "CBS_CLIENT_ID" => Some("connector".to_owned()),
                "CBS_CLIENT_SECRET" => secret.clone(),
                _ => None,
            };
            let mut variables = Variables::of(&lookup);
            let settings = Settings::read(&mut variables);
            variables.finish(settings)
        };
        let problems = read(None).unwrap_err().to_string();
        assert!(problems.contains("- CBS_CLIENT_SECRET "), "{problems}");
        let settings = read(Some("hunter2")).unwrap();
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}
