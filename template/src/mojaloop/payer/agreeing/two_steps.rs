//! The first of two steps: the customer is told the payee and the terms.

use crate::{
    domain::{
        error::PaymentError,
        outgoing::{OutgoingPayment, OutgoingRequest, OutgoingState},
        transfer_id::TransferId,
    },
    mojaloop::{
        payer::{Payer, needs_decision},
        steps::Begin,
    },
};

impl Payer {
    /// Makes an offer. The same request (by the DFSP's own identifier) gets
    /// the same offer again.
    pub async fn offer(&self, request: OutgoingRequest) -> Result<OutgoingPayment, PaymentError> {
        let this = self.clone();
        self.tasks
            .run(async move {
                let (transfer_id, begin) = this.open(request).await?;
                this.offer_in_turn(&transfer_id, begin).await
            })
            .await
    }

    async fn offer_in_turn(
        &self,
        transfer_id: &TransferId,
        begin: Begin,
    ) -> Result<OutgoingPayment, PaymentError> {
        let _turn = self.turns.take(transfer_id).await?;
        let mut payment = self.find_recorded(transfer_id).await?;
        if payment.payment.state() == OutgoingState::Requested
            && payment.work.parked.is_none()
            && let Some(progressed) = self.ask_scheme(&mut payment, begin).await?
        {
            self.go_on_to_terms(&mut payment, progressed).await?;
        }
        if let Some(failure) = payment.payment.failure {
            return Err(failure);
        }
        if payment.payment.offer.is_none() || payment.work.parked.is_some() {
            return Err(needs_decision());
        }
        Ok(payment.payment)
    }
}
