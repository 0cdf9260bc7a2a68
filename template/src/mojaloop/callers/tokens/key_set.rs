//! The public keys of the identity provider: a JWKS (RFC 7517) in a file or at
//! an URL, looked at again from time to time, since such keys are replaced.

use std::{fmt, fs, path::PathBuf, sync::Arc, time::Duration};

use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse},
};
use reqwest::Url;
use serde::Deserialize;
use serde_json::Value;
use tokio::{
    sync::{Notify, Semaphore, watch},
    time::{Instant, sleep, timeout},
};

use crate::environment::Variables;

const FILE: &str = "DFSP_API_JWKS_FILE";
const ADDRESS: &str = "DFSP_API_JWKS_URL";

/// How often it is looked for new keys.
const EVERY: Duration = Duration::from_secs(300);

/// How often at the most, whatever tokens come.
const NOT_SOONER: Duration = Duration::from_secs(10);

/// How long keys count that could not be looked at again.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// How long a token waits for keys that are being fetched.
const LONGEST_WAIT: Duration = Duration::from_secs(3);

/// How many tokens wait. Anybody can make up one whose key is not known.
const MAX_WAITING: usize = 32;

const FETCH_TIMEOUT: Duration = Duration::from_secs(5);

const MAX_BYTES: usize = 256 * 1024;

const MAX_KEYS: usize = 100;

/// Where the keys are.
#[derive(Debug, Clone)]
pub enum KeySource {
    File(PathBuf),
    Address(Url),
}

impl KeySource {
    pub fn read(variables: &mut Variables) -> Option<Self> {
        match (variables.text(FILE), variables.text(ADDRESS)) {
            (Some(file), None) => {
                let file = PathBuf::from(file);
                match read_file(&file) {
                    Ok(_) => Some(Self::File(file)),
                    Err(error) => {
                        variables.problem(FILE, &format!("cannot be read: {error}"));
                        None
                    }
                }
            }
            (None, Some(_)) => {
                let address = variables.url(ADDRESS)?;
                let is_here = matches!(
                    address.host_str(),
                    Some("127.0.0.1" | "localhost" | "[::1]")
                );
                if address.scheme() != "https" && !is_here {
                    variables.problem(
                        ADDRESS,
                        "does not begin with https://: whoever answers decides who may call",
                    );
                }
                Some(Self::Address(address))
            }
            (Some(_), Some(_)) => {
                variables.problem(ADDRESS, &format!("and {FILE} are both set"));
                None
            }
            (None, None) => {
                let what = format!("(or {FILE}) the public keys of who signs the tokens, a JWKS");
                variables.required(ADDRESS, &what);
                None
            }
        }
    }
}

/// A key, and what it is for.
#[derive(Clone)]
pub(super) struct VerificationKey {
    id: Option<String>,
    algorithm: Algorithm,
    key: DecodingKey,
}

/// The keys as they were at some time.
#[derive(Clone)]
struct Fetched {
    keys: Arc<Vec<VerificationKey>>,
    at: Option<Instant>,
}

/// The keys, kept up to date.
pub struct KeySet {
    source: KeySource,
    http: reqwest::Client,
    fetched: watch::Sender<Fetched>,
    wanted: Notify,
    waiting: Semaphore,
}

impl fmt::Debug for KeySet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("KeySet").field(&self.source).finish()
    }
}

impl KeySet {
    pub fn new(source: KeySource) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .timeout(FETCH_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        let nothing = Fetched {
            keys: Arc::default(),
            at: None,
        };
        Ok(Self {
            source,
            http,
            fetched: watch::Sender::new(nothing),
            wanted: Notify::new(),
            waiting: Semaphore::new(MAX_WAITING),
        })
    }

    /// The key that a token names, if it is for such signatures. One that is not
    /// known may be new, and is waited for a little.
    pub async fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<DecodingKey> {
        let mut fetched = self.fetched.subscribe();
        if let Some(key) = find(&fetched.borrow_and_update(), id, algorithm) {
            return Some(key);
        }
        self.wanted.notify_one();
        let _place = self.waiting.try_acquire().ok()?;
        timeout(LONGEST_WAIT, fetched.changed()).await.ok()?.ok()?;
        find(&fetched.borrow(), id, algorithm)
    }

    pub async fn keep_up_to_date(&self) {
        loop {
            match self.fetch().await {
                Ok(keys) => {
                    let keys = Arc::new(keys);
                    let at = Some(Instant::now());
                    self.fetched.send_replace(Fetched { keys, at });
                }
                Err(error) => {
                    tracing::warn!(error, "the keys of who signs the tokens cannot be had");
                }
            }
            sleep(NOT_SOONER).await;
            let _ = timeout(EVERY, self.wanted.notified()).await;
        }
    }

    pub(super) async fn fetch(&self) -> Result<Vec<VerificationKey>, String> {
        let url = match &self.source {
            KeySource::File(file) => return read_file(file),
            KeySource::Address(url) => url.clone(),
        };
        let failed = |error: reqwest::Error| error.without_url().to_string();
        let answer = self.http.get(url).send().await.map_err(failed)?;
        let mut answer = answer.error_for_status().map_err(failed)?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > MAX_BYTES {
                return Err(format!("it is longer than {MAX_BYTES} bytes"));
            }
            body.extend_from_slice(&chunk);
        }
        parsed(&body)
    }
}

fn find(fetched: &Fetched, id: Option<&str>, algorithm: Algorithm) -> Option<DecodingKey> {
    if fetched.at.is_none_or(|at| at.elapsed() > LONGEST) {
        return None;
    }
    let mut keys = fetched
        .keys
        .iter()
        .filter(|key| key.algorithm == algorithm && (id.is_none() || key.id.as_deref() == id));
    let found = keys.next()?;
    // A token that names no key is only for a provider that has one.
    keys.next().is_none().then(|| found.key.clone())
}

fn read_file(file: &PathBuf) -> Result<Vec<VerificationKey>, String> {
    parsed(&fs::read(file).map_err(|error| error.to_string())?)
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<Value>,
}

fn parsed(text: &[u8]) -> Result<Vec<VerificationKey>, String> {
    if text.len() > MAX_BYTES {
        return Err(format!("it is longer than {MAX_BYTES} bytes"));
    }
    let set: Jwks =
        serde_json::from_slice(text).map_err(|error| format!("it is not a JWKS: {error}"))?;
    // A kind of key that is not known here may stand beside others.
    let keys = set.keys.into_iter().take(MAX_KEYS).filter_map(usable);
    let keys: Vec<_> = keys.collect();
    if keys.is_empty() {
        return Err("it holds no public key for RS256, ES256 or EdDSA signatures".to_owned());
    }
    Ok(keys)
}

/// A key that is for signatures which count here.
fn usable(key: Value) -> Option<VerificationKey> {
    let key: Jwk = serde_json::from_value(key).ok()?;
    let common = &key.common;
    let use_of_key = common.public_key_use.as_ref();
    if use_of_key.is_some_and(|use_of_key| *use_of_key != PublicKeyUse::Signature) {
        return None;
    }
    let (algorithm, named) = match &key.algorithm {
        AlgorithmParameters::RSA(_) => (Algorithm::RS256, KeyAlgorithm::RS256),
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
            (Algorithm::ES256, KeyAlgorithm::ES256)
        }
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
            (Algorithm::EdDSA, KeyAlgorithm::EdDSA)
        }
        _ => return None,
    };
    if common
        .key_algorithm
        .is_some_and(|algorithm| algorithm != named)
    {
        return None;
    }
    Some(VerificationKey {
        id: common.key_id.clone(),
        algorithm,
        key: DecodingKey::from_jwk(&key).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use actix_web::{App, HttpResponse, HttpServer, http::StatusCode, web};

    use super::*;

    /// That of RFC 8037, appendix A.2.
    const ONE_KEY: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"2031","use":"sig",
        "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

    /// The keys of an identity provider that answers like this.
    fn answering(status: StatusCode, body: String) -> KeySet {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/jwks.json", listener.local_addr().unwrap());
        let server = HttpServer::new(move || {
            let body = body.clone();
            let answer = move || {
                let mut answer = HttpResponse::build(status);
                let answer = answer
                    .insert_header(("Location", "/other"))
                    .body(body.clone());
                async { answer }
            };
            let other = async || ONE_KEY;
            App::new()
                .route("/jwks.json", web::get().to(answer))
                .route("/other", web::get().to(other))
        });
        tokio::spawn(server.workers(1).listen(listener).unwrap().run());
        KeySet::new(KeySource::Address(address.parse().unwrap())).unwrap()
    }

    #[tokio::test]
    async fn a_token_waits_until_its_key_has_been_fetched() {
        let keys = Arc::new(answering(StatusCode::OK, ONE_KEY.to_owned()));
        let kept = Arc::clone(&keys);
        let (found, ()) = tokio::join!(keys.find(Some("2031"), Algorithm::EdDSA), async {
            tokio::spawn(async move { kept.keep_up_to_date().await });
        });
        assert!(found.is_some());
        assert!(keys.find(None, Algorithm::EdDSA).await.is_some());
    }

    #[tokio::test]
    async fn what_is_no_set_of_keys_lets_nobody_in() {
        let padding = " ".repeat(MAX_BYTES);
        for (what, status, body) in [
            ("a failure", StatusCode::BAD_GATEWAY, ONE_KEY.to_owned()),
            ("another place", StatusCode::FOUND, String::new()),
            ("a page", StatusCode::OK, "<html>".to_owned()),
            ("no keys", StatusCode::OK, r#"{"keys":[]}"#.to_owned()),
            ("too much", StatusCode::OK, format!("{ONE_KEY}{padding}")),
        ] {
            let fetched = answering(status, body).fetch().await;
            assert!(fetched.is_err(), "{what}");
        }
    }
}
