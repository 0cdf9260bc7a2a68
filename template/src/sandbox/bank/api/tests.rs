use std::time::{Duration, Instant};

use actix_web::web::ServiceConfig;
use serde_json::Value;

use super::{caller::*, *};
use crate::{
    domain::party::Customer,
    sandbox::bank::{LedgerReport, books::example::Transfer},
};

/// A path of these tests, for an instruction about money.
fn transfers(service: &mut ServiceConfig) {
    async fn transfer(bank: Data<SandboxBank>, body: Json<Referenced<Transfer>>) -> HttpResponse {
        let Referenced { reference, content } = body.into_inner();
        instruct(bank, Operation::new("transfer"), reference, content).await
    }
    service.service(resource("/transfers", web::post().to(transfer)));
}

fn caller() -> Caller {
    Caller::of_new_bank(transfers)
}

fn transfer_body(reference: &str, amount: &str) -> Value {
    json!({"reference": reference, "from": PAYER, "to": PAYEE, "amount": kes(amount)})
}

async fn transfer(caller: &Caller, reference: &str, amount: &str) -> (u16, Value) {
    let body = transfer_body(reference, amount);
    caller.post("/transfers", body).await
}

#[tokio::test]
async fn a_customer_is_found_and_a_stranger_is_not() {
    let caller = caller();
    let (status, body) = caller.get("/customers/MSISDN/265998571175").await;
    assert_eq!(status, 200);
    let customer: Customer = serde_json::from_value(body).unwrap();
    assert_eq!(customer.display_name(), "John Alexander Doe");
    assert_eq!(customer.account.as_str(), PAYEE);
    for path in ["/customers/MSISDN/46733123450", "/customers/SHOE/42"] {
        let (status, body) = caller.get(path).await;
        assert_eq!((status, &body["reason"]), (404, &json!("unknown_customer")));
    }
    let (status, _) = caller.get("/customers/EMAIL/john.doe%40example.com").await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn what_the_doors_were_told_is_in_the_books() {
    let caller = caller();
    let (status, booked) = transfer(&caller, "t1", "100").await;
    assert_eq!(status, 200);
    assert!(booked["booking_id"].is_string());
    let (_, balance) = caller.get("/accounts/1000002/balance").await;
    assert_eq!(
        balance,
        json!({"account": PAYER, "balance": kes("4900"), "available": kes("4900")})
    );
    let (status, body) = transfer(&caller, "t2", "4900.01").await;
    assert_eq!(
        (status, &body["reason"]),
        (422, &json!("insufficient_funds"))
    );
    let (_, body) = caller.get("/bookings/t2").await;
    assert_eq!(
        body,
        json!({"outcome": "refused", "reason": "insufficient_funds"})
    );
    let (status, ledger) = caller.get("/ledger").await;
    assert_eq!(status, 200);
    let ledger: LedgerReport = serde_json::from_value(ledger).unwrap();
    assert_eq!(ledger, caller.bank.ledger());
    assert!(ledger.balanced);
    assert_eq!(ledger.account(PAYEE).unwrap().balance.to_string(), "1100");
}

#[tokio::test]
async fn a_reference_may_hold_whatever_a_path_must_not() {
    let caller = caller();
    let reference = "{a/b}%2F+?#:transfer";
    let encoded = "%7Ba%2Fb%7D%252F%2B%3F%23%3Atransfer";
    let (status, booked) = transfer(&caller, reference, "10").await;
    assert_eq!(status, 200);
    let (status, found) = caller.get(&format!("/bookings/{encoded}")).await;
    assert_eq!(status, 200);
    assert_eq!(
        found,
        json!({"outcome": "done", "booking_id": booked["booking_id"]})
    );
}

#[tokio::test]
async fn every_problem_is_told_in_json() {
    let caller = caller();
    let mut too_long = transfer_body("r", "1");
    too_long["to"] = json!("9".repeat(MAX_BODY_BYTES));
    let mut not_an_amount = transfer_body("r", "1");
    not_an_amount["amount"] = json!({"amount": "1.005", "currency": "KES"});
    for ((status, body), expected) in [
        (caller.get("/").await, (404, "unknown_path")),
        (caller.get("/transfers").await, (405, "unknown_method")),
        (
            caller.get("/bookings/none").await,
            (404, "unknown_reference"),
        ),
        (
            caller.get("/accounts/9000002/balance").await,
            (404, "unknown_account"),
        ),
        (
            caller.post("/transfers", json!({"reference": "r"})).await,
            (400, "malformed"),
        ),
        (
            caller.post("/transfers", not_an_amount).await,
            (400, "malformed"),
        ),
        (
            caller.post("/transfers", too_long).await,
            (413, "too_large"),
        ),
        (
            caller.put_faults(json!({"rules": [{}]})).await,
            (400, "malformed"),
        ),
        (
            transfer(&caller, "r", "5001").await,
            (422, "insufficient_funds"),
        ),
    ] {
        assert_eq!((status, body["reason"].as_str().unwrap()), expected);
        assert!(body["message"].is_string());
    }
}

#[tokio::test]
async fn a_bank_that_went_silent_has_acted_and_says_so_when_asked() {
    let caller = caller();
    let (status, _) = caller
        .put_faults(
            json!({"rules": [{"operation": "any", "fault": "act_then_silent", "times": 1}]}),
        )
        .await;
    assert_eq!(status, 204);
    let silence = caller
        .post_request("/transfers", &transfer_body("r", "10"))
        .timeout(Duration::from_millis(300))
        .send()
        .await;
    assert!(silence.unwrap_err().is_timeout());
    let (status, body) = caller.get("/bookings/r").await;
    assert_eq!((status, &body["outcome"]), (200, &json!("done")));
    assert_eq!(caller.available(PAYER), "4990");
}

#[tokio::test]
async fn a_slow_bank_acts_although_the_caller_has_gone() {
    let caller = caller();
    let slow = json!({"operation": "any", "fault": "slow", "delay_ms": 2000, "times": 1});
    caller.put_faults(json!({"rules": [slow]})).await;
    let early = caller
        .post_request("/transfers", &transfer_body("r", "10"))
        .timeout(Duration::from_millis(100))
        .send()
        .await;
    assert!(early.unwrap_err().is_timeout());
    assert_eq!(caller.get("/bookings/r").await.0, 404);
    for _ in 0..200 {
        if caller.get("/bookings/r").await.0 == 200 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the bank has not acted");
}

#[tokio::test]
async fn a_bank_fails_refuses_or_dawdles_as_often_as_it_was_told_to() {
    let caller = caller();
    caller
        .put_faults(json!({"rules": [
            {"operation": "any", "fault": "fail", "times": 1},
            {"operation": "any", "fault": "refuse", "reason": "bank_holiday", "times": 1},
        ]}))
        .await;
    assert_eq!(transfer(&caller, "a", "10").await.0, 500);
    let (status, body) = transfer(&caller, "a", "10").await;
    assert_eq!((status, &body["reason"]), (422, &json!("bank_holiday")));
    assert_eq!(caller.get("/bookings/a").await.0, 404);

    caller
        .put_faults(json!({"rules": [
            {"operation": "any", "fault": "act_then_fail", "times": 1},
            {"operation": "enquire", "fault": "fail", "times": 1},
            {"operation": "any", "fault": "act_then_slow", "delay_ms": 200, "times": 1},
        ]}))
        .await;
    assert_eq!(transfer(&caller, "a", "10").await.0, 500);
    assert_eq!(caller.get("/bookings/a").await.0, 500);
    let start = Instant::now();
    assert_eq!(transfer(&caller, "b", "10").await.0, 200);
    assert!(start.elapsed() >= Duration::from_millis(200));
    assert_eq!(caller.get("/bookings/a").await.0, 200);
    assert_eq!(transfer(&caller, "a", "10").await.0, 200);
    assert_eq!(caller.available(PAYER), "4980");
    assert_eq!(caller.bank.ledger().repeated_instructions, 1);
}

#[tokio::test]
async fn a_bank_can_be_made_forgetful_and_cured() {
    let caller = caller();
    caller.put_faults(json!({"forgetful": true})).await;
    for _ in 0..2 {
        assert_eq!(transfer(&caller, "a", "10").await.0, 200);
    }
    assert_eq!(caller.available(PAYER), "4980");
    let url = format!("{}/faults", caller.address);
    let (status, _) = caller.answer(caller.client.delete(url)).await;
    assert_eq!(status, 204);
    assert_eq!(transfer(&caller, "a", "10").await.0, 200);
    assert_eq!(caller.available(PAYER), "4980");
    assert_eq!(caller.bank.ledger().postings_of("a").len(), 2);
}
