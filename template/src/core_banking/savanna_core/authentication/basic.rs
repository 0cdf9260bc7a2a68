//! Who the connector is to the bank: a user with a password.

use reqwest::RequestBuilder;
use secrecy::{ExposeSecret, SecretString};

use crate::environment::Variables;

/// The user that the bank knows the connector as.
#[derive(Debug, Clone)]
pub struct Settings {
    user: String,
    password: SecretString,
}

impl Settings {
    pub fn read(variables: &mut Variables) -> Option<Self> {
        let user = variables.required("CBS_USER", "the user that the connector is to the bank");
        let password = variables.required("CBS_PASSWORD", "the password of CBS_USER");
        // The first colon is where the password begins.
        if user.as_ref().is_some_and(|user| user.contains(':')) {
            variables.problem("CBS_USER", "must not hold a colon");
        }
        Some(Self {
            user: user?,
            password: password?.into(),
        })
    }

    /// Replace (authentication): how the bank wants user and password, if not
    /// in the `Authorization` header of every request (RFC 7617).
    ///
    /// They are readable on the way: the bank must be called by https, or over
    /// a network that nobody else is in.
    pub fn sign(&self, request: RequestBuilder) -> RequestBuilder {
        request.basic_auth(&self.user, Some(self.password.expose_secret()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Problems;

    fn read(user: &str, password: &str) -> Result<Settings, Problems> {
        let lookup = |name: &str| match name {
            "CBS_USER" => Some(user.to_owned()),
            "CBS_PASSWORD" => Some(password.to_owned()),
            _ => None,
        };
        let mut variables = Variables::of(&lookup);
        let settings = Settings::read(&mut variables);
        variables.finish(settings)
    }

    #[test]
    fn a_user_without_a_password_is_a_problem_and_so_is_a_colon() {
        for (user, password, name) in [
            ("connector", "", "CBS_PASSWORD"),
            ("", "hunter2", "CBS_USER"),
            ("con:nector", "hunter2", "CBS_USER"),
        ] {
            let problems = read(user, password).unwrap_err().to_string();
            assert!(problems.contains(&format!("- {name} ")), "{problems}");
            assert!(!problems.contains("hunter2"), "{problems}");
        }
    }

    #[test]
    fn the_password_is_not_printed() {
        let settings = read("connector", "hunter2").unwrap();
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}
