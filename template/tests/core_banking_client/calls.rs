//! What may go wrong between the connector and the bank.

use std::net::TcpListener;

use actix_web::{App, HttpResponse, HttpServer, http::StatusCode, web};
use core_connector::core_banking::port::{BankError, Customers};
use serde_json::json;

// [if cbs_auth is oauth2]
use crate::authentication::give_any_token;
// [end]
use crate::bank::{Bank, PATIENT, PAYEE, account, amount, client, msisdn};

#[tokio::test]
async fn a_bank_that_says_it_failed_is_not_taken_for_one_that_knows_nobody() {
    let bank = Bank::open();
    bank.misbehaves(json!({ "operation": "any", "fault": "fail" }));
    let found = bank.client.find_customer(&msisdn("971938765")).await;
    assert!(matches!(found, Err(BankError::Failed(_))), "{found:?}");
    let checked = bank
        .client
        .check_credit(&account(PAYEE), amount("10"))
        .await;
    assert!(matches!(checked, Err(BankError::Failed(_))), "{checked:?}");
}

#[tokio::test]
async fn where_nobody_listens_nothing_was_done() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let client = client(port, PATIENT);
    let checked = client.check_credit(&account(PAYEE), amount("10")).await;
    assert!(
        matches!(checked, Err(BankError::Unreachable(_))),
        "{checked:?}"
    );
}

/// Something between the client and the bank that answers for itself.
fn gateway(status: StatusCode) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer = move || async move { HttpResponse::build(status).body("<html>gateway</html>") };
    let server = HttpServer::new(move || {
        let gateway = App::new();
        // [if cbs_auth is oauth2]
        let gateway = gateway.route("/oauth2/token", web::post().to(give_any_token));
        // [end]
        gateway.default_service(web::to(answer))
    })
    .workers(1)
    .disable_signals()
    .listen(listener)
    .unwrap();
    tokio::spawn(server.run());
    port
}

#[tokio::test]
async fn what_something_in_between_answers_proves_nothing() {
    for status in [200, 302, 404, 422, 500, 502, 503, 504] {
        let port = gateway(StatusCode::from_u16(status).unwrap());
        let client = client(port, PATIENT);
        let checked = client.check_credit(&account(PAYEE), amount("10")).await;
        assert!(
            matches!(checked, Err(BankError::NoAnswer(_))),
            "{checked:?}"
        );
        let found = client.find_customer(&msisdn("971938765")).await;
        assert!(matches!(found, Err(BankError::NoAnswer(_))), "{found:?}");
    }
}
