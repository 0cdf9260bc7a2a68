//! The backend API (port 3003): the Mojaloop Connector calls it.
//!
//! Each endpoint of the official document has a handler. Those that this
//! connector does not serve answer a typed error (`not_enabled`).

mod conversions;
mod not_enabled;
mod notifications;
mod parties;
mod quoterequests;
mod transfers;
mod wire;

use actix_web::{HttpResponse, ResponseError, http::StatusCode, web};

use super::{
    http::{body_settings, error_response, live, no_such_resource, path_settings, resource},
    payee::Payee,
};
use crate::{
    domain::{
        error::{ErrorCode, PaymentError},
        identifier::{IdType, PartyIdentifier},
    },
    environment::currencies::Currencies,
};

/// What the handlers work with.
#[derive(Clone)]
pub struct BackendApi {
    pub payee: Payee,
    pub fsp_id: String,
    pub lei: Option<String>,
    pub currencies: Currencies,
    /// The kinds of identifier that customers are found by.
    pub id_types: Vec<IdType>,
    /// The country's dial code, which completes an MSISDN in national form.
    pub dial_code: Option<String>,
}

/// An error as the Mojaloop Connector is told it.
///
/// A 5xx is sent again within milliseconds, a 4xx is final: so only what may
/// pass is a 5xx. The official document has no others than 400, 404 and 500.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct BackendError(#[from] PaymentError);

impl ResponseError for BackendError {
    fn status_code(&self) -> StatusCode {
        match self.0.code {
            ErrorCode::Internal
            | ErrorCode::ServiceUnavailable
            | ErrorCode::Timeout
            | ErrorCode::PayeeError => StatusCode::INTERNAL_SERVER_ERROR,
            ErrorCode::TransferNotFound => StatusCode::NOT_FOUND,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    fn error_response(&self) -> HttpResponse {
        error_response(self.status_code(), &self.0)
    }
}

impl BackendApi {
    /// Reads the identifier of a customer of this DFSP.
    fn read_payee(
        &self,
        id_type: &str,
        id_value: &str,
        id_sub_value: Option<&str>,
    ) -> Result<PartyIdentifier, PaymentError> {
        let id_type: Option<IdType> = id_type.parse().ok();
        let id_type = id_type
            .filter(|id_type| self.id_types.contains(id_type))
            .ok_or_else(|| {
                PaymentError::new(
                    ErrorCode::Unsupported,
                    "customers are not found by this type of identifier here",
                )
            })?;
        PartyIdentifier::parse(id_type, id_value, id_sub_value, self.dial_code.as_deref())
            .map_err(|error| PaymentError::new(ErrorCode::MalformedSyntax, error.to_string()))
    }
}

/// The routes of the backend API, in the order of the official document.
pub fn routes(api: BackendApi) -> impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static {
    move |config| {
        config
            .app_data(web::Data::new(api.clone()))
            .app_data(body_settings())
            .app_data(path_settings())
            .service(resource("/").route(web::get().to(live)))
            .service(resource("/health").route(web::get().to(live)))
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
            .configure(conversions::routes)
            .configure(not_enabled::routes)
            .default_service(web::to(no_such_resource));
    }
}
