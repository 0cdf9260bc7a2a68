//! Who is let in to the DFSP API: a channel that is known, and not too often.
//! It stands before everything else: whoever is not known takes no place of
//! those who are, and no body of theirs is read.

use std::{
    any::Any,
    future::{Ready, ready},
    time::Duration,
};

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::{
    Error, FromRequest, HttpMessage, HttpRequest,
    body::{BoxBody, MessageBody},
    dev::{Extensions, Payload, ServiceRequest, ServiceResponse},
    http::{
        Method, StatusCode,
        header::{AUTHORIZATION, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE},
    },
    middleware::Next,
    rt::net::TcpStream,
    web::Data,
};

use super::error_response;
use crate::{
    domain::{
        channel::ChannelName,
        error::{ErrorCode, PaymentError},
    },
    mojaloop::callers::{Callers, Shown, certificates, rates::Ask},
};

/// The header that a key is sent in.
pub const KEY_HEADER: &str = "X-API-Key";

/// Lets in who is known, with its name for those who want to know who asks.
pub async fn let_in_who_is_known(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let callers = request.app_data::<Data<Callers>>().cloned();
    let is_open = is_open_to_all(request.method(), request.path());
    let (Some(callers), false) = (callers, is_open) else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let Some(channel) = callers.recognise(shown_by(request.request())).await else {
        return Ok(not_known(request, callers.challenge()));
    };
    // The path that decides which handler it is, with nothing encoded in it.
    let ask = ask_of(request.method(), request.match_info().as_str());
    if let Err(wait) = callers.count(&channel, ask) {
        return Ok(too_often(request, &channel, wait));
    }
    if callers.are_told_apart() {
        request.extensions_mut().insert(channel);
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

/// What is answered whoever asks: whether this process lives, and what this API
/// is. Orchestrators have no key.
fn is_open_to_all(method: &Method, path: &str) -> bool {
    // [if payer_debit is push_approval]
    // The body of a callback is signed.
    if (method, path) == (&Method::POST, "/approvals") {
        return true;
    }
    // [end]
    method == Method::GET && matches!(path, "/" | "/health" | "/openapi.json")
}

/// What is answered with the name of a person: a look-up, and whatever begins
/// with one.
fn ask_of(method: &Method, path: &str) -> Ask {
    let resource = path.split('/').nth(1).unwrap_or_default();
    match (method.as_str(), resource) {
        ("POST", "accounts") => Ask::Other,
        ("GET", "parties") | ("POST", _) => Ask::LookUp,
        _ => Ask::Other,
    }
}

fn shown_by(request: &HttpRequest) -> Shown<'_> {
    let headers = request.headers();
    let authorization = headers.get(AUTHORIZATION);
    Shown {
        key: headers.get(KEY_HEADER).map(HeaderValue::as_bytes),
        token: authorization.and_then(|value| bearer(value.to_str().ok()?)),
        certificate: request.conn_data::<ChannelName>(),
    }
}

/// The scheme has no case (RFC 9110, 11.1).
fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Keeps what a client certificate says for the requests of its connection.
pub fn keep_client_name(connection: &dyn Any, kept: &mut Extensions) {
    let Some(stream) = connection.downcast_ref::<TlsStream<TcpStream>>() else {
        return;
    };
    let (_, tls) = stream.get_ref();
    let certificate = tls.peer_certificates().and_then(<[_]>::first);
    if let Some(name) = certificate.and_then(certificates::holder_of) {
        kept.insert(name);
    }
}

/// The same whatever is wrong.
fn not_known(request: ServiceRequest, challenge: &'static str) -> ServiceResponse<BoxBody> {
    let error = PaymentError::new(ErrorCode::Unsupported, "the caller is not known");
    let mut response = error_response(StatusCode::UNAUTHORIZED, &error);
    let challenge = HeaderValue::from_static(challenge);
    response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    request.into_response(response)
}

fn too_often(
    request: ServiceRequest,
    channel: &ChannelName,
    wait: Duration,
) -> ServiceResponse<BoxBody> {
    let error = PaymentError::new(
        ErrorCode::ServiceUnavailable,
        "this channel asks too often: nothing was done about this request",
    )
    .with_detail(format!("channel {channel}"));
    let mut response = error_response(StatusCode::TOO_MANY_REQUESTS, &error);
    let seconds = wait.as_millis().div_ceil(1000);
    if let Ok(seconds) = HeaderValue::from_str(&seconds.to_string()) {
        response.headers_mut().insert(RETRY_AFTER, seconds);
    }
    request.into_response(response)
}

/// The channel that asks, for handlers; none, if nobody has to say who he is.
pub struct AskedBy(pub Option<ChannelName>);

impl FromRequest for AskedBy {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(request.extensions().get().cloned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whether_it_lives_and_what_it_is_can_be_asked_by_all() {
        for path in ["/", "/health", "/openapi.json"] {
            assert!(is_open_to_all(&Method::GET, path), "{path}");
            assert!(!is_open_to_all(&Method::POST, path), "{path}");
        }
        for path in [
            "/health/",
            "//",
            "/%68ealth",
            "/health/..",
            "/transfers/t-1",
            "",
        ] {
            assert!(!is_open_to_all(&Method::GET, path), "{path}");
        }
    }

    #[test]
    fn whatever_is_answered_with_a_name_is_a_look_up() {
        for (method, path) in [
            (Method::GET, "/parties/MSISDN/1"),
            (Method::POST, "/send-money"),
            (Method::POST, "/merchant-payment"),
        ] {
            assert_eq!(ask_of(&method, path), Ask::LookUp, "{method} {path}");
        }
        for (method, path) in [
            (Method::GET, "/transfers/t-1"),
            (Method::PUT, "/send-money/t-1"),
            (Method::POST, "/accounts"),
        ] {
            assert_eq!(ask_of(&method, path), Ask::Other, "{method} {path}");
        }
    }

    #[test]
    fn a_token_is_a_bearer_token() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("bearer  abc"), Some("abc"));
        for other in ["Basic abc", "abc", "Bearerabc"] {
            assert_eq!(bearer(other), None, "{other}");
        }
    }
}
