//! The simulator over HTTP, as the connector and its tests see it.

mod conversions;
mod incoming;
mod misfortunes;
mod network;
mod outgoing;

use std::net::TcpListener;

use actix_web::{dev::ServerHandle, rt};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use super::*;

/// A running simulator, stopped when it is dropped.
struct Running {
    base_url: String,
    client: Client,
    server: ServerHandle,
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.server.stop(false));
    }
}

impl Running {
    fn new() -> Self {
        Self::in_front_of("http://127.0.0.1:9")
    }

    fn in_front_of(backend_base_url: &str) -> Self {
        Self::of("bluebank", backend_base_url)
    }

    fn of(fsp_id: &str, backend_base_url: &str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let simulator = SimulatedMojaloopConnector::new(SimulatorSettings {
            backend_base_url: backend_base_url.to_owned(),
            fsp_id: fsp_id.to_owned(),
            currency: "GMD".parse().unwrap(),
            peers: Vec::new(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let server = serve(simulator, listener).unwrap();
        let handle = server.handle();
        rt::spawn(server);
        Self {
            base_url,
            client: Client::builder().no_proxy().build().unwrap(),
            server: handle,
        }
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.base_url))
    }

    /// The status and the body; an empty body is null.
    async fn call(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let mut request = self.request(method, path);
        if !body.is_null() {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        if text.is_empty() {
            return (status, Value::Null);
        }
        (status, serde_json::from_str(&text).unwrap())
    }

    async fn pay(&self, request: Value) -> (u16, Value) {
        self.call(Method::POST, "/transfers", request).await
    }

    async fn decide(&self, transfer_id: &str, decision: Value) -> (u16, Value) {
        let path = format!("/transfers/{transfer_id}");
        self.call(Method::PUT, &path, decision).await
    }

    async fn look_up(&self, transfer_id: &str) -> (u16, Value) {
        let path = format!("/transfers/{transfer_id}");
        self.call(Method::GET, &path, Value::Null).await
    }

    async fn behave(&self, behaviour: Value) {
        let (status, body) = self
            .call(Method::PUT, "/simulator/behaviour", behaviour)
            .await;
        assert_eq!(status, 204, "{body}");
    }

    /// One payment up to its quote.
    async fn quoted(&self) -> String {
        let (status, body) = self.pay(payment()).await;
        assert_eq!(status, 200, "{body}");
        assert_eq!(body["currentState"], "WAITING_FOR_QUOTE_ACCEPTANCE");
        body["transferId"].as_str().unwrap().to_owned()
    }

    /// What the control API tells about the only transfer.
    async fn only_transfer(&self) -> Value {
        let (status, transfers) = self
            .call(Method::GET, "/simulator/transfers", Value::Null)
            .await;
        assert_eq!(status, 200);
        assert_eq!(transfers.as_array().unwrap().len(), 1, "{transfers}");
        transfers[0].clone()
    }
}

fn payment() -> Value {
    json!({
        "homeTransactionId": "1f89747c-2f5f-4a77-aeb2-9912ba6b3c9e",
        "from": {
            "idType": "MSISDN",
            "idValue": "971938765",
            "fspId": "bluebank",
            "displayName": "Joshua Karame",
            "firstName": "Joshua",
            "lastName": "Karame",
            "dateOfBirth": "2001-01-01",
            "supportedCurrencies": ["GMD"],
        },
        "to": { "idType": "MSISDN", "idValue": "265998571175" },
        "amountType": "SEND",
        "currency": "GMD",
        "amount": "100",
        "transactionType": "TRANSFER",
        "note": "School Fees",
        "quoteRequestExtensions": births(),
        "transferRequestExtensions": births(),
    })
}

fn births() -> Value {
    let extension = |key: &str| json!({ "key": key, "value": "x" });
    transfer_request::BIRTH_EXTENSIONS
        .into_iter()
        .map(extension)
        .collect()
}

/// Which fields an object has, in alphabetical order.
fn keys(object: &Value) -> Vec<&str> {
    object
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

#[actix_web::test]
async fn what_is_not_served_is_404_and_what_is_not_json_is_400() {
    let simulator = Running::new();
    let (status, _) = simulator.call(Method::GET, "/", Value::Null).await;
    assert_eq!(status, 200);
    let (status, body) = simulator.call(Method::POST, "/fxQuotes", json!({})).await;
    assert_eq!((status, keys(&body)), (404, vec!["message", "statusCode"]));

    let request = simulator.request(Method::POST, "/transfers");
    let response = request.body("{ not json").send().await.unwrap();
    assert_eq!(response.status(), 400);
    let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    assert_eq!(body["statusCode"], "400");

    let request = simulator.request(Method::POST, "/transfers");
    let response = request
        .body(" ".repeat(MAX_BODY_BYTES + 1))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 413);
}

#[actix_web::test]
async fn accounts_are_added_and_removed_with_errors_per_item() {
    let simulator = Running::new();
    let accounts = json!([
        { "idType": "MSISDN", "idValue": "265998571175" },
        { "idType": "SHOE_SIZE", "idValue": "43" },
    ]);
    let (status, body) = simulator
        .call(Method::POST, "/accounts", accounts.clone())
        .await;
    assert_eq!(status, 200);
    let expected = [
        "accounts",
        "currentState",
        "modelId",
        "postAccountsResponse",
        "response",
    ];
    assert_eq!(keys(&body), expected);
    assert_eq!(body["accounts"], accounts);
    assert_eq!(body["response"][0], accounts[0]);
    assert_eq!(body["response"][1]["error"]["statusCode"], "3101");

    let too_many = Value::Array(vec![json!({ "idType": "MSISDN", "idValue": "1" }); 10_001]);
    let (status, _) = simulator.call(Method::POST, "/accounts", too_many).await;
    assert_eq!(status, 400);

    for path in [
        "/accounts/MSISDN/265998571175",
        "/accounts/BUSINESS/shop/till-1",
    ] {
        let (status, body) = simulator.call(Method::DELETE, path, Value::Null).await;
        assert_eq!((status, &body["currentState"]), (200, &json!("COMPLETED")));
        assert_eq!(body["response"], json!([{ "fspId": "bluebank" }]));
        assert_eq!(body["deleteAccountResponse"]["body"]["fspId"], "bluebank");
    }
}

#[actix_web::test]
async fn refuses_behaviour_that_it_does_not_understand() {
    let simulator = Running::new();
    for behaviour in [
        json!({ "payeeFee": "1.005" }),
        json!({ "payeeFees": "1" }),
        json!({ "rules": [{ "operation": "reject", "fault": "commitThenFail" }] }),
    ] {
        let (status, _) = simulator
            .call(Method::PUT, "/simulator/behaviour", behaviour)
            .await;
        assert_eq!(status, 400);
    }
}
