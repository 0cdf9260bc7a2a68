//! `POST /quoterequests`: what would a payment to this customer come to?

use actix_web::web::{Data, Json};
use utoipa::OpenApi;

use super::{
    BackendApi, BackendError,
    wire::{QuoteAnswer, QuoteRequestBody, read_quote_id},
};
use crate::{
    domain::{error::PaymentError, quote::QuoteRequest},
    mojaloop::{
        http::{read_amount, read_text, read_transfer_id},
        openapi::errors::Errors,
    },
};

/// What would a payment to this customer come to?
///
/// The same request gets the same quote again.
#[utoipa::path(
    post,
    path = "/quoterequests",
    tag = "transfers",
    request_body = QuoteRequestBody,
    responses((status = 200, body = QuoteAnswer, description = "The quote."), Errors),
)]
pub async fn quote(
    api: Data<BackendApi>,
    body: Json<QuoteRequestBody>,
) -> Result<Json<QuoteAnswer>, BackendError> {
    let request = read(&api, body.into_inner())?;
    let quote = api.payee.quote(request).await?;
    Ok(Json(quote.into()))
}

/// The currency is read first: the official collection sends a request that is
/// wrong in more than one way, and expects to be told of the currency.
pub fn read(api: &BackendApi, body: QuoteRequestBody) -> Result<QuoteRequest, PaymentError> {
    let currency = api.currencies.accept(&body.currency)?;
    let to = &body.to;
    let payee =
        api.identifiers
            .of_customer(&to.id_type, &to.id_value, to.id_sub_value.as_deref())?;
    let payer_information = body.payer_information();
    read_text(body.transaction_type, "transactionType")?;
    Ok(QuoteRequest {
        quote_id: read_quote_id(body.quote_id)?,
        transaction_id: read_transfer_id(body.transaction_id, "transactionId")?,
        payee,
        payer_information,
        payer: body.from.try_into()?,
        amount_type: body.amount_type,
        amount: read_amount(&body.amount, currency)?,
    })
}

#[derive(OpenApi)]
#[openapi(paths(quote))]
struct Operations;

pub fn document() -> utoipa::openapi::OpenApi {
    Operations::openapi()
}
