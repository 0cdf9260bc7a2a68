//! A journal at one of whose records everything stops, so that a connector can
//! be made to die there.
//!
//! Between two records lies exactly one effect on the bank or on the scheme. A
//! connector that dies before or after its n-th record has therefore died
//! between every two steps, for some n.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use core_connector::journal::{
    attended::{Attendant, AttendedStore, Operation},
    store::{Store, StoreError},
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

/// `stopped` is notified when the store has stopped.
pub fn stopping(store: Arc<dyn Store>, stop_at: StopAt, stopped: Arc<Notify>) -> Arc<dyn Store> {
    let stop = Stop {
        at: stop_at,
        records: AtomicUsize::new(0),
        stopped,
    };
    Arc::new(AttendedStore::new(store, stop))
}

#[derive(Debug)]
struct Stop {
    at: StopAt,
    records: AtomicUsize,
    stopped: Arc<Notify>,
}

impl Stop {
    async fn everything(&self) {
        self.stopped.notify_one();
        std::future::pending().await
    }
}

impl Attendant for Stop {
    async fn attend<T: Send>(
        &self,
        operation: Operation<'_>,
        done: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        // A quote or an exception is no step of a payment.
        if operation.state.is_none() {
            return done.await;
        }
        // [if use_cases has bulk]
        let is_record = |state| operation == Operation::recording("record", state);
        if matches!(self.at, StopAt::Failing(state) if is_record(state)) {
            return Err(StoreError("a failure of the tests".to_owned()));
        }
        // [end]
        let number = self.records.fetch_add(1, Ordering::SeqCst) + 1;
        if matches!(self.at, StopAt::Before(here) if here == number) {
            self.everything().await;
        }
        let done = done.await;
        if matches!(self.at, StopAt::After(here) if here == number) {
            self.everything().await;
        }
        done
    }
}
