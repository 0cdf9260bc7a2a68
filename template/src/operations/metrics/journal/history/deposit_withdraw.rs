//! Reading the history is measured like everything else.

use async_trait::async_trait;

use crate::{
    domain::timestamp::Timestamp,
    journal::{
        history::{History, Recorded},
        store::StoreError,
    },
    operations::metrics::WatchedStore,
};

#[async_trait]
impl History for WatchedStore {
    async fn recorded_after(
        &self,
        number: i64,
        not_before: Timestamp,
        limit: usize,
    ) -> Result<Vec<Recorded>, StoreError> {
        let recorded = self.store.recorded_after(number, not_before, limit);
        self.watch("recorded_after", recorded).await
    }
}
