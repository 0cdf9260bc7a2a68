//! What the simulated hub knows about transfers, and what the simulated
//! Mojaloop Connector has in its cache about them.

use std::collections::{HashMap, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::network::PayeeLeg;
use crate::domain::currency::Currency;

/// Beyond this many transfers the oldest are forgotten.
const MAX_TRANSFERS: usize = 10_000;

/// Where the money is, as the hub sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum HubState {
    /// The hub never got the transfer.
    None,
    Reserved,
    Committed,
    Aborted,
}

impl HubState {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::Reserved => "RESERVED",
            Self::Committed => "COMMITTED",
            Self::Aborted => "ABORTED",
        }
    }
}

/// Where the Mojaloop Connector is with a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum CurrentState {
    WaitingForPartyAcceptance,
    WaitingForConversionAcceptance,
    WaitingForQuoteAcceptance,
    Reserved,
    Completed,
    Aborted,
    ErrorOccurred,
}

impl CurrentState {
    /// How the Mojaloop Connector names the final state that the hub notified.
    pub(super) fn after_notification(hub_state: HubState) -> Self {
        match hub_state {
            HubState::Committed => Self::Completed,
            HubState::Aborted => Self::Aborted,
            HubState::Reserved | HubState::None => Self::ErrorOccurred,
        }
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::WaitingForPartyAcceptance => "WAITING_FOR_PARTY_ACCEPTANCE",
            Self::WaitingForConversionAcceptance => "WAITING_FOR_CONVERSION_ACCEPTANCE",
            Self::WaitingForQuoteAcceptance => "WAITING_FOR_QUOTE_ACCEPTANCE",
            Self::Reserved => "RESERVED",
            Self::Completed => "COMPLETED",
            Self::Aborted => "ABORTED",
            Self::ErrorOccurred => "ERROR_OCCURRED",
        }
    }
}

/// Whether this connector's customer pays or is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Direction {
    Outbound,
    Inbound,
}

/// One transfer.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SimulatedTransfer {
    pub transfer_id: String,
    pub direction: Direction,
    pub hub_state: HubState,
    pub current_state: CurrentState,
    pub amount: String,
    pub currency: Currency,
    /// How many requests to accept the last terms arrived.
    pub accepts: u32,
    /// The whole cached state, as answers show it.
    #[serde(skip)]
    pub document: Value,
    /// What a payee at another simulator has said so far.
    #[serde(skip)]
    pub payee_leg: Option<PayeeLeg>,
    /// How an FXP at another simulator calls the conversion.
    #[serde(skip)]
    pub conversion_home_id: Value,
}

impl SimulatedTransfer {
    /// Moves on to a state, and shows it.
    pub(super) fn enter(&mut self, state: CurrentState) {
        self.current_state = state;
        self.document["currentState"] = state.as_str().into();
    }
}

/// All transfers, in the order in which they came.
#[derive(Default)]
pub(super) struct SimulatedHub {
    transfers: HashMap<String, SimulatedTransfer>,
    order: VecDeque<String>,
}

impl SimulatedHub {
    pub(super) fn find(&self, transfer_id: &str) -> Option<&SimulatedTransfer> {
        self.transfers.get(transfer_id)
    }

    pub(super) fn find_mut(&mut self, transfer_id: &str) -> Option<&mut SimulatedTransfer> {
        self.transfers.get_mut(transfer_id)
    }

    /// Remembers a transfer, in place of an earlier one with its id.
    pub(super) fn remember(&mut self, transfer: SimulatedTransfer) {
        let transfer_id = transfer.transfer_id.clone();
        if self
            .transfers
            .insert(transfer_id.clone(), transfer)
            .is_some()
        {
            return;
        }
        self.order.push_back(transfer_id);
        if self.order.len() > MAX_TRANSFERS
            && let Some(oldest) = self.order.pop_front()
        {
            self.transfers.remove(&oldest);
        }
    }

    pub(super) fn transfers(&self) -> impl Iterator<Item = &SimulatedTransfer> {
        self.order.iter().filter_map(|id| self.transfers.get(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transfer(transfer_id: String) -> SimulatedTransfer {
        SimulatedTransfer {
            transfer_id,
            direction: Direction::Outbound,
            hub_state: HubState::None,
            current_state: CurrentState::WaitingForQuoteAcceptance,
            amount: "1".to_owned(),
            currency: "KES".parse().unwrap(),
            accepts: 0,
            document: Value::Null,
            payee_leg: None,
            conversion_home_id: Value::Null,
        }
    }

    #[test]
    fn forgets_the_oldest_transfers_when_there_are_too_many() {
        let mut hub = SimulatedHub::default();
        for number in 0..=MAX_TRANSFERS {
            hub.remember(transfer(number.to_string()));
        }
        assert!(hub.find("0").is_none());
        assert_eq!(hub.transfers().count(), MAX_TRANSFERS);
        assert!(hub.find("1").is_some());
    }
}
