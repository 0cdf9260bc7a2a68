//! `/transactionrequests`, `/requestToPay` and `/otp`: in this connector, nobody
//! asks for money.

use actix_web::web;

use crate::mojaloop::{
    backend_api::not_enabled::{NotEnabled, not_enabled},
    http::resource,
};

const REQUESTS_TO_PAY: &str = "requests to pay are";

async fn request_result() -> NotEnabled {
    not_enabled(REQUESTS_TO_PAY)
}

async fn find_one_time_password() -> NotEnabled {
    not_enabled("one-time passwords are")
}

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
