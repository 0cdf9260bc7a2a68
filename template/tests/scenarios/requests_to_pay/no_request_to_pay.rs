//! Requests to pay are not served here, and whoever sends one is told so.

use reqwest::Method;

use crate::{caller::answer, test_connector::TestConnector};

#[tokio::test]
async fn requests_to_pay_are_refused() {
    let connector = TestConnector::start().await;
    for (method, path) in [
        (Method::POST, "/transactionrequests"),
        (Method::PUT, "/requestToPay/1"),
        (Method::GET, "/otp/1"),
    ] {
        for body in ["{}", ""] {
            let request = connector.backend.request(method.clone(), path);
            answer(request.body(body)).await.assert_error(400, "5107");
        }
    }
    connector.assert_books([]);
}
