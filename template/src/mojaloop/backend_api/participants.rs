//! `GET /participants/{idType}/{idValue}[/{idSubValue}]`: is this a customer of
//! this DFSP?
//!
//! The Mojaloop Connector asks `/parties` instead; other callers of the official
//! document ask here.

use actix_web::{
    HttpResponse, ResponseError,
    http::StatusCode,
    web::{self, Data, Json, Path},
};
use serde::Serialize;

use super::{BackendApi, BackendError};
use crate::{
    domain::error::{ErrorCode, PaymentError},
    mojaloop::http::{error_response, resource},
};

/// The participant that a customer belongs to.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ParticipantAnswer {
    fsp_id: String,
}

/// Whoever is no customer here is not found, also as an HTTP status.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct LookupError(#[from] PaymentError);

impl ResponseError for LookupError {
    fn status_code(&self) -> StatusCode {
        match self.0.code {
            ErrorCode::PartyNotFound => StatusCode::NOT_FOUND,
            _ => BackendError(self.0.clone()).status_code(),
        }
    }

    fn error_response(&self) -> HttpResponse {
        error_response(self.status_code(), &self.0)
    }
}

async fn find_participant(
    api: Data<BackendApi>,
    path: Path<(String, String)>,
) -> Result<Json<ParticipantAnswer>, LookupError> {
    let (id_type, id_value) = path.into_inner();
    find(&api, &id_type, &id_value, None).await
}

async fn find_participant_by_part(
    api: Data<BackendApi>,
    path: Path<(String, String, String)>,
) -> Result<Json<ParticipantAnswer>, LookupError> {
    let (id_type, id_value, id_sub_value) = path.into_inner();
    find(&api, &id_type, &id_value, Some(&id_sub_value)).await
}

async fn find(
    api: &BackendApi,
    id_type: &str,
    id_value: &str,
    id_sub_value: Option<&str>,
) -> Result<Json<ParticipantAnswer>, LookupError> {
    let identifier = api
        .identifiers
        .of_customer(id_type, id_value, id_sub_value)?;
    api.payee.find_customer(&identifier).await?;
    Ok(Json(ParticipantAnswer {
        fsp_id: api.fsp_id.clone(),
    }))
}

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            resource("/participants/{idType}/{idValue}").route(web::get().to(find_participant)),
        )
        .service(
            resource("/participants/{idType}/{idValue}/{idSubValue}")
                .route(web::get().to(find_participant_by_part)),
        );
}
