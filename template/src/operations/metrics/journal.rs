//! The journal, watched: how long it takes, and what is recorded.

use std::{sync::Arc, time::Instant};

use super::{Counters, Durations, Gauges, Known, Metrics, short_durations};
use crate::journal::{
    attended::{Attendant, Operation},
    store::{Direction, StoreError},
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

/// Measures what is done with the journal.
#[derive(Debug)]
pub struct WatchedJournal {
    metrics: Arc<Metrics>,
}

impl WatchedJournal {
    pub fn new(metrics: Arc<Metrics>) -> Self {
        Self { metrics }
    }
}

impl Attendant for WatchedJournal {
    async fn attend<T: Send>(
        &self,
        operation: Operation<'_>,
        done: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let metrics = &self.metrics.journal;
        let began = Instant::now();
        let _in_progress = InProgress::begin(&metrics.in_progress);
        let done = done.await;
        let labels = [("operation", operation.name.into())];
        let took = began.elapsed().as_secs_f64();
        metrics.duration.get_or_create(&labels).observe(took);
        // There from the beginning: the first failure has to be an increase.
        let failures = metrics.failures.get_or_create(&labels);
        if done.is_err() {
            failures.inc();
        }
        done
    }

    fn recorded(&self, direction: Direction, state: &str) {
        let labels = [
            ("direction", direction.as_str().into()),
            ("state", state.to_owned().into()),
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
