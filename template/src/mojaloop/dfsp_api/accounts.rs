//! `POST /accounts` and `DELETE /accounts/...`: who is found in the scheme.

use actix_web::web::{Data, Json, Path};
use serde_json::Value;
use utoipa::OpenApi;

use super::{DfspApi, RequestError, wire::AccountBody};
use crate::{
    domain::{
        currency::Currency,
        error::{ErrorCode, PaymentError},
        identifier::PartyIdentifier,
    },
    mojaloop::openapi::{
        errors::Errors,
        words::{IdTypeName, IdValue},
    },
};

/// The Mojaloop Connector takes no more at a time.
const MAX_ACCOUNTS: usize = 10_000;

/// What the Mojaloop Connector answers, less the headers of the scheme's own
/// messages, which hold tokens.
const ANSWERED: [&str; 6] = [
    "modelId",
    "accounts",
    "idType",
    "idValue",
    "response",
    "currentState",
];

/// Customers are found in the scheme from now on
#[utoipa::path(
    post,
    path = "/accounts",
    tag = "accounts",
    request_body(content = Vec<AccountBody>, description = "1 to 10000 accounts."),
    responses((status = 200, body = Object, description = "What the scheme answered for each."), Errors),
)]
pub async fn create(
    api: Data<DfspApi>,
    body: Json<Vec<AccountBody>>,
) -> Result<Json<Value>, RequestError> {
    let accounts = read(&api, &body)?;
    let answer = api.payer.create_accounts(&accounts).await?;
    Ok(Json(without_headers(answer)))
}

fn read(
    api: &DfspApi,
    body: &[AccountBody],
) -> Result<Vec<(PartyIdentifier, Option<Currency>)>, PaymentError> {
    if body.is_empty() || body.len() > MAX_ACCOUNTS {
        return Err(PaymentError::new(
            ErrorCode::MalformedSyntax,
            format!("send 1 to {MAX_ACCOUNTS} accounts at a time"),
        ));
    }
    body.iter()
        .map(|account| {
            let sub_value = account.id_sub_value.as_deref();
            let identifier =
                api.identifiers
                    .of_customer(&account.id_type, &account.id_value, sub_value)?;
            let currency = account.currency.as_deref();
            let currency = currency.map(|code| api.currencies.accept(code));
            Ok((identifier, currency.transpose()?))
        })
        .collect()
}

/// A customer is no longer found in the scheme
#[utoipa::path(
    delete,
    path = "/accounts/{idType}/{idValue}",
    tag = "accounts",
    params(("idType" = IdTypeName, Path), ("idValue" = IdValue, Path)),
    responses((status = 200, body = Object, description = "What the scheme answered."), Errors),
)]
pub async fn delete(
    api: Data<DfspApi>,
    path: Path<(String, String)>,
) -> Result<Json<Value>, RequestError> {
    let (id_type, id_value) = path.into_inner();
    delete_account(&api, &id_type, &id_value, None).await
}

/// A customer is no longer found in the scheme
#[utoipa::path(
    delete,
    path = "/accounts/{idType}/{idValue}/{idSubValue}",
    tag = "accounts",
    params(("idType" = IdTypeName, Path), ("idValue" = IdValue, Path), ("idSubValue" = IdValue, Path)),
    responses((status = 200, body = Object, description = "What the scheme answered."), Errors),
)]
pub async fn delete_part(
    api: Data<DfspApi>,
    path: Path<(String, String, String)>,
) -> Result<Json<Value>, RequestError> {
    let (id_type, id_value, id_sub_value) = path.into_inner();
    delete_account(&api, &id_type, &id_value, Some(&id_sub_value)).await
}

async fn delete_account(
    api: &DfspApi,
    id_type: &str,
    id_value: &str,
    id_sub_value: Option<&str>,
) -> Result<Json<Value>, RequestError> {
    let identifier = api
        .identifiers
        .of_customer(id_type, id_value, id_sub_value)?;
    let answer = api.payer.delete_account(&identifier).await?;
    Ok(Json(without_headers(answer)))
}

fn without_headers(mut answer: Value) -> Value {
    if let Some(answer) = answer.as_object_mut() {
        answer.retain(|key, _| ANSWERED.contains(&key.as_str()));
    }
    answer
}

#[derive(OpenApi)]
#[openapi(paths(create, delete, delete_part))]
struct Operations;

pub fn document() -> utoipa::openapi::OpenApi {
    Operations::openapi()
}
