//! What is promised to the scheme, and kept or taken back on its final word, as
//! a state machine.
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
//!
//! A person who has put the bank's books right by hand ends a promise from any
//! of these states (`resolution`).

use serde::{Deserialize, Serialize};

use super::{error::PaymentError, reference::CreditStep, timestamp::Timestamp};

/// How far a promise has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromiseState {
    /// The core banking system is asked for what the promise to the scheme needs.
    Reserving,
    /// It is promised; the scheme decides.
    Reserved,
    /// The scheme committed; the core banking system is asked for what is left to do.
    Committing,
    /// Final: the money is where it was promised.
    Committed,
    /// The scheme aborted; the core banking system is asked to undo what it did.
    Releasing,
    /// Final: there was no payment after all.
    Aborted,
    /// Final: the core banking system refused, and nothing was promised.
    Refused,
}

impl PromiseState {
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

/// What the scheme finally says.
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

/// A promise, and what has become of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    state: PromiseState,
    /// What the scheme has said, once it has.
    pub told: Option<FinalState>,
    /// The core banking system's number for what it booked before the promise.
    pub booking: Option<String>,
    pub failure: Option<PaymentError>,
    pub opened_at: Timestamp,
    pub state_since: Timestamp,
}

impl Promise {
    /// A promise that is about to be made.
    pub fn open(now: Timestamp) -> Self {
        Self {
            state: PromiseState::Reserving,
            told: None,
            booking: None,
            failure: None,
            opened_at: now,
            state_since: now,
        }
    }

    pub fn state(&self) -> PromiseState {
        self.state
    }

    pub fn advance_to(
        &mut self,
        next: PromiseState,
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

    /// Ends it without the core banking system: a person has put its books right.
    pub(super) fn end_by_hand(&mut self, outcome: FinalState, now: Timestamp) {
        self.told = Some(outcome);
        self.state = match outcome {
            FinalState::Committed => PromiseState::Committed,
            FinalState::Aborted => PromiseState::Aborted,
        };
        self.state_since = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_follows_a_final_state_and_something_follows_every_other() {
        for state in PromiseState::ALL {
            let has_successor = PromiseState::ALL
                .into_iter()
                .any(|next| state.may_become(next));
            assert_eq!(has_successor, !state.is_final(), "{state:?}");
        }
    }

    #[test]
    fn money_is_posted_only_on_the_way_from_a_commit_and_freed_only_from_an_abort() {
        for state in PromiseState::ALL {
            assert_eq!(
                state.may_become(PromiseState::Committed),
                state == PromiseState::Committing
            );
            assert_eq!(
                state.may_become(PromiseState::Aborted),
                matches!(state, PromiseState::Releasing | PromiseState::Reserving)
            );
        }
        assert!(!PromiseState::Releasing.may_become(PromiseState::Committing));
        assert!(!PromiseState::Committing.may_become(PromiseState::Releasing));
    }

    #[test]
    fn a_state_is_stored_under_the_name_it_is_listed_by() {
        for state in PromiseState::ALL {
            assert_eq!(
                serde_json::to_value(state).unwrap(),
                serde_json::Value::from(state.as_str())
            );
        }
    }
}
