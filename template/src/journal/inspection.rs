//! What an operator's commands need of a database, beside a connector that works
//! on it.
//!
//! They look, and they write down what a person decided. They never instruct the
//! bank: the connector finds the decision and carries it out.

use std::fmt;

use async_trait::async_trait;
use serde::Serialize;

use super::store::{Direction, Entry, Exception, StoreError};
use crate::domain::{period::Period, timestamp::Timestamp, transfer_id::TransferId};

/// A database whose journal people can look into and decide about.
#[async_trait]
pub trait Inspection: fmt::Debug + Send + Sync {
    /// The payments of a selection. Those that wait come with the oldest first,
    /// any others with the youngest.
    async fn list(&self, selection: Selection) -> Result<Vec<Listed>, StoreError>;

    /// What waits, counted.
    async fn overview(&self) -> Result<Overview, StoreError>;

    /// The payments of an identifier, either of the transfer or the DFSP's own.
    async fn find(&self, id: String) -> Result<Vec<Listed>, StoreError>;

    /// Everything that was recorded of a payment, in that order.
    async fn history(
        &self,
        direction: Direction,
        transfer_id: TransferId,
    ) -> Result<Vec<HistoryLine>, StoreError>;

    /// Replaces the entry whose version is one less, and adds to its history who
    /// did so and why.
    async fn decide(&self, entry: Entry, decision: Decision) -> Result<Decided, StoreError>;

    /// The payments that became final in a period, in that order: those whose
    /// number is above `after`.
    async fn ended(
        &self,
        period: Period,
        after: i64,
        limit: usize,
    ) -> Result<Vec<Ended>, StoreError>;

    /// What the database says of itself. It is locked for writing for a moment,
    /// and nothing is written.
    async fn examine(&self) -> Result<Examined, StoreError>;

    /// Words of the scheme that do not fit, the oldest first.
    async fn exceptions(&self, of: Exceptional) -> Result<Vec<KnownException>, StoreError>;

    /// Keeps what was done about an exception. `false` if there is no such one.
    async fn resolve_exception(
        &self,
        transfer_id: TransferId,
        told: String,
        decision: Decision,
    ) -> Result<bool, StoreError>;
}

/// Which payments are listed. What is `None` or `false` does not matter.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    pub direction: Option<Direction>,
    pub state: Option<String>,
    /// Only those that a person has to decide on.
    pub parked: bool,
    /// Only those that are neither over nor forgotten.
    pub unfinished: bool,
    pub opened_before: Option<Timestamp>,
    /// Only those that come after this one.
    pub after: Option<i64>,
    pub limit: usize,
}

/// What waits: for a moment, for somebody's word, or for a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overview {
    pub waiting: Vec<Waiting>,
    /// Words that do not fit and that nobody has dealt with.
    pub open_exceptions: u64,
}

/// The payments of a direction that wait in one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub direction: Direction,
    pub state: String,
    /// Whether it is for a person to go on.
    pub parked: bool,
    pub payments: u64,
    pub oldest_opened_at: Timestamp,
}

/// A payment of a list.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Where its opening is in the history of all payments.
    pub number: i64,
    pub entry: Entry,
    pub opened_at: Timestamp,
    pub recorded_at: Timestamp,
}

/// One record of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryLine {
    pub version: u64,
    pub state: String,
    pub attempts: u32,
    pub parked: Option<String>,
    pub recorded_at: Timestamp,
    /// The person who decided, if one did.
    pub decision: Option<Decision>,
}

/// Who decided something, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision {
    pub actor: String,
    pub reason: String,
}

/// What became of the wish to write a decision down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decided {
    Recorded,
    /// The payment has been recorded since it was looked at.
    ChangedMeanwhile,
    /// A replica that lives is at work on it.
    HeldByReplica,
}

/// What a database says of itself.
#[derive(Debug, Clone, Default)]
pub struct Examined {
    /// Why nothing can be written, if that is so.
    pub not_writable: Option<String>,
    /// By how much its clock is ahead of this process's, if it has one.
    pub clock_ahead_ms: Option<i64>,
    /// What it is set to, under its own names.
    pub settings: Vec<(String, String)>,
}

/// A payment that became final.
#[derive(Debug, Clone)]
pub struct Ended {
    /// Where its end is in the history of all payments.
    pub number: i64,
    pub entry: Entry,
    pub opened_at: Timestamp,
    pub ended_at: Timestamp,
    /// The person who ended it, if one did.
    pub decision: Option<Decision>,
}

/// Which exceptions are listed.
#[derive(Debug, Clone)]
pub enum Exceptional {
    /// Those that nobody has dealt with.
    Open {
        limit: usize,
    },
    All {
        limit: usize,
    },
    Of(TransferId),
}

/// A word of the scheme that does not fit, and what was done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownException {
    pub exception: Exception,
    pub resolutions: Vec<(Timestamp, Decision)>,
}
