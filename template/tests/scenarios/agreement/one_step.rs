//! How a channel of the bank has a payment made: it sends one order.

use core_connector::domain::transfer_id::TransferId;
use reqwest::{Method, header::LOCATION};
use serde_json::Value;

use crate::{caller::Answer, test_connector::TestConnector};

impl TestConnector {
    /// All that the channel does for a payment, and what it is told.
    pub async fn pay(&self, request: &Value) -> Answer {
        self.pay_at("/send-money", request).await
    }

    pub async fn pay_at(&self, path: &str, request: &Value) -> Answer {
        let made = self.dfsp.post(path, request).await;
        self.agree(made).await
    }

    /// What the channel does for a payment that was begun: nothing more.
    pub async fn agree(&self, begun: Answer) -> Answer {
        begun
    }

    /// Where the answer to an order says that its outcome can be asked for;
    /// nowhere if no payment was opened.
    pub async fn address_told(&self, request: &Value) -> Option<String> {
        let order = self.dfsp.request(Method::POST, "/send-money").json(request);
        let answer = order.send().await.unwrap();
        let address = answer.headers().get(LOCATION)?;
        Some(address.to_str().unwrap().to_owned())
    }
}

pub fn transfer_id(answer: &Value) -> TransferId {
    answer["transferId"].as_str().unwrap().parse().unwrap()
}
