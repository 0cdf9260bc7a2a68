//! What was recorded lately, for whoever adds payments up.

use std::fmt;

use async_trait::async_trait;
use rusqlite::params;

use crate::{
    domain::timestamp::Timestamp,
    journal::{
        attended::{Attendant, AttendedStore, Operation},
        postgres::{self, PostgresStore},
        sqlite::{self, SqliteStore},
        store::{Direction, StoreError},
    },
};

/// The last record of a payment.
#[derive(Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Its place in the history of all payments.
    pub number: i64,
    pub recorded_at: Timestamp,
    pub direction: Direction,
    /// The payment itself, as JSON.
    pub body: String,
}

/// Personal data: the payment itself is not printed.
impl fmt::Debug for Recorded {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "record {} ({})", self.number, self.direction)
    }
}

/// A journal that can be read in the order in which it was written.
#[async_trait]
pub trait History {
    /// The payments whose last record comes after this number and is not older
    /// than this moment, in the order of these records.
    async fn recorded_after(
        &self,
        number: i64,
        not_before: Timestamp,
        limit: usize,
    ) -> Result<Vec<Recorded>, StoreError>;
}

#[async_trait]
impl<A: Attendant> History for AttendedStore<A> {
    async fn recorded_after(
        &self,
        number: i64,
        not_before: Timestamp,
        limit: usize,
    ) -> Result<Vec<Recorded>, StoreError> {
        let recorded = self.store.recorded_after(number, not_before, limit);
        let operation = Operation::reading("recorded_after");
        self.attendant.attend(operation, recorded).await
    }
}

#[async_trait]
impl History for SqliteStore {
    async fn recorded_after(
        &self,
        number: i64,
        not_before: Timestamp,
        limit: usize,
    ) -> Result<Vec<Recorded>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(move |connection| {
            // A cross join is made from left to right: along the history.
            connection
                .prepare_cached(
                    "SELECT history.number, history.recorded_at, payment.direction, payment.body \
                     FROM history CROSS JOIN payment \
                     ON payment.direction = history.direction \
                     AND payment.transfer_id = history.transfer_id \
                     AND payment.version = history.version \
                     WHERE history.number > ?1 AND history.recorded_at >= ?2 \
                     AND history.direction IN ('incoming', 'outgoing') \
                     ORDER BY history.number LIMIT ?3",
                )?
                .query_map(
                    params![number, not_before.as_milliseconds(), limit],
                    |row| {
                        Ok(Recorded {
                            number: row.get(0)?,
                            recorded_at: Timestamp::from_milliseconds(row.get(1)?),
                            direction: sqlite::read_direction(row)?,
                            body: row.get(3)?,
                        })
                    },
                )?
                .collect()
        })
        .await
    }
}

#[async_trait]
impl History for PostgresStore {
    async fn recorded_after(
        &self,
        number: i64,
        not_before: Timestamp,
        limit: usize,
    ) -> Result<Vec<Recorded>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        postgres::within_time(async {
            let client = self.client().await?;
            let query = client
                .prepare_cached(
                    "SELECT history.number, history.recorded_at, payment.direction, payment.body \
                     FROM history JOIN payment \
                     ON payment.direction = history.direction \
                     AND payment.transfer_id = history.transfer_id \
                     AND payment.version = history.version \
                     WHERE history.number > $1 AND history.recorded_at >= $2 \
                     AND history.direction IN ('incoming', 'outgoing') \
                     ORDER BY history.number LIMIT $3",
                )
                .await?;
            let rows = client
                .query(&query, &[&number, &not_before.as_milliseconds(), &limit])
                .await?;
            let recorded = rows.iter().map(|row| {
                Ok(Recorded {
                    number: row.try_get("number")?,
                    recorded_at: Timestamp::from_milliseconds(row.try_get("recorded_at")?),
                    direction: postgres::read_direction(row)?,
                    body: row.try_get("body")?,
                })
            });
            recorded.collect()
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{
        store::{Entry, Store},
        work::Work,
    };

    fn entry(transfer_id: &str, version: u64) -> Entry {
        Entry {
            direction: Direction::Incoming,
            transfer_id: transfer_id.parse().unwrap(),
            home_transaction_id: None,
            state: "reserving".to_owned(),
            work: Work::none(),
            version,
            body: format!("{transfer_id} {version}"),
        }
    }

    #[tokio::test]
    async fn each_payment_comes_once_with_its_last_record_in_the_order_of_the_history() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("journal.db")).unwrap();
        let long_ago = Timestamp::from_milliseconds(0);
        let bodies = async |number: i64, not_before: Timestamp, limit: usize| {
            let page = store.recorded_after(number, not_before, limit).await;
            let page = page.unwrap().into_iter();
            let page = page.map(|one| (one.number, one.body));
            page.collect::<Vec<_>>()
        };
        assert_eq!(bodies(0, long_ago, 9).await, []);
        store.open(entry("t-1", 1)).await.unwrap();
        store.open(entry("t-2", 1)).await.unwrap();
        store.record(entry("t-1", 2)).await.unwrap();

        let (second, first) = ((2, "t-2 1".to_owned()), (3, "t-1 2".to_owned()));
        assert_eq!(
            bodies(0, long_ago, 9).await,
            [second.clone(), first.clone()]
        );
        assert_eq!(bodies(0, long_ago, 1).await, [second]);
        assert_eq!(bodies(2, long_ago, 9).await, [first]);
        assert_eq!(bodies(3, long_ago, 9).await, []);
        assert_eq!(bodies(0, Timestamp::end_of_time(), 9).await, []);
    }
}
