//! `/bulkQuotes`, `/bulkTransfers` and `/bulkTransactions`: this connector makes
//! and takes payments one by one.

use actix_web::web;

use crate::mojaloop::{
    backend_api::not_enabled::{NotEnabled, not_enabled},
    http::resource,
};

const BULK_PAYMENTS: &str = "bulk payments are";

async fn quote_each() -> NotEnabled {
    not_enabled(BULK_PAYMENTS)
}

async fn find_quotes() -> NotEnabled {
    not_enabled(BULK_PAYMENTS)
}

async fn transaction_result() -> NotEnabled {
    not_enabled(BULK_PAYMENTS)
}

async fn prepare_each() -> NotEnabled {
    not_enabled(BULK_PAYMENTS)
}

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
