//! `/fxQuotes` and `/fxTransfers`: conversions are made by FXPs, and this
//! connector is not one.

use actix_web::web;

use crate::mojaloop::{
    backend_api::not_enabled::{NotEnabled, not_enabled},
    http::resource,
};

const CONVERSIONS: &str = "currency conversions are";

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
