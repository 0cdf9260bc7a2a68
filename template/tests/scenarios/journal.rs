//! The database of one test: a file, or a PostgreSQL database of its own.

use std::{collections::BTreeMap, env};

use core_connector::operations::startup::choose_tls;
use tempfile::TempDir;
use tokio_postgres::NoTls;
use uuid::Uuid;

/// The server on which every test makes a database of its own, such as
/// `postgres://postgres@127.0.0.1:5432/postgres`. Without it, files are used.
const SERVER: &str = "TEST_POSTGRES_URL";

/// What says which replicas there are, and nothing of payments.
const NOT_COUNTED: [&str; 3] = ["schema_version", "replica", "lease"];

pub struct TestJournal {
    url: String,
}

impl TestJournal {
    pub async fn new(folder: &TempDir) -> Self {
        choose_tls();
        let url = match env::var(SERVER) {
            Ok(server) => make_database(&server).await,
            Err(_) => format!("sqlite:{}", folder.path().join("journal.db").display()),
        };
        Self { url }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// How many rows each table has; `None` as long as it cannot be read.
    pub async fn count_rows(&self) -> Option<BTreeMap<String, i64>> {
        match self.url.strip_prefix("sqlite:") {
            Some(path) => count_in_file(path).ok(),
            None => Some(count_on_server(&self.url).await),
        }
    }
}

async fn make_database(server: &str) -> String {
    let name = format!("test_{}", Uuid::now_v7().simple());
    let client = connect(server).await;
    let statement = format!("CREATE DATABASE {name}");
    client.batch_execute(&statement).await.unwrap();
    let (server, _) = server.rsplit_once('/').unwrap();
    format!("{server}/{name}")
}

async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

fn count_in_file(path: &str) -> rusqlite::Result<BTreeMap<String, i64>> {
    let journal = rusqlite::Connection::open(path)?;
    let mut tables = journal.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")?;
    let tables = tables.query_map([], |row| row.get::<_, String>(0))?;
    let count = |table: String| {
        let query = format!("SELECT count(*) FROM \"{table}\"");
        let rows = journal.query_row(&query, [], |row| row.get(0))?;
        Ok((table, rows))
    };
    tables.map(|table| count(table?)).collect()
}

async fn count_on_server(url: &str) -> BTreeMap<String, i64> {
    let client = connect(url).await;
    let query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'";
    let mut counts = BTreeMap::new();
    for row in client.query(query, &[]).await.unwrap() {
        let table: String = row.get(0);
        if NOT_COUNTED.contains(&table.as_str()) {
            continue;
        }
        let query = format!("SELECT count(*) FROM {table}");
        let rows = client.query_one(&query, &[]).await.unwrap().get(0);
        counts.insert(table, rows);
    }
    counts
}
