//! `/fxQuotes` and `/fxTransfers`: conversions that other participants ask of
//! this FXP.
//!
//! The flows are not part of this version: each endpoint refuses with 5107, so
//! that no participant waits for a conversion, and none is half made.

use actix_web::web;

use crate::mojaloop::{
    backend_api::not_enabled::{NotEnabled, not_enabled},
    http::resource,
};

const CONVERSIONS: &str = "currency conversions as an FXP are";

async fn quote_conversion() -> NotEnabled {
    not_enabled(CONVERSIONS)
}

async fn prepare_conversion() -> NotEnabled {
    not_enabled(CONVERSIONS)
}

async fn conversion_result() -> NotEnabled {
    not_enabled(CONVERSIONS)
}

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
