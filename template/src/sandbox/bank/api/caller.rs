//! One who calls the bank over the network, to test with.

use std::net::TcpListener;

use actix_web::web::ServiceConfig;
use serde_json::{Value, json};

pub use crate::sandbox::bank::chart::example::{COLLECTS_FROM_PAYERS, PAYS_PAYEES};
use crate::sandbox::bank::{SandboxBank, Seed, chart::example, serve_with};

// [if cbs_auth is basic, api_key, oauth2]
use crate::sandbox::bank::authorization;

// [end]
pub const PAYEE: &str = "1000001";
pub const PAYER: &str = "1000002";

/// A seed of its own, as the file of the sandbox is there to be replaced.
const CUSTOMERS: &str = r#"
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
pub struct Caller {
    pub bank: SandboxBank,
    pub client: reqwest::Client,
    pub address: String,
}

impl Caller {
    pub fn of(bank: SandboxBank, instructions: fn(&mut ServiceConfig)) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(serve_with(bank.clone(), listener, instructions).unwrap());
        let client = reqwest::Client::builder();
        // [if cbs_auth is basic, api_key, oauth2]
        let (name, value) = authorization::header();
        let said = [(name.parse().unwrap(), value.parse().unwrap())];
        let client = client.default_headers(said.into_iter().collect());
        // [end]
        Self {
            bank,
            client: client.build().unwrap(),
            address,
        }
    }

    /// Calls a new bank, which has these paths for instructions about money.
    pub fn of_new_bank(instructions: fn(&mut ServiceConfig)) -> Self {
        Self::of(new_bank(), instructions)
    }

    pub async fn answer(&self, request: reqwest::RequestBuilder) -> (u16, Value) {
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let body = response.bytes().await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        let url = format!("{}{path}", self.address);
        self.answer(self.client.get(url)).await
    }

    pub fn post_request(&self, path: &str, body: &Value) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.address);
        self.client.post(url).json(body)
    }

    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.answer(self.post_request(path, &body)).await
    }

    pub async fn put_faults(&self, body: Value) -> (u16, Value) {
        let url = format!("{}/faults", self.address);
        self.answer(self.client.put(url).json(&body)).await
    }

    pub fn available(&self, account: &str) -> String {
        let report = self.bank.ledger();
        report.account(account).unwrap().available.to_string()
    }
}

pub fn new_bank() -> SandboxBank {
    let bank = format!(
        "currency = \"KES\"\nfee_account = \"fees\"\n{}",
        example::SEED
    );
    SandboxBank::new(Seed::parse(&format!("{bank}{CUSTOMERS}")).unwrap())
}

pub fn kes(amount: &str) -> Value {
    json!({"amount": amount, "currency": "KES"})
}
