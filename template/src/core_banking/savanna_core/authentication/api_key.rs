//! Who the connector is to the bank: the holder of a key.

use reqwest::{
    RequestBuilder,
    header::{HeaderName, HeaderValue},
};

use crate::environment::Variables;

/// The key, and the header that it is sent in.
#[derive(Debug, Clone)]
pub struct Settings {
    header: HeaderName,
    /// Marked as sensitive, so that it is never printed.
    key: HeaderValue,
}

impl Settings {
    pub fn read(variables: &mut Variables) -> Option<Self> {
        let header = variables.parsed("CBS_API_KEY_HEADER", "X-API-Key");
        let name = "CBS_API_KEY";
        let key = variables.required(name, "the key that the connector has from the bank")?;
        let Ok(mut key) = HeaderValue::from_str(&key) else {
            variables.problem(name, "holds a character that no header can hold");
            return None;
        };
        key.set_sensitive(true);
        Some(Self {
            header: header?,
            key,
        })
    }

    /// Replace (authentication): how the bank wants the key, if not in a header
    /// of its own with every request.
    ///
    /// It is readable on the way: the bank must be called by https, or over a
    /// network that nobody else is in.
    pub fn sign(&self, request: RequestBuilder) -> RequestBuilder {
        request.header(self.header.clone(), self.key.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Problems;

    fn read(header: &str, key: &str) -> Result<Settings, Problems> {
        let lookup = |name: &str| match name {
            "CBS_API_KEY_HEADER" => Some(header.to_owned()),
            "CBS_API_KEY" => Some(key.to_owned()),
            _ => None,
        };
        let mut variables = Variables::of(&lookup);
        let settings = Settings::read(&mut variables);
        variables.finish(settings)
    }

    #[test]
    fn a_key_that_is_missing_or_cannot_be_sent_is_a_problem() {
        for (header, key, name) in [
            ("", "", "CBS_API_KEY"),
            ("", "hunter2\nX-Other: 1", "CBS_API_KEY"),
            ("X API Key", "hunter2", "CBS_API_KEY_HEADER"),
        ] {
            let problems = read(header, key).unwrap_err().to_string();
            assert!(problems.contains(&format!("- {name} ")), "{problems}");
            assert!(!problems.contains("hunter2"), "{problems}");
        }
    }

    #[test]
    fn the_key_is_not_printed() {
        let settings = read("X-Bank-Key", "hunter2").unwrap();
        assert_eq!(settings.header, "x-bank-key");
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}
