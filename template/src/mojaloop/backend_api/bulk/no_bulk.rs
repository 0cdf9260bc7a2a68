//! `/bulkQuotes`, `/bulkTransfers` and `/bulkTransactions`: this connector makes
//! and takes payments one by one.

use actix_web::web;
use utoipa::OpenApi;

use crate::mojaloop::{
    backend_api::not_enabled::{NotEnabled, not_enabled},
    http::resource,
    openapi::{errors::OnlyRefused, words::CorrelationId},
};

const BULK_PAYMENTS: &str = "bulk payments are";

/// Bulk quotes are not enabled
#[utoipa::path(post, path = "/bulkQuotes", tag = "bulk", responses(OnlyRefused))]
async fn quote_each() -> NotEnabled {
    not_enabled(BULK_PAYMENTS)
}

/// Bulk quotes are not enabled
#[utoipa::path(
    get,
    path = "/bulkQuotes/{idValue}",
    tag = "bulk",
    params(("idValue" = CorrelationId, Path)),
    responses(OnlyRefused),
)]
async fn find_quotes() -> NotEnabled {
    not_enabled(BULK_PAYMENTS)
}

/// Bulk payments are not enabled
#[utoipa::path(
    put,
    path = "/bulkTransactions/{bulkTransactionId}",
    tag = "bulk",
    params(("bulkTransactionId" = CorrelationId, Path)),
    responses(OnlyRefused),
)]
async fn transaction_result() -> NotEnabled {
    not_enabled(BULK_PAYMENTS)
}

/// Bulk transfers are not enabled
#[utoipa::path(post, path = "/bulkTransfers", tag = "bulk", responses(OnlyRefused))]
async fn prepare_each() -> NotEnabled {
    not_enabled(BULK_PAYMENTS)
}

/// Bulk transfers are not enabled
#[utoipa::path(
    get,
    path = "/bulkTransfers/{idValue}",
    tag = "bulk",
    params(("idValue" = CorrelationId, Path)),
    responses(OnlyRefused),
)]
async fn find_transfers() -> NotEnabled {
    not_enabled(BULK_PAYMENTS)
}

/// The routes, in the order of the official document.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(resource("/bulkQuotes").route(web::post().to(quote_each)))
        .service(resource("/bulkQuotes/{idValue}").route(web::get().to(find_quotes)))
        .service(
            resource("/bulkTransactions/{bulkTransactionId}")
                .route(web::put().to(transaction_result)),
        )
        .service(resource("/bulkTransfers").route(web::post().to(prepare_each)))
        .service(resource("/bulkTransfers/{idValue}").route(web::get().to(find_transfers)));
}

#[derive(OpenApi)]
#[openapi(paths(
    quote_each,
    find_quotes,
    transaction_result,
    prepare_each,
    find_transfers
))]
struct Operations;

pub fn document() -> utoipa::openapi::OpenApi {
    Operations::openapi()
}
