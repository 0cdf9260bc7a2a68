//! The one-time passwords of requests to pay.

use core_connector::{
    core_banking::port::{BankError, OneTimePasswords},
    domain::transfer_id::TransferId,
};
use serde_json::json;

use crate::bank::Bank;

#[tokio::test]
async fn a_request_has_the_same_one_time_password_whenever_it_is_asked_for() {
    let bank = Bank::open();
    let request = TransferId::generate();
    let found = bank.client.find_one_time_password(&request).await;
    let password = found.clone().unwrap().unwrap();
    assert_eq!(password.as_str().len(), 6);
    assert_eq!(bank.client.find_one_time_password(&request).await, found);
}

#[tokio::test]
async fn what_the_bank_does_not_know_is_told_apart_from_a_failure() {
    let bank = Bank::open();
    let stranger: TransferId = "no-request".parse().unwrap();
    let found = bank.client.find_one_time_password(&stranger).await;
    assert_eq!(found, Ok(None));
    bank.misbehaves(json!({ "operation": "find_one_time_password", "fault": "fail" }));
    let found = bank.client.find_one_time_password(&stranger).await;
    assert!(matches!(found, Err(BankError::Failed(_))), "{found:?}");
}
