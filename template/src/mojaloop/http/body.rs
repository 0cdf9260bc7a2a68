//! Reading what was sent.

use actix_web::{
    ResponseError,
    error::JsonPayloadError,
    http::StatusCode,
    web::{JsonConfig, PathConfig},
};

use super::{error_response, fields::missing};
use crate::domain::error::{ErrorCode, PaymentError};

/// The longest body that is read. The Mojaloop Connector's notification is the
/// longest one that is meant seriously: some tens of kilobytes. A list of
/// accounts can be longer, and is cut into several by whoever sends it.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// A body or a path that cannot be read: always 400.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct Unreadable(PaymentError);

impl ResponseError for Unreadable {
    fn status_code(&self) -> StatusCode {
        StatusCode::BAD_REQUEST
    }

    fn error_response(&self) -> actix_web::HttpResponse {
        error_response(self.status_code(), &self.0)
    }
}

/// JSON is read whatever the `Content-Type` says, as long as it is not too long.
pub fn body_settings() -> JsonConfig {
    body_settings_up_to(MAX_BODY_BYTES)
}

/// The same, for bodies that may be this long.
pub fn body_settings_up_to(max_bytes: usize) -> JsonConfig {
    JsonConfig::default()
        .limit(max_bytes)
        .content_type_required(false)
        .content_type(|_| true)
        .error_handler(move |error, _| Unreadable(unreadable_body(&error, max_bytes)).into())
}

/// A path that its handler cannot take apart.
pub fn path_settings() -> PathConfig {
    PathConfig::default().error_handler(|_, _| {
        let error = PaymentError::new(ErrorCode::MalformedSyntax, "the path is malformed");
        Unreadable(error).into()
    })
}

/// The message names an element that is missing, and no value: a value can be
/// personal data.
fn unreadable_body(error: &JsonPayloadError, max_bytes: usize) -> PaymentError {
    match error {
        JsonPayloadError::Overflow { .. } | JsonPayloadError::OverflowKnownLength { .. } => {
            PaymentError::new(
                ErrorCode::Unsupported,
                format!("the body is longer than {max_bytes} bytes"),
            )
        }
        JsonPayloadError::Deserialize(error) if error.is_data() => unreadable_element(error),
        JsonPayloadError::Payload(_) => PaymentError::new(
            ErrorCode::MalformedSyntax,
            "the body has not arrived, or not in time",
        ),
        _ => PaymentError::new(ErrorCode::MalformedSyntax, "the body is not JSON"),
    }
}

/// The same of a part of a body that was read before.
pub fn unreadable_element(error: &serde_json::Error) -> PaymentError {
    let message = error.to_string();
    match message.strip_prefix("missing field `") {
        Some(rest) => missing(rest.split('`').next().unwrap_or_default()),
        None => PaymentError::new(
            ErrorCode::MalformedSyntax,
            format!(
                "an element has the wrong type or comes twice (line {}, column {})",
                error.line(),
                error.column()
            ),
        ),
    }
}
