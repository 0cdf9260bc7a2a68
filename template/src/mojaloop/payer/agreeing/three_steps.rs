//! The first two of three steps: the customer is told the payee, confirms him,
//! and is told the terms.

use crate::{
    domain::{
        error::{ErrorCode, PaymentError},
        outgoing::{OutgoingPayment, OutgoingRequest, OutgoingState, PayeeDetails},
        timestamp::Timestamp,
        transfer_id::TransferId,
    },
    journal::{Recorded, work::Work},
    mojaloop::{
        payer::{Payer, needs_decision, offering::Progressed, paying::expired},
        steps::Begin,
    },
};

impl Payer {
    /// Finds the payee. The same request (by the DFSP's own identifier) gets
    /// the same payee again.
    pub async fn find_payee(
        &self,
        request: OutgoingRequest,
    ) -> Result<OutgoingPayment, PaymentError> {
        let this = self.clone();
        self.tasks
            .run(async move {
                let (transfer_id, begin) = this.open(request).await?;
                this.find_payee_in_turn(&transfer_id, begin).await
            })
            .await
    }

    /// The customer confirms the payee, and is made an offer. The same
    /// confirmation gets the same offer again.
    pub async fn confirm_payee(
        &self,
        transfer_id: TransferId,
    ) -> Result<OutgoingPayment, PaymentError> {
        let this = self.clone();
        self.tasks
            .run(async move { this.confirm_payee_in_turn(&transfer_id).await })
            .await
    }

    async fn find_payee_in_turn(
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
            self.keep_payee(&mut payment, progressed).await?;
        }
        told(payment, |payment| payment.payee.is_some())
    }

    /// Stores the payee, and the terms if the Mojaloop Connector has not waited
    /// for the customer to confirm him. The customer is told them after that.
    async fn keep_payee(
        &self,
        payment: &mut Recorded<OutgoingPayment>,
        progressed: Progressed,
    ) -> Result<(), PaymentError> {
        let mut confirm_by = Timestamp::now().after(self.settings.payee_confirmed_within);
        let payee = match progressed {
            Progressed::ToPayee(payee) => *payee,
            Progressed::ToTerms(quoted) => {
                confirm_by = confirm_by.min(quoted.expires_at);
                let payee = quoted.payee.clone();
                self.keep_offer(payment, *quoted).await?;
                payee
            }
        };
        payment.payment.payee = Some(payee);
        self.become_and_record(payment, OutgoingState::Found, Work::due(confirm_by))
            .await
    }

    async fn confirm_payee_in_turn(
        &self,
        transfer_id: &TransferId,
    ) -> Result<OutgoingPayment, PaymentError> {
        let _turn = self.turns.take(transfer_id).await?;
        let mut payment = self.find_recorded(transfer_id).await?;
        match payment.payment.state() {
            OutgoingState::Requested => return Err(no_payee_yet()),
            _ if payment.work.parked.is_some() => {}
            OutgoingState::Found => self.go_on_with_payee(&mut payment).await?,
            OutgoingState::Confirmed => self.ask_for_terms_again(&mut payment).await?,
            _ => {}
        }
        told(payment, |payment| {
            payment.state() >= OutgoingState::Quoted && payment.offer.is_some()
        })
    }

    /// The payee is the right one, if that is said in time.
    async fn go_on_with_payee(
        &self,
        payment: &mut Recorded<OutgoingPayment>,
    ) -> Result<(), PaymentError> {
        let now = Timestamp::now();
        if payment.work.due_at.is_some_and(|due_at| due_at <= now) {
            self.begin_rejecting(payment, expired()).await?;
            return self.advance(payment, Begin::Fresh).await;
        }
        if let Some(offer) = &payment.payment.offer {
            let work = Work::due(offer.expires_at);
            return self
                .become_and_record(payment, OutgoingState::Quoted, work)
                .await;
        }
        let Some(payee) = payment.payment.payee.clone() else {
            return self.park(payment, "a payment without a payee").await;
        };
        self.refuse_if_stopped()?;
        let work = self.asked_for_terms();
        self.become_and_record(payment, OutgoingState::Confirmed, work)
            .await?;
        self.go_on_to_terms(payment, Progressed::ToPayee(Box::new(payee)))
            .await
    }

    /// Nobody knows how far the Mojaloop Connector has gone since the payee was
    /// confirmed, and to confirm him twice would reject the terms. So it begins
    /// once more, and goes on if it finds the same payee.
    async fn ask_for_terms_again(
        &self,
        payment: &mut Recorded<OutgoingPayment>,
    ) -> Result<(), PaymentError> {
        let Some(progressed) = self.ask_scheme(payment, Begin::Again).await? else {
            return Ok(());
        };
        let found = match &progressed {
            Progressed::ToPayee(payee) => payee,
            Progressed::ToTerms(quoted) => &quoted.payee,
        };
        if is_same(payment.payment.payee.as_ref(), found) {
            return self.go_on_to_terms(payment, progressed).await;
        }
        let another = PaymentError::new(
            ErrorCode::PayerRejected,
            "the scheme has found another payee than the payer confirmed",
        );
        self.begin_rejecting(payment, another).await?;
        self.advance(payment, Begin::Fresh).await
    }
}

fn is_same(confirmed: Option<&PayeeDetails>, found: &PayeeDetails) -> bool {
    confirmed
        .is_some_and(|confirmed| confirmed.fsp_id == found.fsp_id && confirmed.name == found.name)
}

/// The payment, if it has what the customer is to be told.
fn told(
    payment: Recorded<OutgoingPayment>,
    has_it: impl Fn(&OutgoingPayment) -> bool,
) -> Result<OutgoingPayment, PaymentError> {
    if let Some(failure) = payment.payment.failure {
        return Err(failure);
    }
    if !has_it(&payment.payment) || payment.work.parked.is_some() {
        return Err(needs_decision());
    }
    Ok(payment.payment)
}

fn no_payee_yet() -> PaymentError {
    PaymentError::new(
        ErrorCode::Unsupported,
        "there is no payee to confirm yet: repeat the request for the payment",
    )
}
