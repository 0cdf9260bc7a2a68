//! What is seen of the journal while replicas work on it.

use core_connector::{
    domain::timestamp::Timestamp,
    journal::{
        inspection::Inspection,
        store::{Exception, Store},
        work::Work,
    },
};
use tokio::time::sleep;

use crate::server::{LEASE, TestDatabase, entry, id};

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL"]
async fn what_waits_is_counted_by_its_state_and_what_is_over_is_not() {
    let database = TestDatabase::new().await;
    let store = database.replica().await;
    let inspection = database.inspection().await;
    assert_eq!(inspection.overview().await.unwrap(), Default::default());
    for (id, work) in [
        ("t-1", Work::due(Timestamp::now())),
        ("t-2", Work::due(Timestamp::end_of_time())),
        ("t-3", Work::parked("a person has to decide")),
        ("t-4", Work::none()),
    ] {
        let mut entry = entry(id, 1);
        entry.work = work;
        store.open(entry).await.unwrap();
    }
    let exception = Exception {
        transfer_id: id("t-5"),
        told: "COMMITTED".to_owned(),
        first_told_at: Timestamp::now(),
    };
    store.keep_exception(exception).await.unwrap();
    let overview = inspection.overview().await.unwrap();
    assert_eq!(overview.open_exceptions, 1);
    let mut counted: Vec<_> = overview
        .waiting
        .iter()
        .map(|waiting| (waiting.parked, waiting.payments))
        .collect();
    counted.sort_unstable();
    assert_eq!(counted, [(false, 2), (true, 1)]);
}

#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL"]
async fn a_replica_that_the_others_believe_to_be_dead_is_not_ready() {
    let database = TestDatabase::new().await;
    let store = database.replica().await;
    store.check().await.unwrap();
    sleep(LEASE * 2).await;
    store.check().await.expect("it says that it is alive");
    let client = database.client().await;
    let statement = "UPDATE replica SET alive_until = clock_timestamp() - interval '1 s'";
    client.batch_execute(statement).await.unwrap();
    let error = store.check().await.unwrap_err();
    assert!(error.to_string().contains("lease"), "{error}");
}
