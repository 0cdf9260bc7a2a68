//! Requests to pay in the journal: each under the identifier of its own, where
//! a payment has its transfer's.

use crate::{
    domain::{
        received_request::ReceivedRequest, sent_request::SentRequest, timestamp::Timestamp,
        transfer_id::TransferId,
    },
    journal::{Payment, store::Direction},
};

impl Payment for ReceivedRequest {
    const DIRECTION: Direction = Direction::RequestReceived;

    fn transfer_id(&self) -> &TransferId {
        &self.demand.transaction_request_id
    }

    fn home_transaction_id(&self) -> Option<&str> {
        None
    }

    fn state_name(&self) -> &'static str {
        self.state().as_str()
    }

    fn state_since(&self) -> Timestamp {
        self.state_since
    }
}

impl Payment for SentRequest {
    const DIRECTION: Direction = Direction::RequestSent;

    fn transfer_id(&self) -> &TransferId {
        &self.transaction_request_id
    }

    fn home_transaction_id(&self) -> Option<&str> {
        Some(&self.wish.home_transaction_id)
    }

    fn state_name(&self) -> &'static str {
        self.state().as_str()
    }

    fn state_since(&self) -> Timestamp {
        self.state_since
    }
}
