//! The sandbox bank asks for a key.

use actix_web::HttpRequest;

/// What a connector to the sandbox bank has to be configured with.
pub const VARIABLES: [(&str, &str); 2] = [("CBS_API_KEY_HEADER", HEADER), ("CBS_API_KEY", KEY)];

/// What the caller is told that is asked for.
pub const CHALLENGE: &str = r#"ApiKey realm="sandbox""#;

const HEADER: &str = "x-sandbox-key";
const KEY: &str = "open-sesame";

/// Whether the caller has the key.
pub fn admits(request: &HttpRequest) -> bool {
    let said = request.headers().get(HEADER);
    said.is_some_and(|said| said == KEY)
}

/// What a caller says who is let in.
#[cfg(test)]
pub fn header() -> (&'static str, String) {
    (HEADER, KEY.to_owned())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn only_the_holder_of_the_key_is_let_in() {
        assert!(admits(
            &TestRequest::default()
                .insert_header(header())
                .to_http_request()
        ));
        assert!(!admits(&TestRequest::default().to_http_request()));
        for (name, value) in [(HEADER, "Open-Sesame"), ("authorization", KEY)] {
            let request = TestRequest::default().insert_header((name, value));
            assert!(!admits(&request.to_http_request()), "{name}: {value}");
        }
    }
}
