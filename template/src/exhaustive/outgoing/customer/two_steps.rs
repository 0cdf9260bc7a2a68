//! The customer asks, and agrees to the terms or does not.

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
    Agrees,
    Disagrees,
}

impl Order {
    pub const ALL: &[Self] = &[Self::Asks, Self::Agrees, Self::Disagrees];

    /// Whether what is answered says whether there is a transfer.
    pub fn is_answered_by_the_outcome(self) -> bool {
        self != Self::Asks
    }

    pub async fn give(
        self,
        payer: &Payer,
        request: OutgoingRequest,
        known: Option<TransferId>,
    ) -> Result<OutgoingPayment, PaymentError> {
        match (self, known) {
            (Self::Agrees, Some(transfer_id)) => payer.accept(transfer_id).await,
            (Self::Disagrees, Some(transfer_id)) => payer.reject(transfer_id).await,
            _ => payer.offer(request).await,
        }
    }
}
