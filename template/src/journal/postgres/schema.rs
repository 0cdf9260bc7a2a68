//! The tables, and how those of an earlier connector become these.

use deadpool_postgres::Client;

use crate::journal::store::StoreError;

/// What leads from each version to the next, from an empty database on. What is
/// written here has been run somewhere: it is added to, and not changed.
const MIGRATIONS: [&str; 2] = [PAYMENTS, DECISIONS];

/// Payments, their history, quotes, words of the scheme that do not fit, and who
/// works on what.
const PAYMENTS: &str = "
    CREATE TABLE payment (
        direction           TEXT   NOT NULL,
        transfer_id         TEXT   NOT NULL,
        home_transaction_id TEXT,
        state               TEXT   NOT NULL,
        due_at              BIGINT,
        attempts            BIGINT NOT NULL,
        tried_at            BIGINT,
        parked              TEXT,
        version             BIGINT NOT NULL,
        body                TEXT   NOT NULL,
        PRIMARY KEY (direction, transfer_id)
    );
    CREATE UNIQUE INDEX payment_by_home_transaction
        ON payment (direction, home_transaction_id) WHERE home_transaction_id IS NOT NULL;
    CREATE INDEX payment_by_due
        ON payment (direction, due_at) WHERE due_at IS NOT NULL;
    CREATE TABLE history (
        number      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        direction   TEXT   NOT NULL,
        transfer_id TEXT   NOT NULL,
        version     BIGINT NOT NULL,
        state       TEXT   NOT NULL,
        attempts    BIGINT NOT NULL,
        parked      TEXT,
        actor       TEXT,
        reason      TEXT,
        recorded_at BIGINT NOT NULL
    );
    CREATE INDEX history_by_transfer ON history (transfer_id);
    CREATE FUNCTION refuse_to_change_history() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN RAISE EXCEPTION ''the history is append-only''; END';
    CREATE TRIGGER history_is_not_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON history
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history();
    CREATE TABLE quote (
        quote_id TEXT   NOT NULL PRIMARY KEY,
        body     TEXT   NOT NULL,
        given_at BIGINT NOT NULL
    );
    CREATE TABLE exception (
        transfer_id   TEXT   NOT NULL,
        told          TEXT   NOT NULL,
        first_told_at BIGINT NOT NULL,
        PRIMARY KEY (transfer_id, told)
    );
    CREATE TABLE replica (
        id          TEXT        NOT NULL PRIMARY KEY,
        alive_until TIMESTAMPTZ NOT NULL
    );
    CREATE TABLE lease (
        direction   TEXT   NOT NULL,
        transfer_id TEXT   NOT NULL,
        holder      TEXT   NOT NULL,
        number      BIGINT NOT NULL,
        PRIMARY KEY (direction, transfer_id)
    );
    CREATE INDEX lease_by_holder ON lease (holder);
";

/// What people decide about words that do not fit, and what they look for.
const DECISIONS: &str = "
    CREATE INDEX history_by_moment ON history (recorded_at);
    CREATE INDEX payment_by_parked ON payment (direction) WHERE parked IS NOT NULL;
    CREATE TABLE exception_resolution (
        number      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        transfer_id TEXT   NOT NULL,
        told        TEXT   NOT NULL,
        actor       TEXT   NOT NULL,
        reason      TEXT   NOT NULL,
        recorded_at BIGINT NOT NULL
    );
    CREATE INDEX exception_resolution_by_transfer ON exception_resolution (transfer_id);
    CREATE TRIGGER exception_resolution_is_not_changed
        BEFORE UPDATE OR DELETE OR TRUNCATE ON exception_resolution
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history();
";

/// Any number that nothing else in this database locks.
const MIGRATION_LOCK: i64 = 5_203_113;

/// Makes the tables, or brings them up to date. Of replicas that start together
/// one does, and the others wait for it.
pub async fn migrate(client: &mut Client) -> Result<(), StoreError> {
    let transaction = client.transaction().await?;
    // What bounds every other statement is too short for a large journal.
    transaction
        .batch_execute("SET LOCAL statement_timeout = 0")
        .await?;
    transaction
        .execute("SELECT pg_advisory_xact_lock($1)", &[&MIGRATION_LOCK])
        .await?;
    transaction
        .batch_execute("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)")
        .await?;
    let found = transaction
        .query_opt("SELECT max(version) FROM schema_version", &[])
        .await?;
    let found: Option<i64> = found.map(|row| row.try_get(0)).transpose()?.flatten();
    let version = usize::try_from(found.unwrap_or(0)).unwrap_or(usize::MAX);
    let Some(missing) = MIGRATIONS.get(version..) else {
        let known = MIGRATIONS.len();
        return Err(StoreError(format!(
            "the database has schema version {version}, this connector knows {known}: \
             start the connector that wrote it"
        )));
    };
    for (migration, version) in missing.iter().zip(version + 1..) {
        transaction.batch_execute(migration).await?;
        let version = i64::try_from(version).unwrap_or(i64::MAX);
        transaction
            .execute("INSERT INTO schema_version VALUES ($1)", &[&version])
            .await?;
    }
    Ok(transaction.commit().await?)
}

/// Refuses tables of another version: only a connector that starts changes them.
pub async fn check(client: &Client) -> Result<(), StoreError> {
    let (found, known) = (version(client).await?, MIGRATIONS.len());
    if found == known {
        return Ok(());
    }
    Err(StoreError(format!(
        "the database has schema version {found}, this program needs {known}: start the \
         connector of this version first, which brings an older one up to date"
    )))
}

/// 0 for a database that has no tables yet.
async fn version(client: &Client) -> Result<usize, StoreError> {
    let table = "SELECT to_regclass('schema_version') IS NOT NULL";
    let is_there: bool = client.query_one(table, &[]).await?.try_get(0)?;
    if !is_there {
        return Ok(0);
    }
    let query = "SELECT max(version) FROM schema_version";
    let found: Option<i64> = client.query_one(query, &[]).await?.try_get(0)?;
    Ok(usize::try_from(found.unwrap_or(0)).unwrap_or(usize::MAX))
}
