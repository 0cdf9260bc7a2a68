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
use utoipa::{OpenApi, ToSchema};

use super::{BackendApi, BackendError};
use crate::{
    domain::error::{ErrorCode, PaymentError},
    mojaloop::{
        http::{error_response, resource},
        openapi::{
            errors::ErrorsOrUnknown,
            words::{IdTypeName, IdValue, ShortText},
        },
    },
};

/// The participant that a customer belongs to.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ParticipantAnswer {
    #[schema(value_type = ShortText)]
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

/// Is this a customer of this DFSP?
#[utoipa::path(
    get,
    path = "/participants/{idType}/{idValue}",
    tag = "participants",
    params(("idType" = IdTypeName, Path), ("idValue" = IdValue, Path)),
    responses((status = 200, body = ParticipantAnswer, description = "The participant that the customer belongs to."), ErrorsOrUnknown),
)]
async fn find_participant(
    api: Data<BackendApi>,
    path: Path<(String, String)>,
) -> Result<Json<ParticipantAnswer>, LookupError> {
    let (id_type, id_value) = path.into_inner();
    find(&api, &id_type, &id_value, None).await
}

/// Is this a customer of this DFSP?
#[utoipa::path(
    get,
    path = "/participants/{idType}/{idValue}/{idSubValue}",
    tag = "participants",
    params(("idType" = IdTypeName, Path), ("idValue" = IdValue, Path), ("idSubValue" = IdValue, Path)),
    responses((status = 200, body = ParticipantAnswer, description = "The participant that the customer belongs to."), ErrorsOrUnknown),
)]
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

#[derive(OpenApi)]
#[openapi(paths(find_participant, find_participant_by_part))]
struct Operations;

pub fn document() -> utoipa::openapi::OpenApi {
    Operations::openapi()
}
