//! Reading the history is no record: nobody dies of it.

use async_trait::async_trait;

use crate::{
    domain::timestamp::Timestamp,
    journal::{
        history::{History, Recorded},
        store::StoreError,
    },
    sandbox::crashes::CrashingStore,
};

#[async_trait]
impl History for CrashingStore {
    async fn recorded_after(
        &self,
        number: i64,
        not_before: Timestamp,
        limit: usize,
    ) -> Result<Vec<Recorded>, StoreError> {
        self.store.recorded_after(number, not_before, limit).await
    }
}
