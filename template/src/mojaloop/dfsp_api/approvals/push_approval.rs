//! `POST /approvals`: a customer has answered on the telephone, says whoever
//! knows the shared secret.
//!
//! The content is not believed, whoever it comes from: it only makes the
//! connector ask the bank now instead of a moment later. So a callback may
//! come twice, late, or never.

use std::collections::BTreeMap;

use actix_web::{
    Error, HttpRequest, HttpResponse, ResponseError,
    http::StatusCode,
    web::{Bytes, Data},
};
use serde::Deserialize;
use utoipa::{
    IntoResponses, OpenApi, ToSchema,
    openapi::{RefOr, Response},
};

use crate::{
    domain::error::{ErrorCode, PaymentError},
    mojaloop::{
        http::error_response,
        openapi::errors::{FULL, with_error_body},
        payer::debiting::Approvals,
    },
};

/// HMAC-SHA256 of the body, in hexadecimal digits.
const SIGNATURE: &str = "X-Approval-Signature";

/// What is read of a callback. What the customer answered is not.
#[derive(Deserialize, ToSchema)]
struct Callback {
    /// Of the request that the customer was asked with.
    reference: String,
}

/// A callback that is not heard.
#[derive(Debug, thiserror::Error)]
enum CallbackError {
    #[error(transparent)]
    NotSigned(PaymentError),
    #[error(transparent)]
    Malformed(PaymentError),
}

impl ResponseError for CallbackError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotSigned(_) => StatusCode::UNAUTHORIZED,
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
        }
    }

    fn error_response(&self) -> HttpResponse {
        match self {
            Self::NotSigned(error) | Self::Malformed(error) => {
                error_response(self.status_code(), error)
            }
        }
    }
}

struct CallbackErrors;

impl IntoResponses for CallbackErrors {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        with_error_body([
            ("400", "The body does not name a reference."),
            ("401", "It is not signed with the shared secret."),
            FULL,
        ])
    }
}

/// A customer has answered on the telephone
///
/// The content is not believed: it makes the connector ask the bank at once.
#[utoipa::path(
    post,
    path = "/approvals",
    tag = "approvals",
    params((
        "X-Approval-Signature" = String,
        Header,
        description = "HMAC-SHA256 of the body, in hexadecimal digits.",
    )),
    request_body = Callback,
    responses((status = 202, description = "It is heard."), CallbackErrors),
)]
// Answers the same whether anybody waits for this customer or not.
pub async fn call_back(
    approvals: Data<Approvals>,
    request: HttpRequest,
    body: Result<Bytes, Error>,
) -> Result<HttpResponse, Error> {
    let signature = request.headers().get(SIGNATURE);
    let body = body.ok().filter(|body| {
        signature.is_some_and(|signature| approvals.is_signed(body, signature.as_bytes()))
    });
    let body = body.ok_or_else(not_signed)?;
    let callback: Callback = serde_json::from_slice(&body).map_err(|_| malformed())?;
    approvals.call_back(&callback.reference);
    Ok(HttpResponse::Accepted().finish())
}

fn not_signed() -> CallbackError {
    CallbackError::NotSigned(PaymentError::new(
        ErrorCode::Unsupported,
        "the callback is not signed with the shared secret",
    ))
}

fn malformed() -> CallbackError {
    CallbackError::Malformed(PaymentError::new(
        ErrorCode::MalformedSyntax,
        "the callback does not name the reference of a request",
    ))
}

#[derive(OpenApi)]
#[openapi(paths(call_back))]
struct Operations;

pub fn document() -> utoipa::openapi::OpenApi {
    Operations::openapi()
}
