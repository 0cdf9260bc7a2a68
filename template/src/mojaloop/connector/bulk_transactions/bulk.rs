//! `/bulkTransactions` of the outbound API: the Mojaloop Connector takes a bulk
//! and calls back with what has become of its items.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    domain::{
        bulk_payment::BulkPayment,
        error::{ErrorCode, PaymentError},
        identifier::PartyIdentifier,
        outgoing::OutgoingPayment,
        party::Customer,
        timestamp::Timestamp,
        transfer_id::TransferId,
    },
    mojaloop::connector::{Answer, MojaloopConnector, NoAnswer, QuotedTerms, wire},
};

/// What came of a request about a bulk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BulkAnswer {
    /// It is worked on; what comes of it is called back.
    Taken,
    /// It was certainly not taken.
    NotTaken(String),
    Unknown(String),
}

impl MojaloopConnector {
    /// Asks for the payees and the terms of a bulk. Parties may be accepted by
    /// the Mojaloop Connector itself, terms never: the money is not secured yet.
    pub async fn request_bulk(&self, bulk: &BulkPayment, payer: &Customer) -> BulkAnswer {
        let request = &bulk.request;
        let items = bulk.transfers.iter().zip(&request.items);
        let items = items.map(|(transfer_id, item)| {
            wire::without_nulls(json!({
                "homeTransactionId": transfer_id,
                "to": { "partyIdInfo": party_id(&item.payee, None) },
                "amountType": item.amount_type,
                "currency": item.amount.currency(),
                "amount": item.amount.to_string(),
                "note": item.note,
            }))
        });
        let items: Vec<_> = items.collect();
        let body = json!({
            "bulkTransactionId": bulk.bulk_id,
            "bulkHomeTransactionID": request.home_transaction_id,
            "options": {
                "onlyValidateParty": false,
                "autoAcceptParty": { "enabled": true },
                "autoAcceptQuote": { "enabled": false },
                "skipPartyLookup": false,
                "synchronous": false,
                "bulkExpiration": bulk.expires_at,
            },
            "from": wire::without_nulls(json!({
                "partyIdInfo": party_id(&request.payer, Some(&self.settings.fsp_id)),
                "name": request.payer_details.name,
                "merchantClassificationCode": payer.merchant_classification_code,
                "supportedCurrencies": [payer.currency],
            })),
            "individualTransfers": items,
        });
        let answer = self.send(Method::POST, &["bulkTransactions"], Some(&body));
        read_bulk_answer(answer.await)
    }

    /// Says that these are the right payees.
    pub async fn accept_parties(
        &self,
        bulk_id: &TransferId,
        transfers: &[TransferId],
    ) -> BulkAnswer {
        let items = transfers.iter();
        let items = items.map(|id| json!({ "transferId": id, "acceptParty": true }));
        self.continue_bulk(bulk_id, items.collect()).await
    }

    /// Says which terms are agreed to: those payments are made.
    pub async fn accept_quotes(
        &self,
        bulk_id: &TransferId,
        transfers: &[(TransferId, bool)],
    ) -> BulkAnswer {
        let items = transfers.iter();
        let items = items.map(|(id, accept)| json!({ "transferId": id, "acceptQuote": accept }));
        self.continue_bulk(bulk_id, items.collect()).await
    }

    async fn continue_bulk(&self, bulk_id: &TransferId, items: Vec<Value>) -> BulkAnswer {
        let path = ["bulkTransactions", bulk_id.as_str()];
        let body = json!({ "individualTransfers": items });
        read_bulk_answer(self.send(Method::PUT, &path, Some(&body)).await)
    }
}

fn party_id(party: &PartyIdentifier, fsp_id: Option<&str>) -> Value {
    wire::without_nulls(json!({
        "partyIdType": party.id_type(),
        "partyIdentifier": party.canonical(),
        "partySubIdOrType": party.sub_value(),
        "fspId": fsp_id,
    }))
}

fn read_bulk_answer(answer: Result<Answer, NoAnswer>) -> BulkAnswer {
    match answer {
        Ok(answer) if answer.status.is_success() => BulkAnswer::Taken,
        Ok(answer) if answer.status == StatusCode::BAD_REQUEST => {
            BulkAnswer::NotTaken(format!("HTTP {}", answer.status))
        }
        Ok(answer) => BulkAnswer::Unknown(format!("HTTP {}", answer.status)),
        Err(NoAnswer::Unreachable(reason)) => BulkAnswer::NotTaken(reason),
        Err(NoAnswer::Lost(reason)) => BulkAnswer::Unknown(reason),
    }
}

/// What is called back about one item. Each part is read only when it is
/// needed, as an odd one must not hide a final state.
pub struct BulkItemReport(Value);

/// What became of an accepted item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemOutcome {
    Committed,
    /// There is no transfer, and there will be none.
    Failed(PaymentError),
    Unknown,
}

impl From<Value> for BulkItemReport {
    fn from(item: Value) -> Self {
        Self(item)
    }
}

impl BulkItemReport {
    /// Which of our payments it is about.
    pub fn home_transaction_id(&self) -> Option<&str> {
        self.0.get("homeTransactionId")?.as_str()
    }

    /// What the Mojaloop Connector calls the transfer.
    pub fn scheme_transfer_id(&self) -> Option<TransferId> {
        let text = |key| self.0.get(key)?.as_str();
        text("transferId")
            .or_else(|| text("transactionId"))?
            .parse()
            .ok()
    }

    /// The terms, if there are any, held to what was asked for. They bind as
    /// long as the bulk does: the callback has no expiry of its own.
    pub fn terms(
        &self,
        payment: &OutgoingPayment,
        expires_at: Timestamp,
    ) -> Option<Result<QuotedTerms, PaymentError>> {
        let quote = self.0.get("quoteResponse")?;
        let mut quote = quote.get("body").unwrap_or(quote).clone();
        quote.get("transferAmount")?;
        let expiration = serde_json::to_value(expires_at).ok()?;
        quote
            .as_object_mut()?
            .insert("expiration".to_owned(), expiration);
        let text = |pointer| self.0.pointer(pointer).and_then(Value::as_str);
        let answer = json!({
            "quoteResponse": { "body": quote },
            "to": {
                "fspId": text("/to/partyIdInfo/fspId"),
                "displayName": text("/to/name"),
                "firstName": text("/to/personalInfo/complexName/firstName"),
                "lastName": text("/to/personalInfo/complexName/lastName"),
            },
        });
        let answer = serde_json::to_vec(&answer).ok()?;
        Some(wire::TransferAnswer::read(&answer)?.quoted_terms(&payment.request))
    }

    /// Why there are no terms, if that is said.
    pub fn failure_before_acceptance(&self) -> Option<PaymentError> {
        let error = self.last_error()?;
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Some(wire::ErrorAnswer::read(&error).before_acceptance(status))
    }

    /// What became of it, if anything is said of that.
    pub fn outcome(&self) -> Option<ItemOutcome> {
        let fulfil = self.0.get("fulfil").filter(|fulfil| !fulfil.is_null());
        let state = fulfil.and_then(|fulfil| {
            let body = fulfil.get("body").unwrap_or(fulfil);
            body.get("transferState")?.as_str()
        });
        match state {
            Some("COMMITTED") => return Some(ItemOutcome::Committed),
            Some("ABORTED") => {
                let aborted = PaymentError::new(ErrorCode::PayeeError, "the transfer was aborted");
                return Some(ItemOutcome::Failed(aborted));
            }
            _ => {}
        }
        let Some(error) = self.last_error() else {
            return fulfil.map(|_| ItemOutcome::Unknown);
        };
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        let proven = wire::ErrorAnswer::read(&error).proven_failure(status);
        Some(proven.map_or(ItemOutcome::Unknown, ItemOutcome::Failed))
    }

    /// The error in the shape in which the answers about one payment have it.
    fn last_error(&self) -> Option<Vec<u8>> {
        let pointers = [
            "/lastError",
            "/quoteResponse/lastError",
            "/fulfil/lastError",
        ];
        let mut found = pointers.iter().filter_map(|at| self.0.pointer(at));
        let error = found.find(|error| !error.is_null())?;
        let gateway_timeout = Some(u64::from(StatusCode::GATEWAY_TIMEOUT.as_u16()));
        if error.get("httpStatusCode").and_then(Value::as_u64) == gateway_timeout {
            // Proves nothing, whatever else it says.
            return Some(b"{}".to_vec());
        }
        serde_json::to_vec(&json!({ "transferState": { "lastError": error } })).ok()
    }
}
