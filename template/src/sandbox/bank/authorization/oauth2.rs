//! The sandbox bank asks for an access token, and gives one to its client
//! (OAuth 2.0, client credentials).
//!
//! A token says itself until when it is good. Nobody is kept from making one:
//! there is nothing to steal in a sandbox.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{AUTHORIZATION, WWW_AUTHENTICATE},
    web::{self, Form, ServiceConfig},
};
use serde::Deserialize;
use serde_json::json;

use crate::domain::timestamp::Timestamp;

/// What a connector to the sandbox bank has to be configured with.
pub const VARIABLES: [(&str, &str); 2] = [
    ("CBS_CLIENT_ID", "sandbox"),
    ("CBS_CLIENT_SECRET", "open sesame"),
];

/// What the caller is told that is asked for.
pub const CHALLENGE: &str = r#"Bearer realm="sandbox", error="invalid_token""#;

/// `sandbox:open sesame` in base64.
const CREDENTIALS: &str = "Basic c2FuZGJveDpvcGVuIHNlc2FtZQ==";

const PATH: &str = "/oauth2/token";
const PREFIX: &str = "Bearer sandbox-until-";

/// Short, so that a connector that is left running fetches another.
const LIFETIME_SECONDS: u64 = 60;

#[derive(Deserialize)]
struct TokenRequest {
    grant_type: String,
}

/// Whether the caller has a token that is good, or has come for one.
pub fn admits(request: &HttpRequest) -> bool {
    if request.path() == PATH {
        return true;
    }
    let said = request.headers().get(AUTHORIZATION);
    let said = said.and_then(|said| said.to_str().ok());
    let until = said.and_then(|said| said.strip_prefix(PREFIX)?.parse::<Timestamp>().ok());
    until.is_some_and(|until| Timestamp::now() < until)
}

/// The path where tokens are given.
pub fn configure(service: &mut ServiceConfig) {
    service.service(web::resource(PATH).route(web::post().to(give_token)));
}

async fn give_token(request: HttpRequest, form: Form<TokenRequest>) -> HttpResponse {
    let said = request.headers().get(AUTHORIZATION);
    if said.is_none_or(|said| said != CREDENTIALS) {
        return HttpResponse::Unauthorized()
            .insert_header((WWW_AUTHENTICATE, r#"Basic realm="sandbox""#))
            .json(json!({ "error": "invalid_client" }));
    }
    if form.grant_type != "client_credentials" {
        return HttpResponse::BadRequest().json(json!({ "error": "unsupported_grant_type" }));
    }
    let bearer = bearer(LIFETIME_SECONDS);
    HttpResponse::Ok().json(json!({
        "access_token": bearer.trim_start_matches("Bearer "),
        "token_type": "Bearer",
        "expires_in": LIFETIME_SECONDS,
    }))
}

fn bearer(lifetime_seconds: u64) -> String {
    let lifetime = std::time::Duration::from_secs(lifetime_seconds);
    format!("{PREFIX}{}", Timestamp::now().after(lifetime))
}

/// What a caller says who is let in.
#[cfg(test)]
pub fn header() -> (&'static str, String) {
    ("authorization", bearer(LIFETIME_SECONDS))
}

#[cfg(test)]
mod tests {
    use actix_web::{App, test, test::TestRequest};

    use super::*;

    #[actix_web::test]
    async fn a_token_is_given_to_the_client_alone() {
        let app = test::init_service(App::new().configure(configure)).await;
        let ask = |credentials: &'static str, grant_type: &'static str| {
            TestRequest::post()
                .uri(PATH)
                .insert_header(("authorization", credentials))
                .set_form([("grant_type", grant_type)])
        };
        for (credentials, grant_type, expected) in [
            (CREDENTIALS, "client_credentials", 200),
            (CREDENTIALS, "password", 400),
            ("Basic c2FuZGJveDpvcGVu", "client_credentials", 401),
        ] {
            let request = ask(credentials, grant_type).to_request();
            let answer = test::call_service(&app, request).await;
            assert_eq!(answer.status(), expected, "{grant_type}");
        }
    }

    #[actix_web::test]
    async fn only_the_holder_of_a_token_is_let_in_until_it_expires() {
        let with = |bearer: String| {
            let request = TestRequest::default().insert_header(("authorization", bearer));
            admits(&request.to_http_request())
        };
        assert!(with(bearer(60)));
        assert!(!with(bearer(0)));
        assert!(!with("Bearer sandbox-until-tomorrow".to_owned()));
        assert!(!admits(&TestRequest::default().to_http_request()));
    }
}
