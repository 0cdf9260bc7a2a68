//! The one step: the payer has agreed beforehand, within limits. What keeps
//! within them is agreed to at once.

use crate::{
    domain::{
        error::PaymentError,
        outgoing::{OutgoingPayment, OutgoingRequest, OutgoingState},
        transfer_id::TransferId,
    },
    journal::Recorded,
    mojaloop::{
        payer::{
            Payer,
            paying::{outcome_unknown, paid},
        },
        steps::Begin,
    },
};

/// A payment that was ordered, and how far it has come.
#[derive(Debug)]
pub struct Ordered {
    /// Under this the caller can ask for the outcome, whatever it is.
    pub transfer_id: TransferId,
    pub outcome: Result<OutgoingPayment, PaymentError>,
}

impl Payer {
    /// Makes a payment. The same request (by the DFSP's own identifier) makes
    /// it once, and gets the same answer again. An error that names no payment
    /// is about the request: there is none.
    pub async fn pay(&self, request: OutgoingRequest) -> Result<Ordered, PaymentError> {
        let this = self.clone();
        self.tasks
            .run(async move {
                let (transfer_id, begin) = this.open(request).await?;
                let outcome = this.pay_in_turn(&transfer_id, begin).await;
                Ok(Ordered {
                    transfer_id,
                    outcome,
                })
            })
            .await
    }

    async fn pay_in_turn(
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
        let done = match payment.payment.state() {
            OutgoingState::Quoted => self.agree_within_limits(&mut payment).await,
            _ => self.advance(&mut payment, Begin::Again).await,
        };
        done.map_err(outcome_unknown)?;
        paid(payment)
    }

    async fn agree_within_limits(
        &self,
        payment: &mut Recorded<OutgoingPayment>,
    ) -> Result<(), PaymentError> {
        let Some(offer) = &payment.payment.offer else {
            return self.park(payment, "a payment without an offer").await;
        };
        match self.limits.check(&payment.payment.request, offer) {
            Ok(()) => self.agree(payment).await,
            Err(violation) => {
                self.begin_rejecting(payment, violation).await?;
                self.advance(payment, Begin::Fresh).await
            }
        }
    }
}
