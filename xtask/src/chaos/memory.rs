//! What callers were answered. None of it may be forgotten.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::cents::Cents;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    Incoming,
    Outgoing,
}

impl Direction {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Incoming => "incoming",
            Self::Outgoing => "outgoing",
        }
    }
}

/// An incoming payment, as the scheme was told of it.
#[derive(Debug, Clone, Default)]
pub struct Incoming {
    pub payee_account: String,
    /// What the quote said: what is transferred, and what the payee gets of it.
    pub quote: Option<(Cents, Cents)>,
    pub quote_id: Option<String>,
    /// It was answered that the payment is reserved.
    pub reserved: bool,
    /// The final words that were acknowledged.
    pub acknowledged: Vec<String>,
    /// It was answered that the payment is reserved when its abort had been
    /// acknowledged before.
    pub reserved_after_abort: bool,
}

/// What an offer said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub transfer_id: String,
    pub send_amount: Cents,
    pub source_fees: Cents,
}

/// What the payer's channel was told in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    Paid,
    /// With this code, which says that no money moves.
    NotPaid(String),
}

/// An outgoing payment, as the bank's channel knows it.
#[derive(Debug, Clone, Default)]
pub struct Outgoing {
    pub home_transaction_id: String,
    pub payer_account: String,
    /// Every offer that was answered, the repeated ones too.
    pub offers: Vec<Offer>,
    pub told: Vec<Told>,
}

/// Everything that was answered.
#[derive(Debug, Default)]
pub struct Memory {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// By transfer.
    incoming: HashMap<String, Incoming>,
    outgoing: Vec<Outgoing>,
}

impl Memory {
    /// Notes something about an incoming payment.
    pub fn incoming(&self, transfer_id: &str, note: impl FnOnce(&mut Incoming)) {
        note(
            self.lock()
                .incoming
                .entry(transfer_id.to_owned())
                .or_default(),
        );
    }

    /// Keeps what a channel knows of a payment in the end.
    pub fn keep_outgoing(&self, outgoing: Outgoing) {
        self.lock().outgoing.push(outgoing);
    }

    pub fn all_incoming(&self) -> HashMap<String, Incoming> {
        self.lock().incoming.clone()
    }

    pub fn all_outgoing(&self) -> Vec<Outgoing> {
        self.lock().outgoing.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
