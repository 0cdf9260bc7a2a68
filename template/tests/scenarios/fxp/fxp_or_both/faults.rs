//! A bank that fails at what it is told about conversions, and a connector that
//! dies in the middle of one.

use core_connector::domain::promise::PromiseState;
use serde_json::json;

use crate::{
    fxp::Conversion,
    restart::{has_died, stopping_at},
    stopping_store::StopAt::{self, After, Before},
    test_connector::TestConnector,
};

const TARGET: &str = "13.84";

fn conversion() -> Conversion {
    Conversion::sending("1000")
}

#[tokio::test]
async fn a_conversion_that_the_bank_refuses_is_refused_for_good() {
    let connector = TestConnector::start().await;
    let conversion = conversion();
    connector.bank_rule(json!({
        "operation": "reserve_conversion",
        "fault": "refuse",
        "reason": "insufficient_liquidity",
        "times": 1,
    }));
    for _ in 0..2 {
        connector.order(&conversion).await.assert_error(400, "5001");
    }
    let told = connector.tell_conversion(&conversion.id, "ABORTED").await;
    told.served();
    connector.assert_books([]);
}

#[tokio::test]
async fn a_bank_that_acts_and_does_not_say_so_acts_once() {
    for fault in ["act_then_fail", "act_then_silent", "fail"] {
        for (operation, word) in [
            ("reserve_conversion", "COMMITTED"),
            ("commit_conversion", "COMMITTED"),
            ("release_conversion", "ABORTED"),
        ] {
            let connector = TestConnector::start().await;
            connector.bank_fault(operation, fault, Some(1));
            let conversion = conversion();
            connector.ordered(&conversion).await;
            connector.assert_books([conversion.reserved(TARGET)]);
            let told = connector.tell_conversion(&conversion.id, word).await;
            told.served();
            match word {
                "COMMITTED" => connector.assert_books([conversion.committed("1000", TARGET)]),
                _ => connector.assert_books([]),
            }
        }
    }
}

#[tokio::test]
async fn a_commit_that_the_bank_cannot_take_now_is_posted_later_without_being_told_again() {
    let connector = TestConnector::start().await;
    let conversion = conversion();
    connector.ordered(&conversion).await;
    connector.bank_fault("commit_conversion", "fail", None);
    let told = connector.tell_conversion(&conversion.id, "COMMITTED").await;
    told.assert_error(500, "2005");
    connector.assert_books([conversion.reserved(TARGET)]);
    connector.bank_recovers();
    let committed = PromiseState::Committed;
    connector
        .conversion_becomes(&conversion.id, committed)
        .await;
    connector.assert_books([conversion.committed("1000", TARGET)]);
}

#[tokio::test]
async fn a_commit_that_the_bank_refuses_is_left_to_a_person() {
    let connector = TestConnector::start().await;
    let conversion = conversion();
    connector.ordered(&conversion).await;
    connector.bank_rule(json!({
        "operation": "commit_conversion", "fault": "refuse", "reason": "account_blocked"
    }));
    for _ in 0..2 {
        let told = connector.tell_conversion(&conversion.id, "COMMITTED").await;
        told.assert_error(500, "2001");
    }
    let parked = connector.conversion(&conversion.id).await.work.parked;
    let reason = parked.unwrap();
    assert!(reason.starts_with("reconciliation error"), "{reason}");
    // That says it all: nobody has to look in a second place.
    assert!(connector.exceptions_of(&conversion.id).await.is_empty());
    connector.assert_books([conversion.reserved(TARGET)]);
}

/// A conversion whose connector dies at a record; the Mojaloop Connector then
/// repeats the request that was not answered. Says whether it came to that.
async fn conversion_survives(stop_at: StopAt, final_word: &str) -> bool {
    let (mut connector, stopped) = stopping_at(stop_at).await;
    let conversion = conversion();
    let mut died = has_died(connector.order(&conversion), &stopped).await;
    if died {
        connector.start_again().await;
        connector.ordered(&conversion).await;
    }
    if has_died(
        connector.tell_conversion(&conversion.id, final_word),
        &stopped,
    )
    .await
    {
        died = true;
        connector.start_again().await;
    }
    let told = connector.tell_conversion(&conversion.id, final_word).await;
    told.served();
    match final_word {
        "COMMITTED" => connector.assert_books([conversion.committed("1000", TARGET)]),
        _ => connector.assert_books([]),
    }
    died
}

#[tokio::test]
async fn a_conversion_survives_a_death_before_or_after_any_record() {
    for final_word in ["COMMITTED", "ABORTED"] {
        for stop_at in [Before, After] {
            let mut number = 1;
            while conversion_survives(stop_at(number), final_word).await {
                number += 1;
            }
            assert!(number > 4, "it has died only {} times", number - 1);
        }
    }
}
