//! `GET /parties/{idType}/{idValue}[/{idSubValue}]`: who is this?

use actix_web::web::{Data, Json, Path};
use utoipa::OpenApi;

use super::{BackendApi, BackendError, wire::PartyAnswer};
use crate::mojaloop::{
    extensions,
    openapi::{
        errors::Errors,
        words::{IdTypeName, IdValue},
    },
};

/// Who is this?
///
/// Of a customer that cannot be paid, it is said that there is none.
#[utoipa::path(
    get,
    path = "/parties/{idType}/{idValue}",
    tag = "parties",
    params(("idType" = IdTypeName, Path), ("idValue" = IdValue, Path)),
    responses((status = 200, body = PartyAnswer, description = "The customer."), Errors),
)]
pub async fn find_party(
    api: Data<BackendApi>,
    path: Path<(String, String)>,
) -> Result<Json<PartyAnswer>, BackendError> {
    let (id_type, id_value) = path.into_inner();
    find(&api, &id_type, &id_value, None).await
}

/// Who is this?
///
/// Of a customer that cannot be paid, it is said that there is none.
#[utoipa::path(
    get,
    path = "/parties/{idType}/{idValue}/{idSubValue}",
    tag = "parties",
    params(("idType" = IdTypeName, Path), ("idValue" = IdValue, Path), ("idSubValue" = IdValue, Path)),
    responses((status = 200, body = PartyAnswer, description = "The customer."), Errors),
)]
pub async fn find_party_by_part(
    api: Data<BackendApi>,
    path: Path<(String, String, String)>,
) -> Result<Json<PartyAnswer>, BackendError> {
    let (id_type, id_value, id_sub_value) = path.into_inner();
    find(&api, &id_type, &id_value, Some(&id_sub_value)).await
}

async fn find(
    api: &BackendApi,
    id_type: &str,
    id_value: &str,
    id_sub_value: Option<&str>,
) -> Result<Json<PartyAnswer>, BackendError> {
    let identifier = api
        .identifiers
        .of_customer(id_type, id_value, id_sub_value)?;
    let customer = api.payee.find_party(&identifier).await?;
    let information = customer.information(api.lei.clone());
    api.required_information.check_payee(&information)?;
    Ok(Json(PartyAnswer {
        id_type: identifier.id_type().as_str(),
        // As it was asked: the scheme compares it with its own question.
        id_value: identifier.as_given().to_owned(),
        id_sub_value: identifier.sub_value().map(str::to_owned),
        fsp_id: api.fsp_id.clone(),
        display_name: customer.display_name(),
        first_name: customer.first_name,
        middle_name: customer.middle_name,
        last_name: customer.last_name,
        date_of_birth: customer.date_of_birth,
        merchant_classification_code: customer.merchant_classification_code,
        supported_currencies: [customer.currency],
        extension_list: extensions::of_payee(&information),
    }))
}

#[derive(OpenApi)]
#[openapi(paths(find_party, find_party_by_part))]
struct Operations;

pub fn document() -> utoipa::openapi::OpenApi {
    Operations::openapi()
}
