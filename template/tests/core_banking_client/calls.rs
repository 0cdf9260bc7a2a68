//! What may go wrong between the connector and the bank.

use std::{
    net::TcpListener,
    sync::{Arc, Mutex},
};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, http::StatusCode, web};
use core_connector::{
    core_banking::port::{BankError, Customers},
    remote::trace::{Trace, follow},
};
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

#[tokio::test]
async fn the_bank_is_told_what_trace_a_call_belongs_to() {
    let heard: Arc<Mutex<Option<String>>> = Arc::default();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let hears = Arc::clone(&heard);
    let server = HttpServer::new(move || {
        let hears = Arc::clone(&hears);
        let bank = App::new();
        // [if cbs_auth is oauth2]
        let bank = bank.route("/oauth2/token", web::post().to(give_any_token));
        // [end]
        bank.default_service(web::to(move |request: HttpRequest| {
            let parent = request.headers().get("traceparent").unwrap();
            *hears.lock().unwrap() = Some(parent.to_str().unwrap().to_owned());
            async { HttpResponse::InternalServerError().finish() }
        }))
    });
    let server = server.workers(1).disable_signals().listen(listener);
    tokio::spawn(server.unwrap().run());

    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let client = client(port, PATIENT);
    let (span, caller) = (tracing::Span::none(), Trace::taken_over(parent, None));
    let identifier = msisdn("971938765");
    let _ = follow(span, caller, client.find_customer(&identifier)).await;
    assert_eq!(heard.lock().unwrap().as_deref(), Some(parent));
}
