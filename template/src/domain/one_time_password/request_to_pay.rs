//! What a payer shows that it is he who agrees.

use std::fmt;

/// A one-time password.
///
/// A secret: it reaches nobody but the FSP that asks for it, and no log line.
#[derive(Clone, PartialEq, Eq)]
pub struct OneTimePassword(String);

/// The text is not a one-time password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a one-time password has 3 to 10 digits")]
pub struct NotAOneTimePassword;

impl OneTimePassword {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for OneTimePassword {
    type Error = NotAOneTimePassword;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let all_digits = text.bytes().all(|byte| byte.is_ascii_digit());
        if !all_digits || !(3..=10).contains(&text.len()) {
            return Err(NotAOneTimePassword);
        }
        Ok(Self(text))
    }
}

impl fmt::Debug for OneTimePassword {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("one-time password ***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_digits_alone_and_is_not_printed() {
        let password = OneTimePassword::try_from("004711".to_owned()).unwrap();
        assert_eq!(password.as_str(), "004711");
        assert!(!format!("{password:?}").contains("4711"));
        for text in ["", "12", "12345678901", "12a4", "12 4", "١٢٣"] {
            assert!(
                OneTimePassword::try_from(text.to_owned()).is_err(),
                "{text}"
            );
        }
    }
}
