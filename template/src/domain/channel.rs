//! A channel of the bank: what its customers and its staff use, and what asks
//! for payments at the DFSP API.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

const MAX_LENGTH: usize = 100;

/// The name of a channel. It stands in logs and in the journal, so it is
/// printable and short; it is no secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChannelName(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the name of a channel has 1 to 100 letters, digits or - _ . @ | / :")]
pub struct NotAChannelName;

impl ChannelName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ChannelName {
    type Err = NotAChannelName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let may_stand = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.@|/:".contains(&byte);
        if text.is_empty() || text.len() > MAX_LENGTH || !text.bytes().all(may_stand) {
            return Err(NotAChannelName);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for ChannelName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_fits_into_one_line_of_a_log() {
        for name in ["app", "branch-12", "auth0|5f7c", "app.bank.example"] {
            assert_eq!(name.parse::<ChannelName>().unwrap().as_str(), name);
        }
        for name in [
            "",
            "two words",
            "a\nb",
            "a,b",
            "\u{fc}ber",
            &"a".repeat(101),
        ] {
            assert!(name.parse::<ChannelName>().is_err(), "{name}");
        }
    }
}
