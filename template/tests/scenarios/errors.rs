//! There is an answer to everything, and every error has the one shape that
//! the Mojaloop Connector reads.

use core_connector::mojaloop::http::MAX_BODY_BYTES;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    caller::answer,
    customers::{Customer::Joshua, id_type},
    incoming_payment::IncomingPayment,
    outgoing_payment::send_money,
    test_connector::TestConnector,
};

#[tokio::test]
async fn both_apis_are_alive() {
    let connector = TestConnector::start().await;
    for api in [&connector.backend, &connector.dfsp] {
        for path in ["/", "/health"] {
            api.get(path).await.served();
        }
    }
    connector.assert_books([]);
}

#[tokio::test]
async fn what_does_not_exist_is_404_and_what_does_not_have_the_method_405() {
    let connector = TestConnector::start().await;
    for api in [&connector.backend, &connector.dfsp] {
        for path in ["/nowhere", "/transfers/1/2/3", "//", "/parties/MSISDN"] {
            api.get(path).await.assert_error(404, "3100");
        }
        for (method, path) in [
            (Method::DELETE, "/"),
            (Method::POST, "/health"),
            (Method::PATCH, "/transfers/1"),
        ] {
            let answer = answer(api.request(method, path)).await;
            answer.assert_error(405, "3100");
        }
    }
    let answer = connector.backend.get("/quoterequests").await;
    answer.assert_error(405, "3100");
    connector.assert_books([]);
}

#[tokio::test]
async fn what_cannot_be_read_is_refused() {
    let connector = TestConnector::start().await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let too_long = format!("\"{}\"", "x".repeat(MAX_BODY_BYTES));
    for (body, code) in [
        ("", "3101"),
        ("{", "3101"),
        ("not json", "3101"),
        ("null", "3101"),
        ("7", "3101"),
        ("{}", "3102"),
        (deep.as_str(), "3101"),
        (too_long.as_str(), "3100"),
    ] {
        for (api, path) in [
            (&connector.backend, "/quoterequests"),
            (&connector.backend, "/transfers"),
            (&connector.dfsp, "/send-money"),
            (&connector.dfsp, "/merchant-payment"),
        ] {
            let request = api.request(Method::POST, path).body(body.to_owned());
            answer(request).await.assert_error(400, code);
        }
    }
    let not_text = connector.backend.request(Method::POST, "/quoterequests");
    let not_text = answer(not_text.body(vec![b'"', 0xff, b'"'])).await;
    not_text.assert_error(400, "3101");
    connector.assert_books([]);
}

#[tokio::test]
async fn a_notification_that_cannot_be_read_is_refused() {
    let connector = TestConnector::start().await;
    for (body, code) in [("", "3101"), ("[", "3101"), ("{}", "3102"), ("[]", "3102")] {
        let request = connector.backend.request(Method::PUT, "/transfers/t-1");
        let answer = answer(request.body(body)).await;
        answer.assert_error(400, code);
    }
    connector.assert_books([]);
}

#[tokio::test]
async fn an_element_of_the_wrong_type_is_malformed_and_a_missing_one_is_missing() {
    let connector = TestConnector::start().await;
    let payment = IncomingPayment::of("100");
    let quote = payment.quote_request();
    let transfer = payment.transfer_request(&json!({ "transferAmount": "100" }));
    let offer = send_money(Joshua, "100");
    for (api, path, whole, amount) in [
        (&connector.backend, "/quoterequests", &quote, "amount"),
        (&connector.backend, "/transfers", &transfer, "amount"),
        (&connector.dfsp, "/send-money", &offer, "sendAmount"),
    ] {
        for wrong in [json!(100), json!(["100"]), Value::Null] {
            let mut body = whole.clone();
            body[amount] = wrong;
            api.post(path, &body).await.assert_error(400, "3101");
        }
        let mut body = whole.clone();
        body.as_object_mut().unwrap().remove(amount);
        let answer = api.post(path, &body).await;
        answer.assert_error(400, "3102");
        let message = answer.body["message"].as_str().unwrap();
        assert!(message.contains(amount), "{message}");
    }
    connector.assert_books([]);
}

#[tokio::test]
async fn a_path_that_is_not_text_is_malformed() {
    let connector = TestConnector::start().await;
    let party = format!("/parties/{}/%FF", id_type());
    for path in [party.as_str(), "/transfers/%FF", "/transfers/a%20b"] {
        let answer = connector.backend.get(path).await;
        answer.assert_error(400, "3101");
    }
    connector.assert_books([]);
}
