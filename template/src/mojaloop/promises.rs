//! Promises to the scheme: made, and kept or taken back on its final word.
//!
//! What is promised may be a credit to a customer or anything else that the bank
//! reserves, commits and releases. The rules are the same and are written here,
//! once; what a step asks of the bank, and who knows the final word, is for the
//! [`Keeper`] of the promises to say.

use std::{future::Future, time::Duration};

use tokio::time::{Instant, timeout};

use super::{
    connector::HubView,
    progress::Progress,
    steps::{Attempt, Begin, Outcome},
    turns::{CONNECTOR_WAITS, Turns},
};
use crate::{
    core_banking::port::Refusal,
    domain::{
        error::{ErrorCode, PaymentError},
        promise::{FinalState, ForbiddenTransition, Promise, PromiseState},
        reference::CreditStep,
        timestamp::Timestamp,
        transfer_id::TransferId,
    },
    journal::{Exceptions, Opened, Payment, Recorded, store::Exception, work::Work},
};

/// A payment that is promised before it is made.
pub trait Promised: Payment {
    fn promise(&self) -> &Promise;

    fn promise_mut(&mut self) -> &mut Promise;
}

/// What stands behind the promises of one kind.
pub trait Keeper<P>: Send + Sync {
    /// Carries out one step with the core banking system.
    fn carry_out(
        &self,
        progress: &Progress<P>,
        payment: &P,
        step: CreditStep,
        attempt: Attempt,
    ) -> impl Future<Output = Result<Outcome, PaymentError>> + Send;

    /// What the scheme is told if the bank refuses to promise.
    fn refused(&self, refusal: Refusal) -> PaymentError;

    /// Asks for the final word, which has not come by itself.
    fn ask_the_hub(&self, payment: &P) -> impl Future<Output = HubView> + Send;
}

/// What a notification says, as far as it says anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notification {
    /// The scheme's own word.
    Final(FinalState),
    /// The Mojaloop Connector calls it completed, and does not say what the
    /// scheme said.
    CompletedWithoutProof,
    /// The Mojaloop Connector met an error. The scheme may still commit.
    ErrorOccurred,
}

/// What has come of a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// It has been acted on, or there was nothing left to do.
    Done,
    /// It proves nothing, and the fate of the payment is open.
    Undecided,
}

/// The promises of one kind.
#[derive(Clone)]
pub struct Promises<P, K> {
    keeper: K,
    progress: Progress<P>,
    exceptions: Exceptions,
    turns: Turns,
    /// How long after a promise the scheme's final word may take before the hub
    /// is asked for it.
    final_word_after: Duration,
}

impl From<ForbiddenTransition> for PaymentError {
    fn from(error: ForbiddenTransition) -> Self {
        Self::new(ErrorCode::Internal, "the payment cannot go on").with_detail(error)
    }
}

impl<P: Promised, K: Keeper<P>> Promises<P, K> {
    pub fn new(
        keeper: K,
        progress: Progress<P>,
        exceptions: Exceptions,
        final_word_after: Duration,
    ) -> Self {
        let work = progress.patience().longest_attempt();
        Self {
            keeper,
            turns: progress.turns().leaving(work),
            progress,
            exceptions,
            final_word_after,
        }
    }

    /// Promises, once. `agree` works out what is promised; it is asked only if
    /// nothing is known under this identifier, else `is_same` says whether what
    /// is known is what is asked for.
    pub async fn make<Agreed>(
        &self,
        transfer_id: &TransferId,
        is_same: impl Fn(&P) -> Result<(), PaymentError> + Send + Sync,
        agree: impl FnOnce() -> Agreed + Send,
    ) -> Result<P, PaymentError>
    where
        Agreed: Future<Output = Result<P, PaymentError>> + Send,
    {
        let _turn = self.turns.take(transfer_id).await?;
        let opened = match self.progress.find(transfer_id).await? {
            Some(known) => Opened::Known(known),
            None => {
                let payment = agree().await?;
                let intended = self.progress.intended();
                self.progress.open(payment, intended).await?
            }
        };
        let recorded = match opened {
            Opened::Known(mut known) => {
                is_same(&known.payment)?;
                self.advance(&mut known, Begin::Again).await?;
                known
            }
            Opened::New(mut opened) => {
                tracing::info!(direction = %P::DIRECTION, %transfer_id, "opened");
                self.advance(&mut opened, Begin::Fresh).await?;
                if !self.exceptions.of(transfer_id).await?.is_empty() {
                    // Its final word came before it did.
                    self.ask_soon(&mut opened).await?;
                }
                opened
            }
        };
        self.promised(recorded.payment)
    }

    /// The answer to whoever wants the promise, which depends on the payment
    /// alone: a repeated request gets the answer that the first one got.
    fn promised(&self, payment: P) -> Result<P, PaymentError> {
        let promise = payment.promise();
        match promise.state() {
            PromiseState::Reserved | PromiseState::Committing | PromiseState::Committed => {
                Ok(payment)
            }
            PromiseState::Refused => {
                let failure = promise.failure.clone();
                Err(failure.unwrap_or_else(|| self.keeper.refused(Refusal::Other)))
            }
            // What is no longer reserved must not be promised again.
            PromiseState::Releasing | PromiseState::Aborted => Err(PaymentError::new(
                ErrorCode::TransferExpired,
                "the transfer was aborted",
            )),
            PromiseState::Reserving => Err(not_settled_yet()),
        }
    }

    /// The payment as far as it is known here.
    pub async fn find(&self, transfer_id: &TransferId) -> Result<Option<P>, PaymentError> {
        let found = self.progress.find(transfer_id).await?;
        Ok(found.map(|found| found.payment))
    }

    /// Acts on a notification. It is told once, dozens of times, at the same
    /// time or never, and not always in a form that proves anything. Only proof
    /// is acted on: everything else leaves the payment as it is until the hub
    /// has been asked.
    pub async fn notify(
        &self,
        transfer_id: &TransferId,
        notification: Notification,
    ) -> Result<Heard, PaymentError> {
        let told_at = Instant::now();
        let _turn = self.turns.take(transfer_id).await?;
        let Some(mut found) = self.progress.find(transfer_id).await? else {
            return self.notify_of_unknown(transfer_id, notification).await;
        };
        match notification {
            Notification::Final(told) => self.settle(&mut found, told).await?,
            Notification::CompletedWithoutProof => match found.payment.promise().state() {
                PromiseState::Refused | PromiseState::Releasing | PromiseState::Aborted => {
                    let state = found.payment.state_name();
                    tracing::error!(
                        direction = %P::DIRECTION, %transfer_id, state,
                        "called completed, but there is no such payment: reconcile by hand"
                    );
                    self.keep_exception(transfer_id, "COMPLETED").await?;
                }
                _ => {
                    self.ask_soon(&mut found).await?;
                    self.ask_now(&mut found, told_at).await?;
                }
            },
            Notification::ErrorOccurred => {
                self.ask_soon(&mut found).await?;
                if !found.payment.promise().state().is_final() {
                    return Ok(Heard::Undecided);
                }
            }
        }
        Ok(Heard::Done)
    }

    async fn settle(
        &self,
        recorded: &mut Recorded<P>,
        told: FinalState,
    ) -> Result<(), PaymentError> {
        let promise = recorded.payment.promise();
        let state = promise.state();
        let contradicts = match promise.told {
            Some(earlier) => earlier != told,
            None => state == PromiseState::Refused && told == FinalState::Committed,
        };
        if contradicts {
            return self.report_contradiction(&recorded.payment, told).await;
        }
        // What a person said in the scheme's place may wait to be carried out.
        let is_new = promise.told.is_none() || state == PromiseState::Reserved;
        if is_new && !state.is_final() {
            self.take_final_word(recorded, told).await?;
        } else {
            self.advance(recorded, Begin::Again).await?;
        }
        if recorded.payment.promise().state().is_final() {
            return Ok(());
        }
        Err(match &recorded.work.parked {
            Some(reason) => PaymentError::new(
                ErrorCode::Internal,
                "the transfer could not be settled, a person has been told",
            )
            .with_detail(reason),
            None => not_settled_yet(),
        })
    }

    /// The scheme took back what it had said, or committed what was refused
    /// here. Nothing is moved; a person has to reconcile it.
    async fn report_contradiction(
        &self,
        payment: &P,
        told: FinalState,
    ) -> Result<(), PaymentError> {
        let transfer_id = payment.transfer_id();
        tracing::error!(
            direction = %P::DIRECTION,
            %transfer_id,
            state = payment.state_name(),
            told = told.as_str(),
            "the scheme contradicts what was done: reconcile by hand"
        );
        self.keep_exception(transfer_id, told.as_str()).await?;
        Err(PaymentError::new(
            ErrorCode::Internal,
            "the notification contradicts what was done",
        ))
    }

    /// A promise whose fate is open is looked into without delay.
    async fn ask_soon(&self, recorded: &mut Recorded<P>) -> Result<(), PaymentError> {
        let now = Timestamp::now();
        let due_later = recorded.work.due_at.is_some_and(|due_at| due_at > now);
        let waits = recorded.payment.promise().state() == PromiseState::Reserved;
        if waits && due_later && recorded.work.attempts == 0 {
            self.progress.record(recorded, Work::due(now)).await?;
        }
        Ok(())
    }

    /// The hub is asked for as long as there is time left to act on its word while the
    /// Mojaloop Connector, which has told something at `told_at`, still listens. After
    /// that it is for recovery to ask.
    async fn ask_now(
        &self,
        recorded: &mut Recorded<P>,
        told_at: Instant,
    ) -> Result<(), PaymentError> {
        let waits = recorded.payment.promise().state() == PromiseState::Reserved;
        if !waits || recorded.work.parked.is_some() {
            return Ok(());
        }
        let needed = told_at.elapsed() + self.progress.patience().longest_attempt();
        let longest = CONNECTOR_WAITS.saturating_sub(needed);
        match timeout(longest, self.keeper.ask_the_hub(&recorded.payment)).await {
            Ok(view) => self.act_on(recorded, view).await,
            Err(_) => Ok(()),
        }
    }

    /// A payment that was never prepared here. No money moves; that the scheme
    /// believes it has is an exception for a person to reconcile.
    async fn notify_of_unknown(
        &self,
        transfer_id: &TransferId,
        notification: Notification,
    ) -> Result<Heard, PaymentError> {
        let told = match notification {
            Notification::Final(told) => told.as_str(),
            Notification::CompletedWithoutProof => "COMPLETED",
            Notification::ErrorOccurred => return Ok(Heard::Undecided),
        };
        tracing::error!(
            direction = %P::DIRECTION, %transfer_id, told,
            "final word on what was never prepared here: reconcile by hand"
        );
        self.keep_exception(transfer_id, told).await?;
        Ok(Heard::Done)
    }

    async fn keep_exception(
        &self,
        transfer_id: &TransferId,
        told: &str,
    ) -> Result<(), PaymentError> {
        let exception = Exception {
            transfer_id: transfer_id.clone(),
            told: told.to_owned(),
            first_told_at: Timestamp::now(),
        };
        Ok(self.exceptions.keep(exception).await?)
    }

    /// Goes on with a payment that an earlier process left, or that is due.
    pub async fn resume(&self, transfer_id: &TransferId) -> Result<(), PaymentError> {
        let _turn = self.turns.take(transfer_id).await?;
        let Some(mut found) = self.progress.find(transfer_id).await? else {
            return Ok(());
        };
        let now = Timestamp::now();
        let is_due = found.work.due_at.is_some_and(|due_at| due_at <= now);
        let promise = found.payment.promise();
        if promise.state() == PromiseState::Reserved && is_due {
            return match promise.told {
                // A person has said it in the scheme's place.
                Some(told) => self.take_final_word(&mut found, told).await,
                None => self.find_out(&mut found).await,
            };
        }
        let overdue = promise.opened_at.after(self.final_word_after) <= now;
        if promise.state() == PromiseState::Reserving
            && promise.told.is_none()
            && overdue
            && let HubView::Final(told) = self.keeper.ask_the_hub(&found.payment).await
        {
            // The bank was away for so long that the scheme has decided: what
            // is dead by now is not promised any more.
            return self.take_final_word(&mut found, told).await;
        }
        self.advance(&mut found, Begin::Again).await
    }

    /// The final word has not come: asks the hub for it, and acts on what it says.
    async fn find_out(&self, recorded: &mut Recorded<P>) -> Result<(), PaymentError> {
        let view = self.keeper.ask_the_hub(&recorded.payment).await;
        self.act_on(recorded, view).await
    }

    async fn act_on(&self, recorded: &mut Recorded<P>, view: HubView) -> Result<(), PaymentError> {
        let reason = match view {
            HubView::Final(told) => return self.take_final_word(recorded, told).await,
            HubView::NotKnown => "the hub does not know the transfer".to_owned().into(),
            HubView::Undecided(reason) => reason,
        };
        self.progress.postpone(recorded, reason).await
    }

    /// Stores the final word, as the intent to act on it, and acts on it.
    async fn take_final_word(
        &self,
        recorded: &mut Recorded<P>,
        told: FinalState,
    ) -> Result<(), PaymentError> {
        let transfer_id = recorded.payment.transfer_id();
        tracing::info!(
            direction = %P::DIRECTION, %transfer_id, told = told.as_str(), "final word"
        );
        let promise = recorded.payment.promise_mut();
        promise.told = Some(told);
        let mut work = self.progress.intended();
        if promise.state() == PromiseState::Reserved {
            promise.advance_to(intent_after(told), Timestamp::now())?;
            self.progress.record(recorded, work).await?;
            return self.advance(recorded, Begin::Fresh).await;
        }
        // The step stays the same one, and so does the time of its last attempt.
        work.tried_at = recorded.work.tried_at;
        self.progress.record(recorded, work).await?;
        self.advance(recorded, Begin::Again).await
    }

    /// Takes the payment as far as it can go now. An error is an error of the
    /// journal: what the bank says is stored in the payment.
    async fn advance(
        &self,
        recorded: &mut Recorded<P>,
        mut begin: Begin,
    ) -> Result<(), PaymentError> {
        while recorded.work.parked.is_none()
            && let Some(step) = recorded.payment.promise().state().step()
        {
            let attempt = match begin {
                Begin::Fresh => self.progress.first_attempt(recorded),
                Begin::Again => self.progress.claim(recorded).await?,
            };
            let carried_out =
                self.keeper
                    .carry_out(&self.progress, &recorded.payment, step, attempt);
            let outcome = carried_out.await?;
            let settled = self.take_outcome(recorded, outcome).await?;
            if !settled {
                return Ok(());
            }
            begin = Begin::Fresh;
        }
        Ok(())
    }

    /// Stores what came of a step, together with the intent that follows.
    /// `false` if that is not known yet.
    async fn take_outcome(
        &self,
        recorded: &mut Recorded<P>,
        outcome: Outcome,
    ) -> Result<bool, PaymentError> {
        let state = recorded.payment.promise().state();
        let told = recorded.payment.promise().told;
        let (next, work) = match (state, outcome) {
            (_, Outcome::Unknown(error)) => {
                self.progress.postpone(recorded, error.in_vain()).await?;
                return Ok(false);
            }
            (PromiseState::Reserving, Outcome::Done(booking)) => {
                recorded.payment.promise_mut().booking = booking;
                match told {
                    Some(told) => (intent_after(told), self.progress.intended()),
                    None => {
                        let ask_at = Timestamp::now().after(self.final_word_after);
                        (PromiseState::Reserved, Work::due(ask_at))
                    }
                }
            }
            (PromiseState::Reserving, Outcome::Refused(refusal))
                if told != Some(FinalState::Committed) =>
            {
                recorded.payment.promise_mut().failure = Some(self.keeper.refused(refusal));
                (PromiseState::Refused, Work::none())
            }
            (_, Outcome::Refused(refusal)) => {
                (state, reconciliation_error(&recorded.payment, refusal))
            }
            (PromiseState::Committing, Outcome::Done(_)) => (PromiseState::Committed, Work::none()),
            (_, Outcome::Done(_) | Outcome::NotDone) => (PromiseState::Aborted, Work::none()),
        };
        if next != state {
            let promise = recorded.payment.promise_mut();
            promise.advance_to(next, Timestamp::now())?;
        }
        self.progress.record(recorded, work).await?;
        Ok(true)
    }
}

/// The scheme has decided, and the bank refuses to follow: hub and other
/// participants believe something else than the books say. Nobody but a person
/// can put that right, so nothing is tried any more.
fn reconciliation_error<P: Promised>(payment: &P, refusal: Refusal) -> Work {
    let told = payment.promise().told;
    let told = told.map_or("nothing", FinalState::as_str);
    Work::parked(format!(
        "reconciliation error: the scheme says {told}, \
         the core banking system refused while {}: {refusal}",
        payment.state_name()
    ))
}

fn intent_after(told: FinalState) -> PromiseState {
    match told {
        FinalState::Committed => PromiseState::Committing,
        FinalState::Aborted => PromiseState::Releasing,
    }
}

/// The bank has not answered; asking again later is right.
fn not_settled_yet() -> PaymentError {
    PaymentError::new(
        ErrorCode::Timeout,
        "the core banking system has not answered yet",
    )
}
