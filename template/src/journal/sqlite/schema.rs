//! The tables of the journal, and how those of an earlier version become those
//! of this one.

use rusqlite::{Connection, TransactionBehavior};

use crate::journal::store::StoreError;

/// What makes each version of the one before it; the first one, of nothing.
/// Nothing here is changed once it has been released: what comes later is added.
const MIGRATIONS: [&str; 2] = [PAYMENTS, DECISIONS];

/// What `PRAGMA user_version` says when they have all been made.
const CURRENT: u32 = MIGRATIONS.len() as u32;

/// Payments, their history, quotes, and words of the scheme that do not fit.
const PAYMENTS: &str = "
    CREATE TABLE payment (
        direction           TEXT    NOT NULL,
        transfer_id         TEXT    NOT NULL,
        home_transaction_id TEXT,
        state               TEXT    NOT NULL,
        due_at              INTEGER,
        attempts            INTEGER NOT NULL,
        tried_at            INTEGER,
        parked              TEXT,
        version             INTEGER NOT NULL,
        body                TEXT    NOT NULL,
        PRIMARY KEY (direction, transfer_id)
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX payment_by_home_transaction
        ON payment (direction, home_transaction_id) WHERE home_transaction_id IS NOT NULL;
    CREATE INDEX payment_by_due
        ON payment (direction, due_at) WHERE due_at IS NOT NULL;
    CREATE TABLE history (
        number      INTEGER PRIMARY KEY,
        direction   TEXT    NOT NULL,
        transfer_id TEXT    NOT NULL,
        version     INTEGER NOT NULL,
        state       TEXT    NOT NULL,
        attempts    INTEGER NOT NULL,
        parked      TEXT,
        recorded_at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX history_by_transfer ON history (transfer_id);
    CREATE TRIGGER history_is_not_changed BEFORE UPDATE ON history
        BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END;
    CREATE TRIGGER history_is_not_deleted BEFORE DELETE ON history
        BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END;
    CREATE TABLE quote (
        quote_id TEXT    NOT NULL PRIMARY KEY,
        body     TEXT    NOT NULL,
        given_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE exception (
        transfer_id   TEXT    NOT NULL,
        told          TEXT    NOT NULL,
        first_told_at INTEGER NOT NULL,
        PRIMARY KEY (transfer_id, told)
    ) STRICT, WITHOUT ROWID;
";

/// What people decided: who, and why.
const DECISIONS: &str = "
    ALTER TABLE history ADD COLUMN actor TEXT;
    ALTER TABLE history ADD COLUMN reason TEXT;
    CREATE INDEX history_by_moment ON history (recorded_at);
    CREATE INDEX payment_by_parked
        ON payment (direction) WHERE parked IS NOT NULL;
    CREATE TABLE exception_resolution (
        number      INTEGER PRIMARY KEY,
        transfer_id TEXT    NOT NULL,
        told        TEXT    NOT NULL,
        actor       TEXT    NOT NULL,
        reason      TEXT    NOT NULL,
        recorded_at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX exception_resolution_by_transfer ON exception_resolution (transfer_id);
    CREATE TRIGGER exception_resolution_is_not_changed BEFORE UPDATE ON exception_resolution
        BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END;
    CREATE TRIGGER exception_resolution_is_not_deleted BEFORE DELETE ON exception_resolution
        BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END;
";

/// Makes the tables what this connector expects, all at once or not at all.
pub fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version = version(&transaction)?;
    let missing = MIGRATIONS.get(version as usize..);
    let missing = missing.ok_or_else(|| of_a_newer_connector(version))?;
    if missing.is_empty() {
        return Ok(());
    }
    for migration in missing {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", CURRENT)?;
    Ok(transaction.commit()?)
}

/// Refuses tables of another version: only a connector that starts changes them.
pub fn check(connection: &Connection) -> Result<(), StoreError> {
    let version = version(connection)?;
    match version {
        CURRENT => Ok(()),
        newer if newer > CURRENT => Err(of_a_newer_connector(newer)),
        older => Err(StoreError(format!(
            "the database has schema version {older}, this program needs {CURRENT}: \
             start the connector of this version first, which brings it up to date"
        ))),
    }
}

/// 0 for a database that has no tables yet.
fn version(connection: &Connection) -> Result<u32, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get("user_version"))?)
}

fn of_a_newer_connector(version: u32) -> StoreError {
    StoreError(format!(
        "the database has schema version {version}, this connector knows {CURRENT}: \
         start the connector that wrote it"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_of_the_first_version_keeps_what_is_in_it() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(PAYMENTS).unwrap();
        connection.pragma_update(None, "user_version", 1).unwrap();
        let line = "INSERT INTO history VALUES (1, 'incoming', 't-1', 1, 'reserving', 0, NULL, 5)";
        connection.execute(line, []).unwrap();
        let outdated = check(&connection).unwrap_err().to_string();
        assert!(
            outdated.contains("start the connector of this version first"),
            "{outdated}"
        );

        migrate(&mut connection).unwrap();
        check(&connection).unwrap();
        let query = "SELECT state, actor, reason FROM history";
        let kept: (String, Option<String>, Option<String>) = connection
            .query_row(query, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .unwrap();
        assert_eq!(kept, ("reserving".to_owned(), None, None));
    }

    #[test]
    fn a_migration_that_fails_leaves_the_journal_as_it_was() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(PAYMENTS).unwrap();
        connection.pragma_update(None, "user_version", 1).unwrap();
        connection
            .execute_batch("CREATE TABLE exception_resolution (half TEXT)")
            .unwrap();
        assert!(migrate(&mut connection).is_err());
        assert_eq!(version(&connection).unwrap(), 1);
        let added = connection.execute("UPDATE history SET actor = 'x'", []);
        assert!(added.is_err(), "the column is there");
    }

    #[test]
    fn what_was_decided_about_an_exception_cannot_be_changed() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        let line = "INSERT INTO exception_resolution VALUES (1, 't', 'ABORTED', 'who', 'why', 5)";
        connection.execute(line, []).unwrap();
        for change in [
            "DELETE FROM exception_resolution",
            "UPDATE exception_resolution SET actor = 'x'",
        ] {
            let error = connection.execute(change, []).unwrap_err();
            assert!(error.to_string().contains("append-only"), "{error}");
        }
    }

    #[test]
    fn a_database_of_a_newer_connector_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        connection
            .pragma_update(None, "user_version", CURRENT + 1)
            .unwrap();
        for refused in [migrate(&mut connection), check(&connection)] {
            let error = refused.unwrap_err().to_string();
            assert!(
                error.contains("start the connector that wrote it"),
                "{error}"
            );
        }
    }
}
