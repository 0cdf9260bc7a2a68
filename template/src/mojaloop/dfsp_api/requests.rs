//! Reading what `POST /send-money` and `POST /merchant-payment` ask for.

use super::{
    DfspApi, currency_pair,
    wire::{MerchantPaymentBody, PayerBody, SendMoneyBody},
};
use crate::{
    domain::{
        channel::ChannelName,
        error::PaymentError,
        outgoing::{OutgoingRequest, UseCase},
        quote::AmountType,
    },
    mojaloop::http::{Present, guard::AskedBy, optional_text, read_amount, read_text},
};

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
    channel: Option<ChannelName>,
}

impl DfspApi {
    pub fn read_send_money(
        &self,
        body: SendMoneyBody,
        asked_by: AskedBy,
    ) -> Result<OutgoingRequest, PaymentError> {
        self.read(Asked {
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
            channel: asked_by.0,
        })
    }

    pub fn read_merchant_payment(
        &self,
        body: MerchantPaymentBody,
        asked_by: AskedBy,
    ) -> Result<OutgoingRequest, PaymentError> {
        self.read(Asked {
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
            channel: asked_by.0,
        })
    }

    fn read(&self, asked: Asked<'_>) -> Result<OutgoingRequest, PaymentError> {
        let currencies = currency_pair::read(
            &self.currencies,
            asked.amount_type,
            asked.currency,
            asked.other_currency,
        )?;
        let payer = &asked.payer;
        let payer_id_type = match &payer.payer_id_type {
            Some(id_type) => id_type.as_str(),
            None => self.identifiers.first().present("payerIdType")?.as_str(),
        };
        Ok(OutgoingRequest {
            use_case: asked.use_case,
            home_transaction_id: optional_text(asked.home_transaction_id, "homeTransactionId")?,
            channel: asked.channel,
            payer: self
                .identifiers
                .of_customer(payer_id_type, &payer.payer_id, None)?,
            payee: self.identifiers.of_anybody(
                asked.payee_id_type,
                asked.payee_id,
                asked.sub_id,
            )?,
            // [if payer_steps is one_step]
            payee_name: None,
            // [end]
            amount_type: asked.amount_type,
            amount: read_amount(&asked.amount, currencies.of_amount)?,
            // [if use_cases has conversion]
            other_currency: currencies.other,
            // [end]
            transaction_type: read_text(asked.transaction_type, "transactionType")?,
            purpose_code: optional_text(asked.purpose_code, "purposeCode")?,
            payer_details: asked.payer.details()?,
            // [if use_cases has request_to_pay]
            in_answer_to: None,
            // [end]
        })
    }
}
