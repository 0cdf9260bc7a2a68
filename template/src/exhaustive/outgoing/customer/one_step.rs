//! The customer asks, and has agreed to everything beforehand.

use crate::{
    domain::{
        error::PaymentError,
        outgoing::{OutgoingPayment, OutgoingRequest},
        transfer_id::TransferId,
    },
    mojaloop::payer::Payer,
};

/// The terms are all that the Mojaloop Connector waits with.
pub const PAUSES_AT_PAYEE: bool = false;

/// What the customer's channel can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Asks,
}

impl Order {
    pub const ALL: &[Self] = &[Self::Asks];

    /// Whether what is answered says whether there is a transfer.
    pub fn is_answered_by_the_outcome(self) -> bool {
        true
    }

    pub async fn give(
        self,
        payer: &Payer,
        request: OutgoingRequest,
        _: Option<TransferId>,
    ) -> Result<OutgoingPayment, PaymentError> {
        payer.pay(request).await?.outcome
    }
}
