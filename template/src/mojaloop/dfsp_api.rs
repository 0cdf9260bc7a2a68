//! The DFSP API (port 3004): the bank's own channels call it.

mod accounts;

// [if payer_debit is push_approval]
mod approvals;
// [end]
// [if use_cases has bulk]
mod bulk_payments;
// [end]
mod currency_pair;
mod guarded;
mod parties;
mod payments;
mod requests;
// [if use_cases has request_to_pay]
mod requests_to_pay;
// [end]
mod transfers;
mod wire;
#[cfg(test)]
pub mod written;

use actix_web::{HttpResponse, ResponseError, http::StatusCode, web};
use utoipa::openapi::OpenApi;

use super::{
    http::{body_settings, error_response, health, no_such_resource, path_settings, resource},
    openapi::{self, RenderedDocument, this_document},
    payer::Payer,
};
use crate::{
    domain::{
        error::{ErrorCode, PaymentError},
        identifier::Identifiers,
    },
    environment::currencies::Currencies,
};

/// What the handlers work with.
#[derive(Clone)]
pub struct DfspApi {
    pub payer: Payer,
    // [if use_cases has bulk]
    pub bulk_payer: super::bulk_payer::BulkPayer,
    // [end]
    // [if use_cases has request_to_pay]
    pub received_requests: super::payer::requests::ReceivedRequests,
    pub sent_requests: super::payee::requests::SentRequests,
    // [end]
    // [if payer_debit is push_approval]
    pub approvals: super::payer::debiting::Approvals,
    // [end]
    pub currencies: Currencies,
    pub identifiers: Identifiers,
}

/// An error of a request: bad input is a 4xx, everything else a 5xx.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct RequestError(#[from] PaymentError);

impl ResponseError for RequestError {
    fn status_code(&self) -> StatusCode {
        match self.0.code.as_str().as_bytes() {
            _ if self.0.code == ErrorCode::TransferNotFound => StatusCode::NOT_FOUND,
            _ if self.0.code == ErrorCode::TransactionRequestNotFound => StatusCode::NOT_FOUND,
            _ if self.0.code == ErrorCode::CurrencyRefused => StatusCode::BAD_REQUEST,
            [b'3' | b'4', ..] => StatusCode::BAD_REQUEST,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        error_response(self.status_code(), &self.0)
    }
}

/// An error of a payment that was agreed to: 500, as the official document and
/// collection have it, unless there is no such payment.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct FailedPayment(#[from] PaymentError);

impl ResponseError for FailedPayment {
    fn status_code(&self) -> StatusCode {
        match self.0.code {
            ErrorCode::TransferNotFound => StatusCode::NOT_FOUND,
            ErrorCode::MalformedSyntax
            | ErrorCode::MissingElement
            | ErrorCode::ModifiedRequest
            | ErrorCode::Unsupported => StatusCode::BAD_REQUEST,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        error_response(self.status_code(), &self.0)
    }
}

/// What this API says of itself, from what its handlers say.
pub fn document() -> OpenApi {
    let parts = [
        health::document(),
        payments::document(),
        transfers::document(),
        parties::document(),
        accounts::document(),
        // [if payer_debit is push_approval]
        approvals::document(),
        // [end]
        // [if use_cases has bulk]
        bulk_payments::document(),
        // [end]
        // [if use_cases has request_to_pay]
        requests_to_pay::document(),
        // [end]
    ];
    guarded::guarded(openapi::document(
        "DFSP API",
        "The bank's own channels call it.",
        parts,
    ))
}

/// The routes of the DFSP API.
pub fn routes(api: DfspApi) -> impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static {
    let document = RenderedDocument::of(&document());
    move |config| {
        config
            .app_data(web::Data::new(api.clone()))
            // [if payer_debit is push_approval]
            .app_data(web::Data::new(api.approvals.clone()))
            .service(resource("/approvals").route(web::post().to(approvals::call_back)))
            // [end]
            .app_data(body_settings())
            .app_data(path_settings())
            .service(resource("/").route(web::get().to(health::live_at_root)))
            .service(resource("/health").route(web::get().to(health::live)))
            .app_data(web::Data::new(document.clone()))
            .service(resource("/openapi.json").route(web::get().to(this_document)))
            .service(resource("/send-money").route(web::post().to(payments::send_money)))
            .service(
                resource("/merchant-payment").route(web::post().to(payments::merchant_payment)),
            )
            // [if payer_steps is not one_step]
            .service(
                resource("/send-money/{transferId}")
                    .route(web::put().to(payments::decide_on_sending)),
            )
            .service(
                resource("/merchant-payment/{transferId}")
                    .route(web::put().to(payments::decide_on_merchant_payment)),
            )
            // [end]
            .service(
                resource("/transfers/{transferId}").route(web::get().to(transfers::find_transfer)),
            )
            // [if use_cases has bulk]
            .configure(bulk_payments::routes)
            // [end]
            .service(
                resource("/parties/{idType}/{idValue}").route(web::get().to(parties::find_party)),
            )
            .service(
                resource("/parties/{idType}/{idValue}/{idSubValue}")
                    .route(web::get().to(parties::find_party_by_part)),
            )
            .service(resource("/accounts").route(web::post().to(accounts::create)))
            .service(
                resource("/accounts/{idType}/{idValue}").route(web::delete().to(accounts::delete)),
            )
            .service(
                resource("/accounts/{idType}/{idValue}/{idSubValue}")
                    .route(web::delete().to(accounts::delete_part)),
            )
            // [if use_cases has request_to_pay]
            .configure(requests_to_pay::routes)
            // [end]
            .default_service(web::to(no_such_resource));
    }
}
