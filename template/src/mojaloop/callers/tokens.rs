//! A channel that is known by a token: a JWT (RFC 7519) that the bank's
//! identity provider has signed.
//!
//! Issuer, audience and end have to be there and right, and only signatures
//! with a public key count: RS256, ES256 and EdDSA. Which of them a key is for
//! is for the key to say, not for the token.

mod key_set;
mod signatures;

use std::collections::HashSet;

use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use serde::Deserialize;
use serde_json::{Map, Value};

use self::key_set::KeySet;
pub use self::key_set::KeySource;
use crate::{domain::channel::ChannelName, environment::Variables};

/// Longer ones are not read.
const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// By how many seconds the clocks of two machines may differ.
const LEEWAY_SECONDS: u64 = 30;

/// Whose tokens count.
#[derive(Debug, Clone)]
pub struct TokenSettings {
    issuer: String,
    audience: String,
    /// The claim that names the channel.
    channel_claim: String,
    keys: KeySource,
}

impl TokenSettings {
    pub fn read(variables: &mut Variables) -> Option<Self> {
        let issuer = variables.required("DFSP_API_JWT_ISSUER", "who signs the tokens (iss)");
        let audience = variables.required("DFSP_API_JWT_AUDIENCE", "whom the tokens are for (aud)");
        let channel_claim = variables.text_or("DFSP_API_JWT_CHANNEL_CLAIM", "sub");
        let keys = KeySource::read(variables);
        Some(Self {
            issuer: issuer?,
            audience: audience?,
            channel_claim,
            keys: keys?,
        })
    }
}

/// Reads tokens.
#[derive(Debug)]
pub struct Tokens {
    settings: TokenSettings,
    keys: KeySet,
}

/// What a token says. Times that are not numbers make it unreadable.
#[derive(Deserialize)]
struct Claims {
    #[serde(rename = "exp")]
    _ends: u64,
    #[serde(rename = "nbf", default)]
    _begins: Option<u64>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

impl Tokens {
    pub fn new(settings: TokenSettings) -> Result<Self, reqwest::Error> {
        signatures::choose();
        Ok(Self {
            keys: KeySet::new(settings.keys.clone())?,
            settings,
        })
    }

    /// Whose token this is.
    pub async fn bearer_of(&self, token: &str) -> Option<ChannelName> {
        if token.len() > MAX_TOKEN_BYTES {
            return None;
        }
        let header = decode_header(token).ok()?;
        let key = self.keys.find(header.kid.as_deref(), header.alg).await?;
        let claims = decode::<Claims>(token, &key, &self.validation(header.alg)).ok()?;
        let name = claims.claims.others.get(&self.settings.channel_claim)?;
        name.as_str()?.parse().ok()
    }

    /// Whether the keys can be had, for whoever looks before anybody calls.
    pub async fn try_to_fetch_keys(settings: &TokenSettings) -> Result<(), String> {
        KeySet::new(settings.keys.clone())
            .map_err(|error| error.to_string())?
            .fetch()
            .await
            .map(drop)
    }

    /// Fetches the keys again from time to time, and when one is not known.
    pub async fn keep_up_to_date(&self) {
        self.keys.keep_up_to_date().await;
    }

    /// `algorithm` is that of the key, or there would be none.
    fn validation(&self, algorithm: Algorithm) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.set_issuer(&[&self.settings.issuer]);
        validation.set_audience(&[&self.settings.audience]);
        validation.required_spec_claims = ["exp", "iss", "aud"]
            .map(str::to_owned)
            .into_iter()
            .collect::<HashSet<_>>();
        validation.validate_nbf = true;
        validation.leeway = LEEWAY_SECONDS;
        validation
    }
}
