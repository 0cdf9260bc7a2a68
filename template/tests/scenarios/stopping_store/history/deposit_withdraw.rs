//! Reading the history is no record: nothing stops at it.

use async_trait::async_trait;
use core_connector::{
    domain::timestamp::Timestamp,
    journal::{
        history::{History, Recorded},
        store::StoreError,
    },
};

use crate::stopping_store::StoppingStore;

#[async_trait]
impl History for StoppingStore {
    async fn recorded_after(
        &self,
        number: i64,
        not_before: Timestamp,
        limit: usize,
    ) -> Result<Vec<Recorded>, StoreError> {
        self.store.recorded_after(number, not_before, limit).await
    }
}
