//! A payment that arrives from the scheme, as a state machine.
//!
//! ```text
//! Reserving ──> Reserved ──> Committing ──> Committed
//!     │             └──────> Releasing ───> Aborted
//!     └──> Refused, or Aborted if the scheme aborted before anything was promised
//! ```
//!
//! A state that ends in `-ing` is an intent: it is stored before the core
//! banking system is asked, so that after a crash the step is known and its
//! outcome can be found out.

use serde::{Deserialize, Serialize};

use super::{
    error::PaymentError,
    identifier::PartyIdentifier,
    party::{AccountNumber, Counterparty},
    quote::{QuoteRequest, Terms},
    reference::CreditStep,
    timestamp::Timestamp,
    transfer_id::{QuoteId, TransferId},
};

/// How far an incoming transfer has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncomingState {
    /// The core banking system is asked for what the promise to the scheme needs.
    Reserving,
    /// The credit is promised; the scheme decides.
    Reserved,
    /// The scheme committed; the core banking system is asked for what is left to do.
    Committing,
    /// Final: the payee has the money.
    Committed,
    /// The scheme aborted; the core banking system is asked to undo what it did.
    Releasing,
    /// Final: there was no payment after all.
    Aborted,
    /// Final: the core banking system refused, and nothing was promised.
    Refused,
}

impl IncomingState {
    pub const ALL: [Self; 7] = [
        Self::Reserving,
        Self::Reserved,
        Self::Committing,
        Self::Committed,
        Self::Releasing,
        Self::Aborted,
        Self::Refused,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reserving => "reserving",
            Self::Reserved => "reserved",
            Self::Committing => "committing",
            Self::Committed => "committed",
            Self::Releasing => "releasing",
            Self::Aborted => "aborted",
            Self::Refused => "refused",
        }
    }

    pub fn is_final(self) -> bool {
        matches!(self, Self::Committed | Self::Aborted | Self::Refused)
    }

    /// The step with the core banking system that this state is the intent of.
    pub fn step(self) -> Option<CreditStep> {
        match self {
            Self::Reserving => Some(CreditStep::Reserve),
            Self::Committing => Some(CreditStep::Commit),
            Self::Releasing => Some(CreditStep::Release),
            Self::Reserved | Self::Committed | Self::Aborted | Self::Refused => None,
        }
    }

    fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (
                Self::Reserving,
                Self::Reserved | Self::Committing | Self::Releasing | Self::Refused | Self::Aborted
            ) | (Self::Reserved, Self::Committing | Self::Releasing)
                | (Self::Committing, Self::Committed)
                | (Self::Releasing, Self::Aborted)
        )
    }
}

/// What the scheme finally says of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FinalState {
    Committed,
    Aborted,
}

impl FinalState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Committed => "COMMITTED",
            Self::Aborted => "ABORTED",
        }
    }
}

/// A transition that the state machine does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a payment that is {from} cannot become {to}")]
pub struct ForbiddenTransition {
    pub from: &'static str,
    pub to: &'static str,
}

/// The scheme's request to take a transfer, once it has been understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncomingRequest {
    pub transfer_id: TransferId,
    pub quote_id: Option<QuoteId>,
    pub payee: PartyIdentifier,
    pub payer: Counterparty,
    pub transaction_type: String,
    /// The terms that the request states. A quote that this connector gave
    /// counts for more.
    pub terms: Terms,
}

impl IncomingRequest {
    /// Whether the transfer is the one that a quote was given for.
    pub fn agrees_with(&self, quote: &QuoteRequest) -> bool {
        self.payee.is_same_party(&quote.payee)
            && self.terms.amount_type() == quote.amount_type
            && self.terms.amount() == quote.amount
    }
}

/// A payment that arrives from the scheme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncomingTransfer {
    pub request: IncomingRequest,
    /// What the transfer is held to: the quote's terms, where there is one.
    pub terms: Terms,
    pub payee_account: AccountNumber,
    state: IncomingState,
    /// What the scheme has said, once it has.
    pub told: Option<FinalState>,
    /// The core banking system's number for what it booked before the promise.
    pub booking: Option<String>,
    pub failure: Option<PaymentError>,
    pub opened_at: Timestamp,
    pub state_since: Timestamp,
}

impl IncomingTransfer {
    /// A transfer that is about to be promised.
    pub fn open(
        request: IncomingRequest,
        terms: Terms,
        payee_account: AccountNumber,
        now: Timestamp,
    ) -> Self {
        Self {
            request,
            terms,
            payee_account,
            state: IncomingState::Reserving,
            told: None,
            booking: None,
            failure: None,
            opened_at: now,
            state_since: now,
        }
    }

    pub fn state(&self) -> IncomingState {
        self.state
    }

    pub fn advance_to(
        &mut self,
        next: IncomingState,
        now: Timestamp,
    ) -> Result<(), ForbiddenTransition> {
        if !self.state.may_become(next) {
            return Err(ForbiddenTransition {
                from: self.state.as_str(),
                to: next.as_str(),
            });
        }
        self.state = next;
        self.state_since = now;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_follows_a_final_state_and_something_follows_every_other() {
        for state in IncomingState::ALL {
            let has_successor = IncomingState::ALL
                .into_iter()
                .any(|next| state.may_become(next));
            assert_eq!(has_successor, !state.is_final(), "{state:?}");
        }
    }

    #[test]
    fn money_is_posted_only_on_the_way_from_a_commit_and_freed_only_from_an_abort() {
        for state in IncomingState::ALL {
            assert_eq!(
                state.may_become(IncomingState::Committed),
                state == IncomingState::Committing
            );
            assert_eq!(
                state.may_become(IncomingState::Aborted),
                matches!(state, IncomingState::Releasing | IncomingState::Reserving)
            );
        }
        assert!(!IncomingState::Releasing.may_become(IncomingState::Committing));
        assert!(!IncomingState::Committing.may_become(IncomingState::Releasing));
    }

    #[test]
    fn a_state_is_stored_under_the_name_it_is_listed_by() {
        for state in IncomingState::ALL {
            assert_eq!(
                serde_json::to_value(state).unwrap(),
                serde_json::Value::from(state.as_str())
            );
        }
    }
}
