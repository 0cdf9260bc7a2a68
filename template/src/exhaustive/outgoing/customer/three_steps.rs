//! The customer asks, confirms the payee, and agrees to the terms or does not.

use crate::{
    domain::{
        error::PaymentError,
        outgoing::{OutgoingPayment, OutgoingRequest},
        transfer_id::TransferId,
    },
    mojaloop::payer::Payer,
};

/// The Mojaloop Connector waits with the payee, and then with the terms.
pub const PAUSES_AT_PAYEE: bool = true;

/// What the customer's channel can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Asks,
    Confirms,
    Agrees,
    Disagrees,
}

impl Order {
    pub const ALL: &[Self] = &[Self::Asks, Self::Confirms, Self::Agrees, Self::Disagrees];

    /// Whether what is answered says whether there is a transfer.
    pub fn is_answered_by_the_outcome(self) -> bool {
        matches!(self, Self::Agrees | Self::Disagrees)
    }

    pub async fn give(
        self,
        payer: &Payer,
        request: OutgoingRequest,
        known: Option<TransferId>,
    ) -> Result<OutgoingPayment, PaymentError> {
        match (self, known) {
            (Self::Confirms, Some(transfer_id)) => payer.confirm_payee(transfer_id).await,
            (Self::Agrees, Some(transfer_id)) => payer.accept(transfer_id).await,
            (Self::Disagrees, Some(transfer_id)) => payer.reject(transfer_id).await,
            _ => payer.find_payee(request).await,
        }
    }
}
