//! `POST` and `PUT` of `/send-money` and `/merchant-payment`: an offer, and
//! the payer's decision on it.

use actix_web::web::{Data, Json, Path};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

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
        http::{guard::AskedBy, read_transfer_id},
        openapi::{
            errors::{Errors, ErrorsOrUnknown},
            words::CorrelationId,
        },
    },
};

/// A payment that has begun: its offer.
#[derive(Serialize, ToSchema)]
pub struct BegunAnswer(OfferAnswer);

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    accept_quote: bool,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DecisionAnswer {
    #[schema(value_type = CorrelationId)]
    transfer_id: TransferId,
}

/// What would it cost to send money?
///
/// A request that is repeated under its `homeTransactionId` is one payment.
#[utoipa::path(
    post,
    path = "/send-money",
    tag = "payments",
    request_body = SendMoneyBody,
    responses((status = 200, body = BegunAnswer, description = "The offer. Nothing has moved."), Errors),
)]
pub async fn send_money(
    api: Data<DfspApi>,
    asked_by: AskedBy,
    body: Json<SendMoneyBody>,
) -> Result<Json<BegunAnswer>, RequestError> {
    let request = api.read_send_money(body.into_inner(), asked_by)?;
    begin(&api, request).await
}

/// What would it cost to pay a merchant?
///
/// A request that is repeated under its `homeTransactionId` is one payment.
#[utoipa::path(
    post,
    path = "/merchant-payment",
    tag = "payments",
    request_body = MerchantPaymentBody,
    responses((status = 200, body = BegunAnswer, description = "The offer. Nothing has moved."), Errors),
)]
pub async fn merchant_payment(
    api: Data<DfspApi>,
    asked_by: AskedBy,
    body: Json<MerchantPaymentBody>,
) -> Result<Json<BegunAnswer>, RequestError> {
    let request = api.read_merchant_payment(body.into_inner(), asked_by)?;
    begin(&api, request).await
}

/// Begins a payment that is asked for, in whatever way.
pub async fn begin(
    api: &DfspApi,
    request: OutgoingRequest,
) -> Result<Json<BegunAnswer>, RequestError> {
    let payment = api.payer.offer(request).await?;
    let answer = OfferAnswer::of(payment)
        .ok_or_else(|| PaymentError::new(ErrorCode::Internal, "the payment has no offer"))?;
    Ok(Json(BegunAnswer(answer)))
}

/// Agree to the offer, or decline it
#[utoipa::path(
    put,
    path = "/send-money/{transferId}",
    tag = "payments",
    params(("transferId" = CorrelationId, Path)),
    request_body = Decision,
    responses((status = 200, body = DecisionAnswer, description = "It is done."), ErrorsOrUnknown),
)]
pub async fn decide_on_sending(
    api: Data<DfspApi>,
    path: Path<String>,
    body: Json<Decision>,
) -> Result<Json<DecisionAnswer>, FailedPayment> {
    decide(&api, path.into_inner(), &body).await
}

/// Agree to the offer, or decline it
#[utoipa::path(
    put,
    path = "/merchant-payment/{transferId}",
    tag = "payments",
    params(("transferId" = CorrelationId, Path)),
    request_body = Decision,
    responses((status = 200, body = DecisionAnswer, description = "It is done."), ErrorsOrUnknown),
)]
pub async fn decide_on_merchant_payment(
    api: Data<DfspApi>,
    path: Path<String>,
    body: Json<Decision>,
) -> Result<Json<DecisionAnswer>, FailedPayment> {
    decide(&api, path.into_inner(), &body).await
}

/// `homeTransactionId` is not compared: the official collection sends another
/// one here than in the request for the offer.
async fn decide(
    api: &DfspApi,
    transfer_id: String,
    body: &Decision,
) -> Result<Json<DecisionAnswer>, FailedPayment> {
    let transfer_id = read_transfer_id(transfer_id, "transferId")?;
    let payment = match body.accept_quote {
        true => api.payer.accept(transfer_id).await?,
        false => api.payer.reject(transfer_id).await?,
    };
    Ok(Json(DecisionAnswer {
        transfer_id: payment.transfer_id,
    }))
}

#[derive(OpenApi)]
#[openapi(paths(
    send_money,
    merchant_payment,
    decide_on_sending,
    decide_on_merchant_payment
))]
struct Operations;

pub fn document() -> utoipa::openapi::OpenApi {
    Operations::openapi()
}
