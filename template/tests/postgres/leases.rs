//! Who works on a payment.

use std::{mem, time::Duration};

use core_connector::{
    domain::timestamp::Timestamp,
    journal::{
        store::{Direction, Lease, Store},
        work::Work,
    },
};
use tokio::time::{Instant, sleep};

use crate::server::{LEASE, TestDatabase, entry, id, listed};

/// Waits until a replica gets the lease of a payment, and says for how long.
async fn wait_for_lease(store: &impl Store) -> (Lease, Duration) {
    let asked_at = Instant::now();
    while asked_at.elapsed() < LEASE * 20 {
        let lease = store.lease(Direction::Outgoing, &id("t-1")).await;
        if let Some(lease) = lease.unwrap() {
            return (lease, asked_at.elapsed());
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("the payment is stuck");
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL"]
async fn one_replica_at_a_time_works_on_a_payment_however_long_it_takes() {
    let database = TestDatabase::new().await;
    let (first, second) = (database.replica().await, database.replica().await);
    let (lease, _) = wait_for_lease(&first).await;
    let asked_at = Instant::now();
    while asked_at.elapsed() < LEASE * 3 {
        let lease = second.lease(Direction::Outgoing, &id("t-1")).await;
        assert!(lease.unwrap().is_none());
        sleep(LEASE / 10).await;
    }
    let another = second.lease(Direction::Outgoing, &id("t-2")).await;
    assert!(another.unwrap().is_some(), "another payment");
    let other_way = second.lease(Direction::Incoming, &id("t-1")).await;
    assert!(other_way.unwrap().is_some(), "another direction");

    drop(lease);
    let (_lease, waited) = wait_for_lease(&second).await;
    assert!(waited < LEASE, "{waited:?}");
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL"]
async fn what_a_replica_held_that_died_is_free_when_its_lease_has_run_out() {
    let database = TestDatabase::new().await;
    let (first, second) = (database.replica().await, database.replica().await);
    let (lease, _) = wait_for_lease(&first).await;
    // Nobody tells the database anything.
    mem::forget(lease);
    drop(first);
    let held = second.lease(Direction::Outgoing, &id("t-1")).await;
    assert!(held.unwrap().is_none());
    let (_lease, waited) = wait_for_lease(&second).await;
    assert!(waited < LEASE * 2, "{waited:?}");
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL"]
async fn nobody_waits_for_a_replica_that_has_left() {
    let database = TestDatabase::new().await;
    let (first, second) = (database.replica().await, database.replica().await);
    let (lease, _) = wait_for_lease(&first).await;
    first.leave().await.unwrap();
    let taken = second.lease(Direction::Outgoing, &id("t-1")).await;
    assert!(taken.unwrap().is_some());
    drop(lease);
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL"]
async fn a_lease_that_ended_late_does_not_end_the_one_after_it() {
    let database = TestDatabase::new().await;
    let (first, second) = (database.replica().await, database.replica().await);
    let (earlier, _) = wait_for_lease(&first).await;
    let later = first.lease(Direction::Outgoing, &id("t-1")).await;
    let later = later.unwrap().expect("it is this replica's own");
    drop(earlier);
    sleep(LEASE).await;
    let held = second.lease(Direction::Outgoing, &id("t-1")).await;
    assert!(held.unwrap().is_none());
    drop(later);
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL"]
async fn a_lease_whose_end_the_database_has_not_heard_of_does_not_last() {
    let database = TestDatabase::new().await;
    let (first, second) = (database.replica().await, database.replica().await);
    let client = database.client().await;
    let (lease, _) = wait_for_lease(&first).await;
    // For a moment nothing can be written about leases.
    client
        .batch_execute("BEGIN; LOCK TABLE lease")
        .await
        .unwrap();
    drop(lease);
    sleep(LEASE / 2).await;
    client.batch_execute("COMMIT").await.unwrap();
    wait_for_lease(&second).await;
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL"]
async fn what_another_replica_works_on_is_not_listed_as_due() {
    let database = TestDatabase::new().await;
    let (first, second) = (database.replica().await, database.replica().await);
    first.open(entry("t-1", 1)).await.unwrap();
    let by = Timestamp::from_milliseconds(1_000);
    assert_eq!(listed(&second, by, 10).await, [id("t-1")]);
    let (_lease, _) = wait_for_lease(&first).await;
    assert_eq!(listed(&second, by, 10).await, []);
    assert_eq!(listed(&first, by, 10).await, [id("t-1")], "its own");
}

/// A payment that waits for something, and one that is over.
async fn open_one_that_waits_and_one_that_is_over(store: &impl Store) {
    let mut waits = entry("t-1", 1);
    waits.work = Work::due(Timestamp::end_of_time());
    store.open(waits).await.unwrap();
    let mut over = entry("t-2", 1);
    over.work = Work::none();
    store.open(over).await.unwrap();
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL"]
async fn what_a_replica_waited_for_that_died_is_listed_when_its_lease_has_run_out() {
    let database = TestDatabase::new().await;
    let (first, second) = (database.replica().await, database.replica().await);
    open_one_that_waits_and_one_that_is_over(&first).await;
    for payment in ["t-1", "t-2"] {
        let lease = first.lease(Direction::Outgoing, &id(payment)).await;
        mem::forget(lease.unwrap().unwrap());
    }
    let now = Timestamp::now();
    assert_eq!(listed(&second, now, 10).await, []);
    drop(first);
    let died_at = Instant::now();
    while listed(&second, now, 10).await.is_empty() {
        assert!(died_at.elapsed() < LEASE * 2, "nobody looks at it");
        sleep(LEASE / 10).await;
    }
    assert_eq!(listed(&second, now, 10).await, [id("t-1")]);
    let other_way = second.due(Direction::Incoming, now, 10).await.unwrap();
    assert_eq!(other_way, []);
    // Whoever looks at it and has nothing to do leaves it until it is due.
    drop(wait_for_lease(&second).await);
    let let_go_at = Instant::now();
    while !listed(&second, now, 10).await.is_empty() {
        assert!(let_go_at.elapsed() < LEASE * 2, "it is listed for ever");
        sleep(LEASE / 10).await;
    }
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL"]
async fn what_a_replica_waited_for_that_has_left_is_listed_at_once() {
    let database = TestDatabase::new().await;
    let (first, second) = (database.replica().await, database.replica().await);
    open_one_that_waits_and_one_that_is_over(&first).await;
    let (lease, _) = wait_for_lease(&first).await;
    first.leave().await.unwrap();
    let now = Timestamp::now();
    assert_eq!(listed(&second, now, 10).await, [id("t-1")]);
    drop(lease);
    sleep(LEASE).await;
    assert_eq!(
        listed(&second, now, 10).await,
        [id("t-1")],
        "it beats no more"
    );
}
