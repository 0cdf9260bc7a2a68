//! Payments, quotes and exceptions, as any database of the journal keeps them.

use core_connector::{
    domain::{timestamp::Timestamp, transfer_id::QuoteId},
    journal::{
        store::{Direction, Exception, Opening, Store},
        work::Work,
    },
};
use futures_util::future::join_all;

use crate::server::{TestDatabase, entry, id, listed};

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL"]
async fn a_payment_is_opened_once_under_either_identifier() {
    let store = TestDatabase::new().await.replica().await;
    let first = entry("t-1", 1);
    let opened = store.open(first.clone()).await.unwrap();
    assert!(matches!(opened, Opening::New));
    let again = store.open(first.clone()).await.unwrap();
    assert!(matches!(again, Opening::Known(known) if known == first));

    let mut same_home = entry("t-2", 1);
    same_home.home_transaction_id = first.home_transaction_id.clone();
    let again = store.open(same_home).await.unwrap();
    assert!(matches!(again, Opening::Known(known) if known == first));
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL"]
async fn of_many_who_open_one_payment_at_two_replicas_one_does() {
    let database = TestDatabase::new().await;
    let replicas = [database.replica().await, database.replica().await];
    let opening = (0..20).map(|number: usize| replicas[number % 2].open(entry("t-1", 1)));
    let opened = join_all(opening).await;
    let new = |opened: &&Result<Opening, _>| matches!(opened, Ok(Opening::New));
    assert_eq!(opened.iter().filter(new).count(), 1);
    assert!(opened.iter().all(Result::is_ok), "{opened:?}");
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL"]
async fn of_many_records_of_one_version_one_is_taken() {
    let database = TestDatabase::new().await;
    let replicas = [database.replica().await, database.replica().await];
    replicas[0].open(entry("t-1", 1)).await.unwrap();
    let recording = (0..20).map(|number: usize| replicas[number % 2].record(entry("t-1", 2)));
    let recorded = join_all(recording).await;
    let taken = recorded.iter().filter(|taken| matches!(taken, Ok(true)));
    assert_eq!(taken.count(), 1);
    assert!(!replicas[0].record(entry("unknown", 2)).await.unwrap());
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL"]
async fn what_was_recorded_is_what_another_replica_finds() {
    let database = TestDatabase::new().await;
    let writer = database.replica().await;
    writer.open(entry("t-1", 1)).await.unwrap();
    let mut second = entry("t-1", 2);
    second.work = Work {
        due_at: None,
        attempts: 7,
        tried_at: Some(Timestamp::from_milliseconds(2_000)),
        parked: Some("a person has to decide".to_owned()),
    };
    second.body = r#"{"of":"version 2"}"#.to_owned();
    assert!(writer.record(second.clone()).await.unwrap());

    let reader = database.replica().await;
    let found = reader.find(Direction::Outgoing, &id("t-1")).await.unwrap();
    assert_eq!(found, Some(second.clone()));
    let home = second.home_transaction_id.clone().unwrap();
    let found = reader
        .find_by_home_transaction_id(Direction::Outgoing, &home)
        .await;
    assert_eq!(found.unwrap(), Some(second));
    let other_way = reader.find(Direction::Incoming, &id("t-1")).await;
    assert_eq!(other_way.unwrap(), None);
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL"]
async fn the_history_has_every_record_and_cannot_be_changed() {
    let database = TestDatabase::new().await;
    let store = database.replica().await;
    store.open(entry("t-1", 1)).await.unwrap();
    store.record(entry("t-1", 2)).await.unwrap();
    // Refused, and so not in the history.
    store.record(entry("t-1", 2)).await.unwrap();
    let client = database.client().await;
    let versions = client
        .query("SELECT version FROM history ORDER BY number", &[])
        .await
        .unwrap();
    let versions: Vec<i64> = versions.iter().map(|row| row.get(0)).collect();
    assert_eq!(versions, [1, 2]);
    for change in [
        "DELETE FROM history",
        "UPDATE history SET state = 'x'",
        "TRUNCATE history",
    ] {
        let error = client.batch_execute(change).await.unwrap_err();
        let said = error.as_db_error().unwrap().message();
        assert!(said.contains("append-only"), "{change}: {said}");
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL"]
async fn only_what_is_due_is_listed_and_the_longest_due_first() {
    let store = TestDatabase::new().await.replica().await;
    for (id, due_at) in [("late", 2_000), ("early", 1_000), ("later", 3_000)] {
        let mut entry = entry(id, 1);
        entry.work = Work::due(Timestamp::from_milliseconds(due_at));
        store.open(entry).await.unwrap();
    }
    let mut done = entry("done", 1);
    done.work = Work::none();
    store.open(done).await.unwrap();
    let by = Timestamp::from_milliseconds(2_000);
    let due = listed(&store, by, 10).await;
    assert_eq!(due, [id("early"), id("late")]);
    let due = listed(&store, by, 1).await;
    assert_eq!(due, [id("early")]);
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL"]
async fn a_quote_is_kept_as_it_was_first_given() {
    let database = TestDatabase::new().await;
    let replicas = [database.replica().await, database.replica().await];
    let id: QuoteId = "q-1".parse().unwrap();
    let first = replicas[0].keep_quote(id.clone(), "first".into()).await;
    assert_eq!(first.unwrap(), None);
    let second = replicas[1].keep_quote(id.clone(), "second".into()).await;
    assert_eq!(second.unwrap().as_deref(), Some("first"));
    let found = replicas[1].find_quote(&id).await.unwrap();
    assert_eq!(found.as_deref(), Some("first"));
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL"]
async fn an_exception_is_kept_once() {
    let store = TestDatabase::new().await.replica().await;
    let exception = |at| Exception {
        transfer_id: id("t-1"),
        told: "COMMITTED".to_owned(),
        first_told_at: Timestamp::from_milliseconds(at),
    };
    store.keep_exception(exception(1_000)).await.unwrap();
    store.keep_exception(exception(2_000)).await.unwrap();
    let found = store.find_exceptions(&id("t-1")).await.unwrap();
    assert_eq!(found, [exception(1_000)]);
}
