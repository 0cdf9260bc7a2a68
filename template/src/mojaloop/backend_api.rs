//! The backend API (port 3003): the Mojaloop Connector calls it.
//!
//! Each endpoint of the official document has a handler. Those that this
//! connector does not serve answer a typed error (`not_enabled`).

mod bulk;
mod conversions;
mod lenient;
pub mod not_enabled;
mod notifications;
mod participants;
mod parties;
mod quoterequests;
mod requests_to_pay;
mod transfers;
mod wire;
#[cfg(test)]
pub mod written;

use actix_web::{HttpResponse, ResponseError, http::StatusCode, web};
use utoipa::openapi::OpenApi;

use super::{
    // [if role is fxp, both]
    fxp::Fxp,
    // [end]
    http::{body_settings, error_response, health, no_such_resource, path_settings, resource},
    openapi::{self, RenderedDocument, this_document},
    payee::Payee,
};
use crate::{
    core_banking::required_information::RequiredInformation,
    domain::{
        error::{ErrorCode, PaymentError},
        identifier::Identifiers,
    },
    environment::currencies::Currencies,
};

/// What the handlers work with.
#[derive(Clone)]
pub struct BackendApi {
    pub payee: Payee,
    // [if use_cases has request_to_pay]
    pub sent_requests: super::payee::requests::SentRequests,
    pub received_requests: super::payer::requests::ReceivedRequests,
    // [end]
    // [if role is fxp, both]
    pub fxp: Fxp,
    // [end]
    // [if use_cases has bulk]
    pub bulk_payee: super::bulk_payee::BulkPayee,
    pub bulk_payer: super::bulk_payer::BulkPayer,
    // [end]
    pub fsp_id: String,
    pub lei: Option<String>,
    pub required_information: RequiredInformation,
    pub currencies: Currencies,
    pub identifiers: Identifiers,
}

/// An error as the Mojaloop Connector is told it.
///
/// A 5xx is sent again within milliseconds, a 4xx is final: so only what may
/// pass is a 5xx. The official document has no others than 400, 404 and 500.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct BackendError(#[from] PaymentError);

impl ResponseError for BackendError {
    fn status_code(&self) -> StatusCode {
        match self.0.code {
            ErrorCode::Internal
            | ErrorCode::ServiceUnavailable
            | ErrorCode::Timeout
            | ErrorCode::PayeeError => StatusCode::INTERNAL_SERVER_ERROR,
            ErrorCode::QuoteNotFound
            | ErrorCode::TransactionRequestNotFound
            | ErrorCode::TransferNotFound => StatusCode::NOT_FOUND,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    fn error_response(&self) -> HttpResponse {
        error_response(self.status_code(), &self.0)
    }
}

/// An error of an instruction or a word. What it refers to and is not here is a
/// fault of the request: the official document has a 404 only for questions.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct InstructionError(#[from] PaymentError);

impl ResponseError for InstructionError {
    fn status_code(&self) -> StatusCode {
        match BackendError(self.0.clone()).status_code() {
            StatusCode::NOT_FOUND => StatusCode::BAD_REQUEST,
            status => status,
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
        health::document_of_backend(),
        parties::document(),
        quoterequests::document(),
        transfers::document(),
        notifications::document(),
        participants::document(),
        bulk::document(),
        requests_to_pay::document(),
        conversions::document(),
    ];
    openapi::document("Backend API", "The Mojaloop Connector calls it.", parts)
}

/// The routes of the backend API, in the order of the official document.
pub fn routes(api: BackendApi) -> impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static {
    let document = RenderedDocument::of(&document());
    move |config| {
        config
            .app_data(web::Data::new(api.clone()))
            .app_data(body_settings())
            .app_data(path_settings())
            .service(resource("/").route(web::get().to(health::live_at_root)))
            .service(resource("/health").route(web::get().to(health::live)))
            .service(resource("/ready").route(web::get().to(health::ready)))
            .app_data(web::Data::new(document.clone()))
            .service(resource("/openapi.json").route(web::get().to(this_document)))
            .service(
                resource("/parties/{idType}/{idValue}").route(web::get().to(parties::find_party)),
            )
            .service(
                resource("/parties/{idType}/{idValue}/{idSubValue}")
                    .route(web::get().to(parties::find_party_by_part)),
            )
            .service(resource("/quoterequests").route(web::post().to(quoterequests::quote)))
            .service(resource("/transfers").route(web::post().to(transfers::prepare)))
            .service(
                resource("/transfers/{transferId}")
                    .route(web::get().to(transfers::find_transfer))
                    .route(web::put().to(notifications::notify)),
            )
            .configure(participants::routes)
            .configure(bulk::routes)
            .configure(requests_to_pay::routes)
            .configure(conversions::routes)
            .default_service(web::to(no_such_resource));
    }
}
