//! A request to pay that a customer of this DFSP makes, as a state machine.
//!
//! ```text
//! Requesting ──> Received ──> Pending ──> Accepted, Rejected
//!   │ │  ↑ └───> Failed          └──────> Expired
//!   │ └─ Unsent
//!   └──> Expired
//! ```
//!
//! A state can be passed over. `Requesting` is an intent: it is stored before
//! the Mojaloop Connector is asked. What comes of it is told by the payer's FSP
//! whenever it likes; no money moves by it. The payment is an ordinary incoming
//! transfer.

use serde::{Deserialize, Serialize};

use crate::domain::{
    amount::Amount, error::PaymentError, identifier::PartyIdentifier, promise::ForbiddenTransition,
    timestamp::Timestamp, transfer_id::TransferId,
};

/// How far a request that was sent has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SentRequestState {
    /// The Mojaloop Connector is asked. If this lasts, nobody knows whether
    /// the payer's FSP has heard of it.
    Requesting,
    /// The Mojaloop Connector was certainly not reached.
    Unsent,
    /// The payer's FSP has it.
    Received,
    /// The payer has it.
    Pending,
    /// Final: the payer has agreed, and his FSP pays.
    Accepted,
    /// Final: the payer does not pay.
    Rejected,
    /// Final: the scheme has refused it.
    Failed,
    /// No answer came in time. One that comes later counts all the same.
    Expired,
}

/// What the payer's FSP says of a request, in the words of the scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PayersWord {
    Received,
    Pending,
    Accepted,
    Rejected,
}

impl From<PayersWord> for SentRequestState {
    fn from(word: PayersWord) -> Self {
        match word {
            PayersWord::Received => Self::Received,
            PayersWord::Pending => Self::Pending,
            PayersWord::Accepted => Self::Accepted,
            PayersWord::Rejected => Self::Rejected,
        }
    }
}

impl SentRequestState {
    pub const ALL: [Self; 8] = [
        Self::Requesting,
        Self::Unsent,
        Self::Received,
        Self::Pending,
        Self::Accepted,
        Self::Rejected,
        Self::Failed,
        Self::Expired,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requesting => "requesting",
            Self::Unsent => "unsent",
            Self::Received => "received",
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
            Self::Expired => "expired",
        }
    }

    pub fn is_final(self) -> bool {
        matches!(self, Self::Accepted | Self::Rejected | Self::Failed)
    }

    pub fn may_become(self, next: Self) -> bool {
        match next {
            Self::Requesting => self == Self::Unsent,
            Self::Unsent | Self::Failed => self == Self::Requesting,
            Self::Received => self == Self::Requesting,
            Self::Pending => matches!(self, Self::Requesting | Self::Received),
            Self::Accepted | Self::Rejected => !self.is_final() && self != Self::Unsent,
            Self::Expired => !self.is_final() && self != Self::Expired,
        }
    }
}

/// What a customer of this DFSP asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentWish {
    pub home_transaction_id: String,
    pub payee: PartyIdentifier,
    pub payer: PartyIdentifier,
    pub amount: Amount,
    pub transaction_type: String,
    /// Whether the payer has to show a one-time password.
    pub with_one_time_password: bool,
}

/// A request to pay that a customer of this DFSP makes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentRequest {
    pub transaction_request_id: TransferId,
    pub wish: PaymentWish,
    state: SentRequestState,
    /// Why there is no such request, once that is certain.
    pub failure: Option<PaymentError>,
    pub expires_at: Timestamp,
    pub state_since: Timestamp,
}

impl SentRequest {
    /// A request that is about to be made. Its identifier is made here, so
    /// that it is known before anybody hears of it.
    pub fn open(wish: PaymentWish, expires_at: Timestamp, now: Timestamp) -> Self {
        Self {
            transaction_request_id: TransferId::generate(),
            wish,
            state: SentRequestState::Requesting,
            failure: None,
            expires_at,
            state_since: now,
        }
    }

    pub fn state(&self) -> SentRequestState {
        self.state
    }

    pub fn advance_to(
        &mut self,
        next: SentRequestState,
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
    use SentRequestState as State;

    use super::*;

    #[test]
    fn nothing_follows_a_final_state_and_something_follows_every_other() {
        for state in State::ALL {
            let has_successor = State::ALL.into_iter().any(|next| state.may_become(next));
            assert_eq!(has_successor, !state.is_final(), "{state:?}");
            assert!(!state.may_become(state), "{state:?}");
        }
    }

    #[test]
    fn only_what_was_certainly_not_sent_is_sent_again() {
        for state in State::ALL {
            let again = state.may_become(State::Requesting);
            assert_eq!(again, state == State::Unsent, "{state:?}");
        }
    }

    #[test]
    fn the_payers_word_counts_also_if_it_comes_late() {
        for state in [
            State::Requesting,
            State::Received,
            State::Pending,
            State::Expired,
        ] {
            for word in [PayersWord::Accepted, PayersWord::Rejected] {
                assert!(state.may_become(word.into()), "{state:?}");
            }
        }
    }

    #[test]
    fn a_state_is_stored_under_the_name_it_is_listed_by() {
        for state in State::ALL {
            assert_eq!(
                serde_json::to_value(state).unwrap(),
                serde_json::Value::from(state.as_str())
            );
        }
    }
}
