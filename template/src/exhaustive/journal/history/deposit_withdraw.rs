//! What was recorded lately.

use async_trait::async_trait;

use crate::{
    domain::timestamp::Timestamp,
    exhaustive::journal::ModelStore,
    journal::{
        history::{History, Recorded},
        store::StoreError,
    },
};

#[async_trait]
impl History for ModelStore {
    async fn recorded_after(
        &self,
        number: i64,
        _: Timestamp,
        _: usize,
    ) -> Result<Vec<Recorded>, StoreError> {
        self.read("journal: reads what was recorded", |records| {
            let last = i64::try_from(records.history.len()).unwrap();
            let known = records.payment.iter().filter(|_| last > number);
            let recorded = known.map(|entry| Recorded {
                number: last,
                recorded_at: Timestamp::now(),
                direction: entry.direction,
                body: entry.body.clone(),
            });
            recorded.collect()
        })
        .await
    }
}
