//! The durable record of every payment.
//!
//! An intent is stored before its effect, and an outcome after it. What the
//! journal holds after a crash is therefore all that is needed to go on.
//!
//! This file gives the payments their types; `store` is the small trait that a
//! database has to implement. `sqlite` is the one that is built in, for one
//! process; `postgres` is for several replicas.
//! `attended` lets somebody stand by at whatever is done with it.
//! `inspection` is what people need of it: they look into it, and decide where it
//! does not go on.

pub mod attended;
pub mod inspection;
pub mod store;
pub mod work;

// [if use_cases has request_to_pay]
mod requests_to_pay;

// [end]
// [if funding_model is deposit_withdraw]
pub mod history;

// [end]
// [if role is fxp, both]
pub mod conversions;

// [end]
pub mod postgres;
pub mod sqlite;

use std::{marker::PhantomData, path::PathBuf, sync::Arc};

use serde::{Serialize, de::DeserializeOwned};

use self::{
    inspection::Inspection,
    postgres::{PostgresStore, inspection::PostgresInspection},
    sqlite::{SqliteStore, inspection::SqliteInspection},
    store::{Direction, Due, Entry, Exception, Lease, Opening, Store, StoreError},
    work::Work,
};
use crate::domain::{
    error::{ErrorCode, PaymentError},
    incoming::IncomingTransfer,
    outgoing::OutgoingPayment,
    quote::Quote,
    timestamp::Timestamp,
    transfer_id::{QuoteId, TransferId},
};

/// Where the journal is.
#[derive(Debug, Clone)]
pub enum Database {
    /// A file, for one process.
    Sqlite(PathBuf),
    /// For several replicas.
    Postgres(Box<postgres::Settings>),
}

impl Database {
    /// Opens the journal, and makes it if there is none.
    pub async fn open(self) -> Result<Arc<dyn Store>, StoreError> {
        Ok(match self {
            Self::Sqlite(path) => Arc::new(SqliteStore::open(&path)?),
            Self::Postgres(settings) => Arc::new(PostgresStore::open(*settings).await?),
        })
    }

    /// Opens a journal that is there for people to look into, beside whoever
    /// works on it.
    pub async fn inspect(self) -> Result<Arc<dyn Inspection>, StoreError> {
        Ok(match self {
            Self::Sqlite(path) => Arc::new(SqliteInspection::open(&path)?),
            Self::Postgres(settings) => Arc::new(PostgresInspection::open(&settings).await?),
        })
    }
}

/// The journal could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Somebody else has recorded the payment in the meantime.
    #[error("the payment was recorded by somebody else")]
    Conflict,
    #[error("the journal cannot be used: {0}")]
    Store(#[from] StoreError),
    /// Says where, and not what: an entry holds personal data.
    #[error("an entry of the journal is not understood (line {line}, column {column})")]
    Entry { line: usize, column: usize },
}

impl From<serde_json::Error> for JournalError {
    fn from(error: serde_json::Error) -> Self {
        Self::Entry {
            line: error.line(),
            column: error.column(),
        }
    }
}

impl From<JournalError> for PaymentError {
    fn from(error: JournalError) -> Self {
        Self::new(ErrorCode::Internal, "the payment cannot be recorded now").with_detail(error)
    }
}

/// A payment as the journal keeps it.
pub trait Payment: Serialize + DeserializeOwned + Send + Sync {
    const DIRECTION: Direction;

    fn transfer_id(&self) -> &TransferId;

    /// The DFSP's own identifier, under which a payment is opened only once.
    fn home_transaction_id(&self) -> Option<&str>;

    fn state_name(&self) -> &'static str;

    fn state_since(&self) -> Timestamp;
}

impl Payment for IncomingTransfer {
    const DIRECTION: Direction = Direction::Incoming;

    fn transfer_id(&self) -> &TransferId {
        &self.request.transfer_id
    }

    fn home_transaction_id(&self) -> Option<&str> {
        None
    }

    fn state_name(&self) -> &'static str {
        self.state().as_str()
    }

    fn state_since(&self) -> Timestamp {
        self.promise.state_since
    }
}

impl Payment for OutgoingPayment {
    const DIRECTION: Direction = Direction::Outgoing;

    fn transfer_id(&self) -> &TransferId {
        &self.transfer_id
    }

    fn home_transaction_id(&self) -> Option<&str> {
        self.request.home_transaction_id.as_deref()
    }

    fn state_name(&self) -> &'static str {
        self.state().as_str()
    }

    fn state_since(&self) -> Timestamp {
        self.state_since
    }
}

/// A payment with what the journal knows about the work on it.
#[derive(Debug, Clone)]
pub struct Recorded<P> {
    pub payment: P,
    pub work: Work,
    /// How often it has been recorded. A record of an older version is refused.
    version: u64,
}

/// What became of the wish to open a payment.
#[derive(Debug)]
pub enum Opened<P> {
    New(Recorded<P>),
    Known(Recorded<P>),
}

/// The payments of one direction.
#[derive(Debug)]
pub struct Journal<P> {
    store: Arc<dyn Store>,
    payments: PhantomData<fn() -> P>,
}

impl<P> Clone for Journal<P> {
    fn clone(&self) -> Self {
        Self {
            store: Arc::clone(&self.store),
            payments: PhantomData,
        }
    }
}

impl<P: Payment> Journal<P> {
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            payments: PhantomData,
        }
    }

    /// Whether the replicas of this process use the journal as well.
    pub fn is_shared(&self) -> bool {
        self.store.is_shared()
    }

    /// Who may work on these payments.
    pub fn leases(&self) -> Leases {
        Leases {
            store: Arc::clone(&self.store),
            direction: P::DIRECTION,
        }
    }

    /// Stores a new payment, unless its transfer or the DFSP's identifier of
    /// it is already known.
    pub async fn open(&self, payment: P, work: Work) -> Result<Opened<P>, JournalError> {
        let entry = entry(&payment, &work, 1)?;
        Ok(match self.store.open(entry).await? {
            Opening::New => Opened::New(Recorded {
                payment,
                work,
                version: 1,
            }),
            Opening::Known(entry) => Opened::Known(recorded(entry)?),
        })
    }

    pub async fn find(
        &self,
        transfer_id: &TransferId,
    ) -> Result<Option<Recorded<P>>, JournalError> {
        let entry = self.store.find(P::DIRECTION, transfer_id).await?;
        entry.map(recorded).transpose()
    }

    pub async fn find_by_home_transaction_id(
        &self,
        home_transaction_id: &str,
    ) -> Result<Option<Recorded<P>>, JournalError> {
        let entry = self
            .store
            .find_by_home_transaction_id(P::DIRECTION, home_transaction_id)
            .await?;
        entry.map(recorded).transpose()
    }

    /// Stores what a payment has become. When this returns, it is on disk.
    pub async fn record(&self, recorded: &mut Recorded<P>) -> Result<(), JournalError> {
        let next = recorded.version + 1;
        let entry = entry(&recorded.payment, &recorded.work, next)?;
        if !self.store.record(entry).await? {
            return Err(JournalError::Conflict);
        }
        recorded.version = next;
        Ok(())
    }

    /// The payments that somebody should look at by now, the oldest first.
    pub async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Due>, JournalError> {
        Ok(self.store.due(P::DIRECTION, now, limit).await?)
    }
    // [if payee_pattern is credit_on_commit]

    /// The payments that are not over, those that are left to a person among them.
    pub async fn unfinished(&self, limit: usize) -> Result<Vec<P>, JournalError> {
        let entries = self.store.unfinished(P::DIRECTION, limit).await?;
        let payments = entries.into_iter().map(recorded);
        payments.map(|known| Ok(known?.payment)).collect()
    }
    // [end]
}

fn entry<P: Payment>(payment: &P, work: &Work, version: u64) -> Result<Entry, JournalError> {
    Ok(Entry {
        direction: P::DIRECTION,
        transfer_id: payment.transfer_id().clone(),
        home_transaction_id: payment.home_transaction_id().map(str::to_owned),
        state: payment.state_name().to_owned(),
        work: work.clone(),
        version,
        body: serde_json::to_string(payment)?,
    })
}

fn recorded<P: Payment>(entry: Entry) -> Result<Recorded<P>, JournalError> {
    Ok(Recorded {
        payment: serde_json::from_str(&entry.body)?,
        work: entry.work,
        version: entry.version,
    })
}

/// Who may work on the payments of one direction.
#[derive(Debug, Clone)]
pub struct Leases {
    store: Arc<dyn Store>,
    direction: Direction,
}

impl Leases {
    /// Asks to be the only one who works on a payment; `None` while a replica is.
    pub async fn take(&self, transfer_id: &TransferId) -> Result<Option<Lease>, JournalError> {
        Ok(self.store.lease(self.direction, transfer_id).await?)
    }
}

/// The quotes that this connector gave.
#[derive(Debug, Clone)]
pub struct Quotes {
    store: Arc<dyn Store>,
}

impl Quotes {
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// Stores a quote, unless one is known under its identifier. Returns the
    /// one that is stored.
    pub async fn keep(&self, quote: Quote) -> Result<Quote, JournalError> {
        let id = quote.request.quote_id.clone();
        let body = serde_json::to_string(&quote)?;
        Ok(match self.store.keep_quote(id, body).await? {
            None => quote,
            Some(earlier) => serde_json::from_str(&earlier)?,
        })
    }

    pub async fn find(&self, id: &QuoteId) -> Result<Option<Quote>, JournalError> {
        let body = self.store.find_quote(id).await?;
        Ok(body.as_deref().map(serde_json::from_str).transpose()?)
    }
}

/// Words of the scheme that do not fit what was done here: a person reconciles
/// them.
#[derive(Debug, Clone)]
pub struct Exceptions {
    store: Arc<dyn Store>,
}

impl Exceptions {
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// Stores an exception once, however often it is told.
    pub async fn keep(&self, exception: Exception) -> Result<(), JournalError> {
        Ok(self.store.keep_exception(exception).await?)
    }

    pub async fn of(&self, transfer_id: &TransferId) -> Result<Vec<Exception>, JournalError> {
        Ok(self.store.find_exceptions(transfer_id).await?)
    }
}
