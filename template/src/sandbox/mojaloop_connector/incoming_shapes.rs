//! The messages of an incoming payment, as the Mojaloop Connector sends them
//! to the backend API.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    exchange::{Exchange, copy_fields, extension, interoperable_party, money},
    identifiers::{base64_url, new_digest, new_trace_id, new_ulid},
    simulated_hub::{CurrentState, HubState},
};
use crate::domain::{currency::Currency, quote::AmountType, timestamp::Timestamp};

/// How long the messages of one stage are valid.
const STAGE: Duration = Duration::from_secs(3);

/// How long a quote is valid whose payee's FSP did not say so.
const QUOTE_LIFETIME: Duration = Duration::from_secs(60);

/// What is asked of the payee's FSP, and by whom.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct IncomingPayment {
    pub transfer_id: String,
    pub quote_id: String,
    pub payer_fsp: String,
    pub payee_fsp: String,
    pub id_type: String,
    pub id_value: String,
    pub id_sub_value: Option<String>,
    pub amount_type: AmountType,
    pub amount: String,
    pub currency: Currency,
    pub initiated_at: Timestamp,
}

impl IncomingPayment {
    fn payer(&self) -> Value {
        json!({
            "idType": "MSISDN",
            "idValue": "971938765",
            "fspId": self.payer_fsp,
            "firstName": "Joshua Karame",
        })
    }

    fn payee(&self, found: &Value) -> Value {
        let mut payee = json!({
            "idType": self.id_type,
            "idValue": self.id_value,
            "fspId": self.payee_fsp,
        });
        if let Some(sub_value) = &self.id_sub_value {
            payee["idSubValue"] = json!(sub_value);
        }
        let names = ["firstName", "middleName", "lastName"].map(|name| (name, name));
        copy_fields(found, &mut payee, &names);
        payee
    }

    fn charge_bearer(&self) -> &'static str {
        match self.amount_type {
            AmountType::Receive => "DEBT",
            AmountType::Send => "CRED",
        }
    }

    fn common_extensions(&self) -> Vec<Value> {
        vec![
            extension("GrpHdr.MsgId", new_ulid()),
            extension("GrpHdr.CreDtTm", Timestamp::now().to_string()),
            extension("GrpHdr.NbOfTxs", "1"),
            extension("GrpHdr.SttlmInf.SttlmMtd", "CLRG"),
            extension(
                "CdtTrfTxInf.Dbtr.Id.PrvtId.DtAndPlcOfBirth.BirthDt",
                "2001-01-01",
            ),
            extension(
                "CdtTrfTxInf.Dbtr.Id.PrvtId.DtAndPlcOfBirth.PrvcOfBirth",
                "Central Province",
            ),
            extension(
                "CdtTrfTxInf.Dbtr.Id.PrvtId.DtAndPlcOfBirth.CityOfBirth",
                "Lilongwe",
            ),
            extension(
                "CdtTrfTxInf.Dbtr.Id.PrvtId.DtAndPlcOfBirth.CtryOfBirth",
                "GM",
            ),
        ]
    }

    /// The body of `POST /quoterequests`, for a payee that was found.
    pub(super) fn quote_request(&self, found: &Value) -> Value {
        let mut extensions = self.common_extensions();
        extensions.extend([
            extension("CdtTrfTxInf.Purp.Cd", "P2P"),
            extension("CdtTrfTxInf.ChrgBr", self.charge_bearer()),
        ]);
        json!({
            "quoteId": self.quote_id,
            "transactionId": self.transfer_id,
            "to": self.payee(found),
            "from": self.payer(),
            "amountType": self.amount_type,
            "amount": self.amount,
            "currency": self.currency,
            "transactionType": "TRANSFER",
            "initiator": "PAYER",
            "initiatorType": "BUSINESS",
            "expiration": Timestamp::now().after(STAGE),
            "extensionList": extensions,
        })
    }

    /// The quote as the Mojaloop Connector keeps it: as it was answered, but
    /// always with an expiration.
    pub(super) fn kept_quote(answered: &Value) -> Value {
        let mut quote = answered.clone();
        if quote["expiration"].is_null() {
            quote["expiration"] = json!(Timestamp::now().after(QUOTE_LIFETIME));
        }
        quote
    }

    /// The body of `POST /transfers`. Its amount is that of the quote request,
    /// not the transfer amount.
    pub(super) fn prepare(&self, quote_request: &Value, quote: &Value) -> Value {
        let to = &quote_request["to"];
        let mut extensions = self.common_extensions();
        extensions.extend([
            extension("CdtTrfTxInf.Dbtr.Id.PrvtId.Othr.SchmeNm.Prtry", "MSISDN"),
            extension("CdtTrfTxInf.Dbtr.Id.PrvtId.Othr.Id", "971938765"),
            extension("CdtTrfTxInf.Dbtr.Nm", "Joshua Karame"),
            extension("CdtTrfTxInf.Purp.Cd", "P2P"),
            extension(
                "CdtTrfTxInf.Cdtr.Id.PrvtId.Othr.SchmeNm.Prtry",
                self.id_type.as_str(),
            ),
            extension("CdtTrfTxInf.Cdtr.Id.PrvtId.Othr.Id", self.id_value.as_str()),
            extension("CdtTrfTxInf.Cdtr.Nm", payee_name(to)),
            extension("CdtTrfTxInf.ChrgBr", self.charge_bearer()),
        ]);
        json!({
            "transferId": self.transfer_id,
            "quote": quote,
            "from": quote_request["from"],
            "to": to,
            "amountType": self.amount_type,
            "currency": self.currency,
            "amount": self.amount,
            "transactionType": "TRANSFER",
            "quoteRequestExtensions": quote_request["extensionList"],
            "ilpPacket": { "data": {
                "quoteId": self.quote_id,
                "transactionId": self.transfer_id,
                "transactionType": transaction_type(),
                "payee": interoperable_party(to, &self.payee_fsp),
                "payer": self.interoperable_payer(),
                "expiration": quote["expiration"],
                "amount": {
                    "amount": quote["transferAmount"],
                    "currency": quote["transferAmountCurrency"],
                },
            } },
            "extensionList": extensions,
        })
    }

    fn interoperable_payer(&self) -> Value {
        let mut payer = interoperable_party(&self.payer(), &self.payer_fsp);
        payer["supportedCurrencies"] = json!([self.currency]);
        payer
    }

    /// The body of the final notification: the whole cached state.
    pub(super) fn notification(
        &self,
        quote_request: &Value,
        quote: &Value,
        prepare: &Value,
        prepared: &Value,
        hub_state: HubState,
    ) -> Value {
        let trace_id = new_trace_id();
        let from_payer = |resource| Exchange {
            resource,
            source: &self.payer_fsp,
            destination: Some(&self.payee_fsp),
            trace_id: &trace_id,
        };
        let from_payee = |resource| Exchange {
            resource,
            source: &self.payee_fsp,
            destination: Some(&self.payer_fsp),
            trace_id: &trace_id,
        };
        let received_quote_request = self.received_quote_request(quote_request);
        let quote_response = sent_quote_response(prepare, quote);
        let received_prepare = self.received_prepare(prepare, &quote_response);
        let fulfilment = new_digest();
        let now = Timestamp::now();
        let current_state = CurrentState::after_notification(hub_state);
        let mut notification = json!({
            "transferId": self.transfer_id,
            "direction": "INBOUND",
            "quoteRequest": {
                "headers": from_payer("quotes").received_request(&received_quote_request),
                "body": received_quote_request,
            },
            "currentState": current_state.as_str(),
            "initiatedTimestamp": self.initiated_at,
            "quote": {
                "request": received_quote_request,
                "internalRequest": quote_request,
                "response": quote,
                "mojaloopResponse": quote_response,
                "fulfilment": fulfilment,
            },
            "quoteResponse": {
                "headers": from_payee("quotes").sent_callback(),
                "body": quote_response,
            },
            "prepare": {
                "headers": from_payer("transfers").received_request(&received_prepare),
                "body": received_prepare,
            },
            "fulfil": {
                "headers": from_payee("transfers").sent_callback(),
                "body": {
                    "completedTimestamp": now,
                    "transferState": prepared["transferState"],
                    "fulfilment": fulfilment,
                },
            },
            "finalNotification": {
                "completedTimestamp": now,
                "transferState": hub_state.as_str(),
                "extensionList": [
                    extension("GrpHdr.MsgId", new_ulid()),
                    extension("GrpHdr.CreDtTm", now.to_string()),
                ],
            },
        });
        copy_fields(
            prepared,
            &mut notification,
            &[("homeTransactionId", "homeTransactionId")],
        );
        if current_state == CurrentState::ErrorOccurred {
            // A text here, where the outbound API has an object.
            notification["lastError"] = json!("Final notification state not COMMITTED");
        }
        notification
    }

    fn received_quote_request(&self, quote_request: &Value) -> Value {
        json!({
            "quoteId": self.quote_id,
            "expiration": quote_request["expiration"],
            "transactionId": self.transfer_id,
            "payee": interoperable_party(&quote_request["to"], &self.payee_fsp),
            "payer": self.interoperable_payer(),
            "amount": money(self.currency.code(), &self.amount),
            "transactionType": transaction_type(),
            "amountType": self.amount_type,
            "extensionList": { "extension": quote_request["extensionList"] },
        })
    }

    fn received_prepare(&self, prepare: &Value, quote_response: &Value) -> Value {
        json!({
            "expiration": self.initiated_at.after(STAGE),
            "transferId": self.transfer_id,
            "payeeFsp": self.payee_fsp,
            "payerFsp": self.payer_fsp,
            "amount": quote_response["transferAmount"],
            "ilpPacket": quote_response["ilpPacket"],
            "condition": quote_response["condition"],
            "extensionList": { "extension": prepare["extensionList"] },
        })
    }
}

fn transaction_type() -> Value {
    json!({ "scenario": "TRANSFER", "initiator": "PAYER", "initiatorType": "BUSINESS" })
}

fn payee_name(payee: &Value) -> String {
    ["firstName", "middleName", "lastName"]
        .map(|name| format!("{};", payee[name].as_str().unwrap_or_default()))
        .concat()
}

/// The connector's quote as it went to the payer's FSP.
fn sent_quote_response(prepare: &Value, quote: &Value) -> Value {
    let mut response = json!({
        "expiration": quote["expiration"],
        "ilpPacket": base64_url(prepare["ilpPacket"]["data"].to_string().as_bytes()),
        "condition": new_digest(),
    });
    for (amount, currency, name) in [
        ("transferAmount", "transferAmountCurrency", "transferAmount"),
        (
            "payeeReceiveAmount",
            "payeeReceiveAmountCurrency",
            "payeeReceiveAmount",
        ),
        (
            "payeeFspFeeAmount",
            "payeeFspFeeAmountCurrency",
            "payeeFspFee",
        ),
        (
            "payeeFspCommissionAmount",
            "payeeFspCommissionAmountCurrency",
            "payeeFspCommission",
        ),
    ] {
        if let Some(amount) = quote.get(amount) {
            response[name] = json!({ "amount": amount, "currency": quote[currency] });
        }
    }
    response
}
