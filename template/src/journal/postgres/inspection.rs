//! The journal of replicas: looked into, and decided about, while they work on it.

use std::fmt;

use async_trait::async_trait;
use deadpool_postgres::{Client, Pool};
use tokio_postgres::Row;

use super::{
    Settings, client, numbering, pool, read_direction, read_entry, read_transfer_id, schema,
    within_time,
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
const LISTED: &str = "payment.*, opening.number AS number, opening.recorded_at AS opened_at, \
     (SELECT max(recorded_at) FROM history WHERE history.transfer_id = payment.transfer_id \
     AND history.direction = payment.direction) AS recorded_at";

const OPENING_OF_PAYMENT: &str = "opening.transfer_id = payment.transfer_id \
     AND opening.direction = payment.direction AND opening.version = 1";

/// What the server says of itself, and of what the user may do.
const EXAMINED: &str = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms, \
     pg_is_in_recovery() AS is_copy, \
     current_setting('transaction_read_only') AS read_only, \
     has_table_privilege('payment', 'INSERT') \
     AND has_table_privilege('payment', 'UPDATE') AS may_write, \
     current_setting('synchronous_commit') AS synchronous_commit, \
     current_setting('fsync') AS fsync, \
     current_setting('full_page_writes') AS full_page_writes, \
     current_setting('max_connections') AS max_connections";

const EXAMINED_SETTINGS: [&str; 4] = [
    "synchronous_commit",
    "fsync",
    "full_page_writes",
    "max_connections",
];

/// A replica that lives has taken it up.
const IS_HELD: &str = "EXISTS (SELECT FROM lease JOIN replica ON replica.id = lease.holder \
     WHERE lease.direction = $1 AND lease.transfer_id = $2 \
     AND replica.alive_until > clock_timestamp())";

/// The journal that replicas share.
#[derive(Clone)]
pub struct PostgresInspection {
    pool: Pool,
}

impl fmt::Debug for PostgresInspection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PostgresInspection")
    }
}

impl PostgresInspection {
    /// Opens a journal that is there. Its tables are not touched.
    pub async fn open(settings: &Settings) -> Result<Self, StoreError> {
        let pool = pool(settings, 1)?;
        let connection = client(&pool).await?;
        within_time(schema::check(&connection)).await?;
        drop(connection);
        Ok(Self { pool })
    }

    async fn client(&self) -> Result<Client, StoreError> {
        client(&self.pool).await
    }
}

#[async_trait]
impl Inspection for PostgresInspection {
    async fn list(&self, selection: Selection) -> Result<Vec<Listed>, StoreError> {
        let (order, follows) = match selection.parked || selection.unfinished {
            true => ("ASC", ">"),
            false => ("DESC", "<"),
        };
        let waiting = match (selection.parked, selection.unfinished) {
            (true, _) => "AND payment.parked IS NOT NULL",
            (false, true) => "AND (payment.parked IS NOT NULL OR payment.due_at IS NOT NULL)",
            (false, false) => "",
        };
        let query = format!(
            "SELECT {LISTED} FROM payment JOIN history AS opening ON {OPENING_OF_PAYMENT} \
             WHERE ($1::text IS NULL OR payment.direction = $1) \
             AND ($2::text IS NULL OR payment.state = $2) \
             AND ($3::bigint IS NULL OR opening.recorded_at <= $3) \
             AND ($4::bigint IS NULL OR opening.number {follows} $4) {waiting} \
             ORDER BY opening.number {order} LIMIT $5"
        );
        within_time(async {
            let direction = selection.direction.map(Direction::as_str);
            let before = selection.opened_before.map(Timestamp::as_milliseconds);
            let limit = rows(selection.limit);
            let listed = self
                .client()
                .await?
                .query(
                    &query,
                    &[
                        &direction,
                        &selection.state,
                        &before,
                        &selection.after,
                        &limit,
                    ],
                )
                .await?;
            listed.iter().map(read_listed).collect()
        })
        .await
    }

    async fn overview(&self) -> Result<Overview, StoreError> {
        let waiting = format!(
            "SELECT payment.direction AS direction, payment.state AS state, \
             payment.parked IS NOT NULL AS is_parked, count(*) AS payments, \
             min(opening.recorded_at) AS oldest_opened_at \
             FROM payment JOIN history AS opening ON {OPENING_OF_PAYMENT} \
             WHERE payment.parked IS NOT NULL OR payment.due_at IS NOT NULL \
             GROUP BY 1, 2, 3"
        );
        let exceptions = "SELECT count(*) FROM exception \
             WHERE NOT EXISTS (SELECT FROM exception_resolution AS resolution \
             WHERE resolution.transfer_id = exception.transfer_id \
             AND resolution.told = exception.told)";
        within_time(async {
            let client = self.client().await?;
            let waiting = client.query(&waiting, &[]).await?;
            let waiting = waiting.iter().map(|row| {
                Ok(Waiting {
                    direction: read_direction(row)?,
                    state: row.try_get("state")?,
                    parked: row.try_get("is_parked")?,
                    payments: row.try_get::<_, i64>("payments")?.unsigned_abs(),
                    oldest_opened_at: moment(row, "oldest_opened_at")?,
                })
            });
            let exceptions = client.query_one(exceptions, &[]).await?;
            Ok(Overview {
                waiting: waiting.collect::<Result<_, StoreError>>()?,
                open_exceptions: exceptions.try_get::<_, i64>(0)?.unsigned_abs(),
            })
        })
        .await
    }

    async fn find(&self, id: String) -> Result<Vec<Listed>, StoreError> {
        let query = format!(
            "SELECT {LISTED} FROM payment JOIN history AS opening ON {OPENING_OF_PAYMENT} \
             WHERE payment.transfer_id = $1 OR payment.home_transaction_id = $1 \
             ORDER BY opening.number"
        );
        within_time(async {
            let found = self.client().await?.query(&query, &[&id]).await?;
            found.iter().map(read_listed).collect()
        })
        .await
    }

    async fn history(
        &self,
        direction: Direction,
        transfer_id: TransferId,
    ) -> Result<Vec<HistoryLine>, StoreError> {
        let query = "SELECT version, state, attempts, parked, recorded_at, actor, reason \
                     FROM history WHERE transfer_id = $1 AND direction = $2 ORDER BY number";
        within_time(async {
            let client = self.client().await?;
            let lines = client
                .query(query, &[&transfer_id.as_str(), &direction.as_str()])
                .await?;
            let lines = lines.iter().map(|row| {
                Ok(HistoryLine {
                    version: row.try_get::<_, i64>("version")?.unsigned_abs(),
                    state: row.try_get("state")?,
                    attempts: row
                        .try_get::<_, i64>("attempts")?
                        .try_into()
                        .unwrap_or(u32::MAX),
                    parked: row.try_get("parked")?,
                    recorded_at: moment(row, "recorded_at")?,
                    decision: read_decision(row)?,
                })
            });
            lines.collect()
        })
        .await
    }

    async fn decide(&self, entry: Entry, decision: Decision) -> Result<Decided, StoreError> {
        let statement = format!(
            "WITH {first} written AS (\
                 UPDATE payment SET state = $3, due_at = $4, attempts = $5, tried_at = $6, \
                     parked = $7, version = $8, body = $9 {from} \
                 WHERE direction = $1 AND transfer_id = $2 AND version = $8::bigint - 1 \
                     AND NOT {IS_HELD} \
                 RETURNING direction, transfer_id, version, state, attempts, parked\
             ) INSERT INTO history (direction, transfer_id, version, state, attempts, parked, \
                 recorded_at, actor, reason) \
             SELECT direction, transfer_id, version, state, attempts, parked, $10, $11, $12 \
             FROM written",
            first = numbering::FIRST,
            from = numbering::FROM,
        );
        within_time(async {
            let client = self.client().await?;
            let (direction, id) = (entry.direction.as_str(), entry.transfer_id.as_str());
            let work = &entry.work;
            let written = client
                .execute(
                    &statement,
                    &[
                        &direction,
                        &id,
                        &entry.state,
                        &work.due_at.map(Timestamp::as_milliseconds),
                        &i64::from(work.attempts),
                        &work.tried_at.map(Timestamp::as_milliseconds),
                        &work.parked,
                        &entry.version.cast_signed(),
                        &entry.body,
                        &Timestamp::now().as_milliseconds(),
                        &decision.actor,
                        &decision.reason,
                    ],
                )
                .await?;
            if written == 1 {
                return Ok(Decided::Recorded);
            }
            let query = format!("SELECT {IS_HELD}");
            let is_held: bool = client
                .query_one(&query, &[&direction, &id])
                .await?
                .try_get(0)?;
            Ok(match is_held {
                true => Decided::HeldByReplica,
                false => Decided::ChangedMeanwhile,
            })
        })
        .await
    }

    async fn ended(
        &self,
        period: Period,
        after: i64,
        limit: usize,
    ) -> Result<Vec<Ended>, StoreError> {
        // Of a payment that was recorded again in its last state, the first of
        // these records is its end.
        let query = format!(
            "SELECT {LISTED}, ending.number AS ended, ending.recorded_at AS ended_at, \
             ending.actor AS actor, ending.reason AS reason \
             FROM history AS ending \
             JOIN payment ON payment.transfer_id = ending.transfer_id \
             AND payment.direction = ending.direction AND payment.state = ending.state \
             JOIN history AS opening ON {OPENING_OF_PAYMENT} \
             WHERE ending.recorded_at >= $1 AND ending.recorded_at < $2 AND ending.number > $3 \
             AND ending.state IN ('committed', 'completed', 'aborted', 'refused') \
             AND ending.direction IN ('incoming', 'outgoing', 'conversion') \
             AND NOT EXISTS (SELECT FROM history AS earlier \
             WHERE earlier.transfer_id = ending.transfer_id \
             AND earlier.direction = ending.direction \
             AND earlier.state = ending.state AND earlier.number < ending.number) \
             ORDER BY ending.number LIMIT $4"
        );
        within_time(async {
            let (from, until) = (period.from, period.until);
            let (from, until) = (from.as_milliseconds(), until.as_milliseconds());
            let client = self.client().await?;
            let ended = client
                .query(&query, &[&from, &until, &after, &rows(limit)])
                .await?;
            let ended = ended.iter().map(|row| {
                Ok(Ended {
                    number: row.try_get("ended")?,
                    entry: read_entry(row)?,
                    opened_at: moment(row, "opened_at")?,
                    ended_at: moment(row, "ended_at")?,
                    decision: read_decision(row)?,
                })
            });
            ended.collect()
        })
        .await
    }

    async fn examine(&self) -> Result<Examined, StoreError> {
        let client = self.client().await?;
        let asked_at = Timestamp::now();
        let row = within_time(async { Ok(client.query_one(EXAMINED, &[]).await?) }).await?;
        let answered_at = Timestamp::now();
        // It looked at its clock some time between the two.
        let here = (asked_at.as_milliseconds() + answered_at.as_milliseconds()) / 2;
        let there: i64 = row.try_get("now_ms")?;
        let mut settings = Vec::new();
        for name in EXAMINED_SETTINGS {
            settings.push((name.to_owned(), row.try_get(name)?));
        }
        let is_copy: bool = row.try_get("is_copy")?;
        let is_read_only: String = row.try_get("read_only")?;
        let may_write: bool = row.try_get("may_write")?;
        let not_writable = match (is_copy, is_read_only.as_str(), may_write) {
            (true, ..) => Some("the server is a copy of another one".to_owned()),
            (_, "on", _) => Some("transactions are read-only".to_owned()),
            (.., false) => Some("the user has no right to write into the table payment".to_owned()),
            _ => None,
        };
        Ok(Examined {
            not_writable,
            clock_ahead_ms: Some(there - here),
            settings,
        })
    }

    async fn exceptions(&self, of: Exceptional) -> Result<Vec<KnownException>, StoreError> {
        let (only_open, transfer_id, limit) = match of {
            Exceptional::Open { limit } => (true, None, limit),
            Exceptional::All { limit } => (false, None, limit),
            Exceptional::Of(transfer_id) => (false, Some(transfer_id), usize::MAX),
        };
        let query = "SELECT transfer_id, told, first_told_at FROM exception \
             WHERE ($1::text IS NULL OR transfer_id = $1) \
             AND (NOT $2::boolean OR NOT EXISTS (SELECT FROM exception_resolution AS resolution \
             WHERE resolution.transfer_id = exception.transfer_id \
             AND resolution.told = exception.told)) \
             ORDER BY first_told_at LIMIT $3";
        let resolutions = "SELECT actor, reason, recorded_at FROM exception_resolution \
                           WHERE transfer_id = $1 AND told = $2 ORDER BY number";
        within_time(async {
            let client = self.client().await?;
            let transfer_id = transfer_id.as_ref().map(TransferId::as_str);
            let found = client
                .query(query, &[&transfer_id, &only_open, &rows(limit)])
                .await?;
            let mut known = Vec::with_capacity(found.len());
            for row in &found {
                let exception = Exception {
                    transfer_id: read_transfer_id(row)?,
                    told: row.try_get("told")?,
                    first_told_at: moment(row, "first_told_at")?,
                };
                let of = exception.transfer_id.as_str();
                let resolutions = client.query(resolutions, &[&of, &exception.told]).await?;
                let resolutions = resolutions.iter().map(|row| {
                    let decision = Decision {
                        actor: row.try_get("actor")?,
                        reason: row.try_get("reason")?,
                    };
                    Ok((moment(row, "recorded_at")?, decision))
                });
                known.push(KnownException {
                    resolutions: resolutions.collect::<Result<_, StoreError>>()?,
                    exception,
                });
            }
            Ok(known)
        })
        .await
    }

    async fn resolve_exception(
        &self,
        transfer_id: TransferId,
        told: String,
        decision: Decision,
    ) -> Result<bool, StoreError> {
        let statement = "INSERT INTO exception_resolution \
             (transfer_id, told, actor, reason, recorded_at) \
             SELECT transfer_id, told, $3, $4, $5 FROM exception \
             WHERE transfer_id = $1 AND told = $2";
        within_time(async {
            let now = Timestamp::now().as_milliseconds();
            let kept = self
                .client()
                .await?
                .execute(
                    statement,
                    &[
                        &transfer_id.as_str(),
                        &told,
                        &decision.actor,
                        &decision.reason,
                        &now,
                    ],
                )
                .await?;
            Ok(kept == 1)
        })
        .await
    }
}

fn read_listed(row: &Row) -> Result<Listed, StoreError> {
    Ok(Listed {
        number: row.try_get("number")?,
        entry: read_entry(row)?,
        opened_at: moment(row, "opened_at")?,
        recorded_at: moment(row, "recorded_at")?,
    })
}

fn read_decision(row: &Row) -> Result<Option<Decision>, StoreError> {
    let actor: Option<String> = row.try_get("actor")?;
    let reason: Option<String> = row.try_get("reason")?;
    let decided = actor.zip(reason);
    Ok(decided.map(|(actor, reason)| Decision { actor, reason }))
}

fn moment(row: &Row, column: &str) -> Result<Timestamp, StoreError> {
    Ok(Timestamp::from_milliseconds(row.try_get(column)?))
}

fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
