//! `/bulkTransactions` of the outbound API: the Mojaloop Connector takes a bulk
//! and calls back with what has become of its items.

use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    domain::{
        bulk_payment::BulkPayment, error::PaymentError, identifier::PartyIdentifier,
        outgoing::OutgoingPayment, party::Customer, timestamp::Timestamp, transfer_id::TransferId,
    },
    journal::work::InVain,
    mojaloop::{
        connector::{Answer, MojaloopConnector, NoAnswer, QuotedTerms, wire},
        extensions,
    },
};

/// What came of a request about a bulk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BulkAnswer {
    /// It is worked on; what comes of it is called back.
    Taken,
    /// It was certainly not taken.
    NotTaken(InVain),
    Unknown(InVain),
}

impl MojaloopConnector {
    /// Asks for the payees and the terms of a bulk. Parties may be accepted by
    /// the Mojaloop Connector itself, terms never: the money is not secured yet.
    pub async fn request_bulk(&self, bulk: &BulkPayment, payer: &Customer) -> BulkAnswer {
        let request = &bulk.request;
        let told = extensions::of_payer(&request.payer_information());
        // The list may be missing, and not be empty.
        let told = (!told.is_empty()).then(|| json!({ "extension": told }));
        let items = bulk.transfers.iter().zip(&request.items);
        let items = items.map(|(transfer_id, item)| {
            wire::without_nulls(json!({
                "homeTransactionId": transfer_id,
                "to": { "partyIdInfo": party_id(&item.payee, None) },
                "amountType": item.amount_type,
                "currency": item.amount.currency(),
                "amount": item.amount.to_string(),
                "note": item.note,
                "quoteExtensions": told,
                "transferExtensions": told,
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
                "partyIdInfo": party_id(&request.payer, Some(&self.fsp_id)),
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

    /// Says which terms are agreed to: those payments are made, and so is every
    /// other that is not rejected by name.
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
            BulkAnswer::NotTaken(format!("HTTP {}", answer.status).into())
        }
        Ok(answer) => BulkAnswer::Unknown(format!("HTTP {}", answer.status).into()),
        Err(NoAnswer::Lost(reason)) => BulkAnswer::Unknown(reason.into()),
        Err(unsent) => BulkAnswer::NotTaken(unsent.in_vain()),
    }
}

/// What is called back about one item. Each part is read only when it is
/// needed, as an odd one must not hide a final state.
pub struct BulkItemReport(Value);

/// What became of an accepted item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemOutcome {
    /// It was transferred: the fulfilment proves it.
    Committed,
    /// It is said to have been transferred, without proof.
    SaidCommitted,
    /// There is no transfer, and there will be none: the scheme named an error.
    Failed(PaymentError),
    Unknown,
}

impl ItemOutcome {
    pub fn is_said_committed(&self) -> bool {
        matches!(self, Self::Committed | Self::SaidCommitted)
    }
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

    /// What the Mojaloop Connector calls the transfer. Its `transactionId` is
    /// that of many items.
    pub fn scheme_transfer_id(&self) -> Option<TransferId> {
        self.0.get("transferId")?.as_str()?.parse().ok()
    }

    /// The terms, if there are any, held to what was asked for. They bind as
    /// long as the bulk does, or less if they say so.
    pub fn terms(
        &self,
        payment: &OutgoingPayment,
        expires_at: Timestamp,
    ) -> Option<Result<QuotedTerms, PaymentError>> {
        let quote = self.0.get("quoteResponse")?;
        let mut quote = quote.get("body").unwrap_or(quote).clone();
        quote.get("transferAmount")?;
        let said = quote.get("expiration").map(Timestamp::deserialize);
        let expires_at = match said {
            Some(Ok(said)) => said.min(expires_at),
            _ => expires_at,
        };
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
                "extensionList": self.0.pointer("/to/partyIdInfo/extensionList"),
                "firstName": text("/to/personalInfo/complexName/firstName"),
                "lastName": text("/to/personalInfo/complexName/lastName"),
            },
        });
        let answer = serde_json::to_vec(&answer).ok()?;
        Some(wire::TransferAnswer::read(&answer)?.quoted_terms(&payment.request))
    }

    /// Why there are no terms, if that is said.
    pub fn failure_before_acceptance(&self) -> Option<PaymentError> {
        let error = self.error_at(&["/lastError", "/quoteResponse/lastError"])?;
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Some(wire::ErrorAnswer::read(&error).before_acceptance(status))
    }

    /// What became of it, if anything is said of that. `transferState` is what
    /// the Mojaloop Connector concludes from whether it has heard of an error,
    /// not the scheme's own word, so that it proves nothing alone.
    pub fn outcome(&self) -> Option<ItemOutcome> {
        let fulfil = self.0.get("fulfil").filter(|fulfil| !fulfil.is_null());
        let fulfil = fulfil.map(|fulfil| fulfil.get("body").unwrap_or(fulfil));
        let text = |key| fulfil.and_then(|fulfil| fulfil.get(key)?.as_str());
        let error = self.error_at(&["/fulfil/lastError", "/lastError"]);
        if text("transferState") == Some("COMMITTED") {
            return Some(match (text("fulfilment"), error) {
                (Some(_), None) => ItemOutcome::Committed,
                _ => ItemOutcome::SaidCommitted,
            });
        }
        let Some(error) = error else {
            return fulfil.map(|_| ItemOutcome::Unknown);
        };
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        let proven = wire::ErrorAnswer::read(&error).proven_failure(status);
        Some(proven.map_or(ItemOutcome::Unknown, ItemOutcome::Failed))
    }

    /// The first error that is there, in the shape in which the answers about
    /// one payment have it.
    fn error_at(&self, pointers: &[&str]) -> Option<Vec<u8>> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::error::ErrorCode;

    fn outcome(item: Value) -> Option<ItemOutcome> {
        BulkItemReport::from(item).outcome()
    }

    fn error(http: u16, code: &str) -> Value {
        json!({
            "httpStatusCode": http,
            "mojaloopError": { "errorInformation": { "errorCode": code } },
        })
    }

    #[test]
    fn only_a_fulfilment_without_an_error_proves_a_transfer() {
        let committed = json!({ "transferState": "COMMITTED", "fulfilment": "f" });
        assert_eq!(
            outcome(json!({ "fulfil": committed })),
            Some(ItemOutcome::Committed)
        );
        for said in [
            json!({ "fulfil": { "transferState": "COMMITTED" } }),
            json!({ "fulfil": committed, "lastError": error(500, "5104") }),
        ] {
            assert_eq!(outcome(said), Some(ItemOutcome::SaidCommitted));
        }
    }

    #[test]
    fn only_an_error_that_the_scheme_named_proves_that_there_is_no_transfer() {
        let aborted = json!({ "transferState": "ABORTED", "lastError": error(500, "5104") });
        for named in [
            json!({ "fulfil": aborted }),
            json!({ "lastError": error(400, "5104") }),
        ] {
            let Some(ItemOutcome::Failed(failure)) = outcome(named) else {
                panic!("the scheme said no");
            };
            assert_eq!(failure.code, ErrorCode::PayeeError);
        }
        for unknown in [
            json!({ "fulfil": { "transferState": "ABORTED" } }),
            json!({ "fulfil": { "transferState": "RESERVED" } }),
            json!({ "fulfil": {} }),
            json!({ "lastError": error(504, "5104") }),
            json!({ "lastError": error(500, "2004") }),
            json!({ "lastError": error(500, "3106") }),
            json!({ "lastError": "a text" }),
        ] {
            assert_eq!(outcome(unknown), Some(ItemOutcome::Unknown));
        }
        for nothing in [
            json!({}),
            json!({ "fulfil": null, "lastError": null }),
            json!({ "quoteResponse": { "lastError": error(500, "5104") } }),
        ] {
            assert_eq!(outcome(nothing), None);
        }
    }

    #[test]
    fn an_identifier_of_many_items_names_none() {
        let item = BulkItemReport::from(json!({ "transactionId": "of-the-batch" }));
        assert_eq!(item.scheme_transfer_id(), None);
    }
}
