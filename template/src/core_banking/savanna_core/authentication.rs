pub mod api_key;
pub mod basic;
pub mod mtls;
pub mod oauth2;

pub use self::none::*;

/// The answer `none` has no file: in the template, this takes its place.
mod none {
    use std::time::Duration;

    use reqwest::{ClientBuilder, RequestBuilder, Url};

    use crate::{core_banking::port::BankError, environment::Variables};

    #[derive(Debug, Clone)]
    pub struct Settings;

    impl Settings {
        pub fn read(_: &mut Variables) -> Option<Self> {
            Some(Self)
        }

        pub fn sign(&self, request: RequestBuilder) -> RequestBuilder {
            request
        }

        pub fn equip(&self, http: ClientBuilder) -> ClientBuilder {
            http
        }
    }

    #[derive(Debug, Clone)]
    pub struct AccessTokens;

    impl AccessTokens {
        pub fn of(_: &Url, _: &Settings, _: Duration) -> Result<Self, reqwest::Error> {
            Ok(Self)
        }

        pub async fn authorize(
            &self,
            request: RequestBuilder,
        ) -> Result<RequestBuilder, BankError> {
            Ok(request)
        }
    }
}
