//! Dying on purpose, between two steps of a payment.
//!
//! What a payment does to the money at the bank and in the scheme lies between
//! the record of its intent and the record of its outcome. A process that dies
//! before or after its n-th record has therefore died on either side of each
//! such effect, for some n. (To die while the bank is at work, kill the process
//! while the bank is slow.)

// [if funding_model is deposit_withdraw]
mod history;

// [end]
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;

use crate::{
    domain::{
        timestamp::Timestamp,
        transfer_id::{QuoteId, TransferId},
    },
    environment::Problems,
    journal::store::{Direction, Entry, Exception, Lease, Opening, Store, StoreError},
};

/// Makes the process die at the record that `SANDBOX_CRASH` names: `before:3`
/// or `after:3`. Without it the store stays as it is.
pub fn with_crashes(store: Arc<dyn Store>) -> Result<Arc<dyn Store>, Problems> {
    let Ok(text) = std::env::var("SANDBOX_CRASH") else {
        return Ok(store);
    };
    let (moment, number) = parse(&text)
        .ok_or_else(|| Problems::of("SANDBOX_CRASH is neither before:N nor after:N"))?;
    Ok(Arc::new(CrashingStore {
        store,
        moment,
        number,
        records: AtomicUsize::new(0),
    }))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    Before,
    After,
}

fn parse(text: &str) -> Option<(Moment, usize)> {
    let (moment, number) = text.split_once(':')?;
    let moment = match moment {
        "before" => Moment::Before,
        "after" => Moment::After,
        _ => return None,
    };
    Some((moment, number.parse().ok()?))
}

struct CrashingStore {
    store: Arc<dyn Store>,
    moment: Moment,
    number: usize,
    records: AtomicUsize,
}

impl fmt::Debug for CrashingStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} {}", self.moment, self.number)
    }
}

impl CrashingStore {
    async fn around<T>(&self, record: impl Future<Output = T> + Send) -> T {
        let number = self.records.fetch_add(1, Ordering::SeqCst) + 1;
        let here = number == self.number;
        if here && self.moment == Moment::Before {
            // No destructor runs and nothing is flushed, as with `kill -9`.
            std::process::abort();
        }
        let recorded = record.await;
        if here && self.moment == Moment::After {
            std::process::abort();
        }
        recorded
    }
}

#[async_trait]
impl Store for CrashingStore {
    fn is_shared(&self) -> bool {
        self.store.is_shared()
    }

    async fn lease(
        &self,
        direction: Direction,
        transfer_id: &TransferId,
    ) -> Result<Option<Lease>, StoreError> {
        self.store.lease(direction, transfer_id).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.store.check().await
    }

    async fn leave(&self) -> Result<(), StoreError> {
        self.store.leave().await
    }

    async fn open(&self, entry: Entry) -> Result<Opening, StoreError> {
        self.around(self.store.open(entry)).await
    }

    async fn find(
        &self,
        direction: Direction,
        transfer_id: &TransferId,
    ) -> Result<Option<Entry>, StoreError> {
        self.store.find(direction, transfer_id).await
    }

    async fn find_by_home_transaction_id(
        &self,
        direction: Direction,
        home_transaction_id: &str,
    ) -> Result<Option<Entry>, StoreError> {
        self.store
            .find_by_home_transaction_id(direction, home_transaction_id)
            .await
    }

    async fn record(&self, entry: Entry) -> Result<bool, StoreError> {
        self.around(self.store.record(entry)).await
    }

    async fn due(
        &self,
        direction: Direction,
        by: Timestamp,
        limit: usize,
    ) -> Result<Vec<TransferId>, StoreError> {
        self.store.due(direction, by, limit).await
    }

    // [if payee_pattern is credit_on_commit]
    async fn unfinished(
        &self,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        self.store.unfinished(direction, limit).await
    }

    // [end]
    async fn keep_quote(&self, id: QuoteId, body: String) -> Result<Option<String>, StoreError> {
        self.around(self.store.keep_quote(id, body)).await
    }

    async fn find_quote(&self, id: &QuoteId) -> Result<Option<String>, StoreError> {
        self.store.find_quote(id).await
    }

    async fn keep_exception(&self, exception: Exception) -> Result<(), StoreError> {
        self.around(self.store.keep_exception(exception)).await
    }

    async fn find_exceptions(
        &self,
        transfer_id: &TransferId,
    ) -> Result<Vec<Exception>, StoreError> {
        self.store.find_exceptions(transfer_id).await
    }
}
