//! The database that a journal is in: what can go wrong with it, and what it says in
//! the end.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use rusqlite::{Connection, OpenFlags};

use super::{
    disk::SmallDisk, last_will::LastWill, memory::Direction, plan::DatabaseTrouble,
    postgresql::Server,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgresql,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgresql => "postgresql",
        }
    }

    pub fn named(name: &str) -> Result<Self> {
        match name {
            "sqlite" => Ok(Self::Sqlite),
            "postgresql" => Ok(Self::Postgresql),
            _ => bail!("--database is sqlite or postgresql"),
        }
    }

    /// What is on the disk before the first payment.
    fn megabytes(self) -> u64 {
        match self {
            Self::Sqlite => 24,
            Self::Postgresql => 320,
        }
    }
}

/// A payment as the journal has it in the end.
#[derive(Debug, Clone)]
pub struct JournalPayment {
    pub direction: Direction,
    pub transfer_id: String,
    pub home_transaction_id: Option<String>,
    pub state: String,
    /// Somebody is going to look at it.
    pub is_due: bool,
    pub parked: Option<String>,
    /// How often it has been recorded.
    pub version: u64,
    /// How often its history says so.
    pub recorded: u64,
}

const PAYMENTS: &str = "
    SELECT payment.direction, payment.transfer_id, COALESCE(home_transaction_id, ''), state,
           CASE WHEN due_at IS NULL THEN 0 ELSE 1 END, COALESCE(parked, ''), version,
           (SELECT COUNT(DISTINCT history.version) FROM history
             WHERE history.direction = payment.direction
               AND history.transfer_id = payment.transfer_id)
      FROM payment
     WHERE payment.direction IN ('incoming', 'outgoing')";

const UNSETTLED: &str = "
    SELECT direction, transfer_id, state, attempts FROM payment
     WHERE direction IN ('incoming', 'outgoing') AND parked IS NULL
       AND (due_at IS NOT NULL
            OR state NOT IN ('committed', 'aborted', 'refused', 'completed', 'requested'))";

const QUOTES: &str = "SELECT quote_id FROM quote";

const EXCEPTIONS: &str = "SELECT transfer_id, told FROM exception";

/// A database on a disk of its own.
pub struct Database {
    // In this order: the server ends before its disk goes, and then nothing is left to do.
    place: Place,
    disk: Option<SmallDisk>,
    last_will: LastWill,
}

enum Place {
    File(PathBuf),
    Server(Server),
}

impl Database {
    /// Makes one in this folder. Without a disk of its own, that cannot be filled.
    /// If this process is killed, its last will sees to it that nothing is left.
    pub fn start(kind: Kind, folder: &Path, payments: u64) -> Result<Self> {
        let journal = folder.join("journal");
        fs::create_dir_all(&journal)?;
        let last_will = LastWill::make(&journal)?;
        let megabytes = kind.megabytes() + payments / 16;
        let disk = match SmallDisk::mount(&journal, megabytes) {
            Ok(disk) => Some(disk),
            Err(error) => {
                println!("note: no disk is filled, since none can be mounted here ({error:#})");
                None
            }
        };
        let place = match kind {
            Kind::Sqlite => Place::File(journal.join("journal.db")),
            Kind::Postgresql => Place::Server(Server::start(&journal, last_will.group())?),
        };
        Ok(Self {
            place,
            disk,
            last_will,
        })
    }

    /// The process group of what does not outlive this process.
    pub fn group(&self) -> i32 {
        self.last_will.group()
    }

    pub fn can_be_filled(&self) -> bool {
        self.disk.is_some()
    }

    /// What a connector is told of it.
    pub fn url(&self) -> String {
        match &self.place {
            Place::File(path) => format!("sqlite:{}", path.display()),
            Place::Server(server) => server.url(),
        }
    }

    /// Goes wrong for a while, and is well afterwards.
    pub fn suffer(&self, trouble: DatabaseTrouble) -> Result<()> {
        self.revive()?;
        let milliseconds = |for_ms| thread::sleep(Duration::from_millis(for_ms));
        match (trouble, &self.place) {
            (DatabaseTrouble::DiskFull { for_ms }, _) => {
                if let Some(disk) = &self.disk {
                    disk.fill()?;
                    milliseconds(for_ms);
                    disk.free();
                }
                self.revive()
            }
            (DatabaseTrouble::Locked { for_ms }, Place::File(path)) => {
                let connection = Connection::open(path)?;
                connection.busy_timeout(Duration::from_secs(10))?;
                connection.execute_batch("BEGIN IMMEDIATE")?;
                milliseconds(for_ms);
                Ok(connection.execute_batch("ROLLBACK")?)
            }
            (DatabaseTrouble::Crash { down_ms }, Place::Server(server)) => {
                server.crash()?;
                milliseconds(down_ms);
                server.resume()
            }
            (DatabaseTrouble::ConnectionsEnd, Place::Server(server)) => server.end_connections(),
            (DatabaseTrouble::ReadOnly { for_ms }, Place::Server(server)) => {
                server.refuse_writes(true)?;
                milliseconds(for_ms);
                server.refuse_writes(false)
            }
            (trouble, _) => bail!("{trouble:?} does not happen to this database"),
        }
    }

    /// A server may have ended because of what it went through.
    pub fn revive(&self) -> Result<()> {
        match &self.place {
            Place::File(_) => Ok(()),
            Place::Server(server) => {
                server.resume()?;
                server.wait_until_ready()
            }
        }
    }

    /// Every payment of both directions.
    pub fn payments(&self) -> Result<Vec<JournalPayment>> {
        self.query(PAYMENTS)?
            .into_iter()
            .map(|row| {
                let [
                    direction,
                    transfer_id,
                    home,
                    state,
                    due,
                    parked,
                    version,
                    recorded,
                ] = <[String; 8]>::try_from(row)
                    .map_err(|row| anyhow::anyhow!("not a payment: {row:?}"))?;
                Ok(JournalPayment {
                    direction: match direction.as_str() {
                        "incoming" => Direction::Incoming,
                        _ => Direction::Outgoing,
                    },
                    transfer_id,
                    home_transaction_id: Some(home).filter(|home| !home.is_empty()),
                    state,
                    is_due: due == "1",
                    parked: Some(parked).filter(|reason| !reason.is_empty()),
                    version: version.parse()?,
                    recorded: recorded.parse()?,
                })
            })
            .collect()
    }

    /// The payments that are neither finished nor left to a person, in words.
    pub fn unsettled(&self) -> Result<Vec<String>> {
        let rows = self.query(UNSETTLED)?;
        Ok(rows.into_iter().map(|row| row.join(" ")).collect())
    }

    /// The identifiers of all quotes that were given.
    pub fn quotes(&self) -> Result<Vec<String>> {
        Ok(self.query(QUOTES)?.into_iter().flatten().collect())
    }

    /// What was kept for a person to reconcile, by transfer.
    pub fn exceptions(&self) -> Result<BTreeMap<String, String>> {
        let mut exceptions = BTreeMap::new();
        for row in self.query(EXCEPTIONS)? {
            let mut fields = row.into_iter();
            let transfer_id = fields.next().context("no transfer")?;
            exceptions.insert(transfer_id, fields.next().unwrap_or_default());
        }
        Ok(exceptions)
    }

    fn query(&self, query: &str) -> Result<Vec<Vec<String>>> {
        let path = match &self.place {
            Place::Server(server) => return server.query(query),
            Place::File(path) => path,
        };
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        let mut statement = connection.prepare(query)?;
        let columns = statement.column_count();
        let rows = statement.query_map([], |row| {
            (0..columns)
                .map(|column| {
                    Ok(match row.get_ref(column)? {
                        rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                        other => other.as_str()?.to_owned(),
                    })
                })
                .collect()
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Copies the journal to where it stays when the disk is gone.
    pub fn keep(&self, folder: &Path) -> Result<()> {
        match &self.place {
            Place::File(path) => {
                let connection = Connection::open(path)?;
                let copy = folder.join("journal-kept.db");
                let copy = copy.to_str().context("not a name for SQLite")?;
                connection.execute("VACUUM INTO ?1", [copy])?;
            }
            Place::Server(server) => {
                for table in ["payment", "history", "exception"] {
                    let rows = server.query(&format!("SELECT * FROM {table}"))?;
                    let lines: Vec<String> = rows.into_iter().map(|row| row.join("\t")).collect();
                    fs::write(folder.join(format!("{table}.tsv")), lines.join("\n"))?;
                }
            }
        }
        Ok(())
    }
}
