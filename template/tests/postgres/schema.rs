//! How the tables come to be.

use futures_util::future::join_all;

use crate::server::TestDatabase;

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL"]
async fn replicas_that_start_together_make_the_tables_once() {
    let database = TestDatabase::new().await;
    let started = join_all((0..6).map(|_| database.try_replica())).await;
    assert!(started.iter().all(Result::is_ok), "{started:?}");
    let client = database.client().await;
    let versions = client
        .query("SELECT version FROM schema_version ORDER BY version", &[])
        .await
        .unwrap();
    let versions: Vec<i64> = versions.iter().map(|row| row.get(0)).collect();
    let each_once: Vec<i64> = (1..).take(versions.len()).collect();
    assert!(!versions.is_empty());
    assert_eq!(versions, each_once);
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL"]
async fn a_database_of_a_newer_connector_is_refused_and_left_alone() {
    let database = TestDatabase::new().await;
    drop(database.replica().await);
    let client = database.client().await;
    let newer = "INSERT INTO schema_version VALUES (1000)";
    client.batch_execute(newer).await.unwrap();
    let error = database.try_replica().await.unwrap_err().to_string();
    assert!(error.contains("schema version 1000"), "{error}");
    assert!(
        error.contains("start the connector that wrote it"),
        "{error}"
    );
}
