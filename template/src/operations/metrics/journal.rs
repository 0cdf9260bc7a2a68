//! The journal, watched: how long it takes, and what is recorded.

// [if funding_model is deposit_withdraw]
mod history;

// [end]
use std::{sync::Arc, time::Instant};

use async_trait::async_trait;

use super::{Counters, Durations, Gauges, Known, Metrics, short_durations};
use crate::{
    domain::{
        timestamp::Timestamp,
        transfer_id::{QuoteId, TransferId},
    },
    journal::store::{Direction, Entry, Exception, Lease, Opening, Store, StoreError},
};

#[derive(Debug)]
pub(super) struct JournalMetrics {
    duration: Durations<1>,
    failures: Counters<1>,
    in_progress: Gauges<0>,
    records: Counters<2>,
}

impl JournalMetrics {
    pub fn among(known: &mut Known) -> Self {
        Self {
            duration: known.durations(
                "connector_journal_operation_duration_seconds",
                "How long operations on the journal took, from the queue to the disk",
                short_durations,
            ),
            failures: known.counters(
                "connector_journal_failures_total",
                "Operations on the journal that failed",
            ),
            in_progress: known.gauges(
                "connector_journal_operations_in_progress",
                "Operations on the journal that wait or are being done",
            ),
            records: known.counters(
                "connector_payment_records_total",
                "Records of payments, by the state that they have come to",
            ),
        }
    }
}

/// A journal whose operations are measured.
#[derive(Debug)]
pub struct WatchedStore {
    store: Arc<dyn Store>,
    metrics: Arc<Metrics>,
}

impl WatchedStore {
    pub fn new(store: Arc<dyn Store>, metrics: Arc<Metrics>) -> Arc<Self> {
        Arc::new(Self { store, metrics })
    }

    async fn watch<T>(
        &self,
        operation: &'static str,
        done: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let metrics = &self.metrics.journal;
        let began = Instant::now();
        let _in_progress = InProgress::begin(&metrics.in_progress);
        let done = done.await;
        let labels = [("operation", operation.into())];
        let took = began.elapsed().as_secs_f64();
        metrics.duration.get_or_create(&labels).observe(took);
        // There from the beginning: the first failure has to be an increase.
        let failures = metrics.failures.get_or_create(&labels);
        if done.is_err() {
            failures.inc();
        }
        done
    }

    fn count(&self, direction: Direction, state: String) {
        let labels = [
            ("direction", direction.as_str().into()),
            ("state", state.into()),
        ];
        self.metrics.journal.records.get_or_create(&labels).inc();
    }
}

/// An operation that is counted until it ends, also if nobody waits for it.
struct InProgress<'a>(&'a Gauges<0>);

impl<'a> InProgress<'a> {
    fn begin(gauges: &'a Gauges<0>) -> Self {
        gauges.get_or_create(&[]).inc();
        Self(gauges)
    }
}

impl Drop for InProgress<'_> {
    fn drop(&mut self) {
        self.0.get_or_create(&[]).dec();
    }
}

#[async_trait]
impl Store for WatchedStore {
    fn is_shared(&self) -> bool {
        self.store.is_shared()
    }

    async fn lease(
        &self,
        direction: Direction,
        transfer_id: &TransferId,
    ) -> Result<Option<Lease>, StoreError> {
        let lease = self.store.lease(direction, transfer_id);
        self.watch("lease", lease).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.watch("check", self.store.check()).await
    }

    async fn leave(&self) -> Result<(), StoreError> {
        self.store.leave().await
    }

    async fn open(&self, entry: Entry) -> Result<Opening, StoreError> {
        let (direction, state) = (entry.direction, entry.state.clone());
        let opened = self.watch("open", self.store.open(entry)).await?;
        if matches!(opened, Opening::New) {
            self.count(direction, state);
        }
        Ok(opened)
    }

    async fn find(
        &self,
        direction: Direction,
        transfer_id: &TransferId,
    ) -> Result<Option<Entry>, StoreError> {
        let found = self.store.find(direction, transfer_id);
        self.watch("find", found).await
    }

    async fn find_by_home_transaction_id(
        &self,
        direction: Direction,
        home_transaction_id: &str,
    ) -> Result<Option<Entry>, StoreError> {
        let store = &self.store;
        let found = store.find_by_home_transaction_id(direction, home_transaction_id);
        self.watch("find", found).await
    }

    async fn record(&self, entry: Entry) -> Result<bool, StoreError> {
        let (direction, state) = (entry.direction, entry.state.clone());
        let is_recorded = self.watch("record", self.store.record(entry)).await?;
        if is_recorded {
            self.count(direction, state);
        }
        Ok(is_recorded)
    }

    async fn due(
        &self,
        direction: Direction,
        by: Timestamp,
        limit: usize,
    ) -> Result<Vec<TransferId>, StoreError> {
        let due = self.store.due(direction, by, limit);
        self.watch("due", due).await
    }

    // [if payee_pattern is credit_on_commit]
    async fn unfinished(
        &self,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let unfinished = self.store.unfinished(direction, limit);
        self.watch("unfinished", unfinished).await
    }

    // [end]
    async fn keep_quote(&self, id: QuoteId, body: String) -> Result<Option<String>, StoreError> {
        let kept = self.store.keep_quote(id, body);
        self.watch("keep_quote", kept).await
    }

    async fn find_quote(&self, id: &QuoteId) -> Result<Option<String>, StoreError> {
        self.watch("find_quote", self.store.find_quote(id)).await
    }

    async fn keep_exception(&self, exception: Exception) -> Result<(), StoreError> {
        let kept = self.store.keep_exception(exception);
        self.watch("keep_exception", kept).await
    }

    async fn find_exceptions(
        &self,
        transfer_id: &TransferId,
    ) -> Result<Vec<Exception>, StoreError> {
        let found = self.store.find_exceptions(transfer_id);
        self.watch("find_exceptions", found).await
    }
}
