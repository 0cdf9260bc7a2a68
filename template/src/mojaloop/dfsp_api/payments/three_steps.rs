//! `POST` and `PUT` of `/send-money` and `/merchant-payment`: the payee, and
//! the payer's decisions on him and on the terms.

use actix_web::web::{Data, Json, Path};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use crate::{
    domain::{
        error::{ErrorCode, PaymentError},
        outgoing::{OutgoingPayment, OutgoingRequest},
        transfer_id::TransferId,
    },
    mojaloop::{
        dfsp_api::{
            DfspApi, FailedPayment, RequestError,
            wire::{MerchantPaymentBody, OfferAnswer, PayeeAnswer, SendMoneyBody},
        },
        http::{guard::AskedBy, malformed, read_transfer_id},
        openapi::{
            errors::{Errors, ErrorsOrUnknown},
            words::{CorrelationId, ShortText},
        },
    },
};

/// A payment that has begun: the payee whom the payer is asked to confirm.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BegunAnswer {
    #[schema(value_type = CorrelationId)]
    transaction_id: TransferId,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = ShortText, required = false)]
    home_transaction_id: Option<String>,
    payee_details: PayeeAnswer,
}

impl BegunAnswer {
    fn of(payment: OutgoingPayment) -> Option<Self> {
        let payee = PayeeAnswer::of(&payment.request.payee, payment.payee?);
        Some(Self {
            transaction_id: payment.transfer_id,
            home_transaction_id: payment.request.home_transaction_id,
            payee_details: payee,
        })
    }
}

/// The payer's decision: on the payee, or on the terms.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    accept_party: Option<bool>,
    accept_quote: Option<bool>,
}

/// What came of it: of a payee that was confirmed, the offer.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum DecisionAnswer {
    Offered(Box<OfferAnswer>),
    Decided(DecidedAnswer),
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DecidedAnswer {
    #[schema(value_type = CorrelationId)]
    transfer_id: TransferId,
}

/// Who would get the money?
///
/// A request that is repeated under its `homeTransactionId` is one payment.
#[utoipa::path(
    post,
    path = "/send-money",
    tag = "payments",
    request_body = SendMoneyBody,
    responses((status = 200, body = BegunAnswer, description = "The payee. Nothing has moved."), Errors),
)]
pub async fn send_money(
    api: Data<DfspApi>,
    asked_by: AskedBy,
    body: Json<SendMoneyBody>,
) -> Result<Json<BegunAnswer>, RequestError> {
    let request = api.read_send_money(body.into_inner(), asked_by)?;
    begin(&api, request).await
}

/// Which merchant would be paid?
///
/// A request that is repeated under its `homeTransactionId` is one payment.
#[utoipa::path(
    post,
    path = "/merchant-payment",
    tag = "payments",
    request_body = MerchantPaymentBody,
    responses((status = 200, body = BegunAnswer, description = "The payee. Nothing has moved."), Errors),
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
    let payment = api.payer.find_payee(request).await?;
    let answer = BegunAnswer::of(payment)
        .ok_or_else(|| PaymentError::new(ErrorCode::Internal, "the payment has no payee"))?;
    Ok(Json(answer))
}

/// Confirm the payee, agree to the offer, or decline either
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
) -> actix_web::Result<Json<DecisionAnswer>> {
    decide(&api, path.into_inner(), &body).await
}

/// Confirm the payee, agree to the offer, or decline either
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
) -> actix_web::Result<Json<DecisionAnswer>> {
    decide(&api, path.into_inner(), &body).await
}

/// A no counts, whatever it is said to. `homeTransactionId` is not compared:
/// the official collection sends another one here than in the first request.
async fn decide(
    api: &DfspApi,
    transfer_id: String,
    body: &Decision,
) -> actix_web::Result<Json<DecisionAnswer>> {
    let transfer_id = read_transfer_id(transfer_id, "transferId").map_err(RequestError)?;
    match (body.accept_party, body.accept_quote) {
        (Some(true), None) => {
            let payment = api.payer.confirm_payee(transfer_id).await;
            Ok(offered(payment.map_err(RequestError)?)?)
        }
        (None, Some(true)) => {
            let payment = api.payer.accept(transfer_id).await;
            Ok(decided(payment.map_err(FailedPayment)?))
        }
        (Some(false), None) | (None, Some(false)) => {
            let payment = api.payer.reject(transfer_id).await;
            Ok(decided(payment.map_err(FailedPayment)?))
        }
        (None, None) => {
            let neither = PaymentError::new(
                ErrorCode::MissingElement,
                "acceptParty or acceptQuote is missing",
            );
            Err(RequestError(neither).into())
        }
        (Some(_), Some(_)) => {
            let both = malformed("acceptParty and acceptQuote are two steps: send one of them");
            Err(RequestError(both).into())
        }
    }
}

fn offered(payment: OutgoingPayment) -> Result<Json<DecisionAnswer>, RequestError> {
    let answer = OfferAnswer::of(payment)
        .ok_or_else(|| PaymentError::new(ErrorCode::Internal, "the payment has no offer"))?;
    Ok(Json(DecisionAnswer::Offered(Box::new(answer))))
}

fn decided(payment: OutgoingPayment) -> Json<DecisionAnswer> {
    Json(DecisionAnswer::Decided(DecidedAnswer {
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
