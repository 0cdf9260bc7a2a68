//! Transfers: reserving the credit, and going on from there.

use super::Payee;
use crate::{
    core_banking::port::CreditReservation,
    domain::{
        error::{ErrorCode, PaymentError},
        incoming::{
            FinalState, ForbiddenTransition, IncomingRequest, IncomingState, IncomingTransfer,
        },
        quote::Terms,
        reference::{Reference, Step},
        timestamp::Timestamp,
        transfer_id::TransferId,
    },
    mojaloop::{
        connector::HubView,
        steps::{Attempt, Outcome, carry_out},
    },
    operations::journal::{Opened, Recorded, work::Work},
};

/// The promise that the credit can be committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reserved {
    /// The core banking system's number for the reservation.
    pub home_transaction_id: String,
}

impl From<ForbiddenTransition> for PaymentError {
    fn from(error: ForbiddenTransition) -> Self {
        Self::new(ErrorCode::Internal, "the payment cannot go on").with_detail(error)
    }
}

impl Payee {
    /// Reserves the credit. The same request gets the same answer again.
    pub async fn prepare(&self, request: IncomingRequest) -> Result<Reserved, PaymentError> {
        let this = self.clone();
        self.tasks
            .run(async move { this.prepare_in_turn(request).await })
            .await
    }

    async fn prepare_in_turn(&self, request: IncomingRequest) -> Result<Reserved, PaymentError> {
        let _turn = self.turns.take(&request.transfer_id).await?;
        if let Some(known) = self.journal.find(&request.transfer_id).await? {
            return self.prepare_again(known, &request).await;
        }
        let terms = self.agreed_terms(&request).await?;
        let payee = self
            .find_payee(&request.payee, terms.transfer_amount())
            .await?;
        let now = Timestamp::now();
        let transfer = IncomingTransfer::open(request.clone(), terms, payee.account, now);
        match self.journal.open(transfer, self.intended(now)).await? {
            Opened::Known(known) => self.prepare_again(known, &request).await,
            Opened::New(mut opened) => {
                tracing::info!(
                    transfer_id = %opened.payment.request.transfer_id,
                    amount = ?opened.payment.terms.transfer_amount(),
                    "incoming transfer opened"
                );
                self.advance(&mut opened, Attempt::First).await?;
                if !self.orphans.of(&request.transfer_id).await?.is_empty() {
                    // Its final word came before it did.
                    self.ask_soon(&mut opened).await?;
                }
                prepared(&opened)
            }
        }
    }

    async fn prepare_again(
        &self,
        mut known: Recorded<IncomingTransfer>,
        request: &IncomingRequest,
    ) -> Result<Reserved, PaymentError> {
        if known.payment.request != *request {
            return Err(PaymentError::new(
                ErrorCode::ModifiedRequest,
                "another transfer was asked for under this transferId",
            ));
        }
        self.advance_again(&mut known).await?;
        prepared(&known)
    }

    /// The terms that the transfer is held to: those of the quote that this
    /// connector gave, else those that the request states.
    async fn agreed_terms(&self, request: &IncomingRequest) -> Result<Terms, PaymentError> {
        let quote = match &request.quote_id {
            Some(quote_id) => self.quotes.find(quote_id).await?,
            None => None,
        };
        let Some(quote) = quote else {
            tracing::warn!(
                transfer_id = %request.transfer_id,
                "transfer without a quote of ours: held to the terms that it states"
            );
            return Ok(request.terms);
        };
        if !request.agrees_with(&quote.request) || request.terms != quote.terms {
            return Err(PaymentError::new(
                ErrorCode::ModifiedRequest,
                "the transfer differs from the quote that was given for it",
            ));
        }
        if quote.expires_at <= Timestamp::now() {
            return Err(PaymentError::new(
                ErrorCode::QuoteExpired,
                "the quote has expired",
            ));
        }
        Ok(quote.terms)
    }

    /// The transfer as far as it is known here.
    pub async fn find_transfer(
        &self,
        transfer_id: &TransferId,
    ) -> Result<IncomingTransfer, PaymentError> {
        let found = self.journal.find(transfer_id).await?;
        found.map(|found| found.payment).ok_or_else(|| {
            PaymentError::new(
                ErrorCode::TransferNotFound,
                "there is no such transfer here",
            )
        })
    }

    /// Goes on with a transfer that an earlier process left, or that is due.
    pub async fn resume(&self, transfer_id: &TransferId) -> Result<(), PaymentError> {
        let this = self.clone();
        let transfer_id = transfer_id.clone();
        self.tasks
            .run(async move { this.resume_in_turn(&transfer_id).await })
            .await
    }

    async fn resume_in_turn(&self, transfer_id: &TransferId) -> Result<(), PaymentError> {
        let _turn = self.turns.take(transfer_id).await?;
        let Some(mut found) = self.journal.find(transfer_id).await? else {
            return Ok(());
        };
        let now = Timestamp::now();
        let is_due = found.work.due_at.is_some_and(|due_at| due_at <= now);
        if found.payment.state() == IncomingState::Reserved && is_due {
            self.find_out(&mut found).await?;
        }
        self.advance_again(&mut found).await
    }

    /// The work on an intent that was just stored. It is done at once; it is
    /// due later only in case this process dies before.
    fn intended(&self, now: Timestamp) -> Work {
        Work::due(now.after(self.settings.patience.settles_after))
    }

    /// The final word has not come: asks the hub for it.
    pub(super) async fn find_out(
        &self,
        transfer: &mut Recorded<IncomingTransfer>,
    ) -> Result<(), PaymentError> {
        let transfer_id = transfer.payment.request.transfer_id.clone();
        match self.connector.find_out(&transfer_id).await {
            HubView::Final(told) => self.take_final_word(transfer, told).await,
            HubView::NotKnown => {
                self.postpone(transfer, "the hub does not know the transfer".to_owned())
                    .await
            }
            HubView::Undecided(reason) => self.postpone(transfer, reason).await,
        }
    }

    /// Stores the final word, as the intent to act on it.
    pub(super) async fn take_final_word(
        &self,
        transfer: &mut Recorded<IncomingTransfer>,
        told: FinalState,
    ) -> Result<(), PaymentError> {
        let now = Timestamp::now();
        transfer.payment.told = Some(told);
        if transfer.payment.state() == IncomingState::Reserved {
            transfer.payment.advance_to(intent_after(told), now)?;
        }
        transfer.work = self.intended(now);
        self.journal.record(transfer).await?;
        tracing::info!(
            transfer_id = %transfer.payment.request.transfer_id,
            told = told.as_str(),
            "final word on incoming transfer"
        );
        Ok(())
    }

    /// Goes on with a transfer that an earlier attempt may have left.
    pub(super) async fn advance_again(
        &self,
        transfer: &mut Recorded<IncomingTransfer>,
    ) -> Result<(), PaymentError> {
        let since = [
            Some(transfer.payment.state_since),
            transfer.work.tried_at,
            Some(self.started_at),
        ];
        let since = since.into_iter().flatten().max();
        let since = since.unwrap_or(self.started_at);
        self.advance(transfer, Attempt::AgainSince(since)).await
    }

    /// Takes the transfer as far as it can go now. An error is an error of the
    /// journal: what the bank says is stored in the transfer.
    pub(super) async fn advance(
        &self,
        transfer: &mut Recorded<IncomingTransfer>,
        mut attempt: Attempt,
    ) -> Result<(), PaymentError> {
        while transfer.work.parked.is_none()
            && let Some(step) = transfer.payment.state().step()
        {
            let outcome = self.carry_out_step(&transfer.payment, step, attempt).await;
            if let Outcome::Unknown(error) = outcome {
                return self.postpone(transfer, error.to_string()).await;
            }
            self.take_outcome(transfer, outcome).await?;
            attempt = Attempt::First;
        }
        Ok(())
    }

    async fn carry_out_step(
        &self,
        transfer: &IncomingTransfer,
        step: Step,
        attempt: Attempt,
    ) -> Outcome {
        let transfer_id = &transfer.request.transfer_id;
        let reference = &Reference::of(transfer_id, step);
        let reservation = &Reference::of(transfer_id, Step::ReserveCredit);
        let credit = &CreditReservation {
            payee: transfer.payee_account.clone(),
            funding: self.float.pays_payees_from().clone(),
            terms: transfer.terms,
        };
        let instruct = || async move {
            match step {
                Step::CommitCredit => self.bank.commit_credit(reference, reservation).await,
                Step::ReleaseCredit => self.bank.release_credit(reference, reservation).await,
                _ => self.bank.reserve_credit(reference, credit).await,
            }
        };
        let patience = self.settings.patience;
        carry_out(&*self.bank, patience, attempt, reference, instruct).await
    }

    /// Stores what came of a step, together with the intent that follows.
    async fn take_outcome(
        &self,
        transfer: &mut Recorded<IncomingTransfer>,
        outcome: Outcome,
    ) -> Result<(), PaymentError> {
        let now = Timestamp::now();
        let payment = &mut transfer.payment;
        transfer.work = Work::none();
        match (payment.state(), outcome) {
            (IncomingState::Reserving, Outcome::Done(booking)) => {
                payment.booking = Some(booking);
                let next = payment.told.map_or(IncomingState::Reserved, intent_after);
                payment.advance_to(next, now)?;
                transfer.work = match next {
                    IncomingState::Reserved => Work::due(now.after(self.settings.final_word_after)),
                    _ => self.intended(now),
                };
            }
            (IncomingState::Reserving, Outcome::Refused(refusal)) => {
                if payment.told == Some(FinalState::Committed) {
                    transfer.work = Work::parked(format!(
                        "the scheme committed a transfer whose reservation was refused: {refusal}"
                    ));
                } else {
                    payment.failure = Some(refusal.of_payee());
                    payment.advance_to(IncomingState::Refused, now)?;
                }
            }
            (IncomingState::Committing, Outcome::Done(_)) => {
                payment.advance_to(IncomingState::Committed, now)?;
            }
            (IncomingState::Releasing, Outcome::Done(_)) => {
                payment.advance_to(IncomingState::Aborted, now)?;
            }
            (state, Outcome::Refused(refusal)) => {
                transfer.work = Work::parked(format!(
                    "the core banking system refused while {}: {refusal}",
                    state.as_str()
                ));
            }
            (_, Outcome::Done(_) | Outcome::Unknown(_)) => {}
        }
        self.journal.record(transfer).await?;
        report(transfer);
        Ok(())
    }

    /// The step was tried in vain: it is tried again later.
    async fn postpone(
        &self,
        transfer: &mut Recorded<IncomingTransfer>,
        reason: String,
    ) -> Result<(), PaymentError> {
        let schedule = self.settings.schedule;
        transfer.work = transfer
            .work
            .after_vain_attempt(schedule, Timestamp::now(), reason);
        self.journal.record(transfer).await?;
        report(transfer);
        Ok(())
    }
}

fn intent_after(told: FinalState) -> IncomingState {
    match told {
        FinalState::Committed => IncomingState::Committing,
        FinalState::Aborted => IncomingState::Releasing,
    }
}

/// The answer to a request to prepare, which depends on the transfer alone: a
/// repeated request gets the answer that the first one got.
fn prepared(transfer: &Recorded<IncomingTransfer>) -> Result<Reserved, PaymentError> {
    let payment = &transfer.payment;
    match payment.state() {
        IncomingState::Reserved | IncomingState::Committing | IncomingState::Committed => {
            Ok(Reserved {
                home_transaction_id: home_transaction_id(payment),
            })
        }
        IncomingState::Refused => Err(payment.failure.clone().unwrap_or_else(|| {
            PaymentError::new(
                ErrorCode::PayeeRefused,
                "the payee's FSP refuses this payment",
            )
        })),
        // To promise the money again would be wrong: it is no longer reserved.
        IncomingState::Releasing | IncomingState::Aborted => Err(PaymentError::new(
            ErrorCode::TransferExpired,
            "the transfer was aborted",
        )),
        IncomingState::Reserving => Err(not_settled_yet()),
    }
}

/// The DFSP's own number of the transfer.
pub fn home_transaction_id(transfer: &IncomingTransfer) -> String {
    let transfer_id = &transfer.request.transfer_id;
    let booking = transfer.booking.clone();
    booking.unwrap_or_else(|| transfer_id.to_string())
}

/// The bank has not answered; asking again later is right.
pub(super) fn not_settled_yet() -> PaymentError {
    PaymentError::new(
        ErrorCode::Timeout,
        "the core banking system has not answered yet",
    )
}

fn report(transfer: &Recorded<IncomingTransfer>) {
    let transfer_id = &transfer.payment.request.transfer_id;
    let state = transfer.payment.state().as_str();
    match &transfer.work.parked {
        Some(reason) => tracing::error!(
            %transfer_id, state, reason,
            "incoming transfer parked: a person has to decide"
        ),
        None if transfer.work.attempts > 0 => tracing::warn!(
            %transfer_id, state, attempts = transfer.work.attempts,
            "incoming transfer not settled yet, will be tried again"
        ),
        None => tracing::info!(%transfer_id, state, "incoming transfer"),
    }
}
