//! The journal in an embedded SQLite database.
//!
//! One thread writes. It takes all the writes that are waiting into one
//! transaction, so that concurrent payments share one flush to the disk, and
//! answers them when the flush is done. Another thread reads, which the
//! write-ahead log allows at the same time.

pub mod inspection;
mod schema;

use std::{
    fs::{File, OpenOptions},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    thread,
    time::Duration,
};

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

use super::{
    inspection::Decision,
    store::{Direction, Due, Entry, Exception, Lease, Opening, Store, StoreError},
    work::Work,
};
use crate::domain::{
    timestamp::Timestamp,
    transfer_id::{QuoteId, TransferId},
};

/// How many operations wait for a thread before callers are made to wait, and
/// how long these wait until they are refused.
const QUEUE_LENGTH: usize = 1_024;
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// How long the disk may take. What is written later is as if the process had
/// died in between: the journal says more than the caller was told.
const LONGEST_WRITE: Duration = Duration::from_secs(10);

/// How many writes share one flush, at the most.
const MAX_BATCH: usize = 256;

/// How many pages the write-ahead log has when it is moved into the database:
/// some 16 MB. A page that has changed often by then is moved once.
const CHECKPOINT_PAGES: u32 = 4_000;

/// How many pages each connection keeps in memory: what is being worked on. The
/// operating system keeps the rest.
const CACHE_PAGES: u32 = 256;

/// How long another process may hold the database before a write fails.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

type Operation = Box<dyn FnOnce(&Connection) -> Option<Answer> + Send>;

/// Hands an operation's result to whoever waits for it.
type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// A journal in one file.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    writer: mpsc::Sender<Operation>,
    reader: mpsc::Sender<Operation>,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self(error.to_string())
    }
}

impl SqliteStore {
    /// Opens the journal in this file, and makes it if there is none. No other
    /// connector can open it until this one has ended.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let lock = lock(path)?;
        let mut writing = connect(path)?;
        schema::migrate(&mut writing)?;
        let reading = connect(path)?;
        reading.pragma_update(None, "query_only", true)?;
        Ok(Self {
            writer: spawn("journal-writer", move |queue| {
                write_in_batches(writing, queue);
                drop(lock);
            })?,
            reader: spawn("journal-reader", move |queue| {
                read_one_by_one(&reading, queue);
            })?,
        })
    }

    async fn write<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        submit(&self.writer, operation).await
    }

    pub(super) async fn read<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        submit(&self.reader, operation).await
    }
}

/// Makes sure that no other process works on this journal: two would act on
/// one payment at the same time.
fn lock(path: &Path) -> Result<File, StoreError> {
    let cannot = |what: &str, error: std::io::Error| {
        StoreError(format!("cannot {what} {}: {error}", path.display()))
    };
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder).map_err(|error| cannot("make the folder of", error))?;
    }
    let mut private = OpenOptions::new();
    private.create(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut private, 0o600);
    // The journal holds personal data. SQLite keeps the mode of a file that is there.
    private.open(path).map_err(|error| cannot("open", error))?;
    let lock = private.open(path.with_extension("lock"));
    let lock = lock.map_err(|error| cannot("open the lock of", error))?;
    lock.try_lock().map_err(|error| {
        let path = path.display();
        StoreError(format!(
            "another connector works on {path}: end it first ({error})"
        ))
    })?;
    Ok(lock)
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open(path)
        .map_err(|error| StoreError(format!("cannot open {}: {error}", path.display())))?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode != "wal" {
        let path = path.display();
        return Err(StoreError(format!(
            "{path} lies on a file system without shared memory: put it on a local disk"
        )));
    }
    // A commit returns when it is on the disk, not when the system has it.
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.pragma_update(None, "cache_size", CACHE_PAGES)?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

fn spawn(
    name: &str,
    work: impl FnOnce(mpsc::Receiver<Operation>) + Send + 'static,
) -> Result<mpsc::Sender<Operation>, StoreError> {
    let (sender, receiver) = mpsc::channel(QUEUE_LENGTH);
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            if catch_unwind(AssertUnwindSafe(|| work(receiver))).is_err() {
                // Without its journal the connector can do nothing right.
                tracing::error!("the journal has failed, this is a defect of the connector");
                std::process::abort();
            }
        })
        .map_err(|error| StoreError(format!("cannot start the {name} thread: {error}")))?;
    Ok(sender)
}

/// Queues an operation and waits until what it wrote is on the disk.
async fn submit<T: Send + 'static>(
    queue: &mpsc::Sender<Operation>,
    operation: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
) -> Result<T, StoreError> {
    let (sender, receiver) = oneshot::channel();
    let operation: Operation = Box::new(move |connection| match operation(connection) {
        Ok(value) => Some(Box::new(move |flushed: Result<(), StoreError>| {
            // Nobody waits any more if the caller has gone; the work is done.
            let _ = sender.send(flushed.map(|()| value));
        })),
        Err(error) => {
            let _ = sender.send(Err(error.into()));
            None
        }
    });
    let error = |what: &str| StoreError(format!("the journal {what}"));
    let not_taken = |_| error("did not take the operation");
    let queued = queue.send_timeout(operation, LONGEST_WAIT).await;
    queued.map_err(|_| error("has too much to do, or has failed"))?;
    let answer = timeout(LONGEST_WRITE, receiver).await;
    answer
        .map_err(|_| error("has not answered in time, the disk may hang"))?
        .map_err(not_taken)?
}

fn write_in_batches(mut connection: Connection, mut queue: mpsc::Receiver<Operation>) {
    while let Some(first) = queue.blocking_recv() {
        let mut batch = vec![first];
        while batch.len() < MAX_BATCH
            && let Ok(next) = queue.try_recv()
        {
            batch.push(next);
        }
        write_batch(&mut connection, batch);
    }
}

/// Runs the operations in one transaction. One that fails takes back its own
/// changes alone; if the flush fails, every one of them has failed.
fn write_batch(connection: &mut Connection, batch: Vec<Operation>) {
    let transaction = match connection.transaction_with_behavior(TransactionBehavior::Immediate) {
        Ok(transaction) => transaction,
        Err(error) => {
            // Dropping the operations tells every caller that it has failed.
            tracing::error!(%error, "the journal cannot be written");
            return;
        }
    };
    let mut answers = Vec::with_capacity(batch.len());
    for operation in batch {
        if execute(&transaction, "SAVEPOINT operation").is_err() {
            continue;
        }
        let answer = operation(&transaction);
        if transaction.is_autocommit() {
            // A full disk and the like make SQLite take everything back.
            // Dropping the answers tells every caller that it has failed.
            tracing::error!("the journal cannot be written, the disk may be full");
            return;
        }
        let taken_back = match answer {
            Some(_) => Ok(()),
            None => execute(&transaction, "ROLLBACK TO operation"),
        };
        match taken_back.and_then(|()| execute(&transaction, "RELEASE operation")) {
            Ok(()) => answers.extend(answer),
            Err(error) => tracing::error!(%error, "a write to the journal was not taken"),
        }
    }
    let flushed = transaction.commit().map_err(|error| {
        tracing::error!(%error, "the journal cannot be flushed");
        error.to_string()
    });
    for answer in answers {
        answer(flushed.clone().map_err(StoreError));
    }
}

/// Executes a statement that is always the same.
fn execute(connection: &Connection, statement: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached(statement)?
        .execute([])
        .map(|_| ())
}

fn read_one_by_one(connection: &Connection, mut queue: mpsc::Receiver<Operation>) {
    while let Some(operation) = queue.blocking_recv() {
        if let Some(answer) = operation(connection) {
            answer(Ok(()));
        }
    }
}

const ENTRY_COLUMNS: &str = "direction, transfer_id, home_transaction_id, state, due_at, \
                             attempts, tried_at, parked, version, body";

fn read_entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let moment = |column| {
        let milliseconds: Option<i64> = row.get(column)?;
        Ok::<_, rusqlite::Error>(milliseconds.map(Timestamp::from_milliseconds))
    };
    Ok(Entry {
        direction: read_direction(row)?,
        transfer_id: read_transfer_id(row)?,
        home_transaction_id: row.get("home_transaction_id")?,
        state: row.get("state")?,
        work: Work {
            due_at: moment("due_at")?,
            attempts: row.get("attempts")?,
            tried_at: moment("tried_at")?,
            parked: row.get("parked")?,
        },
        version: row.get::<_, i64>("version")?.unsigned_abs(),
        body: row.get("body")?,
    })
}

pub(super) fn read_direction(row: &Row<'_>) -> rusqlite::Result<Direction> {
    let text: String = row.get("direction")?;
    Direction::named(&text).ok_or_else(|| not_understood("direction"))
}

fn read_transfer_id(row: &Row<'_>) -> rusqlite::Result<TransferId> {
    let text: String = row.get("transfer_id")?;
    TransferId::try_from(text).map_err(|_| not_understood("transfer_id"))
}

fn not_understood(column: &str) -> rusqlite::Error {
    rusqlite::Error::InvalidColumnName(format!("{column} holds a value that is not understood"))
}

fn find_entry(
    connection: &Connection,
    direction: Direction,
    transfer_id: &TransferId,
) -> rusqlite::Result<Option<Entry>> {
    connection
        .prepare_cached(&format!(
            "SELECT {ENTRY_COLUMNS} FROM payment WHERE direction = ?1 AND transfer_id = ?2"
        ))?
        .query_row(
            params![direction.as_str(), transfer_id.as_str()],
            read_entry,
        )
        .optional()
}

fn find_entry_by_home_transaction_id(
    connection: &Connection,
    direction: Direction,
    home_transaction_id: &str,
) -> rusqlite::Result<Option<Entry>> {
    connection
        .prepare_cached(&format!(
            "SELECT {ENTRY_COLUMNS} FROM payment WHERE direction = ?1 AND home_transaction_id = ?2"
        ))?
        .query_row(params![direction.as_str(), home_transaction_id], read_entry)
        .optional()
}

/// Replaces the entry whose version is one less. `false` if there is none.
fn replace(connection: &Connection, entry: &Entry) -> rusqlite::Result<bool> {
    let replaced = connection
        .prepare_cached(
            "UPDATE payment SET state = ?3, due_at = ?4, attempts = ?5, tried_at = ?6, \
             parked = ?7, version = ?8, body = ?9 \
             WHERE direction = ?1 AND transfer_id = ?2 AND version = ?8 - 1",
        )?
        .execute(params![
            entry.direction.as_str(),
            entry.transfer_id.as_str(),
            entry.state,
            entry.work.due_at.map(Timestamp::as_milliseconds),
            entry.work.attempts,
            entry.work.tried_at.map(Timestamp::as_milliseconds),
            entry.work.parked,
            entry.version.cast_signed(),
            entry.body,
        ])?;
    Ok(replaced == 1)
}

fn add_to_history(
    connection: &Connection,
    entry: &Entry,
    decision: Option<&Decision>,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO history \
             (direction, transfer_id, version, state, attempts, parked, recorded_at, \
             actor, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            entry.direction.as_str(),
            entry.transfer_id.as_str(),
            entry.version.cast_signed(),
            entry.state,
            entry.work.attempts,
            entry.work.parked,
            Timestamp::now().as_milliseconds(),
            decision.map(|decision| &decision.actor),
            decision.map(|decision| &decision.reason),
        ])
        .map(|_| ())
}

#[async_trait]
impl Store for SqliteStore {
    /// The lock keeps other processes out.
    fn is_shared(&self) -> bool {
        false
    }

    async fn lease(&self, _: Direction, _: &TransferId) -> Result<Option<Lease>, StoreError> {
        Ok(Some(Lease::of_the_only_process()))
    }

    /// The writer takes a transaction and has nothing to write in it, so that this
    /// costs no flush. That the disk is full shows with what there is to write.
    async fn check(&self) -> Result<(), StoreError> {
        self.write(|connection| {
            connection
                .prepare_cached("UPDATE exception SET told = told WHERE false")?
                .execute([])
                .map(|_| ())
        })
        .await
    }

    async fn leave(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn open(&self, entry: Entry) -> Result<Opening, StoreError> {
        self.write(move |connection| {
            if let Some(known) = find_entry(connection, entry.direction, &entry.transfer_id)? {
                return Ok(Opening::Known(known));
            }
            if let Some(home) = &entry.home_transaction_id
                && let Some(known) =
                    find_entry_by_home_transaction_id(connection, entry.direction, home)?
            {
                return Ok(Opening::Known(known));
            }
            connection
                .prepare_cached(&format!(
                    "INSERT INTO payment ({ENTRY_COLUMNS}) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
                ))?
                .execute(params![
                    entry.direction.as_str(),
                    entry.transfer_id.as_str(),
                    entry.home_transaction_id,
                    entry.state,
                    entry.work.due_at.map(Timestamp::as_milliseconds),
                    entry.work.attempts,
                    entry.work.tried_at.map(Timestamp::as_milliseconds),
                    entry.work.parked,
                    entry.version.cast_signed(),
                    entry.body,
                ])?;
            add_to_history(connection, &entry, None)?;
            Ok(Opening::New)
        })
        .await
    }

    async fn find(
        &self,
        direction: Direction,
        transfer_id: &TransferId,
    ) -> Result<Option<Entry>, StoreError> {
        let transfer_id = transfer_id.clone();
        self.read(move |connection| find_entry(connection, direction, &transfer_id))
            .await
    }

    async fn find_by_home_transaction_id(
        &self,
        direction: Direction,
        home_transaction_id: &str,
    ) -> Result<Option<Entry>, StoreError> {
        let home = home_transaction_id.to_owned();
        self.read(move |connection| find_entry_by_home_transaction_id(connection, direction, &home))
            .await
    }

    async fn record(&self, entry: Entry) -> Result<bool, StoreError> {
        self.write(move |connection| {
            let is_replaced = replace(connection, &entry)?;
            if is_replaced {
                add_to_history(connection, &entry, None)?;
            }
            Ok(is_replaced)
        })
        .await
    }

    async fn due(
        &self,
        direction: Direction,
        by: Timestamp,
        limit: usize,
    ) -> Result<Vec<Due>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(move |connection| {
            connection
                .prepare_cached(
                    "SELECT transfer_id, due_at FROM payment \
                     WHERE direction = ?1 AND due_at <= ?2 ORDER BY due_at LIMIT ?3",
                )?
                .query_map(
                    params![direction.as_str(), by.as_milliseconds(), limit],
                    |row| {
                        Ok(Due {
                            transfer_id: read_transfer_id(row)?,
                            due_at: Timestamp::from_milliseconds(row.get("due_at")?),
                        })
                    },
                )?
                .collect()
        })
        .await
    }

    // [if payee_pattern is credit_on_commit]
    async fn unfinished(
        &self,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(move |connection| {
            connection
                .prepare_cached(&format!(
                    "SELECT {ENTRY_COLUMNS} FROM payment \
                     WHERE direction = ?1 AND due_at IS NOT NULL \
                     UNION ALL \
                     SELECT {ENTRY_COLUMNS} FROM payment \
                     WHERE direction = ?1 AND parked IS NOT NULL AND due_at IS NULL LIMIT ?2"
                ))?
                .query_map(params![direction.as_str(), limit], read_entry)?
                .collect()
        })
        .await
    }

    // [end]
    async fn keep_quote(&self, id: QuoteId, body: String) -> Result<Option<String>, StoreError> {
        self.write(move |connection| {
            let known = find_quote_body(connection, &id)?;
            if known.is_none() {
                connection
                    .prepare_cached(
                        "INSERT INTO quote (quote_id, body, given_at) VALUES (?1, ?2, ?3)",
                    )?
                    .execute(params![
                        id.as_str(),
                        body,
                        Timestamp::now().as_milliseconds()
                    ])?;
            }
            Ok(known)
        })
        .await
    }

    async fn find_quote(&self, id: &QuoteId) -> Result<Option<String>, StoreError> {
        let id = id.clone();
        self.read(move |connection| find_quote_body(connection, &id))
            .await
    }

    async fn keep_exception(&self, exception: Exception) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection
                .prepare_cached(
                    "INSERT INTO exception (transfer_id, told, first_told_at) VALUES (?1, ?2, ?3) \
                     ON CONFLICT DO NOTHING",
                )?
                .execute(params![
                    exception.transfer_id.as_str(),
                    exception.told,
                    exception.first_told_at.as_milliseconds(),
                ])
                .map(|_| ())
        })
        .await
    }

    async fn find_exceptions(
        &self,
        transfer_id: &TransferId,
    ) -> Result<Vec<Exception>, StoreError> {
        let transfer_id = transfer_id.clone();
        self.read(move |connection| {
            connection
                .prepare_cached(
                    "SELECT transfer_id, told, first_told_at FROM exception WHERE transfer_id = ?1",
                )?
                .query_map(params![transfer_id.as_str()], |row| {
                    Ok(Exception {
                        transfer_id: read_transfer_id(row)?,
                        told: row.get("told")?,
                        first_told_at: Timestamp::from_milliseconds(row.get("first_told_at")?),
                    })
                })?
                .collect()
        })
        .await
    }
}

fn find_quote_body(connection: &Connection, id: &QuoteId) -> rusqlite::Result<Option<String>> {
    connection
        .prepare_cached("SELECT body FROM quote WHERE quote_id = ?1")?
        .query_row(params![id.as_str()], |row| row.get("body"))
        .optional()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn entry(transfer_id: &str, version: u64) -> Entry {
        Entry {
            direction: Direction::Outgoing,
            transfer_id: transfer_id.parse().unwrap(),
            home_transaction_id: Some(format!("home-{transfer_id}")),
            state: "requested".to_owned(),
            work: Work::due(Timestamp::from_milliseconds(1_000)),
            version,
            body: "{}".to_owned(),
        }
    }

    /// The lock is given back when the writer has ended, a moment after the drop.
    fn open_when_unlocked(path: &Path) -> SqliteStore {
        for _ in 0..500 {
            if let Ok(store) = SqliteStore::open(path) {
                return store;
            }
            thread::sleep(Duration::from_millis(10));
        }
        SqliteStore::open(path).unwrap()
    }

    fn in_a_folder() -> (tempfile::TempDir, SqliteStore) {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("journal.db")).unwrap();
        (folder, store)
    }

    #[tokio::test]
    async fn a_payment_is_opened_once_under_either_identifier() {
        let (_folder, store) = in_a_folder();
        let first = entry("t-1", 1);
        assert!(matches!(
            store.open(first.clone()).await.unwrap(),
            Opening::New
        ));
        let again = store.open(first.clone()).await.unwrap();
        assert!(matches!(again, Opening::Known(known) if known == first));

        let mut same_home = entry("t-2", 1);
        same_home.home_transaction_id = first.home_transaction_id.clone();
        let again = store.open(same_home).await.unwrap();
        assert!(matches!(again, Opening::Known(known) if known == first));
    }

    #[tokio::test]
    async fn of_two_records_of_one_version_the_second_is_refused() {
        let (_folder, store) = in_a_folder();
        store.open(entry("t-1", 1)).await.unwrap();
        assert!(store.record(entry("t-1", 2)).await.unwrap());
        assert!(!store.record(entry("t-1", 2)).await.unwrap());
        assert!(!store.record(entry("unknown", 2)).await.unwrap());
    }

    #[tokio::test]
    async fn what_was_recorded_is_there_when_the_file_is_opened_again() {
        let (folder, store) = in_a_folder();
        store.open(entry("t-1", 1)).await.unwrap();
        store.record(entry("t-1", 2)).await.unwrap();
        drop(store);
        let store = open_when_unlocked(&folder.path().join("journal.db"));
        let id: TransferId = "t-1".parse().unwrap();
        let found = store.find(Direction::Outgoing, &id).await.unwrap();
        assert_eq!(found, Some(entry("t-1", 2)));
        assert_eq!(store.find(Direction::Incoming, &id).await.unwrap(), None);
    }

    #[tokio::test]
    async fn the_history_cannot_be_changed() {
        let (folder, store) = in_a_folder();
        store.open(entry("t-1", 1)).await.unwrap();
        store.record(entry("t-1", 2)).await.unwrap();
        let connection = Connection::open(folder.path().join("journal.db")).unwrap();
        let lines: i64 = connection
            .query_row("SELECT count(*) FROM history", [], |row| row.get(0))
            .unwrap();
        assert_eq!(lines, 2);
        for change in ["DELETE FROM history", "UPDATE history SET state = 'x'"] {
            let error = connection.execute(change, []).unwrap_err();
            assert!(error.to_string().contains("append-only"), "{error}");
        }
    }

    #[tokio::test]
    async fn only_what_is_due_is_listed_and_the_longest_due_first() {
        let (_folder, store) = in_a_folder();
        for (id, due_at) in [("late", 2_000), ("early", 1_000), ("later", 3_000)] {
            let mut entry = entry(id, 1);
            entry.work = Work::due(Timestamp::from_milliseconds(due_at));
            store.open(entry).await.unwrap();
        }
        let mut done = entry("done", 1);
        done.work = Work::none();
        store.open(done).await.unwrap();
        let by = Timestamp::from_milliseconds(2_000);
        let due = store.due(Direction::Outgoing, by, 10).await.unwrap();
        let due: Vec<_> = due.into_iter().map(|due| due.transfer_id).collect();
        let due: Vec<_> = due.iter().map(TransferId::as_str).collect();
        assert_eq!(due, ["early", "late"]);
    }

    // [if payee_pattern is credit_on_commit]
    #[tokio::test]
    async fn what_is_left_to_a_person_is_unfinished_and_what_is_over_is_not() {
        let (_folder, store) = in_a_folder();
        for (id, work) in [
            ("due", Work::due(Timestamp::from_milliseconds(1_000))),
            ("last", Work::due(Timestamp::end_of_time())),
            ("done", Work::none()),
            ("parked", Work::parked("a person has to decide")),
        ] {
            let mut entry = entry(id, 1);
            entry.work = work;
            store.open(entry).await.unwrap();
        }
        let unfinished = async |limit| {
            let entries = store.unfinished(Direction::Outgoing, limit).await.unwrap();
            let ids = entries.into_iter().map(|entry| entry.transfer_id);
            ids.map(|id| id.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(unfinished(10).await, ["due", "last", "parked"]);
        assert_eq!(unfinished(1).await.len(), 1);
        let incoming = store.unfinished(Direction::Incoming, 10).await;
        assert_eq!(incoming.unwrap(), []);
    }

    // [end]
    #[test]
    fn two_connectors_do_not_share_a_journal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        let _first = SqliteStore::open(&path).unwrap();
        let error = SqliteStore::open(&path).unwrap_err();
        assert!(error.to_string().contains("another connector"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn the_journal_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        let _store = SqliteStore::open(&path).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[tokio::test]
    async fn a_failing_write_does_not_spoil_the_others_of_its_batch() {
        let (_folder, store) = in_a_folder();
        let store = Arc::new(store);
        let writes = (0..50).map(|number| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                if number % 5 == 0 {
                    let broken = store.write(|connection| {
                        connection.execute("INSERT INTO exception VALUES ('half', 'x', 0)", [])?;
                        connection.execute("INSERT INTO nowhere VALUES (1)", [])
                    });
                    assert!(broken.await.is_err());
                } else {
                    let opened = store.open(entry(&format!("t-{number}"), 1)).await;
                    assert!(matches!(opened, Ok(Opening::New)));
                }
            })
        });
        for write in writes.collect::<Vec<_>>() {
            write.await.unwrap();
        }
        let by = Timestamp::from_milliseconds(1_000);
        let due = store.due(Direction::Outgoing, by, 100).await.unwrap();
        assert_eq!(due.len(), 40);
        let half: TransferId = "half".parse().unwrap();
        assert_eq!(store.find_exceptions(&half).await.unwrap(), []);
    }

    /// How many transactions the write-ahead log holds: a frame that ends one
    /// says how large the database is then.
    fn transactions_in(log: &Path) -> usize {
        let log = std::fs::read(log).unwrap();
        let number = |at: usize| u32::from_be_bytes(log[at..at + 4].try_into().unwrap());
        let frame_length = 24 + number(8) as usize;
        let frames = (32..).step_by(frame_length);
        let frames = frames.take_while(|at| at + frame_length <= log.len());
        frames.filter(|at| number(at + 4) != 0).count()
    }

    #[tokio::test]
    async fn writes_that_wait_together_share_one_flush() {
        let (folder, store) = in_a_folder();
        let log = folder.path().join("journal.db-wal");
        let before = transactions_in(&log);
        let busy = tokio::spawn({
            let store = store.clone();
            async move {
                store
                    .write(|_| {
                        thread::sleep(Duration::from_millis(200));
                        Ok(())
                    })
                    .await
            }
        });
        // The writer is busy by now, so the next ones gather behind it.
        tokio::time::sleep(Duration::from_millis(50)).await;
        let waiting = (0..50).map(|number| {
            let store = store.clone();
            tokio::spawn(async move { store.open(entry(&format!("t-{number}"), 1)).await })
        });
        for write in waiting.collect::<Vec<_>>() {
            assert!(matches!(write.await.unwrap(), Ok(Opening::New)));
        }
        busy.await.unwrap().unwrap();
        assert_eq!(transactions_in(&log) - before, 1);
    }

    #[tokio::test]
    async fn a_journal_that_has_too_much_to_do_says_so() {
        let (_folder, store) = in_a_folder();
        let (finish, finished) = std::sync::mpsc::channel::<()>();
        let (begin, begun) = oneshot::channel();
        let busy = tokio::spawn({
            let store = store.clone();
            async move {
                store
                    .write(move |_| {
                        let _ = begin.send(());
                        let _ = finished.recv();
                        Ok(())
                    })
                    .await
            }
        });
        // What is queued from here on is not part of its batch.
        begun.await.unwrap();
        let waiting = (0..QUEUE_LENGTH + 1).map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.write(|_| Ok(())).await.is_ok() })
        });
        let waiting: Vec<_> = waiting.collect();
        tokio::time::sleep(Duration::from_millis(100)).await;
        let refused = store.write(|_| Ok(())).await.unwrap_err();
        assert!(refused.to_string().contains("too much to do"), "{refused}");
        finish.send(()).unwrap();
        busy.await.unwrap().unwrap();
        for waited in waiting {
            waited.await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_quote_is_kept_as_it_was_first_given() {
        let (_folder, store) = in_a_folder();
        let id: QuoteId = "q-1".parse().unwrap();
        assert_eq!(
            store.keep_quote(id.clone(), "first".into()).await.unwrap(),
            None
        );
        let known = store.keep_quote(id.clone(), "second".into()).await.unwrap();
        assert_eq!(known.as_deref(), Some("first"));
        assert_eq!(
            store.find_quote(&id).await.unwrap().as_deref(),
            Some("first")
        );
    }
}
