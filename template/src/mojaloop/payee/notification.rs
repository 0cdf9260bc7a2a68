//! The scheme's final word on a transfer.
//!
//! It is told once, dozens of times, at the same time or never, and not always
//! in a form that proves anything. Only proof is acted on: `COMMITTED` and
//! `ABORTED` are, and everything else leaves the transfer as it is until the hub
//! has been asked.

use super::{Payee, transferring::not_settled_yet};
use crate::{
    domain::{
        error::{ErrorCode, PaymentError},
        incoming::{FinalState, IncomingState, IncomingTransfer},
        timestamp::Timestamp,
        transfer_id::TransferId,
    },
    journal::{Recorded, store::Exception, work::Work},
    mojaloop::steps::Begin,
};

/// What a notification says, as far as it says anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notification {
    /// The scheme's own word.
    Final(FinalState),
    /// The Mojaloop Connector calls the transfer completed, and does not say
    /// what the scheme said.
    CompletedWithoutProof,
    /// The Mojaloop Connector met an error. The transfer may still commit.
    ErrorOccurred,
}

impl Payee {
    /// Acts on a notification. Returns when what it says has been done; an
    /// error makes the Mojaloop Connector tell it again.
    pub async fn notify(
        &self,
        transfer_id: TransferId,
        notification: Notification,
    ) -> Result<(), PaymentError> {
        let this = self.clone();
        self.tasks
            .run(async move { this.notify_in_turn(&transfer_id, notification).await })
            .await
    }

    async fn notify_in_turn(
        &self,
        transfer_id: &TransferId,
        notification: Notification,
    ) -> Result<(), PaymentError> {
        let _turn = self.turns.take(transfer_id).await?;
        let Some(mut found) = self.progress.find(transfer_id).await? else {
            return self.notify_of_unknown(transfer_id, notification).await;
        };
        match notification {
            Notification::Final(told) => self.settle(&mut found, told).await,
            Notification::CompletedWithoutProof => match found.payment.state() {
                IncomingState::Refused | IncomingState::Releasing | IncomingState::Aborted => {
                    let state = found.payment.state().as_str();
                    tracing::error!(
                        %transfer_id, state,
                        "called completed, but there is no such payment: reconcile by hand"
                    );
                    self.keep_exception(transfer_id, "COMPLETED").await
                }
                _ => {
                    self.ask_soon(&mut found).await?;
                    self.ask_the_hub(&mut found).await
                }
            },
            Notification::ErrorOccurred => {
                self.ask_soon(&mut found).await?;
                if found.payment.state().is_final() {
                    return Ok(());
                }
                Err(not_completed())
            }
        }
    }

    async fn settle(
        &self,
        transfer: &mut Recorded<IncomingTransfer>,
        told: FinalState,
    ) -> Result<(), PaymentError> {
        let state = transfer.payment.state();
        let contradicts = match transfer.payment.told {
            Some(earlier) => earlier != told,
            None => state == IncomingState::Refused && told == FinalState::Committed,
        };
        if contradicts {
            return self.report_contradiction(transfer, told).await;
        }
        if transfer.payment.told.is_none() && !state.is_final() {
            self.take_final_word(transfer, told).await?;
        } else {
            self.advance(transfer, Begin::Again).await?;
        }
        if transfer.payment.state().is_final() {
            return Ok(());
        }
        Err(match &transfer.work.parked {
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
        transfer: &Recorded<IncomingTransfer>,
        told: FinalState,
    ) -> Result<(), PaymentError> {
        let transfer_id = &transfer.payment.request.transfer_id;
        tracing::error!(
            %transfer_id,
            state = transfer.payment.state().as_str(),
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
    pub(super) async fn ask_soon(
        &self,
        transfer: &mut Recorded<IncomingTransfer>,
    ) -> Result<(), PaymentError> {
        let now = Timestamp::now();
        let due_later = transfer.work.due_at.is_some_and(|due_at| due_at > now);
        let waits = transfer.payment.state() == IncomingState::Reserved;
        if waits && due_later && transfer.work.attempts == 0 {
            self.progress.record(transfer, Work::due(now)).await?;
        }
        Ok(())
    }

    async fn ask_the_hub(
        &self,
        transfer: &mut Recorded<IncomingTransfer>,
    ) -> Result<(), PaymentError> {
        if transfer.payment.state() == IncomingState::Reserved && transfer.work.parked.is_none() {
            self.find_out(transfer).await?;
        }
        Ok(())
    }

    /// A transfer that was never prepared here. No money moves; that the
    /// scheme believes it has is an exception for a person to reconcile.
    async fn notify_of_unknown(
        &self,
        transfer_id: &TransferId,
        notification: Notification,
    ) -> Result<(), PaymentError> {
        let told = match notification {
            Notification::Final(told) => told.as_str(),
            Notification::CompletedWithoutProof => "COMPLETED",
            Notification::ErrorOccurred => return Err(not_completed()),
        };
        tracing::error!(
            %transfer_id, told,
            "final word on a transfer that was never prepared here: reconcile by hand"
        );
        self.keep_exception(transfer_id, told).await
    }

    pub(super) async fn keep_exception(
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
}

fn not_completed() -> PaymentError {
    // The words are those that the official test collection expects.
    PaymentError::new(ErrorCode::PayeeError, "Transfer Not Completed Error")
}
