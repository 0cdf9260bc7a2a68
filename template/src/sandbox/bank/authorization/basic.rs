//! The sandbox bank asks for a user and a password.

use actix_web::{HttpRequest, http::header::AUTHORIZATION};

/// What a connector to the sandbox bank has to be configured with.
pub const VARIABLES: [(&str, &str); 2] = [("CBS_USER", "sandbox"), ("CBS_PASSWORD", "open sesame")];

/// What the caller is told that is asked for.
pub const CHALLENGE: &str = r#"Basic realm="sandbox", charset="UTF-8""#;

/// `sandbox:open sesame` in base64.
const CREDENTIALS: &str = "Basic c2FuZGJveDpvcGVuIHNlc2FtZQ==";

/// Whether the caller says who he is.
pub fn admits(request: &HttpRequest) -> bool {
    let said = request.headers().get(AUTHORIZATION);
    said.is_some_and(|said| said == CREDENTIALS)
}

/// What a caller says who is let in.
#[cfg(test)]
pub fn header() -> (&'static str, String) {
    ("authorization", CREDENTIALS.to_owned())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn only_the_user_with_the_password_is_let_in() {
        assert!(admits(
            &TestRequest::default()
                .insert_header(header())
                .to_http_request()
        ));
        assert!(!admits(&TestRequest::default().to_http_request()));
        for other in [
            "Basic c2FuZGJveDpvcGVu",
            "Bearer c2FuZGJveDpvcGVuIHNlc2FtZQ==",
        ] {
            let request = TestRequest::default().insert_header(("authorization", other));
            assert!(!admits(&request.to_http_request()), "{other}");
        }
    }
}
