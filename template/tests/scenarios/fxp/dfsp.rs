//! Who is no FXP converts nothing, and says so.

use reqwest::Method;

use crate::{caller::answer, test_connector::TestConnector};

#[tokio::test]
async fn a_conversion_is_refused_by_who_is_no_fxp() {
    let connector = TestConnector::start().await;
    for (method, path) in [
        (Method::POST, "/fxQuotes"),
        (Method::POST, "/fxTransfers"),
        (Method::PUT, "/fxTransfers/1"),
        (Method::PATCH, "/fxTransfers/1"),
    ] {
        for body in ["{}", ""] {
            let request = connector.backend.request(method.clone(), path);
            answer(request.body(body)).await.assert_error(400, "5107");
        }
    }
    connector.assert_books([]);
}
