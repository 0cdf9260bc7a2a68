//! Requests to pay over the outbound API. No money moves by them.

use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    domain::{
        error::{ErrorCode, PaymentError},
        identifier::PartyIdentifier,
        quote::AmountType,
        sent_request::{PayersWord, SentRequest},
        transfer_id::TransferId,
    },
    journal::work::InVain,
    mojaloop::connector::{
        Answer, MojaloopConnector, NoAnswer,
        wire::{ErrorAnswer, TransferAnswer, without_nulls},
    },
};

/// What came of asking a payer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// His FSP has the request, and says this of it.
    Told(PayersWord),
    /// The scheme or the Mojaloop Connector has refused it: there is no request.
    Failed(PaymentError),
    /// The Mojaloop Connector was certainly not reached.
    Unsent(String),
    /// Nobody knows whether the payer's FSP has heard of it.
    Unknown(String),
}

impl MojaloopConnector {
    /// Asks a payer for money. A party that the Mojaloop Connector asks about
    /// is confirmed: no money of a customer of this DFSP depends on it.
    pub async fn ask_payer(&self, request: &SentRequest) -> Asked {
        let body = request_to_pay(request, &self.fsp_id);
        let asked = self.send(Method::POST, &["requestToPay"], Some(&body));
        let answer = match asked.await {
            Ok(answer) => answer,
            Err(NoAnswer::Lost(reason)) => return Asked::Unknown(reason),
            Err(unsent) => return Asked::Unsent(unsent.reason()),
        };
        if !waits_for_party(&answer) {
            return read_asked(&answer);
        }
        let path = ["requestToPay", request.transaction_request_id.as_str()];
        let body = json!({ "acceptParty": true });
        match self.send(Method::PUT, &path, Some(&body)).await {
            Ok(answer) => read_asked(&answer),
            Err(no_answer) => Asked::Unknown(no_answer.reason()),
        }
    }

    /// Says that a customer does not pay what he was asked for. Says whether
    /// there was an answer, whatever it was.
    pub async fn decline_request(&self, transaction_request_id: &TransferId) -> Result<(), InVain> {
        let path = ["requestToPay", transaction_request_id.as_str()];
        let body = json!({ "acceptParty": false });
        match self.send(Method::PUT, &path, Some(&body)).await {
            Ok(answer) if answer.status.is_success() => Ok(()),
            Ok(answer) => {
                let status = answer.status.as_u16();
                tracing::warn!(
                    %transaction_request_id, status,
                    "the Mojaloop Connector does not pass the rejection on: the request will expire"
                );
                Ok(())
            }
            Err(no_answer) => Err(no_answer.in_vain()),
        }
    }
}

/// The identifier is not in the official document. The Mojaloop Connector keeps
/// one that it is given, as it does for transfers.
fn request_to_pay(request: &SentRequest, fsp_id: &str) -> Value {
    let wish = &request.wish;
    let party = |identifier: &PartyIdentifier, fsp_id: Option<&str>| {
        without_nulls(json!({
            "idType": identifier.id_type(),
            "idValue": identifier.canonical(),
            "idSubValue": identifier.sub_value(),
            "fspId": fsp_id,
        }))
    };
    without_nulls(json!({
        "transactionRequestId": request.transaction_request_id,
        "homeR2PTransactionId": request.transaction_request_id,
        "from": party(&wish.payee, Some(fsp_id)),
        "to": party(&wish.payer, None),
        "amountType": AmountType::Receive,
        "currency": wish.amount.currency(),
        "amount": wish.amount.to_string(),
        "transactionType": wish.transaction_type,
        "authenticationType": wish.with_one_time_password.then_some("OTP"),
    }))
}

fn waits_for_party(answer: &Answer) -> bool {
    let state = TransferAnswer::read(&answer.body);
    let state = state.as_ref().and_then(TransferAnswer::current_state);
    answer.status == StatusCode::OK && state == Some("WAITING_FOR_PARTY_ACCEPTANCE")
}

fn read_asked(answer: &Answer) -> Asked {
    if answer.status == StatusCode::OK {
        return match word_in(&answer.body) {
            Some(word) => Asked::Told(word),
            None => Asked::Unknown("the answer does not say what the payer's FSP has".to_owned()),
        };
    }
    if let Some(failure) = ErrorAnswer::read(&answer.body).proven_failure(answer.status) {
        return Asked::Failed(failure);
    }
    // Any other 4xx may be that of a gateway which has passed the request on.
    if answer.status == StatusCode::BAD_REQUEST {
        let failure = PaymentError::new(
            ErrorCode::Internal,
            "the Mojaloop Connector does not take the request",
        );
        return Asked::Failed(failure.with_detail(format!("HTTP {}", answer.status)));
    }
    Asked::Unknown(format!("HTTP {}", answer.status))
}

/// The response of the payer's FSP, with the headers around it or without.
fn word_in(body: &[u8]) -> Option<PayersWord> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    let response = answer.get("transactionRequestResponse")?;
    let response = response.get("body").unwrap_or(response);
    PayersWord::deserialize(response.get("transactionRequestState")?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, body: Value) -> Asked {
        read_asked(&Answer {
            status: StatusCode::from_u16(status).unwrap(),
            body: body.to_string().into_bytes(),
        })
    }

    #[test]
    fn the_payers_word_is_found_with_headers_around_it_and_without() {
        let response = json!({ "transactionRequestState": "RECEIVED" });
        for response in [response.clone(), json!({ "body": response, "headers": {} })] {
            let body = json!({ "currentState": "COMPLETED",
                "transactionRequestResponse": response });
            assert_eq!(answered(200, body), Asked::Told(PayersWord::Received));
        }
    }

    #[test]
    fn only_a_refusal_that_is_named_proves_that_there_is_no_request() {
        let named = json!({ "requestToPayState": { "lastError": { "mojaloopError": {
            "errorInformation": { "errorCode": "3204", "errorDescription": "no" } } } } });
        let Asked::Failed(failure) = answered(500, named) else {
            panic!("a refusal of the scheme is final");
        };
        assert_eq!(failure.code, ErrorCode::PartyNotFound);
        for (status, body) in [
            (
                500,
                json!({ "message": "socket hang up", "statusCode": "500" }),
            ),
            (504, json!({ "message": "timeout", "statusCode": "504" })),
            (204, Value::Null),
            (200, json!({ "currentState": "COMPLETED" })),
        ] {
            let asked = answered(status, body);
            assert!(matches!(asked, Asked::Unknown(_)), "{asked:?}");
        }
    }
}
