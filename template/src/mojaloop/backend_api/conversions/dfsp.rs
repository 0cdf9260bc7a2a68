//! `/fxQuotes` and `/fxTransfers`: conversions are made by FXPs, and this
//! connector is not one.

use actix_web::web;
use utoipa::OpenApi;

use crate::mojaloop::{
    backend_api::not_enabled::{NotEnabled, not_enabled},
    http::resource,
    openapi::{errors::OnlyRefused, words::CorrelationId},
};

const CONVERSIONS: &str = "currency conversions are";

/// Currency conversions are not enabled
#[utoipa::path(post, path = "/fxQuotes", tag = "conversions", responses(OnlyRefused))]
async fn quote_conversion() -> NotEnabled {
    not_enabled(CONVERSIONS)
}

/// Currency conversions are not enabled
#[utoipa::path(
    post,
    path = "/fxTransfers",
    tag = "conversions",
    responses(OnlyRefused)
)]
async fn prepare_conversion() -> NotEnabled {
    not_enabled(CONVERSIONS)
}

/// Currency conversions are not enabled
#[utoipa::path(
    put,
    path = "/fxTransfers/{commitRequestId}",
    tag = "conversions",
    params(("commitRequestId" = CorrelationId, Path)),
    responses(OnlyRefused),
)]
async fn conversion_result() -> NotEnabled {
    not_enabled(CONVERSIONS)
}

/// Currency conversions are not enabled
#[utoipa::path(
    patch,
    path = "/fxTransfers/{commitRequestId}",
    tag = "conversions",
    params(("commitRequestId" = CorrelationId, Path)),
    responses(OnlyRefused),
)]
async fn conversion_final_word() -> NotEnabled {
    not_enabled(CONVERSIONS)
}

/// The routes, in the order of the official document.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(resource("/fxQuotes").route(web::post().to(quote_conversion)))
        .service(resource("/fxTransfers").route(web::post().to(prepare_conversion)))
        .service(
            resource("/fxTransfers/{commitRequestId}")
                .route(web::put().to(conversion_result))
                .route(web::patch().to(conversion_final_word)),
        );
}

#[derive(OpenApi)]
#[openapi(paths(
    quote_conversion,
    prepare_conversion,
    conversion_result,
    conversion_final_word
))]
struct Operations;

pub fn document() -> utoipa::openapi::OpenApi {
    Operations::openapi()
}
