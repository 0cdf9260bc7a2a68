//! Bulk payments are not served here, and whoever sends one is told so.

use reqwest::Method;

use crate::{caller::answer, test_connector::TestConnector};

#[tokio::test]
async fn bulk_payments_are_refused() {
    let connector = TestConnector::start().await;
    for (method, path) in [
        (Method::POST, "/bulkQuotes"),
        (Method::GET, "/bulkQuotes/1"),
        (Method::PUT, "/bulkTransactions/1"),
        (Method::POST, "/bulkTransfers"),
        (Method::GET, "/bulkTransfers/1"),
    ] {
        for body in ["{}", ""] {
            let request = connector.backend.request(method.clone(), path);
            answer(request.body(body)).await.assert_error(400, "5107");
        }
    }
    connector.assert_books([]);
}
