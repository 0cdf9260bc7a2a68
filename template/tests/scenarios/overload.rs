//! More is asked than can be done, or of a bank that is away: who is refused is
//! refused at once, and knows that nothing was done.

use std::time::Duration;

use futures_util::future::join;
use serde_json::json;
use tokio::time::Instant;

use crate::{
    customers::{Customer, id_type},
    test_connector::{TestConnector, eventually},
};

/// Much shorter than the bank is slow.
const AT_ONCE: Duration = Duration::from_millis(200);

fn john() -> String {
    format!("/parties/{}/{}", id_type(), Customer::John.id_value())
}

#[tokio::test]
async fn new_business_beyond_the_bounds_is_refused_and_what_is_under_way_is_served() {
    let bounds = [("MAX_REQUESTS_AT_ONCE", "1"), ("MAX_REQUESTS_WAITING", "0")];
    let connector = TestConnector::with(&bounds).await;
    connector.bank_rule(json!({
        "operation": "find_customer", "fault": "slow", "delay_ms": 400, "times": 1
    }));
    let path = john();
    let first = connector.backend.get(&path);
    let meanwhile = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let asked_at = Instant::now();
        let refused = connector.backend.get(&path).await;
        refused.assert_error(503, "2003");
        connector.backend.get("/health").await.served();
        let known = connector.backend.get("/transfers/t-1").await;
        known.assert_error(404, "3208");
        let of_dfsp = connector.dfsp.get("/transfers/t-1").await;
        of_dfsp.assert_error(404, "3208");
        assert!(asked_at.elapsed() < AT_ONCE);
    };
    let (first, ()) = join(first, meanwhile).await;
    first.served();
    connector.backend.get(&path).await.served();
}

#[tokio::test]
async fn who_waits_within_the_bounds_is_served() {
    let bounds = [("MAX_REQUESTS_AT_ONCE", "1"), ("MAX_REQUESTS_WAITING", "1")];
    let connector = TestConnector::with(&bounds).await;
    connector.bank_rule(json!({
        "operation": "find_customer", "fault": "slow", "delay_ms": 200, "times": 1
    }));
    let path = john();
    let (first, second) = join(connector.backend.get(&path), connector.backend.get(&path)).await;
    first.served();
    second.served();
}

#[tokio::test]
async fn a_bank_that_is_away_is_left_alone() {
    let breaker = [
        ("BREAKER_FAILURES", "2"),
        ("BREAKER_FIRST_PAUSE_MS", "60000"),
        ("BREAKER_LONGEST_PAUSE_MS", "60000"),
    ];
    let connector = TestConnector::with(&breaker).await;
    connector.bank_fault("find_customer", "fail", Some(2));
    for _ in 0..2 {
        let answer = connector.backend.get(&john()).await;
        answer.assert_error(500, "2003");
    }
    // It would answer by now, if it were asked.
    let answer = connector.backend.get(&john()).await;
    answer.assert_error(500, "2003");
}

#[tokio::test]
async fn a_bank_that_is_back_is_found_out_by_a_question() {
    let connector = TestConnector::with(&[("BREAKER_FAILURES", "2")]).await;
    connector.bank_fault("find_customer", "fail", Some(4));
    eventually("the bank is called again", async || {
        connector.backend.get(&john()).await.status == 200
    })
    .await;
}
