//! The journal of another process: looked into, and decided about, while a
//! connector works on it. The write-ahead log allows that at the same time.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use rusqlite::{Connection, OpenFlags, Row, TransactionBehavior, named_params, params};

use super::{
    BUSY_TIMEOUT, add_to_history, read_direction, read_entry, read_transfer_id, replace, schema,
};
use crate::{
    domain::{period::Period, timestamp::Timestamp, transfer_id::TransferId},
    journal::{
        inspection::{
            Decided, Decision, Ended, Examined, Exceptional, HistoryLine, Inspection,
            KnownException, Listed, Overview, Selection, Waiting,
        },
        store::{Direction, Entry, Exception, StoreError},
    },
};

/// What is read of a payment and of its opening.
const LISTED: &str = "payment.direction AS direction, payment.transfer_id AS transfer_id, \
     payment.home_transaction_id AS home_transaction_id, payment.state AS state, \
     payment.due_at AS due_at, payment.attempts AS attempts, payment.tried_at AS tried_at, \
     payment.parked AS parked, payment.version AS version, payment.body AS body, \
     opening.number AS number, opening.recorded_at AS opened_at, \
     (SELECT max(recorded_at) FROM history WHERE history.transfer_id = payment.transfer_id \
     AND history.direction = payment.direction) AS recorded_at";

const OPENING_OF_PAYMENT: &str = "opening.transfer_id = payment.transfer_id \
     AND opening.direction = payment.direction AND opening.version = 1";

/// The journal in one file, which another process may be working on.
#[derive(Debug, Clone)]
pub struct SqliteInspection {
    connection: Arc<Mutex<Connection>>,
}

impl SqliteInspection {
    /// Opens a journal that is there. Its tables are not touched.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)
            .map_err(|error| StoreError(format!("cannot open {}: {error}", path.display())))?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        // What is decided is on the disk before anybody is told so.
        connection.pragma_update(None, "synchronous", "full")?;
        schema::check(&connection)?;
        Ok(Self {
            connection: Arc::new(Mutex::new(connection)),
        })
    }

    async fn with<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let connection = Arc::clone(&self.connection);
        let done = tokio::task::spawn_blocking(move || {
            let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            operation(&mut connection)
        });
        let done = done.await.map_err(|error| StoreError(error.to_string()))?;
        Ok(done?)
    }
}

#[async_trait]
impl Inspection for SqliteInspection {
    async fn list(&self, selection: Selection) -> Result<Vec<Listed>, StoreError> {
        self.with(move |connection| {
            // A cross join is made from left to right: along what waits, which is
            // little, or along the history.
            let (tables, order, follows) = match selection.parked || selection.unfinished {
                true => ("payment CROSS JOIN history AS opening", "ASC", ">"),
                false => ("history AS opening CROSS JOIN payment", "DESC", "<"),
            };
            let waiting = match (selection.parked, selection.unfinished) {
                (true, _) => "AND payment.parked IS NOT NULL",
                (false, true) => "AND (payment.parked IS NOT NULL OR payment.due_at IS NOT NULL)",
                (false, false) => "",
            };
            connection
                .prepare(&format!(
                    "SELECT {LISTED} FROM {tables} ON {OPENING_OF_PAYMENT} \
                     WHERE (:direction IS NULL OR payment.direction = :direction) \
                     AND (:state IS NULL OR payment.state = :state) \
                     AND (:before IS NULL OR opening.recorded_at <= :before) \
                     AND (:after IS NULL OR opening.number {follows} :after) {waiting} \
                     ORDER BY opening.number {order} LIMIT :limit"
                ))?
                .query_map(
                    named_params! {
                        ":direction": selection.direction.map(Direction::as_str),
                        ":state": selection.state,
                        ":before": selection.opened_before.map(Timestamp::as_milliseconds),
                        ":after": selection.after,
                        ":limit": rows(selection.limit),
                    },
                    read_listed,
                )?
                .collect()
        })
        .await
    }

    async fn overview(&self) -> Result<Overview, StoreError> {
        self.with(|connection| {
            // A cross join is made from left to right: along what waits. The
            // partial indexes hold nothing else.
            let waiting = connection
                .prepare_cached(&format!(
                    "SELECT payment.direction AS direction, payment.state AS state, \
                     payment.parked IS NOT NULL AS is_parked, count(*) AS payments, \
                     min(opening.recorded_at) AS oldest_opened_at \
                     FROM payment CROSS JOIN history AS opening ON {OPENING_OF_PAYMENT} \
                     WHERE payment.parked IS NOT NULL OR payment.due_at IS NOT NULL \
                     GROUP BY 1, 2, 3"
                ))?
                .query_map([], |row| {
                    Ok(Waiting {
                        direction: read_direction(row)?,
                        state: row.get("state")?,
                        parked: row.get("is_parked")?,
                        payments: row.get::<_, i64>("payments")?.unsigned_abs(),
                        oldest_opened_at: moment(row, "oldest_opened_at")?,
                    })
                })?
                .collect::<rusqlite::Result<_>>()?;
            let open_exceptions: i64 = connection
                .prepare_cached(
                    "SELECT count(*) FROM exception \
                     WHERE NOT EXISTS (SELECT 1 FROM exception_resolution AS resolution \
                     WHERE resolution.transfer_id = exception.transfer_id \
                     AND resolution.told = exception.told)",
                )?
                .query_row([], |row| row.get(0))?;
            Ok(Overview {
                waiting,
                open_exceptions: open_exceptions.unsigned_abs(),
            })
        })
        .await
    }

    async fn find(&self, id: String) -> Result<Vec<Listed>, StoreError> {
        self.with(move |connection| {
            connection
                .prepare(&format!(
                    "SELECT {LISTED} FROM payment CROSS JOIN history AS opening \
                     ON {OPENING_OF_PAYMENT} \
                     WHERE payment.transfer_id = ?1 OR payment.home_transaction_id = ?1 \
                     ORDER BY opening.number"
                ))?
                .query_map([id], read_listed)?
                .collect()
        })
        .await
    }

    async fn history(
        &self,
        direction: Direction,
        transfer_id: TransferId,
    ) -> Result<Vec<HistoryLine>, StoreError> {
        self.with(move |connection| {
            connection
                .prepare(
                    "SELECT version, state, attempts, parked, recorded_at, actor, reason \
                     FROM history WHERE transfer_id = ?1 AND direction = ?2 ORDER BY number",
                )?
                .query_map(params![transfer_id.as_str(), direction.as_str()], |row| {
                    Ok(HistoryLine {
                        version: row.get::<_, i64>("version")?.unsigned_abs(),
                        state: row.get("state")?,
                        attempts: row.get("attempts")?,
                        parked: row.get("parked")?,
                        recorded_at: moment(row, "recorded_at")?,
                        decision: read_decision(row)?,
                    })
                })?
                .collect()
        })
        .await
    }

    async fn decide(&self, entry: Entry, decision: Decision) -> Result<Decided, StoreError> {
        self.with(move |connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            if !replace(&transaction, &entry)? {
                return Ok(Decided::ChangedMeanwhile);
            }
            add_to_history(&transaction, &entry, Some(&decision))?;
            transaction.commit()?;
            Ok(Decided::Recorded)
        })
        .await
    }

    async fn ended(
        &self,
        period: Period,
        after: i64,
        limit: usize,
    ) -> Result<Vec<Ended>, StoreError> {
        self.with(move |connection| {
            // Of a payment that was recorded again in its last state, the first
            // of these records is its end.
            connection
                .prepare(&format!(
                    "SELECT {LISTED}, ending.number AS ended, ending.recorded_at AS ended_at, \
                     ending.actor AS actor, ending.reason AS reason \
                     FROM history AS ending \
                     CROSS JOIN payment ON payment.transfer_id = ending.transfer_id \
                     AND payment.direction = ending.direction AND payment.state = ending.state \
                     CROSS JOIN history AS opening ON {OPENING_OF_PAYMENT} \
                     WHERE ending.recorded_at >= ?1 AND ending.recorded_at < ?2 \
                     AND ending.number > ?3 \
                     AND ending.state IN ('committed', 'completed', 'aborted', 'refused') \
                     AND ending.direction IN ('incoming', 'outgoing', 'conversion') \
                     AND NOT EXISTS (SELECT 1 FROM history AS earlier \
                     WHERE earlier.transfer_id = ending.transfer_id \
                     AND earlier.direction = ending.direction \
                     AND earlier.state = ending.state AND earlier.number < ending.number) \
                     ORDER BY ending.number LIMIT ?4"
                ))?
                .query_map(
                    params![
                        period.from.as_milliseconds(),
                        period.until.as_milliseconds(),
                        after,
                        rows(limit)
                    ],
                    |row| {
                        Ok(Ended {
                            number: row.get("ended")?,
                            entry: read_entry(row)?,
                            opened_at: moment(row, "opened_at")?,
                            ended_at: moment(row, "ended_at")?,
                            decision: read_decision(row)?,
                        })
                    },
                )?
                .collect()
        })
        .await
    }

    async fn examine(&self) -> Result<Examined, StoreError> {
        self.with(|connection| {
            let mode = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
            // Its lock is taken and given back.
            let locked = connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK");
            Ok(Examined {
                not_writable: locked.err().map(|error| error.to_string()),
                clock_ahead_ms: None,
                settings: vec![("journal_mode".to_owned(), mode)],
            })
        })
        .await
    }

    async fn exceptions(&self, of: Exceptional) -> Result<Vec<KnownException>, StoreError> {
        let (only_open, transfer_id, limit) = match of {
            Exceptional::Open { limit } => (true, None, limit),
            Exceptional::All { limit } => (false, None, limit),
            Exceptional::Of(transfer_id) => (false, Some(transfer_id), usize::MAX),
        };
        self.with(move |connection| {
            let mut resolutions = connection.prepare(
                "SELECT actor, reason, recorded_at FROM exception_resolution \
                 WHERE transfer_id = ?1 AND told = ?2 ORDER BY number",
            )?;
            let mut exceptions = connection.prepare(
                "SELECT transfer_id, told, first_told_at FROM exception \
                 WHERE (?1 IS NULL OR transfer_id = ?1) \
                 AND (NOT ?2 OR NOT EXISTS (SELECT 1 FROM exception_resolution AS resolution \
                 WHERE resolution.transfer_id = exception.transfer_id \
                 AND resolution.told = exception.told)) \
                 ORDER BY first_told_at LIMIT ?3",
            )?;
            let transfer_id = transfer_id.as_ref().map(TransferId::as_str);
            exceptions
                .query_map(params![transfer_id, only_open, rows(limit)], |row| {
                    let exception = Exception {
                        transfer_id: read_transfer_id(row)?,
                        told: row.get("told")?,
                        first_told_at: moment(row, "first_told_at")?,
                    };
                    let of = params![exception.transfer_id.as_str(), exception.told];
                    let resolutions = resolutions.query_map(of, |row| {
                        let decision = Decision {
                            actor: row.get("actor")?,
                            reason: row.get("reason")?,
                        };
                        Ok((moment(row, "recorded_at")?, decision))
                    })?;
                    let resolutions = resolutions.collect::<rusqlite::Result<_>>()?;
                    Ok(KnownException {
                        exception,
                        resolutions,
                    })
                })?
                .collect()
        })
        .await
    }

    async fn resolve_exception(
        &self,
        transfer_id: TransferId,
        told: String,
        decision: Decision,
    ) -> Result<bool, StoreError> {
        self.with(move |connection| {
            let kept = connection.execute(
                "INSERT INTO exception_resolution (transfer_id, told, actor, reason, recorded_at) \
                 SELECT transfer_id, told, ?3, ?4, ?5 FROM exception \
                 WHERE transfer_id = ?1 AND told = ?2",
                params![
                    transfer_id.as_str(),
                    told,
                    decision.actor,
                    decision.reason,
                    Timestamp::now().as_milliseconds(),
                ],
            )?;
            Ok(kept == 1)
        })
        .await
    }
}

fn read_listed(row: &Row<'_>) -> rusqlite::Result<Listed> {
    Ok(Listed {
        number: row.get("number")?,
        entry: read_entry(row)?,
        opened_at: moment(row, "opened_at")?,
        recorded_at: moment(row, "recorded_at")?,
    })
}

fn read_decision(row: &Row<'_>) -> rusqlite::Result<Option<Decision>> {
    let actor: Option<String> = row.get("actor")?;
    let reason: Option<String> = row.get("reason")?;
    let decided = actor.zip(reason);
    Ok(decided.map(|(actor, reason)| Decision { actor, reason }))
}

fn moment(row: &Row<'_>, column: &str) -> rusqlite::Result<Timestamp> {
    row.get(column).map(Timestamp::from_milliseconds)
}

fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{
        sqlite::SqliteStore,
        store::{Opening, Store},
        work::Work,
    };

    fn entry(version: u64, state: &str) -> Entry {
        Entry {
            direction: Direction::Incoming,
            transfer_id: "t-1".parse().unwrap(),
            home_transaction_id: None,
            state: state.to_owned(),
            work: Work::parked("nobody knows"),
            version,
            body: "{}".to_owned(),
        }
    }

    fn decision() -> Decision {
        Decision {
            actor: "Amina".to_owned(),
            reason: "ticket 4711".to_owned(),
        }
    }

    /// A journal that a connector works on, and what looks into it.
    async fn beside_a_connector() -> (tempfile::TempDir, SqliteStore, SqliteInspection) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        let store = SqliteStore::open(&path).unwrap();
        let opened = store.open(entry(1, "reserving")).await;
        assert!(matches!(opened, Ok(Opening::New)));
        let inspection = SqliteInspection::open(&path).unwrap();
        (folder, store, inspection)
    }

    #[tokio::test]
    async fn a_decision_about_what_has_changed_since_is_not_taken() {
        let (_folder, store, inspection) = beside_a_connector().await;
        assert!(store.record(entry(2, "reserved")).await.unwrap());
        let late = inspection.decide(entry(2, "reserving"), decision()).await;
        assert_eq!(late.unwrap(), Decided::ChangedMeanwhile);
        let in_time = inspection.decide(entry(3, "committed"), decision()).await;
        assert_eq!(in_time.unwrap(), Decided::Recorded);
        // The connector, which has not seen it, is refused likewise.
        assert!(!store.record(entry(3, "aborted")).await.unwrap());

        let id = entry(1, "").transfer_id;
        let history = inspection.history(Direction::Incoming, id).await.unwrap();
        let states: Vec<_> = history.iter().map(|line| line.state.as_str()).collect();
        assert_eq!(states, ["reserving", "reserved", "committed"]);
        let decisions: Vec<_> = history.into_iter().map(|line| line.decision).collect();
        assert_eq!(decisions, [None, None, Some(decision())]);
    }

    #[tokio::test]
    async fn a_payment_ends_once_however_often_it_is_recorded_after() {
        let (_folder, store, inspection) = beside_a_connector().await;
        let everything = Period {
            from: Timestamp::from_milliseconds(0),
            until: Timestamp::end_of_time(),
        };
        let ended = async || inspection.ended(everything, 0, 10).await.unwrap();
        assert!(ended().await.is_empty());
        for version in 2..5 {
            assert!(store.record(entry(version, "committed")).await.unwrap());
        }
        let page = ended().await;
        assert_eq!(page.len(), 1);
        let after = page[0].number;
        assert_eq!(after, 2);
        let next = inspection.ended(everything, after, 10).await.unwrap();
        assert!(next.is_empty());
        let before = Period {
            until: page[0].ended_at,
            ..everything
        };
        assert!(inspection.ended(before, 0, 10).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn what_waits_is_counted_by_its_state_and_what_is_over_is_not() {
        let (_folder, store, inspection) = beside_a_connector().await;
        for (id, work) in [
            ("t-2", Work::due(Timestamp::end_of_time())),
            ("t-3", Work::due(Timestamp::now())),
            ("t-4", Work::none()),
        ] {
            let mut entry = entry(1, "reserving");
            entry.transfer_id = id.parse().unwrap();
            entry.work = work;
            store.open(entry).await.unwrap();
        }
        let exception = Exception {
            transfer_id: "t-5".parse().unwrap(),
            told: "COMMITTED".to_owned(),
            first_told_at: Timestamp::now(),
        };
        store.keep_exception(exception.clone()).await.unwrap();
        let overview = inspection.overview().await.unwrap();
        assert_eq!(overview.open_exceptions, 1);
        let mut waiting = overview.waiting;
        waiting.sort_by_key(|waiting| waiting.parked);
        let counted = waiting
            .iter()
            .map(|waiting| (waiting.state.as_str(), waiting.parked, waiting.payments));
        let expected = [("reserving", false, 2), ("reserving", true, 1)];
        assert_eq!(counted.collect::<Vec<_>>(), expected);
        assert!(waiting[0].oldest_opened_at >= waiting[1].oldest_opened_at);

        let Exception {
            transfer_id, told, ..
        } = exception;
        let resolved = inspection.resolve_exception(transfer_id, told, decision());
        assert!(resolved.await.unwrap());
        assert_eq!(inspection.overview().await.unwrap().open_exceptions, 0);
    }

    #[test]
    fn a_journal_that_is_not_there_is_not_made() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        let error = SqliteInspection::open(&path).unwrap_err().to_string();
        assert!(error.contains("cannot open"), "{error}");
        assert!(!path.exists());
    }
}
