//! The one shape of an error, on every path of both APIs.

use actix_web::{HttpResponse, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::error::PaymentError;

/// The Mojaloop Connector reads `statusCode` and `message`, whatever the HTTP
/// status; the official test collection reads `status`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorBody<'a> {
    /// The error code of the FSPIOP specification.
    #[schema(pattern = "^[1-9][0-9]{3}$", example = "3101")]
    status_code: &'static str,
    /// The same, under another name.
    #[schema(pattern = "^[1-9][0-9]{3}$", example = "3101")]
    status: &'static str,
    /// What is wrong. It names no person and no account.
    #[schema(max_length = 128)]
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
