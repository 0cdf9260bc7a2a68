//! `POST` and `PUT` of `/send-money` and `/merchant-payment`: an offer, and
//! the payer's decision on it.

use actix_web::web::{Data, Json, Path};

use super::{
    DfspApi, FailedPayment, RequestError,
    wire::{Decision, DecisionAnswer, MerchantPaymentBody, OfferAnswer, PayerBody, SendMoneyBody},
};
use crate::{
    domain::{
        error::{ErrorCode, PaymentError},
        outgoing::{OutgoingRequest, UseCase},
        quote::AmountType,
    },
    mojaloop::http::{Present, optional_text, read_amount, read_text, read_transfer_id},
};

pub async fn send_money(
    api: Data<DfspApi>,
    body: Json<SendMoneyBody>,
) -> Result<Json<OfferAnswer>, RequestError> {
    let body = body.into_inner();
    let asked = Asked {
        use_case: UseCase::SendMoney,
        amount_type: AmountType::Send,
        amount: body.send_amount,
        currency: &body.send_currency,
        other_currency: body.receive_currency.as_deref(),
        home_transaction_id: body.home_transaction_id,
        payee_id_type: &body.payee_id_type,
        payee_id: &body.payee_id,
        sub_id: body.sub_id.as_deref(),
        purpose_code: body.purpose_code,
        transaction_type: body.transaction_type,
        payer: body.payer,
    };
    offer(&api, asked).await
}

pub async fn merchant_payment(
    api: Data<DfspApi>,
    body: Json<MerchantPaymentBody>,
) -> Result<Json<OfferAnswer>, RequestError> {
    let body = body.into_inner();
    let asked = Asked {
        use_case: UseCase::MerchantPayment,
        amount_type: AmountType::Receive,
        amount: body.receive_amount.present("receiveAmount")?,
        currency: body
            .receive_currency
            .as_deref()
            .unwrap_or(&body.send_currency),
        other_currency: Some(&body.send_currency),
        home_transaction_id: body.home_transaction_id,
        payee_id_type: &body.payee_id_type,
        payee_id: &body.payee_id,
        sub_id: body.sub_id.as_deref(),
        purpose_code: body.purpose_code,
        transaction_type: body.transaction_type,
        payer: body.payer,
    };
    offer(&api, asked).await
}

/// What both payments ask for.
struct Asked<'a> {
    use_case: UseCase,
    amount_type: AmountType,
    amount: String,
    currency: &'a str,
    other_currency: Option<&'a str>,
    home_transaction_id: Option<String>,
    payee_id_type: &'a str,
    payee_id: &'a str,
    sub_id: Option<&'a str>,
    purpose_code: Option<String>,
    transaction_type: String,
    payer: PayerBody,
}

async fn offer(api: &DfspApi, asked: Asked<'_>) -> Result<Json<OfferAnswer>, RequestError> {
    let request = read(api, asked)?;
    let payment = api.payer.offer(request).await?;
    let answer = OfferAnswer::of(payment)
        .ok_or_else(|| PaymentError::new(ErrorCode::Internal, "the payment has no offer"))?;
    Ok(Json(answer))
}

fn read(api: &DfspApi, asked: Asked<'_>) -> Result<OutgoingRequest, PaymentError> {
    let currency = api.currencies.accept(asked.currency)?;
    if let Some(other_currency) = asked.other_currency {
        api.currencies.accept_same(currency, other_currency)?;
    }
    let payer = &asked.payer;
    let payer_id_type = match &payer.payer_id_type {
        Some(id_type) => id_type.as_str(),
        None => api.identifiers.first().present("payerIdType")?.as_str(),
    };
    Ok(OutgoingRequest {
        use_case: asked.use_case,
        home_transaction_id: optional_text(asked.home_transaction_id, "homeTransactionId")?,
        payer: api
            .identifiers
            .of_customer(payer_id_type, &payer.payer_id, None)?,
        payee: api
            .identifiers
            .of_anybody(asked.payee_id_type, asked.payee_id, asked.sub_id)?,
        amount_type: asked.amount_type,
        amount: read_amount(&asked.amount, currency)?,
        transaction_type: read_text(asked.transaction_type, "transactionType")?,
        purpose_code: optional_text(asked.purpose_code, "purposeCode")?,
        payer_details: asked.payer.details()?,
    })
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
