//! A payment that arrives, as the Mojaloop Connector asks for it.

use core_connector::{
    domain::{
        incoming::{IncomingState, IncomingTransfer},
        quote::{AmountType, Terms},
        timestamp::Timestamp,
        transfer_id::TransferId,
    },
    journal::{Exceptions, Journal, Recorded},
};
use serde_json::{Value, json};

use crate::{
    books::Booked,
    caller::Answer,
    charges::payee_charges,
    credits,
    customers::{Customer, amount, currency, id_type},
    test_connector::{TestConnector, eventually},
};

/// A payment to a customer of the bank.
#[derive(Debug, Clone)]
pub struct IncomingPayment {
    pub transfer_id: TransferId,
    pub quote_id: String,
    pub payee: Customer,
    pub amount_type: AmountType,
    pub amount: String,
}

impl IncomingPayment {
    /// A payment of this much to John.
    pub fn of(amount: &str) -> Self {
        Self {
            transfer_id: TransferId::generate(),
            quote_id: TransferId::generate().to_string(),
            payee: Customer::John,
            amount_type: AmountType::Send,
            amount: amount.to_owned(),
        }
    }

    pub fn to(mut self, payee: Customer) -> Self {
        self.payee = payee;
        self
    }

    /// What it comes to, with what this bank charges.
    pub fn terms(&self) -> Terms {
        let amount = amount(&self.amount);
        let charges = payee_charges(self.amount_type, amount);
        Terms::of(self.amount_type, amount, charges).unwrap()
    }

    /// The books while it is reserved.
    pub fn reserved(&self) -> Booked {
        credits::reserved(&self.transfer_id, self.payee, self.terms())
    }

    /// The books once the payee has the money.
    pub fn committed(&self) -> Booked {
        credits::committed(&self.transfer_id, self.payee, self.terms())
    }

    /// The books after it was aborted.
    pub fn released(&self) -> Booked {
        credits::released(&self.transfer_id, self.payee, self.terms())
    }

    pub fn quote_request(&self) -> Value {
        json!({
            "quoteId": self.quote_id,
            "transactionId": self.transfer_id,
            "to": { "idType": id_type(), "idValue": self.payee.id_value() },
            "from": { "idType": "MSISDN", "idValue": "971938765", "fspId": "bluebank" },
            "amountType": self.amount_type,
            "amount": self.amount,
            "currency": currency(),
            "transactionType": "TRANSFER",
            "initiator": "PAYER",
            "initiatorType": "CONSUMER",
        })
    }

    /// The request to take the transfer, with its copy of the quote.
    pub fn transfer_request(&self, quote: &Value) -> Value {
        let mut request = self.quote_request();
        request["transferId"] = json!(self.transfer_id);
        request["quote"] = quote.clone();
        request
    }
}

impl TestConnector {
    pub async fn quote(&self, payment: &IncomingPayment) -> Answer {
        let request = payment.quote_request();
        self.backend.post("/quoterequests", &request).await
    }

    /// Asks for a quote and then for the transfer.
    pub async fn prepare(&self, payment: &IncomingPayment) -> Answer {
        let quote = self.quote(payment).await.served();
        let request = payment.transfer_request(&quote);
        self.backend.post("/transfers", &request).await
    }

    /// A transfer whose credit is reserved.
    pub async fn reserved(&self, payment: &IncomingPayment) -> TransferId {
        let answer = self.prepare(payment).await.served();
        assert_eq!(answer["transferState"], "RESERVED");
        payment.transfer_id.clone()
    }

    /// Tells the scheme's final word.
    pub async fn tell(&self, transfer_id: &TransferId, final_state: &str) -> Answer {
        let current_state = match final_state {
            "COMMITTED" => "COMPLETED",
            "ABORTED" => "ABORTED",
            _ => "ERROR_OCCURRED",
        };
        let body = json!({
            "currentState": current_state,
            "finalNotification": {
                "transferState": final_state,
                "completedTimestamp": Timestamp::now(),
            },
        });
        let path = format!("/transfers/{transfer_id}");
        self.backend.put(&path, &body).await
    }

    /// What the connector says when the hub asks.
    pub async fn incoming_state_told(&self, transfer_id: &TransferId) -> String {
        let path = format!("/transfers/{transfer_id}");
        let answer = self.backend.get(&path).await.served();
        answer["transferState"].as_str().unwrap().to_owned()
    }

    /// The transfer as the journal has it.
    pub async fn incoming(&self, transfer_id: &TransferId) -> Recorded<IncomingTransfer> {
        let journal = Journal::new(self.store());
        journal.find(transfer_id).await.unwrap().unwrap()
    }

    /// What the scheme has said of the transfer and a person has to reconcile.
    pub async fn exceptions_of(&self, transfer_id: &TransferId) -> Vec<String> {
        let exceptions = Exceptions::new(self.store());
        let kept = exceptions.of(transfer_id).await.unwrap();
        kept.into_iter().map(|exception| exception.told).collect()
    }

    /// Waits until the transfer is in this state.
    pub async fn incoming_becomes(&self, transfer_id: &TransferId, state: IncomingState) {
        eventually(state.as_str(), async || {
            self.incoming(transfer_id).await.payment.state() == state
        })
        .await;
    }

    /// Waits until the hub has been asked in vain.
    pub async fn incoming_is_postponed(&self, transfer_id: &TransferId) {
        eventually("the hub is asked in vain", async || {
            self.incoming(transfer_id).await.work.attempts > 0
        })
        .await;
    }
}
