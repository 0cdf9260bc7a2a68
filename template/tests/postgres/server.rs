//! A database for each test.

use std::time::Duration;

use core_connector::{
    domain::{timestamp::Timestamp, transfer_id::TransferId},
    journal::{
        postgres::{PostgresStore, Settings, inspection::PostgresInspection},
        store::{Direction, Entry, Store, StoreError},
        work::Work,
    },
    operations::startup::choose_tls,
};
use tokio_postgres::{Client, Config, NoTls};
use uuid::Uuid;

/// Short, so that a test can wait until it has run out.
pub const LEASE: Duration = Duration::from_secs(2);

pub struct TestDatabase {
    config: Config,
}

impl TestDatabase {
    pub async fn new() -> Self {
        choose_tls();
        let server = std::env::var("TEST_POSTGRES_URL");
        let mut config: Config = server.expect("TEST_POSTGRES_URL").parse().unwrap();
        let name = format!("test_{}", Uuid::now_v7().simple());
        let statement = format!("CREATE DATABASE {name}");
        connect(&config)
            .await
            .batch_execute(&statement)
            .await
            .unwrap();
        config.dbname(&name);
        Self { config }
    }

    fn settings(&self) -> Settings {
        Settings {
            config: self.config.clone(),
            max_connections: 4,
            lease: LEASE,
        }
    }

    pub async fn try_replica(&self) -> Result<PostgresStore, StoreError> {
        PostgresStore::open(self.settings()).await
    }

    pub async fn replica(&self) -> PostgresStore {
        self.try_replica().await.unwrap()
    }

    /// What people and metrics see of it.
    pub async fn inspection(&self) -> PostgresInspection {
        PostgresInspection::open(&self.settings()).await.unwrap()
    }

    /// Past the connector, as a person with a shell would.
    pub async fn client(&self) -> Client {
        connect(&self.config).await
    }
}

async fn connect(config: &Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

pub fn id(transfer_id: &str) -> TransferId {
    transfer_id.parse().unwrap()
}

pub fn entry(transfer_id: &str, version: u64) -> Entry {
    Entry {
        direction: Direction::Outgoing,
        transfer_id: id(transfer_id),
        home_transaction_id: Some(format!("home-{transfer_id}")),
        state: "requested".to_owned(),
        work: Work::due(Timestamp::from_milliseconds(1_000)),
        version,
        body: "{}".to_owned(),
    }
}

/// The payments that a replica is told to look at.
pub async fn listed(store: &impl Store, by: Timestamp, limit: usize) -> Vec<TransferId> {
    let due = store.due(Direction::Outgoing, by, limit).await.unwrap();
    due.into_iter().map(|due| due.transfer_id).collect()
}
