//! `GET /parties/{idType}/{idValue}[/{idSubValue}]`: who would be paid?

use actix_web::{
    HttpResponse, ResponseError,
    http::StatusCode,
    web::{Data, Json, Path},
};
use utoipa::OpenApi;

use super::{DfspApi, RequestError, wire::PartyAnswer};
use crate::{
    domain::error::{ErrorCode, PaymentError},
    mojaloop::{
        http::error_response,
        openapi::{
            errors::ErrorsOrUnknown,
            words::{IdTypeName, IdValue},
        },
    },
};

/// An error of a look-up: 404 if there is nobody, as for other requests if not.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct LookUpError(#[from] PaymentError);

impl ResponseError for LookUpError {
    fn status_code(&self) -> StatusCode {
        match self.0.code {
            ErrorCode::PartyNotFound => StatusCode::NOT_FOUND,
            _ => RequestError(self.0.clone()).status_code(),
        }
    }

    fn error_response(&self) -> HttpResponse {
        error_response(self.status_code(), &self.0)
    }
}

/// Who would be paid?
#[utoipa::path(
    get,
    path = "/parties/{idType}/{idValue}",
    tag = "parties",
    params(("idType" = IdTypeName, Path), ("idValue" = IdValue, Path)),
    responses((status = 200, body = PartyAnswer, description = "The party, as far as it is known."), ErrorsOrUnknown),
)]
pub async fn find_party(
    api: Data<DfspApi>,
    path: Path<(String, String)>,
) -> Result<Json<PartyAnswer>, LookUpError> {
    let (id_type, id_value) = path.into_inner();
    Ok(find(&api, &id_type, &id_value, None).await?)
}

/// Who would be paid?
#[utoipa::path(
    get,
    path = "/parties/{idType}/{idValue}/{idSubValue}",
    tag = "parties",
    params(("idType" = IdTypeName, Path), ("idValue" = IdValue, Path), ("idSubValue" = IdValue, Path)),
    responses((status = 200, body = PartyAnswer, description = "The party, as far as it is known."), ErrorsOrUnknown),
)]
pub async fn find_party_by_part(
    api: Data<DfspApi>,
    path: Path<(String, String, String)>,
) -> Result<Json<PartyAnswer>, LookUpError> {
    let (id_type, id_value, id_sub_value) = path.into_inner();
    Ok(find(&api, &id_type, &id_value, Some(&id_sub_value)).await?)
}

async fn find(
    api: &DfspApi,
    id_type: &str,
    id_value: &str,
    id_sub_value: Option<&str>,
) -> Result<Json<PartyAnswer>, PaymentError> {
    let identifier = api
        .identifiers
        .of_anybody(id_type, id_value, id_sub_value)?;
    let found = api.payer.look_up(&identifier).await?;
    Ok(Json(PartyAnswer {
        id_type: identifier.id_type().as_str(),
        id_value: identifier.as_given().to_owned(),
        id_sub_value: identifier.sub_value().map(str::to_owned),
        fsp_id: found.fsp_id,
        fsp_lei: found.fsp_lei,
        display_name: found.name,
        supported_currencies: found.currencies,
    }))
}

#[derive(OpenApi)]
#[openapi(paths(find_party, find_party_by_part))]
struct Operations;

pub fn document() -> utoipa::openapi::OpenApi {
    Operations::openapi()
}
