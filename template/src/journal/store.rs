//! What a database has to do to hold the journal.

use std::fmt;

use async_trait::async_trait;

use super::work::Work;
use crate::domain::{
    timestamp::Timestamp,
    transfer_id::{QuoteId, TransferId},
};

/// Which way the money goes, seen from this DFSP.
///
/// A transfer between two customers of this DFSP is one of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    Incoming,
    Outgoing,
    // [if use_cases has request_to_pay]
    /// None yet: somebody asks a customer of this DFSP for money.
    RequestReceived,
    /// None yet: a customer of this DFSP asks somebody for money.
    RequestSent,
    // [end]
    // [if role is fxp, both]
    /// Neither: a conversion for another participant.
    Conversion,
    // [end]
    // [if use_cases has bulk]
    /// Many quotes of one request: no money goes.
    BulkQuote,
    /// Many incoming transfers of one request, each of which is kept besides.
    BulkTransfer,
    /// Many outgoing payments of one customer, each of which is kept besides.
    BulkPayment,
    // [end]
}

impl Direction {
    /// The direction that is stored under this name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "incoming" => Some(Self::Incoming),
            "outgoing" => Some(Self::Outgoing),
            // [if use_cases has request_to_pay]
            "request received" => Some(Self::RequestReceived),
            "request sent" => Some(Self::RequestSent),
            // [end]
            // [if role is fxp, both]
            "conversion" => Some(Self::Conversion),
            // [end]
            // [if use_cases has bulk]
            "bulk quote" => Some(Self::BulkQuote),
            "bulk transfer" => Some(Self::BulkTransfer),
            "bulk payment" => Some(Self::BulkPayment),
            // [end]
            _ => None,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Incoming => "incoming",
            Self::Outgoing => "outgoing",
            // [if use_cases has request_to_pay]
            Self::RequestReceived => "request received",
            Self::RequestSent => "request sent",
            // [end]
            // [if role is fxp, both]
            Self::Conversion => "conversion",
            // [end]
            // [if use_cases has bulk]
            Self::BulkQuote => "bulk quote",
            Self::BulkTransfer => "bulk transfer",
            Self::BulkPayment => "bulk payment",
            // [end]
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A payment as a row.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    pub direction: Direction,
    pub transfer_id: TransferId,
    pub home_transaction_id: Option<String>,
    pub state: String,
    pub work: Work,
    /// 1 when it is opened, one more at every record.
    pub version: u64,
    /// The payment itself, as JSON.
    pub body: String,
}

/// Personal data: the payment itself is not printed.
impl fmt::Debug for Entry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            direction,
            transfer_id,
            state,
            version,
            ..
        } = self;
        write!(
            formatter,
            "{direction} {transfer_id} {state} version {version}"
        )
    }
}

/// What became of the wish to open a payment.
#[derive(Debug)]
pub enum Opening {
    New,
    Known(Entry),
}

/// A final word of the scheme that does not fit what was done here: about a
/// transfer that was never prepared, or against what was told before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    pub transfer_id: TransferId,
    /// The final state as it was told: `COMMITTED`, `ABORTED` or, without the
    /// scheme's own word, `COMPLETED`.
    pub told: String,
    pub first_told_at: Timestamp,
}

/// A payment that somebody should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub transfer_id: TransferId,
    pub due_at: Timestamp,
}

/// The database's word that nobody else works on a payment, until this is
/// dropped.
pub struct Lease {
    end: Option<Box<dyn FnOnce() + Send + Sync>>,
}

impl Lease {
    /// Of a database that only one process uses: there is nobody else.
    pub fn of_the_only_process() -> Self {
        Self { end: None }
    }

    /// `end` tells the database that the work is over. It must not wait.
    pub fn ending_with(end: impl FnOnce() + Send + Sync + 'static) -> Self {
        Self {
            end: Some(Box::new(end)),
        }
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Lease")
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(end) = self.end.take() {
            end();
        }
    }
}

/// The database could not be used.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StoreError(pub String);

/// A database that holds the journal. A method that writes returns when what
/// it wrote survives a loss of power.
#[async_trait]
pub trait Store
where
    // [if funding_model is deposit_withdraw]
    Self: super::history::History,
    // [end]
    Self: fmt::Debug + Send + Sync,
{
    /// Whether other processes, the replicas of this one, use it as well.
    fn is_shared(&self) -> bool;

    /// Asks to be the only one who works on a payment, whether or not it is
    /// known yet; `None` while another process is. The lease of a process that
    /// has died runs out.
    async fn lease(
        &self,
        direction: Direction,
        transfer_id: &TransferId,
    ) -> Result<Option<Lease>, StoreError>;

    /// Whether it can be written now, and the leases of this process hold.
    async fn check(&self) -> Result<(), StoreError>;

    /// This process does nothing more: others go on at once with what it has
    /// left, as if it had died.
    async fn leave(&self) -> Result<(), StoreError>;

    /// Inserts an entry unless its transfer, or its home transaction, is known
    /// in its direction.
    async fn open(&self, entry: Entry) -> Result<Opening, StoreError>;

    async fn find(
        &self,
        direction: Direction,
        transfer_id: &TransferId,
    ) -> Result<Option<Entry>, StoreError>;

    async fn find_by_home_transaction_id(
        &self,
        direction: Direction,
        home_transaction_id: &str,
    ) -> Result<Option<Entry>, StoreError>;

    /// Replaces the entry whose version is one less, and adds to its history.
    /// `false` if there is none: somebody else was faster.
    async fn record(&self, entry: Entry) -> Result<bool, StoreError>;

    /// The transfers of a direction that are due by a moment, the longest due
    /// first, without those that another process works on. Whatever a process
    /// worked on that has died is among them, also if it is due only later:
    /// nobody else knows what it waited for.
    async fn due(
        &self,
        direction: Direction,
        by: Timestamp,
        limit: usize,
    ) -> Result<Vec<Due>, StoreError>;

    // [if payee_pattern is credit_on_commit]
    /// The payments of a direction that are not over: the connector or a person
    /// will look at them again.
    async fn unfinished(
        &self,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError>;

    // [end]
    /// Inserts a quote, or returns the one that is known under this identifier.
    async fn keep_quote(&self, id: QuoteId, body: String) -> Result<Option<String>, StoreError>;

    async fn find_quote(&self, id: &QuoteId) -> Result<Option<String>, StoreError>;

    async fn keep_exception(&self, exception: Exception) -> Result<(), StoreError>;

    async fn find_exceptions(&self, transfer_id: &TransferId)
    -> Result<Vec<Exception>, StoreError>;
}
