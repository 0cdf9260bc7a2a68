//! A journal at whose operations somebody stands by: to measure them, say, or to
//! die at one of them on purpose.

use std::{fmt, sync::Arc};

use async_trait::async_trait;

use super::store::{Direction, Due, Entry, Exception, Lease, Opening, Store, StoreError};
use crate::domain::{
    timestamp::Timestamp,
    transfer_id::{QuoteId, TransferId},
};

/// What is done with a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation<'a> {
    pub name: &'static str,
    pub writes: bool,
    /// What the payment comes to, if one is recorded.
    pub state: Option<&'a str>,
}

impl<'a> Operation<'a> {
    pub fn reading(name: &'static str) -> Self {
        Self {
            name,
            writes: false,
            state: None,
        }
    }

    pub fn writing(name: &'static str) -> Self {
        Self {
            name,
            writes: true,
            state: None,
        }
    }

    pub fn recording(name: &'static str, state: &'a str) -> Self {
        Self {
            name,
            writes: true,
            state: Some(state),
        }
    }
}

/// Who stands by.
pub trait Attendant: fmt::Debug + Send + Sync {
    /// Has an operation done, which begins when this waits for it.
    fn attend<T: Send>(
        &self,
        operation: Operation<'_>,
        done: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> impl Future<Output = Result<T, StoreError>> + Send;

    /// A payment has come to a state.
    fn recorded(&self, _direction: Direction, _state: &str) {}
}

#[derive(Debug)]
pub struct AttendedStore<A> {
    pub(super) store: Arc<dyn Store>,
    pub(super) attendant: A,
}

impl<A: Attendant> AttendedStore<A> {
    pub fn new(store: Arc<dyn Store>, attendant: A) -> Self {
        Self { store, attendant }
    }
}

#[async_trait]
impl<A: Attendant> Store for AttendedStore<A> {
    fn is_shared(&self) -> bool {
        self.store.is_shared()
    }

    async fn lease(
        &self,
        direction: Direction,
        transfer_id: &TransferId,
    ) -> Result<Option<Lease>, StoreError> {
        let lease = self.store.lease(direction, transfer_id);
        let operation = Operation::reading("lease");
        self.attendant.attend(operation, lease).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        let operation = Operation::reading("check");
        self.attendant.attend(operation, self.store.check()).await
    }

    async fn leave(&self) -> Result<(), StoreError> {
        self.store.leave().await
    }

    async fn open(&self, entry: Entry) -> Result<Opening, StoreError> {
        let (direction, state) = (entry.direction, entry.state.clone());
        let opened = self.store.open(entry);
        let operation = Operation::recording("open", &state);
        let opened = self.attendant.attend(operation, opened).await?;
        if matches!(opened, Opening::New) {
            self.attendant.recorded(direction, &state);
        }
        Ok(opened)
    }

    async fn find(
        &self,
        direction: Direction,
        transfer_id: &TransferId,
    ) -> Result<Option<Entry>, StoreError> {
        let found = self.store.find(direction, transfer_id);
        let operation = Operation::reading("find");
        self.attendant.attend(operation, found).await
    }

    async fn find_by_home_transaction_id(
        &self,
        direction: Direction,
        home_transaction_id: &str,
    ) -> Result<Option<Entry>, StoreError> {
        let store = &self.store;
        let found = store.find_by_home_transaction_id(direction, home_transaction_id);
        let operation = Operation::reading("find");
        self.attendant.attend(operation, found).await
    }

    async fn record(&self, entry: Entry) -> Result<bool, StoreError> {
        let (direction, state) = (entry.direction, entry.state.clone());
        let recorded = self.store.record(entry);
        let operation = Operation::recording("record", &state);
        let is_recorded = self.attendant.attend(operation, recorded).await?;
        if is_recorded {
            self.attendant.recorded(direction, &state);
        }
        Ok(is_recorded)
    }

    async fn due(
        &self,
        direction: Direction,
        by: Timestamp,
        limit: usize,
    ) -> Result<Vec<Due>, StoreError> {
        let due = self.store.due(direction, by, limit);
        let operation = Operation::reading("due");
        self.attendant.attend(operation, due).await
    }

    // [if payee_pattern is credit_on_commit]
    async fn unfinished(
        &self,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let unfinished = self.store.unfinished(direction, limit);
        let operation = Operation::reading("unfinished");
        self.attendant.attend(operation, unfinished).await
    }

    // [end]
    async fn keep_quote(&self, id: QuoteId, body: String) -> Result<Option<String>, StoreError> {
        let kept = self.store.keep_quote(id, body);
        let operation = Operation::writing("keep_quote");
        self.attendant.attend(operation, kept).await
    }

    async fn find_quote(&self, id: &QuoteId) -> Result<Option<String>, StoreError> {
        let found = self.store.find_quote(id);
        let operation = Operation::reading("find_quote");
        self.attendant.attend(operation, found).await
    }

    async fn keep_exception(&self, exception: Exception) -> Result<(), StoreError> {
        let kept = self.store.keep_exception(exception);
        let operation = Operation::writing("keep_exception");
        self.attendant.attend(operation, kept).await
    }

    async fn find_exceptions(
        &self,
        transfer_id: &TransferId,
    ) -> Result<Vec<Exception>, StoreError> {
        let found = self.store.find_exceptions(transfer_id);
        let operation = Operation::reading("find_exceptions");
        self.attendant.attend(operation, found).await
    }
}
