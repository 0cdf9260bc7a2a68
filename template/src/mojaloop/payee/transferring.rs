//! Transfers: promising the credit, and going on from there.

use super::{Payee, crediting};
use crate::{
    core_banking::port::Refusal,
    domain::{
        error::{ErrorCode, PaymentError},
        incoming::{
            FinalState, ForbiddenTransition, IncomingRequest, IncomingState, IncomingTransfer,
        },
        quote::Terms,
        reference::CreditStep,
        timestamp::Timestamp,
        transfer_id::TransferId,
    },
    journal::{Opened, Recorded, work::Work},
    mojaloop::{
        connector::HubView,
        steps::{Attempt, Begin, Outcome},
    },
};

/// The promise that the credit can be committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reserved {
    /// The DFSP's own number of the transfer.
    pub home_transaction_id: String,
}

impl From<ForbiddenTransition> for PaymentError {
    fn from(error: ForbiddenTransition) -> Self {
        Self::new(ErrorCode::Internal, "the payment cannot go on").with_detail(error)
    }
}

impl Payee {
    /// Promises the credit. The same request gets the same answer again.
    pub async fn prepare(&self, request: IncomingRequest) -> Result<Reserved, PaymentError> {
        let this = self.clone();
        self.tasks
            .run(async move { this.prepare_in_turn(request).await })
            .await
    }

    async fn prepare_in_turn(&self, request: IncomingRequest) -> Result<Reserved, PaymentError> {
        let transfer_id = request.transfer_id.clone();
        let _turn = self.turns.take(&transfer_id).await?;
        if let Some(known) = self.progress.find(&transfer_id).await? {
            return self.prepare_again(known, &request).await;
        }
        let terms = self.agreed_terms(&request).await?;
        let payee = self
            .find_payee(&request.payee, terms.transfer_amount())
            .await?;
        let now = Timestamp::now();
        let transfer = IncomingTransfer::open(request.clone(), terms, payee.account, now);
        let opened = self.progress.open(transfer, self.progress.intended());
        match opened.await? {
            Opened::Known(known) => self.prepare_again(known, &request).await,
            Opened::New(mut opened) => {
                let amount = terms.transfer_amount();
                tracing::info!(%transfer_id, ?amount, "incoming transfer opened");
                self.advance(&mut opened, Begin::Fresh).await?;
                if !self.exceptions.of(&transfer_id).await?.is_empty() {
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
        self.advance(&mut known, Begin::Again).await?;
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
        let found = self.progress.find(transfer_id).await?;
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
        let Some(mut found) = self.progress.find(transfer_id).await? else {
            return Ok(());
        };
        let now = Timestamp::now();
        let is_due = found.work.due_at.is_some_and(|due_at| due_at <= now);
        if found.payment.state() == IncomingState::Reserved && is_due {
            return self.find_out(&mut found).await;
        }
        let overdue = found
            .payment
            .opened_at
            .after(self.settings.final_word_after)
            <= now;
        if found.payment.state() == IncomingState::Reserving
            && found.payment.told.is_none()
            && is_due
            && overdue
            && let HubView::Final(told) = self.connector.find_out(transfer_id).await
        {
            // The bank was away for so long that the scheme has decided: a
            // transfer that is dead by now is not promised any more.
            return self.take_final_word(&mut found, told).await;
        }
        self.advance(&mut found, Begin::Again).await
    }

    /// The final word has not come: asks the hub for it, and acts on it.
    pub(super) async fn find_out(
        &self,
        transfer: &mut Recorded<IncomingTransfer>,
    ) -> Result<(), PaymentError> {
        let transfer_id = transfer.payment.request.transfer_id.clone();
        let reason = match self.connector.find_out(&transfer_id).await {
            HubView::Final(told) => return self.take_final_word(transfer, told).await,
            HubView::NotKnown => "the hub does not know the transfer".to_owned(),
            HubView::Undecided(reason) => reason,
        };
        self.progress.postpone(transfer, reason).await
    }

    /// Stores the final word, as the intent to act on it, and acts on it.
    pub(super) async fn take_final_word(
        &self,
        transfer: &mut Recorded<IncomingTransfer>,
        told: FinalState,
    ) -> Result<(), PaymentError> {
        let transfer_id = &transfer.payment.request.transfer_id;
        tracing::info!(%transfer_id, told = told.as_str(), "final word on incoming transfer");
        transfer.payment.told = Some(told);
        let mut work = self.progress.intended();
        if transfer.payment.state() == IncomingState::Reserved {
            let now = Timestamp::now();
            transfer.payment.advance_to(intent_after(told), now)?;
            self.progress.record(transfer, work).await?;
            return self.advance(transfer, Begin::Fresh).await;
        }
        // The step stays the same one, and so does the time of its last attempt.
        work.tried_at = transfer.work.tried_at;
        self.progress.record(transfer, work).await?;
        self.advance(transfer, Begin::Again).await
    }

    /// Takes the transfer as far as it can go now. An error is an error of the
    /// journal: what the bank says is stored in the transfer.
    pub(super) async fn advance(
        &self,
        transfer: &mut Recorded<IncomingTransfer>,
        mut begin: Begin,
    ) -> Result<(), PaymentError> {
        while transfer.work.parked.is_none()
            && let Some(step) = transfer.payment.state().step()
        {
            let attempt = match begin {
                Begin::Fresh => Attempt::First,
                Begin::Again => self.progress.claim(transfer).await?,
            };
            let outcome = self
                .carry_out_step(&transfer.payment, step, attempt)
                .await?;
            let settled = self.take_outcome(transfer, outcome).await?;
            if !settled {
                return Ok(());
            }
            begin = Begin::Fresh;
        }
        Ok(())
    }

    async fn carry_out_step(
        &self,
        transfer: &IncomingTransfer,
        step: CreditStep,
        attempt: Attempt,
    ) -> Result<Outcome, PaymentError> {
        let (bank, funding) = (&*self.bank, &self.funding);
        crediting::carry_out(bank, funding, &self.progress, transfer, step, attempt).await
    }

    /// Stores what came of a step, together with the intent that follows.
    /// `false` if that is not known yet.
    async fn take_outcome(
        &self,
        transfer: &mut Recorded<IncomingTransfer>,
        outcome: Outcome,
    ) -> Result<bool, PaymentError> {
        let payment = &mut transfer.payment;
        let state = payment.state();
        let (next, work) = match (state, outcome) {
            (_, Outcome::Unknown(error)) => {
                self.progress.postpone(transfer, error.to_string()).await?;
                return Ok(false);
            }
            (IncomingState::Reserving, Outcome::Done(booking)) => {
                payment.booking = booking;
                match payment.told {
                    Some(told) => (intent_after(told), self.progress.intended()),
                    None => {
                        let ask_at = Timestamp::now().after(self.settings.final_word_after);
                        (IncomingState::Reserved, Work::due(ask_at))
                    }
                }
            }
            (IncomingState::Reserving, Outcome::Refused(refusal)) => {
                if payment.told == Some(FinalState::Committed) {
                    (state, self.reconciliation_error(payment, refusal).await?)
                } else {
                    payment.failure = Some(refusal.of_payee());
                    (IncomingState::Refused, Work::none())
                }
            }
            (IncomingState::Committing, Outcome::Done(_)) => {
                (IncomingState::Committed, Work::none())
            }
            (_, Outcome::Done(_) | Outcome::NotDone) => (IncomingState::Aborted, Work::none()),
            (_, Outcome::Refused(refusal)) => {
                (state, self.reconciliation_error(payment, refusal).await?)
            }
        };
        if next != state {
            payment.advance_to(next, Timestamp::now())?;
        }
        self.progress.record(transfer, work).await?;
        Ok(true)
    }

    /// The scheme has decided, and the bank refuses to follow: hub and payer
    /// believe something else than the books say. Nobody but a person can put
    /// that right, so it is kept as an exception and nothing is tried any more.
    async fn reconciliation_error(
        &self,
        transfer: &IncomingTransfer,
        refusal: Refusal,
    ) -> Result<Work, PaymentError> {
        let told = transfer.told.map_or("nothing", FinalState::as_str);
        self.keep_exception(&transfer.request.transfer_id, told)
            .await?;
        Ok(Work::parked(format!(
            "reconciliation error: the scheme says {told}, \
             the core banking system refused while {}: {refusal}",
            transfer.state().as_str()
        )))
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
        // What is no longer there for the payee must not be promised again.
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
