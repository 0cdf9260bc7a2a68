pub mod basic_or_api_key_or_oauth2;

pub use self::basic_or_api_key_or_oauth2::*;
