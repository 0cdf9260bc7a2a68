//! How a channel of the bank comes to an agreement: the payee, the offer, and
//! the decisions on them.

use core_connector::domain::transfer_id::TransferId;
use serde_json::{Value, json};

use crate::{
    caller::Answer, customers::Customer, outgoing_payment::send_money,
    test_connector::TestConnector,
};

pub fn transfer_id(answer: &Value) -> TransferId {
    answer["transactionId"].as_str().unwrap().parse().unwrap()
}

impl TestConnector {
    /// The payee is found, and confirmed.
    pub async fn offer(&self, request: &Value) -> Answer {
        self.offer_at("/send-money", request).await
    }

    pub async fn offer_at(&self, path: &str, request: &Value) -> Answer {
        let found = self.dfsp.post(path, request).await;
        if found.status != 200 {
            return found;
        }
        self.confirm(&transfer_id(&found.body)).await
    }

    pub async fn confirm(&self, transfer_id: &TransferId) -> Answer {
        self.decide(transfer_id, json!({ "acceptParty": true }))
            .await
    }

    /// A payment that the payer has an offer for.
    pub async fn offered(&self, payer: Customer, amount: &str) -> TransferId {
        let offer = self.offer(&send_money(payer, amount)).await.served();
        transfer_id(&offer)
    }

    pub async fn accept(&self, transfer_id: &TransferId) -> Answer {
        self.decide(transfer_id, json!({ "acceptQuote": true }))
            .await
    }

    pub async fn reject(&self, transfer_id: &TransferId) -> Answer {
        self.decide(transfer_id, json!({ "acceptQuote": false }))
            .await
    }

    pub async fn decide(&self, transfer_id: &TransferId, mut decision: Value) -> Answer {
        let path = format!("/send-money/{transfer_id}");
        decision["homeTransactionId"] = json!("another");
        self.dfsp.put(&path, &decision).await
    }

    /// All that the channel does for a payment, and what it is told at last.
    pub async fn pay(&self, request: &Value) -> Answer {
        self.pay_at("/send-money", request).await
    }

    pub async fn pay_at(&self, path: &str, request: &Value) -> Answer {
        let found = self.dfsp.post(path, request).await;
        self.agree(found).await
    }

    /// What the channel does for a payment that was begun.
    pub async fn agree(&self, begun: Answer) -> Answer {
        if begun.status != 200 {
            return begun;
        }
        let id = transfer_id(&begun.body);
        let offer = self.confirm(&id).await;
        if offer.status != 200 {
            return offer;
        }
        self.accept(&id).await
    }
}
