//! A journal at one of whose records everything stops, so that a connector can
//! be made to die there.
//!
//! Between two records lies exactly one effect on the bank or on the scheme. A
//! connector that dies before or after its n-th record has therefore died
//! between every two steps, for some n.

// [if funding_model is deposit_withdraw]
mod history;

// [end]
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use core_connector::{
    domain::{
        timestamp::Timestamp,
        transfer_id::{QuoteId, TransferId},
    },
    journal::store::{Direction, Entry, Exception, Lease, Opening, Store, StoreError},
};
use tokio::sync::Notify;

/// Where to stop: at the record of this number, counted from 1.
#[derive(Debug, Clone, Copy)]
pub enum StopAt {
    Before(usize),
    After(usize),
    // [if use_cases has bulk]
    /// Not at all: every record of something that has come to this state fails.
    Failing(&'static str),
    // [end]
}

#[derive(Debug)]
pub struct StoppingStore {
    store: Arc<dyn Store>,
    stop_at: StopAt,
    records: AtomicUsize,
    stopped: Arc<Notify>,
}

impl StoppingStore {
    /// The second value is notified when the store has stopped.
    pub fn new(store: Arc<dyn Store>, stop_at: StopAt, stopped: Arc<Notify>) -> Self {
        Self {
            store,
            stop_at,
            records: AtomicUsize::new(0),
            stopped,
        }
    }

    async fn around<T>(&self, record: impl Future<Output = T> + Send) -> T {
        let number = self.records.fetch_add(1, Ordering::SeqCst) + 1;
        if matches!(self.stop_at, StopAt::Before(here) if here == number) {
            self.stop().await;
        }
        let recorded = record.await;
        if matches!(self.stop_at, StopAt::After(here) if here == number) {
            self.stop().await;
        }
        recorded
    }

    async fn stop(&self) {
        self.stopped.notify_one();
        std::future::pending().await
    }
}

#[async_trait]
impl Store for StoppingStore {
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

    async fn record(&self, entry: Entry) -> Result<bool, StoreError> {
        // [if use_cases has bulk]
        if matches!(self.stop_at, StopAt::Failing(state) if state == entry.state) {
            return Err(StoreError("a failure of the tests".to_owned()));
        }
        // [end]
        self.around(self.store.record(entry)).await
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
        id: &str,
    ) -> Result<Option<Entry>, StoreError> {
        self.store.find_by_home_transaction_id(direction, id).await
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
        self.store.keep_quote(id, body).await
    }

    async fn find_quote(&self, id: &QuoteId) -> Result<Option<String>, StoreError> {
        self.store.find_quote(id).await
    }

    async fn keep_exception(&self, exception: Exception) -> Result<(), StoreError> {
        self.store.keep_exception(exception).await
    }

    async fn find_exceptions(
        &self,
        transfer_id: &TransferId,
    ) -> Result<Vec<Exception>, StoreError> {
        self.store.find_exceptions(transfer_id).await
    }
}
