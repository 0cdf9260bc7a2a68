//! The last step: the customer agrees to the terms, and the money moves, or
//! does not agree.

use crate::{
    domain::{
        error::{ErrorCode, PaymentError},
        outgoing::{OutgoingPayment, OutgoingState},
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

impl Payer {
    /// The customer agrees: the money is reserved, transferred and debited. The
    /// same decision gets the same answer again.
    pub async fn accept(&self, transfer_id: TransferId) -> Result<OutgoingPayment, PaymentError> {
        let this = self.clone();
        self.tasks
            .run(async move { this.accept_in_turn(&transfer_id).await })
            .await
    }

    /// The customer does not agree. The answer is an error in any case: that
    /// the payer rejected the payment, or why that is not so.
    pub async fn reject(&self, transfer_id: TransferId) -> Result<OutgoingPayment, PaymentError> {
        let this = self.clone();
        self.tasks
            .run(async move { this.reject_in_turn(&transfer_id).await })
            .await
    }

    async fn accept_in_turn(
        &self,
        transfer_id: &TransferId,
    ) -> Result<OutgoingPayment, PaymentError> {
        let _turn = self.turns.take(transfer_id).await?;
        let mut payment = self.find_recorded(transfer_id).await?;
        // [if use_cases has bulk]
        crate::mojaloop::payer::in_bulk::refuse_alone(&payment.payment)?;
        // [end]
        let decided = match payment.payment.state() {
            state if state < OutgoingState::Quoted => return Err(no_offer_yet()),
            OutgoingState::Quoted => self.agree(&mut payment).await,
            _ => self.advance(&mut payment, Begin::Again).await,
        };
        decided.map_err(outcome_unknown)?;
        paid(payment)
    }

    async fn reject_in_turn(
        &self,
        transfer_id: &TransferId,
    ) -> Result<OutgoingPayment, PaymentError> {
        let _turn = self.turns.take(transfer_id).await?;
        let mut payment = self.find_recorded(transfer_id).await?;
        // [if use_cases has bulk]
        crate::mojaloop::payer::in_bulk::refuse_alone(&payment.payment)?;
        // [end]
        let decided = match payment.payment.state() {
            OutgoingState::Requested => return Err(no_offer_yet()),
            state if state.may_become(OutgoingState::Rejecting) => {
                self.disagree(&mut payment).await
            }
            _ => self.advance(&mut payment, Begin::Again).await,
        };
        decided.map_err(outcome_unknown)?;
        // Only a failed payment may be answered like a rejected one.
        paid(payment).and_then(|_| {
            Err(PaymentError::new(
                ErrorCode::ModifiedRequest,
                "the payer has agreed to this payment, and it has been made",
            ))
        })
    }

    /// The payer says no. The scheme has not been told to transfer yet, so the
    /// no counts, also if the money is being reserved already.
    async fn disagree(&self, payment: &mut Recorded<OutgoingPayment>) -> Result<(), PaymentError> {
        let rejected =
            PaymentError::new(ErrorCode::PayerRejected, "the payer rejected the payment");
        if payment.payment.state() != OutgoingState::Reserving {
            self.begin_rejecting(payment, rejected).await?;
            return self.advance(payment, Begin::Fresh).await;
        }
        payment.payment.failure.get_or_insert(rejected);
        let work = payment.work.clone();
        self.progress.record(payment, work).await?;
        self.advance(payment, Begin::Again).await
    }
}

fn no_offer_yet() -> PaymentError {
    PaymentError::new(
        ErrorCode::Unsupported,
        "there is no offer to decide on yet: repeat the request for it",
    )
}
