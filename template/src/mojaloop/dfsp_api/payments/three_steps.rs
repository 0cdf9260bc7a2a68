//! `POST` and `PUT` of `/send-money` and `/merchant-payment`: the payee, and
//! the payer's decisions on him and on the terms.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use serde::{Deserialize, Serialize};

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
        http::{malformed, read_transfer_id},
    },
};

/// The payee whom the payer is asked to confirm.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FoundAnswer {
    transaction_id: TransferId,
    #[serde(skip_serializing_if = "Option::is_none")]
    home_transaction_id: Option<String>,
    payee_details: PayeeAnswer,
}

impl FoundAnswer {
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
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    accept_party: Option<bool>,
    accept_quote: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DecisionAnswer {
    transfer_id: TransferId,
}

pub async fn send_money(
    api: Data<DfspApi>,
    body: Json<SendMoneyBody>,
) -> Result<Json<FoundAnswer>, RequestError> {
    let request = api.read_send_money(body.into_inner())?;
    begin(&api, request).await
}

pub async fn merchant_payment(
    api: Data<DfspApi>,
    body: Json<MerchantPaymentBody>,
) -> Result<Json<FoundAnswer>, RequestError> {
    let request = api.read_merchant_payment(body.into_inner())?;
    begin(&api, request).await
}

/// Begins a payment that is asked for, in whatever way.
pub async fn begin(
    api: &DfspApi,
    request: OutgoingRequest,
) -> Result<Json<FoundAnswer>, RequestError> {
    let payment = api.payer.find_payee(request).await?;
    let answer = FoundAnswer::of(payment)
        .ok_or_else(|| PaymentError::new(ErrorCode::Internal, "the payment has no payee"))?;
    Ok(Json(answer))
}

/// A no counts, whatever it is said to. `homeTransactionId` is not compared:
/// the official collection sends another one here than in the first request.
pub async fn decide(
    api: Data<DfspApi>,
    path: Path<String>,
    body: Json<Decision>,
) -> actix_web::Result<HttpResponse> {
    let transfer_id = read_transfer_id(path.into_inner(), "transferId").map_err(RequestError)?;
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

fn offered(payment: OutgoingPayment) -> Result<HttpResponse, RequestError> {
    let answer = OfferAnswer::of(payment)
        .ok_or_else(|| PaymentError::new(ErrorCode::Internal, "the payment has no offer"))?;
    Ok(HttpResponse::Ok().json(answer))
}

fn decided(payment: OutgoingPayment) -> HttpResponse {
    HttpResponse::Ok().json(DecisionAnswer {
        transfer_id: payment.transfer_id,
    })
}
