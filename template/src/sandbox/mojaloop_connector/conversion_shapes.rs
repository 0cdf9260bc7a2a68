//! The conversion within the cached state of an outgoing payment.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    conversion::Conversion,
    exchange::{extension, money},
    identifiers::{new_digest, new_ulid},
    outbound_shapes::{OutboundExchange, STAGE, text},
};
use crate::domain::{amount::Amount, currency::Currency, quote::AmountType, timestamp::Timestamp};

/// What is known of a conversion before the FXP has quoted it.
pub(super) struct WantedConversion {
    pub amount_type: AmountType,
    /// What is sent of the source currency, or received of the target currency.
    pub amount: Amount,
    pub other: Currency,
    /// How long what the FXP says should be valid.
    pub lifetime: Duration,
}

/// What the FXP said.
pub(super) struct QuotedConversion {
    pub source: Amount,
    pub target: Amount,
    pub charges: Value,
    pub expires_at: Timestamp,
}

impl QuotedConversion {
    /// What the simulated FXP says.
    pub(super) fn simulated(conversion: Conversion, expires_at: Timestamp) -> Self {
        let charges = conversion.charge.map(|[source, target]| {
            json!([{
                "chargeType": "currency conversion",
                "sourceAmount": currency_and_amount(source),
                "targetAmount": currency_and_amount(target),
            }])
        });
        Self {
            source: conversion.source,
            target: conversion.target,
            charges: charges.unwrap_or_default(),
            expires_at,
        }
    }

    /// What another participant answered, if it can be read.
    pub(super) fn answered(answer: &Value) -> Option<Self> {
        let terms = &answer["conversionTerms"];
        Some(Self {
            source: amount_of(&terms["sourceAmount"])?,
            target: amount_of(&terms["targetAmount"])?,
            charges: terms["charges"].clone(),
            expires_at: text(&terms["expiration"]).parse().ok()?,
        })
    }
}

impl OutboundExchange<'_> {
    /// The FXP was asked for a quote.
    pub(super) fn add_conversion_request(&self, document: &mut Value, wanted: &WantedConversion) {
        let expires_at = Timestamp::now().after(wanted.lifetime);
        let known = currency_and_amount(wanted.amount);
        let unknown = json!({ "currency": wanted.other });
        let (source, target) = match wanted.amount_type {
            AmountType::Send => (known, unknown),
            AmountType::Receive => (unknown, known),
        };
        document["fxQuoteExpiration"] = json!(expires_at);
        document["fxQuoteRequest"] = json!({
            "body": {
                "conversionRequestId": new_ulid(),
                "conversionTerms": {
                    "conversionId": new_ulid(),
                    "initiatingFsp": self.payer_fsp,
                    "determiningTransferId": document["transferId"],
                    "counterPartyFsp": self.fxp,
                    "amountType": wanted.amount_type.as_str(),
                    "sourceAmount": source,
                    "targetAmount": target,
                    "expiration": expires_at,
                },
            },
            "headers": self.to_fxp("fxQuotes").sent_request(),
        });
    }

    /// The FXP quoted.
    pub(super) fn add_conversion(&self, document: &mut Value, quoted: &QuotedConversion) {
        let asked = &document["fxQuoteRequest"]["body"]["conversionTerms"];
        let mut terms = json!({
            "conversionId": asked["conversionId"],
            "determiningTransferId": asked["determiningTransferId"],
            "initiatingFsp": asked["initiatingFsp"],
            "counterPartyFsp": asked["counterPartyFsp"],
            "amountType": asked["amountType"],
            "sourceAmount": currency_and_amount(quoted.source),
            "targetAmount": currency_and_amount(quoted.target),
            "expiration": quoted.expires_at,
            "extensionList": { "extension": conversion_extensions(self.payer_fsp, &self.fxp) },
        });
        if !quoted.charges.is_null() {
            terms["charges"] = quoted.charges.clone();
        }
        let body = json!({ "condition": new_digest(), "conversionTerms": terms });
        document["fxQuoteResponse"] = json!({
            "headers": self.by_fxp("fxQuotes").received_callback(&body),
            "body": body,
        });
        document["fxQuoteResponseSource"] = json!(self.fxp);
    }

    /// The FXP did not quote, for this reason.
    pub(super) fn add_refused_conversion(&self, document: &mut Value, error_information: &Value) {
        let body = json!({ "errorInformation": error_information });
        document["fxQuoteResponse"] = json!({
            "headers": self.by_fxp("fxQuotes").received_callback(&body),
            "body": body,
        });
    }

    /// The FXP was asked to reserve.
    pub(super) fn add_conversion_transfer_request(&self, document: &mut Value) {
        let expires_at = Timestamp::now().after(STAGE);
        let quoted = &document["fxQuoteResponse"]["body"];
        let terms = &quoted["conversionTerms"];
        let body = json!({
            "determiningTransferId": terms["determiningTransferId"],
            "initiatingFsp": terms["initiatingFsp"],
            "counterPartyFsp": terms["counterPartyFsp"],
            "sourceAmount": terms["sourceAmount"],
            "targetAmount": terms["targetAmount"],
            "expiration": expires_at,
            "amountType": terms["amountType"],
            "condition": quoted["condition"],
            "commitRequestId": terms["conversionId"],
        });
        document["fxTransferExpiration"] = json!(expires_at);
        document["fxTransferRequest"] = json!({
            "body": body,
            "headers": self.to_fxp("fxTransfers").sent_request(),
        });
    }

    /// The FXP reserved.
    pub(super) fn add_conversion_transfer(&self, document: &mut Value) {
        let now = Timestamp::now();
        let body = json!({
            "fulfilment": new_digest(),
            "completedTimestamp": now,
            "conversionState": "RESERVED",
            "extensionList": { "extension": [
                extension("GrpHdr.MsgId", new_ulid()),
                extension("GrpHdr.CreDtTm", now.to_string()),
            ] },
        });
        document["fxTransferResponse"] = json!({
            "headers": self.by_fxp("fxTransfers").received_callback(&body),
            "body": body,
        });
    }
}

/// What the FXP gives, if the payment is converted: the amount that is quoted.
pub(super) fn converted_amount(document: &Value) -> Option<Amount> {
    amount_of(document.pointer("/fxQuoteResponse/body/conversionTerms/targetAmount")?)
}

/// What is asked of an FXP at another simulator: the side that is not known is
/// there, and nothing.
pub(super) fn asked_of_fxp(document: &Value) -> Value {
    let asked = &document["fxQuoteRequest"]["body"];
    let terms = &asked["conversionTerms"];
    let mut terms_asked = terms.clone();
    for side in ["sourceAmount", "targetAmount"] {
        if terms[side]["amount"].is_null() {
            terms_asked[side]["amount"] = json!("0");
        }
    }
    terms_asked["extensionList"] = json!({ "extension": extensions_of(terms) });
    json!({
        "conversionTerms": terms_asked,
        "conversionRequestId": asked["conversionRequestId"],
    })
}

/// What an FXP at another simulator is asked to reserve.
pub(super) fn reserved_at_fxp(document: &Value, home_transaction_id: &Value) -> Value {
    let mut request = document["fxTransferRequest"]["body"].clone();
    request["extensionList"] = json!({ "extension": extensions_of(&request) });
    if let Some(request) = request.as_object_mut() {
        request.remove("amountType");
    }
    if !home_transaction_id.is_null() {
        request["homeTransactionId"] = home_transaction_id.clone();
    }
    request
}

fn extensions_of(terms: &Value) -> Vec<Value> {
    let (payer_fsp, fxp) = (&terms["initiatingFsp"], &terms["counterPartyFsp"]);
    conversion_extensions(text(payer_fsp), text(fxp))
}

/// An amount as participants write it, if it can be read.
pub(super) fn amount_of(money: &Value) -> Option<Amount> {
    let currency = text(&money["currency"]).parse().ok()?;
    Amount::parse(text(&money["amount"]), currency).ok()
}

fn currency_and_amount(amount: Amount) -> Value {
    money(amount.currency().code(), &amount.to_string())
}

/// Who converts for whom, as every message of a conversion has it.
fn conversion_extensions(payer_fsp: &str, fxp: &str) -> Vec<Value> {
    let underlying = |field: &str| format!("CdtTrfTxInf.UndrlygCstmrCdtTrf.{field}.Othr.Id");
    vec![
        extension("GrpHdr.MsgId", new_ulid()),
        extension("GrpHdr.CreDtTm", Timestamp::now().to_string()),
        extension("GrpHdr.NbOfTxs", "1"),
        extension("GrpHdr.SttlmInf.SttlmMtd", "CLRG"),
        extension(&underlying("Dbtr.Id.OrgId"), payer_fsp),
        extension(&underlying("DbtrAgt.FinInstnId"), payer_fsp),
        extension(&underlying("Cdtr.Id.OrgId"), fxp),
        extension(&underlying("CdtrAgt.FinInstnId"), fxp),
    ]
}
