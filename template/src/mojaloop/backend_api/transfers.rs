//! `POST /transfers` and `GET /transfers/{transferId}`: reserve a payment, and
//! say what became of it.

use actix_web::web::{Data, Json, Path};
use utoipa::OpenApi;

use super::{
    BackendApi, BackendError, InstructionError,
    wire::{TransferAnswer, TransferDetails, TransferRequestBody, read_quote_id},
};
use crate::{
    domain::{error::PaymentError, incoming::IncomingRequest},
    mojaloop::{
        http::{read_amount, read_text, read_transfer_id},
        openapi::{
            errors::{Errors, ErrorsOrUnknown},
            words::CorrelationId,
        },
        payee::home_transaction_id,
    },
};

/// Reserve a payment to a customer
///
/// The money is the customer's when the scheme has said its final word.
#[utoipa::path(
    post,
    path = "/transfers",
    tag = "transfers",
    request_body = TransferRequestBody,
    responses((status = 200, body = TransferAnswer, description = "It is reserved."), Errors),
)]
pub async fn prepare(
    api: Data<BackendApi>,
    body: Json<TransferRequestBody>,
) -> Result<Json<TransferAnswer>, InstructionError> {
    let request = read(&api, body.into_inner())?;
    let reserved = api.payee.prepare(request).await?;
    Ok(Json(TransferAnswer {
        home_transaction_id: reserved.home_transaction_id,
        // Always said: without it, a setting of the Mojaloop Connector decides
        // whether the transfer counts as committed already.
        transfer_state: "RESERVED",
    }))
}

fn read(api: &BackendApi, body: TransferRequestBody) -> Result<IncomingRequest, PaymentError> {
    let currency = api.currencies.accept(&body.currency)?;
    let to = &body.to;
    let payee =
        api.identifiers
            .of_customer(&to.id_type, &to.id_value, to.id_sub_value.as_deref())?;
    let amount = read_amount(&body.amount, currency)?;
    Ok(IncomingRequest {
        transfer_id: read_transfer_id(body.transfer_id, "transferId")?,
        terms: body.quote.terms(body.amount_type, amount)?,
        quote_id: body.quote.quote_id.map(read_quote_id).transpose()?,
        payee,
        payer: body.from.try_into()?,
        transaction_type: read_text(body.transaction_type, "transactionType")?,
    })
}

/// What became of a payment?
#[utoipa::path(
    get,
    path = "/transfers/{transferId}",
    tag = "transfers",
    params(("transferId" = CorrelationId, Path)),
    responses((status = 200, body = TransferDetails, description = "The transfer."), ErrorsOrUnknown),
)]
pub async fn find_transfer(
    api: Data<BackendApi>,
    path: Path<String>,
) -> Result<Json<TransferDetails>, BackendError> {
    let transfer_id = read_transfer_id(path.into_inner(), "transferId")?;
    let transfer = api.payee.find_transfer(&transfer_id).await?;
    let home_transaction_id = home_transaction_id(&transfer);
    Ok(Json(TransferDetails::new(
        transfer,
        home_transaction_id,
        &api.fsp_id,
    )))
}

#[derive(OpenApi)]
#[openapi(paths(prepare, find_transfer))]
struct Operations;

pub fn document() -> utoipa::openapi::OpenApi {
    Operations::openapi()
}
