//! `POST /send-money` and `/merchant-payment`: the whole payment in one call.

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
    web::{Data, Json},
};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use crate::{
    domain::{
        error::{ErrorCode, PaymentError},
        outgoing::{OutgoingPayment, OutgoingRequest},
        payee_name::PayeeName,
        transfer_id::TransferId,
    },
    mojaloop::{
        dfsp_api::{
            DfspApi, FailedPayment, RequestError,
            wire::{MerchantPaymentBody, OfferAnswer, SendMoneyBody},
        },
        http::{Present, guard::AskedBy, optional_text},
        openapi::{
            errors::Errors,
            words::{CorrelationId, TransferStateName},
        },
    },
};

/// A payment that has begun, and is made: what the payee got, and what it cost.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BegunAnswer {
    #[schema(value_type = CorrelationId)]
    transfer_id: TransferId,
    #[schema(value_type = TransferStateName)]
    transfer_state: &'static str,
    #[serde(flatten)]
    terms: OfferAnswer,
}

impl BegunAnswer {
    fn of(payment: OutgoingPayment) -> Option<Self> {
        Some(Self {
            transfer_id: payment.transfer_id.clone(),
            transfer_state: "COMMITTED",
            terms: OfferAnswer::of(payment)?,
        })
    }
}

/// An error of a payment that was ordered. It says under which address the
/// outcome can be asked for, since the caller may not have heard of the payment
/// before.
#[derive(Debug, thiserror::Error)]
#[error("{failure}")]
struct UnpaidOrder {
    transfer_id: TransferId,
    failure: FailedPayment,
}

impl ResponseError for UnpaidOrder {
    fn status_code(&self) -> StatusCode {
        self.failure.status_code()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = self.failure.error_response();
        let location = header::HeaderValue::from_str(&location(&self.transfer_id));
        if let Ok(location) = location {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }
}

fn location(transfer_id: &TransferId) -> String {
    format!("/transfers/{transfer_id}")
}

/// Send money
///
/// A request that is repeated under its `homeTransactionId` is one payment.
#[utoipa::path(
    post,
    path = "/send-money",
    tag = "payments",
    request_body = SendMoneyBody,
    responses((status = 200, body = BegunAnswer, description = "It is paid."), Errors),
)]
pub async fn send_money(
    api: Data<DfspApi>,
    asked_by: AskedBy,
    body: Json<SendMoneyBody>,
) -> actix_web::Result<HttpResponse> {
    let mut body = body.into_inner();
    let payee_name = read_payee_name(body.payee_name.take()).map_err(RequestError)?;
    let mut request = api.read_send_money(body, asked_by).map_err(RequestError)?;
    request.payee_name = payee_name;
    begin(&api, request).await
}

/// Pay a merchant
///
/// A request that is repeated under its `homeTransactionId` is one payment.
#[utoipa::path(
    post,
    path = "/merchant-payment",
    tag = "payments",
    request_body = MerchantPaymentBody,
    responses((status = 200, body = BegunAnswer, description = "It is paid."), Errors),
)]
pub async fn merchant_payment(
    api: Data<DfspApi>,
    asked_by: AskedBy,
    body: Json<MerchantPaymentBody>,
) -> actix_web::Result<HttpResponse> {
    let mut body = body.into_inner();
    let payee_name = read_payee_name(body.payee_name.take()).map_err(RequestError)?;
    let mut request = api
        .read_merchant_payment(body, asked_by)
        .map_err(RequestError)?;
    request.payee_name = payee_name;
    begin(&api, request).await
}

fn read_payee_name(name: Option<String>) -> Result<Option<PayeeName>, PaymentError> {
    Ok(optional_text(name, "payeeName")?.map(PayeeName::new))
}

/// Begins a payment that is asked for, in whatever way. Without a
/// `homeTransactionId`, a request that is repeated would pay twice.
pub async fn begin(api: &DfspApi, request: OutgoingRequest) -> actix_web::Result<HttpResponse> {
    let home_transaction_id = request.home_transaction_id.as_ref();
    home_transaction_id
        .present("homeTransactionId")
        .map_err(RequestError)?;
    let ordered = api.payer.pay(request).await.map_err(RequestError)?;
    let location = location(&ordered.transfer_id);
    let unpaid = |error| UnpaidOrder {
        transfer_id: ordered.transfer_id,
        failure: FailedPayment(error),
    };
    let answer = ordered.outcome.and_then(|payment| {
        BegunAnswer::of(payment)
            .ok_or_else(|| PaymentError::new(ErrorCode::Internal, "the payment has no offer"))
    });
    let answer = answer.map_err(unpaid)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::LOCATION, location))
        .json(answer))
}

#[derive(OpenApi)]
#[openapi(paths(send_money, merchant_payment))]
struct Operations;

pub fn document() -> utoipa::openapi::OpenApi {
    Operations::openapi()
}
