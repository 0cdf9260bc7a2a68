//! `/transactionrequests`, `/requestToPay` and `/otp`: in this connector, nobody
//! asks for money.

use actix_web::web;
use utoipa::OpenApi;

use crate::mojaloop::{
    backend_api::not_enabled::{NotEnabled, not_enabled},
    http::resource,
    openapi::{errors::OnlyRefused, words::CorrelationId},
};

const REQUESTS_TO_PAY: &str = "requests to pay are";

/// Requests to pay are not enabled
#[utoipa::path(
    put,
    path = "/requestToPay/{transactionRequestId}",
    tag = "requests to pay",
    params(("transactionRequestId" = CorrelationId, Path)),
    responses(OnlyRefused),
)]
async fn request_result() -> NotEnabled {
    not_enabled(REQUESTS_TO_PAY)
}

/// One-time passwords are not enabled
#[utoipa::path(
    get,
    path = "/otp/{transactionRequestId}",
    tag = "requests to pay",
    params(("transactionRequestId" = CorrelationId, Path)),
    responses(OnlyRefused),
)]
async fn find_one_time_password() -> NotEnabled {
    not_enabled("one-time passwords are")
}

/// Requests to pay are not enabled
#[utoipa::path(
    post,
    path = "/transactionrequests",
    tag = "requests to pay",
    responses(OnlyRefused)
)]
async fn request_payment() -> NotEnabled {
    not_enabled(REQUESTS_TO_PAY)
}

/// The routes, in the order of the official document.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            resource("/requestToPay/{transactionRequestId}").route(web::put().to(request_result)),
        )
        .service(
            resource("/otp/{transactionRequestId}").route(web::get().to(find_one_time_password)),
        )
        .service(resource("/transactionrequests").route(web::post().to(request_payment)));
}

#[derive(OpenApi)]
#[openapi(paths(request_result, find_one_time_password, request_payment))]
struct Operations;

pub fn document() -> utoipa::openapi::OpenApi {
    Operations::openapi()
}
