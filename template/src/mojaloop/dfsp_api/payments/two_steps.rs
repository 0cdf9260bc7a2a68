//! `POST` and `PUT` of `/send-money` and `/merchant-payment`: an offer, and
//! the payer's decision on it.

use actix_web::web::{Data, Json, Path};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        error::{ErrorCode, PaymentError},
        outgoing::OutgoingRequest,
        transfer_id::TransferId,
    },
    mojaloop::{
        dfsp_api::{
            DfspApi, FailedPayment, RequestError,
            wire::{MerchantPaymentBody, OfferAnswer, SendMoneyBody},
        },
        http::read_transfer_id,
    },
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    accept_quote: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DecisionAnswer {
    transfer_id: TransferId,
}

pub async fn send_money(
    api: Data<DfspApi>,
    body: Json<SendMoneyBody>,
) -> Result<Json<OfferAnswer>, RequestError> {
    let request = api.read_send_money(body.into_inner())?;
    begin(&api, request).await
}

pub async fn merchant_payment(
    api: Data<DfspApi>,
    body: Json<MerchantPaymentBody>,
) -> Result<Json<OfferAnswer>, RequestError> {
    let request = api.read_merchant_payment(body.into_inner())?;
    begin(&api, request).await
}

/// Begins a payment that is asked for, in whatever way.
pub async fn begin(
    api: &DfspApi,
    request: OutgoingRequest,
) -> Result<Json<OfferAnswer>, RequestError> {
    let payment = api.payer.offer(request).await?;
    let answer = OfferAnswer::of(payment)
        .ok_or_else(|| PaymentError::new(ErrorCode::Internal, "the payment has no offer"))?;
    Ok(Json(answer))
}

/// `homeTransactionId` is not compared: the official collection sends another
/// one here than in the request for the offer.
pub async fn decide(
    api: Data<DfspApi>,
    path: Path<String>,
    body: Json<Decision>,
) -> Result<Json<DecisionAnswer>, FailedPayment> {
    let transfer_id = read_transfer_id(path.into_inner(), "transferId")?;
    let payment = match body.accept_quote {
        true => api.payer.accept(transfer_id).await?,
        false => api.payer.reject(transfer_id).await?,
    };
    Ok(Json(DecisionAnswer {
        transfer_id: payment.transfer_id,
    }))
}
