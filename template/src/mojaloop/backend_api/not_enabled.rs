//! The endpoints of the official document that this connector does not serve.
//!
//! Each has a handler of its own, which answers 5107 and says what is not
//! enabled. (An empty 404 would make the Mojaloop Connector send the error
//! code "undefined", or no callback at all.)

use actix_web::web;

use super::BackendError;
use crate::{
    domain::error::{ErrorCode, PaymentError},
    mojaloop::http::resource,
};

pub type NotEnabled = Result<String, BackendError>;

pub fn not_enabled(what: &str) -> NotEnabled {
    Err(BackendError(PaymentError::new(
        ErrorCode::UnsupportedTransaction,
        format!("{what} not enabled in this connector"),
    )))
}

async fn request_bulk_quotes() -> NotEnabled {
    not_enabled("bulk quotes are")
}

async fn find_bulk_quotes() -> NotEnabled {
    not_enabled("bulk quotes are")
}

async fn bulk_transaction_result() -> NotEnabled {
    not_enabled("bulk transactions are")
}

async fn request_to_pay_result() -> NotEnabled {
    not_enabled("requests to pay are")
}

async fn prepare_bulk_transfers() -> NotEnabled {
    not_enabled("bulk transfers are")
}

async fn find_bulk_transfers() -> NotEnabled {
    not_enabled("bulk transfers are")
}

async fn find_one_time_password() -> NotEnabled {
    not_enabled("one-time passwords are")
}

async fn find_participant() -> NotEnabled {
    not_enabled("participant lookup is")
}

async fn find_participant_by_part() -> NotEnabled {
    not_enabled("participant lookup is")
}

async fn request_transaction() -> NotEnabled {
    not_enabled("transaction requests are")
}

/// The routes, in the order of the official document.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(resource("/bulkQuotes").route(web::post().to(request_bulk_quotes)))
        .service(resource("/bulkQuotes/{idValue}").route(web::get().to(find_bulk_quotes)))
        .service(
            resource("/bulkTransactions/{bulkTransactionId}")
                .route(web::put().to(bulk_transaction_result)),
        )
        .service(
            resource("/requestToPay/{transactionRequestId}")
                .route(web::put().to(request_to_pay_result)),
        )
        .service(resource("/bulkTransfers").route(web::post().to(prepare_bulk_transfers)))
        .service(resource("/bulkTransfers/{idValue}").route(web::get().to(find_bulk_transfers)))
        .service(
            resource("/otp/{transactionRequestId}").route(web::get().to(find_one_time_password)),
        )
        .service(
            resource("/participants/{idType}/{idValue}").route(web::get().to(find_participant)),
        )
        .service(
            resource("/participants/{idType}/{idValue}/{idSubValue}")
                .route(web::get().to(find_participant_by_part)),
        )
        .service(resource("/transactionrequests").route(web::post().to(request_transaction)));
}
