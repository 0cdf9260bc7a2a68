use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::*;
use crate::{
    domain::party::Customer,
    sandbox::bank::{LedgerReport, Seed, serve},
};

const PAYEE: &str = "1000001";
const PAYER: &str = "1000002";
const FLOAT: &str = "9000001";

/// A seed of its own, as the file of the sandbox is there to be replaced.
const SEED: &str = r#"
    currency = "KES"
    float_account = "9000001"
    float_balance = 100000
    fee_account = "9000002"

    [[customers]]
    account = "1000001"
    identifiers = ["MSISDN 265998571175", "EMAIL john.doe@example.com"]
    first_name = "John"
    middle_name = "Alexander"
    last_name = "Doe"
    balance = 1000

    [[customers]]
    account = "1000002"
    identifiers = ["MSISDN 971938765"]
    balance = 5000
"#;

/// A bank with its doors open, and one who calls.
struct Caller {
    bank: SandboxBank,
    client: reqwest::Client,
    address: String,
}

impl Caller {
    fn of(bank: SandboxBank) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(serve(bank.clone(), listener).unwrap());
        Self {
            bank,
            client: reqwest::Client::new(),
            address,
        }
    }

    fn of_new_bank() -> Self {
        Self::of(SandboxBank::new(Seed::parse(SEED).unwrap()))
    }

    async fn answer(&self, request: reqwest::RequestBuilder) -> (u16, Value) {
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let body = response.bytes().await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        let url = format!("{}{path}", self.address);
        self.answer(self.client.get(url)).await
    }

    fn post_request(&self, path: &str, body: &Value) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.address);
        self.client.post(url).json(body)
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.answer(self.post_request(path, &body)).await
    }

    async fn put_faults(&self, body: Value) -> (u16, Value) {
        let url = format!("{}/faults", self.address);
        self.answer(self.client.put(url).json(&body)).await
    }

    async fn hold(&self, reference: &str, amount: &str) -> (u16, Value) {
        self.post("/holds", hold_body(reference, amount)).await
    }

    fn available(&self, account: &str) -> String {
        let report = self.bank.ledger();
        report.account(account).unwrap().available.to_string()
    }
}

fn kes(amount: &str) -> Value {
    json!({"amount": amount, "currency": "KES"})
}

fn hold_body(reference: &str, amount: &str) -> Value {
    json!({"reference": reference, "account": PAYER, "amount": kes(amount)})
}

#[tokio::test]
async fn a_customer_is_found_and_a_stranger_is_not() {
    let caller = Caller::of_new_bank();
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
async fn an_incoming_payment_goes_through_the_doors() {
    let caller = Caller::of_new_bank();
    let check = json!({"account": PAYEE, "amount": kes("98")});
    assert_eq!(caller.post("/credit-checks", check).await, (200, json!({})));
    let reservation = json!({
        "reference": "t1:reserve-credit",
        "account": PAYEE,
        "funding_account": FLOAT,
        "transfer_amount": kes("100"),
        "payee_receives": kes("98"),
        "fee": kes("2"),
        "commission": kes("0"),
    });
    let (status, body) = caller.post("/credit-reservations", reservation).await;
    assert_eq!(status, 200);
    assert!(body["booking_id"].is_string());
    let (_, balance) = caller.get("/accounts/9000001/balance").await;
    assert_eq!(
        balance,
        json!({"account": FLOAT, "balance": kes("100000"), "available": kes("99900")})
    );
    let (status, _) = caller
        .post(
            "/credit-reservations/t1%3Areserve-credit/commit",
            json!({"reference": "t1:commit-credit"}),
        )
        .await;
    assert_eq!(status, 200);
    let (status, body) = caller
        .post(
            "/credit-reservations/t1:reserve-credit/release",
            json!({"reference": "t1:release-credit"}),
        )
        .await;
    assert_eq!(
        (status, &body["reason"]),
        (422, &json!("reservation_committed"))
    );
    let (_, body) = caller.get("/bookings/t1:release-credit").await;
    assert_eq!(
        body,
        json!({"outcome": "refused", "reason": "reservation_committed"})
    );
    let (status, ledger) = caller.get("/ledger").await;
    assert_eq!(status, 200);
    let ledger: LedgerReport = serde_json::from_value(ledger).unwrap();
    assert_eq!(ledger, caller.bank.ledger());
    assert!(ledger.balanced);
    assert_eq!(ledger.account(PAYEE).unwrap().balance.to_string(), "1098");
}

#[tokio::test]
async fn a_reference_may_hold_whatever_a_path_must_not() {
    let caller = Caller::of_new_bank();
    let reference = "{a/b}%2F+?#:hold";
    let encoded = "%7Ba%2Fb%7D%252F%2B%3F%23%3Ahold";
    let (status, booked) = caller.hold(reference, "10").await;
    assert_eq!(status, 200);
    let (status, found) = caller.get(&format!("/bookings/{encoded}")).await;
    assert_eq!(status, 200);
    assert_eq!(
        found,
        json!({"outcome": "done", "booking_id": booked["booking_id"]})
    );
    let capture = json!({
        "reference": "capture",
        "funding_account": FLOAT,
        "transfer_amount": kes("9.5"),
        "fee": kes("0.5"),
    });
    let (status, _) = caller
        .post(&format!("/holds/{encoded}/capture"), capture)
        .await;
    assert_eq!(status, 200);
    let (status, body) = caller
        .post(
            &format!("/holds/{encoded}/release"),
            json!({"reference": "release"}),
        )
        .await;
    assert_eq!((status, &body["reason"]), (422, &json!("hold_captured")));
    assert_eq!(caller.available(PAYER), "4990");
}

#[tokio::test]
async fn every_problem_is_told_in_json() {
    let caller = Caller::of_new_bank();
    let mut too_long = hold_body("r", "1");
    too_long["account"] = json!("9".repeat(MAX_BODY_BYTES));
    let mut not_an_amount = hold_body("r", "1");
    not_an_amount["amount"] = json!({"amount": "1.005", "currency": "KES"});
    for ((status, body), expected) in [
        (caller.get("/").await, (404, "unknown_path")),
        (caller.get("/holds").await, (405, "unknown_method")),
        (
            caller.get("/bookings/none").await,
            (404, "unknown_reference"),
        ),
        (
            caller.get("/accounts/9000002/balance").await,
            (404, "unknown_account"),
        ),
        (
            caller.post("/holds", json!({"reference": "r"})).await,
            (400, "malformed"),
        ),
        (
            caller.post("/holds", not_an_amount).await,
            (400, "malformed"),
        ),
        (caller.post("/holds", too_long).await, (413, "too_large")),
        (
            caller.put_faults(json!({"rules": [{}]})).await,
            (400, "malformed"),
        ),
        (caller.hold("r", "5001").await, (422, "insufficient_funds")),
    ] {
        assert_eq!((status, body["reason"].as_str().unwrap()), expected);
        assert!(body["message"].is_string());
    }
}

#[tokio::test]
async fn a_bank_that_requires_authorization_answers_nobody_without_it() {
    let bank = SandboxBank::new(Seed::parse(SEED).unwrap());
    let caller = Caller::of(bank.requiring("Bearer secret".to_owned()));
    for path in ["/ledger", "/no/such/path"] {
        let (status, body) = caller.get(path).await;
        assert_eq!((status, &body["reason"]), (401, &json!("unauthorized")));
    }
    let url = format!("{}/ledger", caller.address);
    for (authorization, expected) in [("Bearer secret", 200), ("Bearer Secret", 401)] {
        let request = caller.client.get(&url);
        let request = request.header("Authorization", authorization);
        assert_eq!(caller.answer(request).await.0, expected);
    }
}

#[tokio::test]
async fn a_bank_that_went_silent_has_acted_and_says_so_when_asked() {
    let caller = Caller::of_new_bank();
    let (status, _) = caller
        .put_faults(json!({"rules": [{"operation": "hold", "fault": "act_then_silent"}]}))
        .await;
    assert_eq!(status, 204);
    let silence = caller
        .post_request("/holds", &hold_body("r", "10"))
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
    let caller = Caller::of_new_bank();
    let slow = json!({"operation": "hold", "fault": "slow", "delay_ms": 400});
    caller.put_faults(json!({"rules": [slow]})).await;
    let early = caller
        .post_request("/holds", &hold_body("r", "10"))
        .timeout(Duration::from_millis(100))
        .send()
        .await;
    assert!(early.unwrap_err().is_timeout());
    assert_eq!(caller.get("/bookings/r").await.0, 404);
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(caller.get("/bookings/r").await.0, 200);
}

#[tokio::test]
async fn a_bank_fails_refuses_or_dawdles_as_often_as_it_was_told_to() {
    let caller = Caller::of_new_bank();
    caller
        .put_faults(json!({"rules": [
            {"operation": "hold", "fault": "fail", "times": 1},
            {"operation": "any", "fault": "refuse", "reason": "bank_holiday", "times": 1},
            {"operation": "hold", "fault": "act_then_fail", "times": 1},
            {"operation": "hold", "fault": "act_then_slow", "delay_ms": 200, "times": 1},
        ]}))
        .await;
    assert_eq!(caller.hold("a", "10").await.0, 500);
    let (status, body) = caller.hold("a", "10").await;
    assert_eq!((status, &body["reason"]), (422, &json!("bank_holiday")));
    assert_eq!(caller.get("/bookings/a").await.0, 404);

    assert_eq!(caller.hold("a", "10").await.0, 500);
    assert_eq!(caller.get("/bookings/a").await.0, 200);

    let start = Instant::now();
    assert_eq!(caller.hold("b", "10").await.0, 200);
    assert!(start.elapsed() >= Duration::from_millis(200));
    assert_eq!(caller.hold("a", "10").await.0, 200);
    assert_eq!(caller.available(PAYER), "4980");
    assert_eq!(caller.bank.ledger().repeated_instructions, 1);
}

#[tokio::test]
async fn a_bank_can_be_made_forgetful_and_cured() {
    let caller = Caller::of_new_bank();
    caller.put_faults(json!({"forgetful": true})).await;
    for _ in 0..2 {
        assert_eq!(caller.hold("a", "10").await.0, 200);
    }
    assert_eq!(caller.available(PAYER), "4980");
    let url = format!("{}/faults", caller.address);
    let (status, _) = caller.answer(caller.client.delete(url)).await;
    assert_eq!(status, 204);
    assert_eq!(caller.hold("a", "10").await.0, 200);
    assert_eq!(caller.available(PAYER), "4980");
    assert_eq!(caller.bank.ledger().open_holds.len(), 2);
}
