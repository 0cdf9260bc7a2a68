//! The identifiers that correlate the messages of one payment.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Longer texts are not identifiers of anything Mojaloop sends.
const MAX_LENGTH: usize = 64;

/// The identifier of a transfer: one payment in one direction.
///
/// The scheme uses lowercase UUIDs and uppercase ULIDs, but its own test
/// collections send others, so any short text of visible ASCII is taken.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TransferId(String);

/// The identifier of a quote that this connector, as the payee's, gave.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct QuoteId(String);

/// The text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an identifier has 1 to {MAX_LENGTH} visible ASCII characters")]
pub struct NotAnIdentifier;

impl TransferId {
    /// A new identifier for a transfer that starts here: a UUID of version 7,
    /// which sorts by time.
    pub fn generate() -> Self {
        Self(uuid::Uuid::now_v7().to_string())
    }
}

fn checked(text: String) -> Result<String, NotAnIdentifier> {
    let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
    // As a segment of a path, a dot or two would lead somewhere else.
    let leads_elsewhere = matches!(text.as_str(), "" | "." | "..");
    if text.len() > MAX_LENGTH || leads_elsewhere || !visible {
        return Err(NotAnIdentifier);
    }
    Ok(text)
}

macro_rules! identifier {
    ($name:ident) => {
        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NotAnIdentifier;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                checked(text.to_owned()).map(Self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAnIdentifier;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                checked(text).map(Self)
            }
        }

        impl From<$name> for String {
            fn from(identifier: $name) -> Self {
                identifier.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

identifier!(TransferId);
identifier!(QuoteId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_every_shape_that_the_scheme_sends() {
        for text in [
            "01M7ZXCN7HM4KEVP8Q5HNRHFXV",
            "f7fbf391-c29b-4534-bc86-1892568f7ad8",
            "{transferId}",
        ] {
            assert_eq!(text.parse::<TransferId>().unwrap().as_str(), text);
        }
    }

    #[test]
    fn refuses_what_cannot_be_an_identifier() {
        let long = "x".repeat(MAX_LENGTH + 1);
        for text in ["", ".", "..", "a b", "a\nb", "é", long.as_str()] {
            assert_eq!(text.parse::<TransferId>(), Err(NotAnIdentifier), "{text:?}");
        }
    }

    #[test]
    fn a_generated_identifier_is_one_that_the_mojaloop_connector_accepts() {
        let id = TransferId::generate();
        assert_eq!(id.as_str().len(), 36);
        assert_eq!(id.as_str(), id.as_str().to_lowercase());
    }
}
