//! A payment that is agreed to: the money is reserved, transferred and debited.

use super::{Payer, debiting, needs_decision};
use crate::{
    core_banking::port::BankError,
    domain::{
        error::{ErrorCode, PaymentError},
        incoming::FinalState,
        outgoing::{Offer, OutgoingPayment, OutgoingState},
        reference::DebitStep,
        timestamp::Timestamp,
    },
    journal::{Recorded, work::Work},
    mojaloop::{
        connector::{Acceptance, HubView, Rejection},
        steps::{Attempt, Begin, Outcome},
    },
};

impl Payer {
    /// The payment is agreed to, unless it is too late for that.
    pub(super) async fn agree(
        &self,
        payment: &mut Recorded<OutgoingPayment>,
    ) -> Result<(), PaymentError> {
        if has_expired(&payment.payment, Timestamp::now()) {
            self.begin_rejecting(payment, expired()).await?;
        } else {
            let work = debiting::intended(self, &payment.payment);
            self.become_and_record(payment, OutgoingState::Reserving, work)
                .await?;
        }
        self.advance(payment, Begin::Fresh).await
    }

    pub(super) async fn begin_rejecting(
        &self,
        payment: &mut Recorded<OutgoingPayment>,
        failure: PaymentError,
    ) -> Result<(), PaymentError> {
        payment.payment.failure = Some(failure);
        let work = self.progress.intended();
        self.become_and_record(payment, OutgoingState::Rejecting, work)
            .await
    }

    /// Takes the payment as far as it can go now. An error is an error of the
    /// journal: what bank and scheme say is stored in the payment.
    pub(super) async fn advance(
        &self,
        payment: &mut Recorded<OutgoingPayment>,
        mut begin: Begin,
    ) -> Result<(), PaymentError> {
        while payment.work.parked.is_none() {
            let state = payment.payment.state();
            match state {
                OutgoingState::Reserving | OutgoingState::Committing | OutgoingState::Releasing => {
                    self.step_with_the_bank(payment, begin).await?;
                }
                OutgoingState::Accepting => self.let_it_transfer(payment, begin).await?,
                OutgoingState::Rejecting => self.tell_of_rejection(payment).await?,
                // Not agreed to yet, or final.
                _ => return Ok(()),
            }
            if payment.payment.state() == state {
                // Not settled yet: somebody comes back to it later.
                return Ok(());
            }
            begin = Begin::Fresh;
        }
        Ok(())
    }

    async fn step_with_the_bank(
        &self,
        payment: &mut Recorded<OutgoingPayment>,
        begin: Begin,
    ) -> Result<(), PaymentError> {
        let Some((step, offer)) = payment
            .payment
            .state()
            .step()
            .zip(payment.payment.offer.clone())
        else {
            return self.park(payment, "a payment without an offer").await;
        };
        let attempt = match begin {
            Begin::Fresh => self.progress.first_attempt(payment),
            Begin::Again => self.progress.claim(payment).await?,
        };
        let outcome = self
            .carry_out_step(&payment.payment, &offer, step, attempt)
            .await?;
        let now = Timestamp::now();
        match (payment.payment.state(), outcome) {
            (OutgoingState::Reserving, Outcome::Done(reservation)) => {
                payment.payment.reservation = reservation;
                if let Some(rejected) = payment.payment.failure.clone() {
                    return self.begin_rejecting(payment, rejected).await;
                }
                if has_expired(&payment.payment, now) {
                    return self.begin_rejecting(payment, expired()).await;
                }
                let work = self.progress.intended();
                self.become_and_record(payment, OutgoingState::Accepting, work)
                    .await
            }
            (OutgoingState::Reserving, Outcome::Refused(refusal)) => {
                self.begin_rejecting(payment, refusal.of_payer()).await
            }
            (OutgoingState::Reserving, Outcome::NotDone) => {
                let rejected = payment.payment.failure.clone().unwrap_or_else(expired);
                self.begin_rejecting(payment, rejected).await
            }
            (OutgoingState::Committing, Outcome::Done(_)) => {
                self.become_and_record(payment, OutgoingState::Completed, Work::none())
                    .await
            }
            (_, Outcome::Done(_) | Outcome::NotDone) => {
                self.become_and_record(payment, OutgoingState::Aborted, Work::none())
                    .await
            }
            (state, Outcome::Refused(refusal)) => {
                let reason = format!(
                    "the core banking system refused while {}: {refusal}",
                    state.as_str()
                );
                self.park(payment, reason).await
            }
            (_, Outcome::Unknown(error)) => self.progress.postpone(payment, error.in_vain()).await,
        }
    }

    async fn carry_out_step(
        &self,
        payment: &OutgoingPayment,
        offer: &Offer,
        step: DebitStep,
        attempt: Attempt,
    ) -> Result<Outcome, PaymentError> {
        let currency = offer.transfer_amount_of_payer().currency();
        let funding = match self.funding.collects_from_payers_on(currency) {
            Ok(funding) => funding,
            // It was taken away since: for a person, if it does not come back.
            Err(error) => return Ok(Outcome::Unknown(BankError::Unreachable(error.to_string()))),
        };
        debiting::carry_out(self, funding, payment, offer, step, attempt).await
    }

    /// Lets the Mojaloop Connector transfer, and finds out what came of it.
    async fn let_it_transfer(
        &self,
        payment: &mut Recorded<OutgoingPayment>,
        begin: Begin,
    ) -> Result<(), PaymentError> {
        // [if use_cases has bulk]
        if let Some(membership) = payment.payment.bulk.clone() {
            return self.wait_for_bulk(payment, &membership, begin).await;
        }
        // [end]
        let transfer_id = payment.payment.transfer_id.clone();
        let Some(offer) = payment.payment.offer.clone() else {
            return self.park(payment, "a payment without an offer").await;
        };
        // What counts is the time of the question: a transfer can appear while
        // the answer is on its way.
        let mut asked_at = Timestamp::now();
        let mut view = match begin {
            Begin::Fresh => HubView::NotKnown,
            Begin::Again => {
                self.progress.claim(payment).await?;
                asked_at = Timestamp::now();
                self.connector.find_out(&transfer_id).await
            }
        };
        let open_for_acceptance = !has_expired(&payment.payment, Timestamp::now());
        if view == HubView::NotKnown && open_for_acceptance {
            let acceptance = self.connector.accept_offer(&payment.payment, &offer).await;
            view = match (acceptance, begin) {
                (Acceptance::Committed, _) => HubView::Final(FinalState::Committed),
                (Acceptance::CommittedOtherwise, _) => {
                    let reason = "the scheme committed another amount than was offered";
                    return self.park(payment, reason).await;
                }
                (Acceptance::Failed(error), Begin::Fresh) => {
                    return self.begin_releasing(payment, error).await;
                }
                // The failure may be one of this second acceptance alone, while
                // the transfer of the first one goes on: only the hub knows.
                (Acceptance::Failed(error), Begin::Again) => {
                    tracing::warn!(%transfer_id, %error, "accepted again in vain, asking the hub");
                    asked_at = Timestamp::now();
                    self.connector.find_out(&transfer_id).await
                }
                (Acceptance::Unknown(reason), _) => {
                    tracing::warn!(%transfer_id, reason, "outcome unknown, asking the hub");
                    asked_at = Timestamp::now();
                    self.connector.find_out(&transfer_id).await
                }
            };
        }
        match view {
            HubView::Final(told) => self.act_on(payment, told).await,
            HubView::NotKnown if self.will_never_be_seen(&payment.payment, asked_at) => {
                let never = PaymentError::new(
                    ErrorCode::TransferExpired,
                    "the transfer did not reach the scheme in time",
                );
                self.begin_releasing(payment, never).await
            }
            HubView::NotKnown => {
                let reason = "the hub does not know the transfer".to_owned();
                self.progress.postpone(payment, reason).await
            }
            HubView::Undecided(reason) => self.progress.postpone(payment, reason).await,
        }
    }

    /// Acts on what the scheme has decided.
    pub(super) async fn act_on(
        &self,
        payment: &mut Recorded<OutgoingPayment>,
        told: FinalState,
    ) -> Result<(), PaymentError> {
        match told {
            FinalState::Committed => {
                let work = self.progress.intended();
                self.become_and_record(payment, OutgoingState::Committing, work)
                    .await
            }
            FinalState::Aborted => {
                let aborted = PaymentError::new(ErrorCode::PayeeError, "the transfer was aborted");
                self.begin_releasing(payment, aborted).await
            }
        }
    }

    /// Whether a transfer that the hub does not know could no longer appear
    /// there when it was asked.
    fn will_never_be_seen(&self, payment: &OutgoingPayment, asked_at: Timestamp) -> bool {
        let offer = payment.offer.as_ref();
        offer
            .is_some_and(|offer| offer.expires_at.after(self.settings.never_seen_after) <= asked_at)
    }

    pub(super) async fn begin_releasing(
        &self,
        payment: &mut Recorded<OutgoingPayment>,
        failure: PaymentError,
    ) -> Result<(), PaymentError> {
        payment.payment.failure = Some(failure);
        let work = self.progress.intended();
        self.become_and_record(payment, OutgoingState::Releasing, work)
            .await
    }

    /// Tells the Mojaloop Connector that there will be no transfer. It was
    /// never told to transfer, so nothing depends on its answer; left alone,
    /// it lets the offer expire.
    async fn tell_of_rejection(
        &self,
        payment: &mut Recorded<OutgoingPayment>,
    ) -> Result<(), PaymentError> {
        let transfer_id = &payment.payment.transfer_id;
        let rejection = self.connector.reject(&payment.payment);
        // [if use_cases has bulk]
        let belongs_to_bulk = payment.payment.bulk.is_some();
        let rejection = async move {
            match belongs_to_bulk {
                // Told together with the others.
                true => Rejection::Rejected,
                false => rejection.await,
            }
        };
        // [end]
        match rejection.await {
            Rejection::Rejected => {}
            Rejection::Unknown(reason) => {
                tracing::warn!(%transfer_id, reason, "rejection not confirmed, the offer will expire");
            }
            Rejection::Committed => {
                return self.stop_because_of_auto_accept(payment).await;
            }
        }
        if debiting::has_to_be_released(&payment.payment) {
            let work = self.progress.intended();
            self.become_and_record(payment, OutgoingState::Releasing, work)
                .await
        } else {
            self.become_and_record(payment, OutgoingState::Aborted, Work::none())
                .await
        }
    }
}

/// The answer to whoever agreed, which depends on the payment alone.
pub(super) fn paid(payment: Recorded<OutgoingPayment>) -> Result<OutgoingPayment, PaymentError> {
    let state = payment.payment.state();
    if payment.work.parked.is_some() && state != OutgoingState::Committing {
        return Err(needs_decision());
    }
    match state {
        // The transfer is certain; that the money is still to be debited
        // concerns this bank alone.
        OutgoingState::Completed | OutgoingState::Committing => Ok(payment.payment),
        OutgoingState::Aborted | OutgoingState::Releasing | OutgoingState::Rejecting => {
            Err(payment.payment.failure.unwrap_or_else(|| {
                PaymentError::new(ErrorCode::Internal, "the payment was not made")
            }))
        }
        // Reserving or accepting.
        _ => Err(not_known_yet()),
    }
}

fn not_known_yet() -> PaymentError {
    PaymentError::new(
        ErrorCode::Timeout,
        "the outcome is not known yet: ask GET /transfers/{transferId} before doing anything",
    )
}

/// The journal failed in the middle. Bank or scheme may have acted, so this
/// must not look like a payment that was not made.
pub(super) fn outcome_unknown(error: PaymentError) -> PaymentError {
    let detail = error.detail().unwrap_or_default();
    not_known_yet().with_detail(format!("{error}: {detail}"))
}

pub(super) fn expired() -> PaymentError {
    PaymentError::new(ErrorCode::QuoteExpired, "the offer has expired")
}

pub(super) fn has_expired(payment: &OutgoingPayment, now: Timestamp) -> bool {
    payment
        .offer
        .as_ref()
        .is_some_and(|offer| offer.expires_at <= now)
}
