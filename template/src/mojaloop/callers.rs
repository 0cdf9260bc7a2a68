//! Who may call the DFSP API: the bank's own channels, each known by something
//! that only it has. And how often.
//!
//! A channel is known by a key, by a token that the bank's identity provider
//! has signed, or by its client certificate. Which one is configured once, for
//! all channels, so that nobody is let in by the weaker of two.

pub mod api_keys;
pub mod certificates;
pub mod rates;
pub mod tokens;

use std::time::Duration;

use self::{
    api_keys::ApiKeys,
    certificates::ClientNames,
    rates::{Ask, Limits, Rates},
    tokens::{TokenSettings, Tokens},
};
use crate::{domain::channel::ChannelName, environment::Variables};

const AUTHENTICATION: &str = "DFSP_API_AUTHENTICATION";

/// Whom the DFSP API answers, and how often.
#[derive(Debug, Clone)]
pub struct CallerSettings {
    pub authentication: Authentication,
    pub limits: Limits,
}

/// How a channel shows who it is.
#[derive(Debug, Clone)]
pub enum Authentication {
    Keys(ApiKeys),
    Tokens(TokenSettings),
    Certificates(ClientNames),
    /// Not at all: whoever reaches the port may send the customers' money.
    None,
}

impl CallerSettings {
    pub fn read(variables: &mut Variables) -> Option<Self> {
        let authentication = match variables.text_or(AUTHENTICATION, "api_key").as_str() {
            "api_key" => ApiKeys::read(variables).map(Authentication::Keys),
            "jwt" => TokenSettings::read(variables).map(Authentication::Tokens),
            "mtls" => ClientNames::read(variables).map(Authentication::Certificates),
            "none" => Some(Authentication::None),
            _ => {
                variables.problem(AUTHENTICATION, "is none of api_key, jwt, mtls, none");
                None
            }
        };
        let limits = Limits::read(variables);
        Some(Self {
            authentication: authentication?,
            limits: limits?,
        })
    }
}

/// What a caller shows of itself. Nothing of it is believed yet, but for the
/// certificate, which the connection has proven.
#[derive(Clone, Copy, Default)]
pub struct Shown<'a> {
    pub key: Option<&'a [u8]>,
    pub token: Option<&'a str>,
    pub certificate: Option<&'a ChannelName>,
}

/// Knows the callers.
#[derive(Debug)]
pub struct Callers {
    known_by: KnownBy,
    rates: Rates,
}

#[derive(Debug)]
enum KnownBy {
    Key(ApiKeys),
    Token(Box<Tokens>),
    Certificate(ClientNames),
    Nothing(ChannelName),
}

impl Callers {
    pub fn new(settings: CallerSettings) -> Result<Self, reqwest::Error> {
        let known_by = match settings.authentication {
            Authentication::Keys(keys) => KnownBy::Key(keys),
            Authentication::Tokens(settings) => KnownBy::Token(Box::new(Tokens::new(settings)?)),
            Authentication::Certificates(names) => KnownBy::Certificate(names),
            Authentication::None => {
                tracing::warn!(
                    "DFSP_API_AUTHENTICATION is none: whoever reaches the DFSP API can send the \
                     customers' money"
                );
                KnownBy::Nothing(rates::anybody())
            }
        };
        Ok(Self {
            known_by,
            rates: Rates::new(settings.limits),
        })
    }

    /// The channel that calls, if it is known. Which part of what it shows is
    /// wrong is nobody's business.
    pub async fn recognise(&self, shown: Shown<'_>) -> Option<ChannelName> {
        match &self.known_by {
            KnownBy::Key(keys) => keys.holder_of(shown.key?),
            KnownBy::Token(tokens) => tokens.bearer_of(shown.token?).await,
            KnownBy::Certificate(names) => names.known(shown.certificate?),
            KnownBy::Nothing(anybody) => Some(anybody.clone()),
        }
    }

    /// How a caller that is not known could make itself known, in the words of
    /// HTTP (RFC 9110, 11.6.1).
    pub fn challenge(&self) -> &'static str {
        match &self.known_by {
            KnownBy::Token(_) => "Bearer",
            KnownBy::Certificate(_) => "Mutual",
            KnownBy::Key(_) | KnownBy::Nothing(_) => "ApiKey",
        }
    }

    /// Whether a name is that of a channel, and not of all.
    pub fn are_told_apart(&self) -> bool {
        !matches!(self.known_by, KnownBy::Nothing(_))
    }

    /// Counts a request of a channel; or says how long it has to wait for one.
    pub fn count(&self, channel: &ChannelName, ask: Ask) -> Result<(), Duration> {
        self.rates.count(channel, ask)
    }

    /// Keeps up to date what callers are known by, until this is dropped.
    pub async fn keep_up_to_date(&self) {
        if let KnownBy::Token(tokens) = &self.known_by {
            tokens.keep_up_to_date().await;
        }
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Problems;

    fn read(variables: &[(&str, &str)]) -> Result<CallerSettings, Problems> {
        let lookup = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let mut variables = Variables::of(&lookup);
        let settings = CallerSettings::read(&mut variables);
        variables.finish(settings)
    }

    #[test]
    fn without_keys_nothing_starts_and_it_is_said_what_to_set() {
        let problems = read(&[]).unwrap_err().to_string();
        assert!(
            problems.contains("- DFSP_API_KEYS is missing"),
            "{problems}"
        );
        assert!(problems.contains("api-key NAME"), "{problems}");
    }

    #[test]
    fn nobody_is_let_in_without_authentication_unless_that_is_said() {
        let settings = read(&[(AUTHENTICATION, "none")]).unwrap();
        assert!(matches!(settings.authentication, Authentication::None));
        assert!(read(&[(AUTHENTICATION, "off")]).is_err());
    }

    #[tokio::test]
    async fn a_caller_is_known_by_what_is_configured_and_by_nothing_else() {
        let hash = api_keys::hash_of(b"a key of a channel");
        let keys = format!("app:{hash}");
        let callers = Callers::new(read(&[("DFSP_API_KEYS", &keys)]).unwrap()).unwrap();
        let name: ChannelName = "app".parse().unwrap();
        let with_key = Shown {
            key: Some(b"a key of a channel"),
            ..Shown::default()
        };
        assert_eq!(callers.recognise(with_key).await, Some(name.clone()));
        let with_others = Shown {
            token: Some("a key of a channel"),
            certificate: Some(&name),
            ..Shown::default()
        };
        assert_eq!(callers.recognise(with_others).await, None);
        assert_eq!(callers.recognise(Shown::default()).await, None);
    }
}
