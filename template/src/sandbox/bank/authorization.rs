pub mod api_key;
pub mod basic;
pub mod oauth2;

pub use self::none::*;

/// The answer `none` has no file: in the template, this takes its place.
mod none {
    use actix_web::{HttpRequest, web::ServiceConfig};

    pub const VARIABLES: [(&str, &str); 0] = [];

    pub const CHALLENGE: &str = "";

    pub fn admits(_: &HttpRequest) -> bool {
        true
    }

    pub fn configure(_: &mut ServiceConfig) {}

    #[cfg(test)]
    pub fn header() -> (&'static str, String) {
        ("x-nobody", String::new())
    }
}
