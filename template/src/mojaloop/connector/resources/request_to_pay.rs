//! By which resource of the outbound API a payment goes: one that answers a
//! request to pay has a resource of its own. What becomes of its transfer is
//! asked for like that of every other.

use serde_json::{Value, json};

use crate::{
    domain::{outgoing::OutgoingPayment, party::Customer, received_request::AnsweredRequest},
    mojaloop::connector::wire::{transfer_request, without_nulls},
};

/// Where the first request of a payment goes, and what it says.
pub fn first_request(
    payment: &OutgoingPayment,
    payer: &Customer,
    fsp_id: &str,
) -> (&'static str, Value) {
    let transfer = transfer_request(payment, payer, fsp_id);
    match &payment.request.in_answer_to {
        None => ("transfers", transfer),
        Some(answered) => {
            let body = requested_transfer(payment, answered, &transfer);
            ("requestToPayTransfer", body)
        }
    }
}

/// Where the Mojaloop Connector is told to go on, or not to.
pub fn of_going_on(payment: &OutgoingPayment) -> [&str; 2] {
    match &payment.request.in_answer_to {
        None => ["transfers", payment.transfer_id.as_str()],
        Some(answered) => {
            let request = answered.transaction_request_id.as_str();
            ["requestToPayTransfer", request]
        }
    }
}

/// Payer and payee have changed places since the request: now the money's way
/// counts. No way of authentication is named: the bank's own channel has seen
/// to it that it is the customer who accepts, and naming one would make the
/// Mojaloop Connector stop once more, after the money has been secured.
fn requested_transfer(
    payment: &OutgoingPayment,
    answered: &AnsweredRequest,
    transfer: &Value,
) -> Value {
    let mut payee = transfer["to"].clone();
    // The Mojaloop Connector does not look the payee up here.
    payee["fspId"] = json!(answered.payee_fsp_id);
    without_nulls(json!({
        "transferId": payment.transfer_id,
        "homeR2PTransactionId": answered.transaction_request_id,
        "transactionRequestId": answered.transaction_request_id,
        "from": transfer["from"],
        "to": without_nulls(payee),
        "amountType": transfer["amountType"],
        "currency": transfer["currency"],
        "amount": transfer["amount"],
        "scenario": payment.request.transaction_type,
        "initiator": answered.initiator,
        "initiatorType": answered.initiator_type,
        "note": answered.note,
    }))
}
