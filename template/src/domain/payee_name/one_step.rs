//! The name that a payer knows the payee by.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The name that a payer knows the payee by.
///
/// Personal data: it is not printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PayeeName(String);

impl PayeeName {
    pub fn new(name: String) -> Self {
        Self(name)
    }

    /// Whether the payee's own FSP gives this name, whatever the letters'
    /// case and the spaces. Nothing else is made up for: a name that only
    /// resembles another may be another person's.
    pub fn is(&self, name: &str) -> bool {
        words(&self.0).eq(words(name))
    }
}

fn words(name: &str) -> impl Iterator<Item = String> {
    name.split_whitespace().map(str::to_lowercase)
}

impl fmt::Debug for PayeeName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("payee ***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_spaces_make_no_difference_and_everything_else_does() {
        let meant = PayeeName::new("Awa  Ceesay".to_owned());
        for same in ["Awa Ceesay", " AWA CEESAY "] {
            assert!(meant.is(same), "{same}");
        }
        for other in ["Awa", "Ceesay Awa", "AwaCeesay", "Awa Ceesay Jr", ""] {
            assert!(!meant.is(other), "{other}");
        }
        assert!(!format!("{meant:?}").contains("Awa"));
    }
}
