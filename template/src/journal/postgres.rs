//! The journal in a PostgreSQL database, which several replicas share.
//!
//! Each write is one statement, and so one transaction: it is there as a whole
//! or not at all. Which replica may work on a payment is for the database to
//! say, in `leases`; and whoever works on it without that, because its lease
//! ran out, has its record refused by the version.

pub mod inspection;
mod leases;
pub mod numbering;
mod schema;

use std::{fmt, future::Future, time::Duration};

use async_trait::async_trait;
use deadpool_postgres::{
    Client, Manager, ManagerConfig, Pool, PoolError, RecyclingMethod, Runtime, Timeouts,
};
use rustls::ClientConfig;
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::time::timeout;
use tokio_postgres::{Config, Row};
use tokio_postgres_rustls::MakeRustlsConnect;

use self::leases::Leases;
use super::{
    store::{Direction, Due, Entry, Exception, Lease, Opening, Store, StoreError},
    work::Work,
};
use crate::domain::{
    timestamp::Timestamp,
    transfer_id::{QuoteId, TransferId},
};

/// How long the server may take over one statement.
const LONGEST_STATEMENT: Duration = Duration::from_secs(5);

/// How long an operation waits for a connection, and for its making.
const LONGEST_CONNECT: Duration = Duration::from_secs(5);

/// How long an operation may take in all. What has become of a write that was
/// given up is found out by the next one about its payment: it reads first.
const LONGEST_OPERATION: Duration = Duration::from_secs(12);

/// How long it may take to bring the tables up to date, which can mean to read
/// all that there is, or to wait for a replica that does.
const LONGEST_MIGRATION: Duration = Duration::from_secs(15 * 60);

/// How long the network may swallow what is sent before a connection is given up:
/// without it, one to a server that has gone without a word is used for a quarter of
/// an hour.
const LONGEST_SILENCE: Duration = Duration::from_secs(10);

/// Where the journal is, and how it is used.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The password in it is not printed.
    pub config: Config,
    pub max_connections: usize,
    /// A replica that has not been heard of for this long is believed dead.
    pub lease: Duration,
}

/// A journal that several replicas share; clones share its connections.
#[derive(Clone)]
pub struct PostgresStore {
    pool: Pool,
    leases: Leases,
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PostgresStore")
    }
}

impl From<tokio_postgres::Error> for StoreError {
    /// Without what the server says of the values, which are personal data.
    fn from(error: tokio_postgres::Error) -> Self {
        match error.as_db_error() {
            Some(said) => Self(format!(
                "{} (SQLSTATE {})",
                said.message(),
                said.code().code()
            )),
            None => Self(error.to_string()),
        }
    }
}

impl From<PoolError> for StoreError {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) => error.into(),
            PoolError::Timeout(_) => Self("no connection to the database is free".to_owned()),
            other => Self(other.to_string()),
        }
    }
}

impl PostgresStore {
    /// Opens the journal, and makes or migrates it if that is needed. Replicas
    /// may do so at the same time.
    pub async fn open(settings: Settings) -> Result<Self, StoreError> {
        let pool = pool(&settings, settings.max_connections)?;
        let mut client = client(&pool).await?;
        let migrated = schema::migrate(&mut client);
        within(
            LONGEST_MIGRATION,
            "does not bring its tables up to date",
            migrated,
        )
        .await?;
        drop(client);
        // A connection of its own: to be busy is not to be dead.
        let heart = self::pool(&settings, 1)?;
        let leases = Leases::start(pool.clone(), heart, settings.lease).await?;
        Ok(Self { pool, leases })
    }

    pub(super) async fn client(&self) -> Result<Client, StoreError> {
        client(&self.pool).await
    }
}

async fn client(pool: &Pool) -> Result<Client, StoreError> {
    Ok(pool.get().await?)
}

fn pool(settings: &Settings, max_connections: usize) -> Result<Pool, StoreError> {
    let mut config = settings.config.clone();
    config.connect_timeout(LONGEST_CONNECT);
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(LONGEST_SILENCE);
    }
    if config.get_application_name().is_none() {
        config.application_name(env!("CARGO_PKG_NAME"));
    }
    let milliseconds = LONGEST_STATEMENT.as_millis();
    let own = config.get_options().unwrap_or_default().to_owned();
    config.options(format!("{own} -c statement_timeout={milliseconds}"));
    let recycling = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    let tls = ClientConfig::builder()
        .with_platform_verifier()
        .map_err(|error| StoreError(format!("the certificates of this system: {error}")))?
        .with_no_client_auth();
    let manager = Manager::from_config(config, MakeRustlsConnect::new(tls), recycling);
    Pool::builder(manager)
        .max_size(max_connections)
        .runtime(Runtime::Tokio1)
        .timeouts(Timeouts {
            wait: Some(LONGEST_CONNECT),
            create: Some(LONGEST_CONNECT),
            recycle: Some(LONGEST_CONNECT),
        })
        .build()
        .map_err(|error| StoreError(error.to_string()))
}

/// Also a server that has gone without a word must not be waited for.
pub(super) async fn within_time<T>(
    operation: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    within(LONGEST_OPERATION, "does not answer", operation).await
}

async fn within<T>(
    longest: Duration,
    otherwise: &str,
    operation: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    timeout(longest, operation)
        .await
        .unwrap_or_else(|_| Err(StoreError(format!("the database {otherwise}"))))
}

const ENTRY_COLUMNS: &str = "direction, transfer_id, home_transaction_id, state, due_at, \
                             attempts, tried_at, parked, version, body";

fn read_entry(row: &Row) -> Result<Entry, StoreError> {
    let moment = |column| {
        let milliseconds: Option<i64> = row.try_get(column)?;
        Ok::<_, StoreError>(milliseconds.map(Timestamp::from_milliseconds))
    };
    Ok(Entry {
        direction: read_direction(row)?,
        transfer_id: read_transfer_id(row)?,
        home_transaction_id: row.try_get("home_transaction_id")?,
        state: row.try_get("state")?,
        work: Work {
            due_at: moment("due_at")?,
            attempts: row
                .try_get::<_, i64>("attempts")?
                .try_into()
                .unwrap_or(u32::MAX),
            tried_at: moment("tried_at")?,
            parked: row.try_get("parked")?,
        },
        version: row.try_get::<_, i64>("version")?.unsigned_abs(),
        body: row.try_get("body")?,
    })
}

pub(super) fn read_direction(row: &Row) -> Result<Direction, StoreError> {
    let text: &str = row.try_get("direction")?;
    Direction::named(text).ok_or_else(|| not_understood("direction"))
}

fn read_transfer_id(row: &Row) -> Result<TransferId, StoreError> {
    let text: String = row.try_get("transfer_id")?;
    TransferId::try_from(text).map_err(|_| not_understood("transfer_id"))
}

fn not_understood(column: &str) -> StoreError {
    StoreError(format!("{column} holds a value that is not understood"))
}

async fn find_by(
    client: &Client,
    condition: &str,
    direction: Direction,
    identifier: &str,
) -> Result<Option<Entry>, StoreError> {
    let query = format!("SELECT {ENTRY_COLUMNS} FROM payment WHERE direction = $1 AND {condition}");
    let query = client.prepare_cached(&query).await?;
    let found = client
        .query_opt(&query, &[&direction.as_str(), &identifier])
        .await?;
    found.as_ref().map(read_entry).transpose()
}

const BY_TRANSFER: &str = "transfer_id = $2";
const BY_HOME_TRANSACTION: &str = "home_transaction_id = $2";

/// What is due, unless a living replica other than this one works on it; and, due or not, what
/// a dead one worked on. Each part has the limit, so that of a long backlog no more is read.
const DUE: &str = "
    WITH held AS (
        SELECT lease.transfer_id, replica.id IS NOT NULL AS by_the_living
        FROM lease LEFT JOIN replica
            ON replica.id = lease.holder AND replica.alive_until > clock_timestamp()
        WHERE lease.direction = $1 AND lease.holder <> $4
    )
    (
        SELECT transfer_id, due_at FROM payment
        WHERE direction = $1 AND due_at <= $2 AND NOT EXISTS (
            SELECT FROM held WHERE held.transfer_id = payment.transfer_id AND by_the_living
        )
        ORDER BY due_at LIMIT $3
    )
    UNION
    (
        SELECT transfer_id, due_at FROM payment JOIN held USING (transfer_id)
        WHERE direction = $1 AND due_at IS NOT NULL AND NOT by_the_living
        ORDER BY due_at LIMIT $3
    )
    ORDER BY due_at LIMIT $3";

/// Adds what the statement before it has written.
const ADD_TO_HISTORY: &str = "INSERT INTO history (direction, transfer_id, version, state, attempts, parked, recorded_at) \
     SELECT direction, transfer_id, version, state, attempts, parked, $11 FROM written";

async fn execute_on(client: &Client, statement: &str, entry: &Entry) -> Result<bool, StoreError> {
    let statement = client.prepare_cached(statement).await?;
    let Entry { work, .. } = entry;
    let written = client
        .execute(
            &statement,
            &[
                &entry.direction.as_str(),
                &entry.transfer_id.as_str(),
                &entry.home_transaction_id,
                &entry.state,
                &work.due_at.map(Timestamp::as_milliseconds),
                &i64::from(work.attempts),
                &work.tried_at.map(Timestamp::as_milliseconds),
                &work.parked,
                &entry.version.cast_signed(),
                &entry.body,
                &Timestamp::now().as_milliseconds(),
            ],
        )
        .await?;
    Ok(written == 1)
}

#[async_trait]
impl Store for PostgresStore {
    fn is_shared(&self) -> bool {
        true
    }

    async fn lease(
        &self,
        direction: Direction,
        transfer_id: &TransferId,
    ) -> Result<Option<Lease>, StoreError> {
        within_time(self.leases.take(direction, transfer_id)).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        within_time(self.leases.check()).await
    }

    async fn leave(&self) -> Result<(), StoreError> {
        within_time(self.leases.leave()).await
    }

    async fn open(&self, entry: Entry) -> Result<Opening, StoreError> {
        let statement = format!(
            "WITH {first} written AS (\
                 INSERT INTO payment ({ENTRY_COLUMNS}) {values} ON CONFLICT DO NOTHING \
                 RETURNING direction, transfer_id, version, state, attempts, parked\
             ) {ADD_TO_HISTORY}",
            first = numbering::FIRST,
            values = numbering::VALUES,
        );
        within_time(async {
            let client = self.client().await?;
            if execute_on(&client, &statement, &entry).await? {
                return Ok(Opening::New);
            }
            let (direction, id) = (entry.direction, entry.transfer_id.as_str());
            let known = find_by(&client, BY_TRANSFER, direction, id).await?;
            let known = match (known, &entry.home_transaction_id) {
                (None, Some(home)) => {
                    find_by(&client, BY_HOME_TRANSACTION, direction, home).await?
                }
                (known, _) => known,
            };
            let known = known.map(Opening::Known);
            known.ok_or_else(|| StoreError("a payment is known, and is not there".to_owned()))
        })
        .await
    }

    async fn find(
        &self,
        direction: Direction,
        transfer_id: &TransferId,
    ) -> Result<Option<Entry>, StoreError> {
        within_time(async {
            let client = self.client().await?;
            find_by(&client, BY_TRANSFER, direction, transfer_id.as_str()).await
        })
        .await
    }

    async fn find_by_home_transaction_id(
        &self,
        direction: Direction,
        home_transaction_id: &str,
    ) -> Result<Option<Entry>, StoreError> {
        within_time(async {
            let client = self.client().await?;
            find_by(&client, BY_HOME_TRANSACTION, direction, home_transaction_id).await
        })
        .await
    }

    async fn record(&self, entry: Entry) -> Result<bool, StoreError> {
        // The DFSP's identifier does not change; naming it keeps the parameters the same.
        let statement = format!(
            "WITH {first} written AS (\
                 UPDATE payment SET state = $4, due_at = $5, attempts = $6, tried_at = $7, \
                     parked = $8, version = $9, body = $10 {from} \
                 WHERE direction = $1 AND transfer_id = $2 AND version = $9::bigint - 1 \
                     AND home_transaction_id IS NOT DISTINCT FROM $3 \
                 RETURNING direction, transfer_id, version, state, attempts, parked\
             ) {ADD_TO_HISTORY}",
            first = numbering::FIRST,
            from = numbering::FROM,
        );
        within_time(async {
            let client = self.client().await?;
            execute_on(&client, &statement, &entry).await
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
        within_time(async {
            let client = self.client().await?;
            let query = client.prepare_cached(DUE).await?;
            let me = self.leases.holder();
            let rows = client
                .query(
                    &query,
                    &[&direction.as_str(), &by.as_milliseconds(), &limit, &me],
                )
                .await?;
            let due = rows.iter().map(|row| {
                Ok(Due {
                    transfer_id: read_transfer_id(row)?,
                    due_at: Timestamp::from_milliseconds(row.try_get("due_at")?),
                })
            });
            due.collect()
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
        within_time(async {
            let client = self.client().await?;
            let query = client
                .prepare_cached(&format!(
                    "SELECT {ENTRY_COLUMNS} FROM payment \
                     WHERE direction = $1 AND due_at IS NOT NULL \
                     UNION ALL \
                     SELECT {ENTRY_COLUMNS} FROM payment \
                     WHERE direction = $1 AND parked IS NOT NULL AND due_at IS NULL LIMIT $2"
                ))
                .await?;
            let rows = client.query(&query, &[&direction.as_str(), &limit]).await?;
            rows.iter().map(read_entry).collect()
        })
        .await
    }

    // [end]
    async fn keep_quote(&self, id: QuoteId, body: String) -> Result<Option<String>, StoreError> {
        within_time(async {
            let client = self.client().await?;
            let statement = client
                .prepare_cached(
                    "INSERT INTO quote (quote_id, body, given_at) VALUES ($1, $2, $3) \
                     ON CONFLICT DO NOTHING",
                )
                .await?;
            let now = Timestamp::now().as_milliseconds();
            let written = client
                .execute(&statement, &[&id.as_str(), &body, &now])
                .await?;
            match written {
                1 => Ok(None),
                _ => find_quote_body(&client, &id).await,
            }
        })
        .await
    }

    async fn find_quote(&self, id: &QuoteId) -> Result<Option<String>, StoreError> {
        within_time(async {
            let client = self.client().await?;
            find_quote_body(&client, id).await
        })
        .await
    }

    async fn keep_exception(&self, exception: Exception) -> Result<(), StoreError> {
        within_time(async {
            let client = self.client().await?;
            let statement = client
                .prepare_cached(
                    "INSERT INTO exception (transfer_id, told, first_told_at) \
                     VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                )
                .await?;
            let Exception {
                transfer_id,
                told,
                first_told_at,
            } = &exception;
            let at = first_told_at.as_milliseconds();
            client
                .execute(&statement, &[&transfer_id.as_str(), told, &at])
                .await?;
            Ok(())
        })
        .await
    }

    async fn find_exceptions(
        &self,
        transfer_id: &TransferId,
    ) -> Result<Vec<Exception>, StoreError> {
        within_time(async {
            let client = self.client().await?;
            let query = client
                .prepare_cached(
                    "SELECT transfer_id, told, first_told_at FROM exception WHERE transfer_id = $1",
                )
                .await?;
            let rows = client.query(&query, &[&transfer_id.as_str()]).await?;
            let exceptions = rows.iter().map(|row| {
                Ok(Exception {
                    transfer_id: read_transfer_id(row)?,
                    told: row.try_get("told")?,
                    first_told_at: Timestamp::from_milliseconds(row.try_get("first_told_at")?),
                })
            });
            exceptions.collect()
        })
        .await
    }
}

async fn find_quote_body(client: &Client, id: &QuoteId) -> Result<Option<String>, StoreError> {
    let query = client
        .prepare_cached("SELECT body FROM quote WHERE quote_id = $1")
        .await?;
    let row = client.query_opt(&query, &[&id.as_str()]).await?;
    Ok(row.map(|row| row.try_get("body")).transpose()?)
}
