//! The one shape of an error, on every path of both APIs.

use actix_web::{HttpResponse, http::StatusCode};
use serde::Serialize;

use crate::domain::error::PaymentError;

/// The Mojaloop Connector reads `statusCode` and `message`, whatever the HTTP
/// status; the official test collection reads `status`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorBody<'a> {
    status_code: &'static str,
    status: &'static str,
    message: &'a str,
}

/// Answers with an error. The error itself travels along for the log.
pub fn error_response(http_status: StatusCode, error: &PaymentError) -> HttpResponse {
    let mut response = HttpResponse::build(http_status).json(ErrorBody {
        status_code: error.code.as_str(),
        status: error.code.as_str(),
        message: error.message(),
    });
    response.extensions_mut().insert(error.clone());
    response
}
