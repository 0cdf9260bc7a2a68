//! A request to pay that has reached a customer of this DFSP, as a state machine.
//!
//! ```text
//! Received ──> Accepted
//!     │ └────> Rejecting ──> Rejected
//!     └──────> Expired
//! ```
//!
//! What follows on `Accepted` is an ordinary outgoing payment.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::{
    amount::Amount,
    identifier::PartyIdentifier,
    outgoing::{OutgoingRequest, PayerDetails, UseCase},
    promise::ForbiddenTransition,
    quote::AmountType,
    timestamp::Timestamp,
    transfer_id::TransferId,
};

/// How far a request that was received has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceivedRequestState {
    /// The customer has not decided yet.
    Received,
    /// Final: the customer pays. How far the payment is, the payment says.
    Accepted,
    /// The customer does not pay; the Mojaloop Connector is told so.
    Rejecting,
    /// Final: the customer does not pay.
    Rejected,
    /// Final: the customer has not decided in time.
    Expired,
}

impl ReceivedRequestState {
    pub const ALL: [Self; 5] = [
        Self::Received,
        Self::Accepted,
        Self::Rejecting,
        Self::Rejected,
        Self::Expired,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Accepted => "accepted",
            Self::Rejecting => "rejecting",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
        }
    }

    pub fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (
                Self::Received,
                Self::Accepted | Self::Rejecting | Self::Expired
            ) | (Self::Rejecting, Self::Rejected)
        )
    }
}

/// Who has begun, in the words of the scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Initiator {
    Payer,
    Payee,
}

/// What kind of party has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InitiatorType {
    Consumer,
    Agent,
    Business,
    Device,
}

/// The party that asks for money.
///
/// Personal data: only the FSP is printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskingPayee {
    pub identifier: PartyIdentifier,
    pub fsp_id: Option<String>,
    pub name: Option<String>,
}

impl fmt::Debug for AskingPayee {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fsp_id = self.fsp_id.as_deref().unwrap_or("?");
        write!(formatter, "payee at {fsp_id}")
    }
}

/// What a customer of this DFSP is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentDemand {
    pub transaction_request_id: TransferId,
    pub payer: PartyIdentifier,
    pub payee: AskingPayee,
    pub amount: Amount,
    pub transaction_type: String,
    pub initiator: Initiator,
    pub initiator_type: InitiatorType,
    pub note: Option<String>,
    /// When the payee's FSP no longer wants it, if it says so.
    pub expires_at: Option<Timestamp>,
}

/// What a payment has to know of the request that it answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnsweredRequest {
    pub transaction_request_id: TransferId,
    /// Under which the payment is made, as the payee's FSP was told.
    pub transaction_id: TransferId,
    pub payee_fsp_id: Option<String>,
    pub initiator: Initiator,
    pub initiator_type: InitiatorType,
    pub note: Option<String>,
}

/// A request to pay that has reached a customer of this DFSP.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceivedRequest {
    pub demand: PaymentDemand,
    /// The customer's name, which the payee is told when he is paid.
    pub payer_name: String,
    /// Made here, for the payment that may come of it.
    pub transaction_id: TransferId,
    state: ReceivedRequestState,
    pub expires_at: Timestamp,
    pub state_since: Timestamp,
}

/// Personal data: the customer's name is not printed.
impl fmt::Debug for ReceivedRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} ({:?})", self.demand, self.state)
    }
}

impl ReceivedRequest {
    /// A request that the customer is about to be asked about.
    pub fn open(
        demand: PaymentDemand,
        payer_name: String,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Self {
        Self {
            demand,
            payer_name,
            transaction_id: TransferId::generate(),
            state: ReceivedRequestState::Received,
            expires_at,
            state_since: now,
        }
    }

    pub fn state(&self) -> ReceivedRequestState {
        self.state
    }

    pub fn advance_to(
        &mut self,
        next: ReceivedRequestState,
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

    /// The payment that the customer makes by accepting: the payee receives
    /// what he asks for. It depends on the request alone, so that it is opened
    /// once, however often the customer says yes.
    pub fn payment(&self) -> OutgoingRequest {
        let demand = &self.demand;
        OutgoingRequest {
            use_case: UseCase::RequestToPay,
            home_transaction_id: Some(demand.transaction_request_id.to_string()),
            channel: None,
            payer: demand.payer.clone(),
            payer_details: PayerDetails {
                name: self.payer_name.clone(),
                ..PayerDetails::default()
            },
            payee: demand.payee.identifier.clone(),
            // [if payer_steps is one_step]
            payee_name: None,
            // [end]
            amount_type: AmountType::Receive,
            amount: demand.amount,
            transaction_type: demand.transaction_type.clone(),
            purpose_code: None,
            // [if use_cases has conversion]
            other_currency: None,
            // [end]
            in_answer_to: Some(AnsweredRequest {
                transaction_request_id: demand.transaction_request_id.clone(),
                transaction_id: self.transaction_id.clone(),
                payee_fsp_id: demand.payee.fsp_id.clone(),
                initiator: demand.initiator,
                initiator_type: demand.initiator_type,
                note: demand.note.clone(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_is_made_once() {
        use ReceivedRequestState as State;
        for state in State::ALL {
            let undecided = state == State::Received;
            for decision in [State::Accepted, State::Rejecting, State::Expired] {
                assert_eq!(state.may_become(decision), undecided, "{state:?}");
            }
            assert_eq!(
                state.may_become(State::Rejected),
                state == State::Rejecting,
                "{state:?}"
            );
            assert!(!state.may_become(State::Received), "{state:?}");
        }
    }

    #[test]
    fn a_state_is_stored_under_the_name_it_is_listed_by() {
        for state in ReceivedRequestState::ALL {
            assert_eq!(
                serde_json::to_value(state).unwrap(),
                serde_json::Value::from(state.as_str())
            );
        }
    }
}
