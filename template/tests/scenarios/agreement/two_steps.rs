//! How a channel of the bank comes to an agreement: an offer, and the decision
//! on it.

use core_connector::domain::transfer_id::TransferId;
use serde_json::{Value, json};

use crate::{
    caller::Answer, customers::Customer, outgoing_payment::send_money,
    test_connector::TestConnector,
};

pub fn transfer_id(offer: &Value) -> TransferId {
    offer["transactionId"].as_str().unwrap().parse().unwrap()
}

impl TestConnector {
    pub async fn offer(&self, request: &Value) -> Answer {
        self.offer_at("/send-money", request).await
    }

    pub async fn offer_at(&self, path: &str, request: &Value) -> Answer {
        self.dfsp.post(path, request).await
    }

    /// A payment that the payer has an offer for.
    pub async fn offered(&self, payer: Customer, amount: &str) -> TransferId {
        let offer = self.offer(&send_money(payer, amount)).await.served();
        transfer_id(&offer)
    }

    pub async fn accept(&self, transfer_id: &TransferId) -> Answer {
        self.decide(transfer_id, true).await
    }

    pub async fn reject(&self, transfer_id: &TransferId) -> Answer {
        self.decide(transfer_id, false).await
    }

    async fn decide(&self, transfer_id: &TransferId, accept: bool) -> Answer {
        let path = format!("/send-money/{transfer_id}");
        let body = json!({ "acceptQuote": accept, "homeTransactionId": "another" });
        self.dfsp.put(&path, &body).await
    }

    /// All that the channel does for a payment, and what it is told at last.
    pub async fn pay(&self, request: &Value) -> Answer {
        self.pay_at("/send-money", request).await
    }

    pub async fn pay_at(&self, path: &str, request: &Value) -> Answer {
        let offer = self.offer_at(path, request).await;
        self.agree(offer).await
    }

    /// What the channel does for a payment that was begun.
    pub async fn agree(&self, begun: Answer) -> Answer {
        if begun.status != 200 {
            return begun;
        }
        self.accept(&transfer_id(&begun.body)).await
    }
}
