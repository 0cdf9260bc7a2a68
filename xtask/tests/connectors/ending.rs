//! SIGTERM: what is in progress is finished, and the process is gone in time.

use std::{
    thread,
    time::{Duration, Instant},
};

use serde_json::json;
use xtask::http::send;

use crate::site::{Books, Incoming, PAYEE_ACCOUNT, Site, decision, notification};

/// Longer than it takes until a request has reached the bank.
const A_MOMENT: Duration = Duration::from_millis(300);

/// What a connector waits whose tests are not about its patience.
const SHUTDOWN: Duration = Duration::from_secs(25);

/// Makes the bank so slow at one operation that the end comes in the middle.
fn slow_at(site: &Site, operation: &str) {
    site.bank_faults(&json!({
        "rules": [{ "operation": operation, "fault": "slow", "delay_ms": 800, "times": 1 }],
        "forgetful": true,
    }));
}

#[test]
fn a_payment_in_progress_is_finished_and_answered() {
    let mut site = Site::start();
    let payment = Incoming::of("1");
    let path = payment.path();
    let quote = site.backend("POST", "/quoterequests", &payment.quote_request());
    assert_eq!(quote.status, 200, "{}", quote.text);
    let outgoing = site.offer("1");
    let outgoing_path = format!("/send-money/{outgoing}");
    let (backend_api, dfsp_api) = (site.ports().backend_api, site.ports().dfsp_api);
    let (prepare, committed, accept) =
        (payment.prepare(), notification("COMMITTED"), decision(true));
    for (operation, port, method, path, body) in [
        (
            "reserve_credit",
            backend_api,
            "POST",
            "/transfers",
            &prepare,
        ),
        ("commit_credit", backend_api, "PUT", &*path, &committed),
        ("hold", dfsp_api, "PUT", &*outgoing_path, &accept),
    ] {
        slow_at(&site, operation);
        let answer = thread::scope(|scope| {
            let request = scope.spawn(|| send(port, method, path, Some(body)));
            thread::sleep(A_MOMENT);
            let told_at = Instant::now();
            let status = site.terminate_connector();
            assert_eq!(status.code(), Some(0), "{operation}");
            assert!(told_at.elapsed() < SHUTDOWN, "{operation}");
            request.join().unwrap().unwrap()
        });
        assert_eq!(answer.status, 200, "{operation}: {}", answer.text);
        assert!(site.log().contains("nothing was in progress any more"));
        site.restart_connector(&[]);
    }
    site.assert_books(
        &Books::default()
            .received(&payment.transfer_id, PAYEE_ACCOUNT, "1")
            .sent(&outgoing, "1"),
    );
}

#[test]
fn a_payment_whose_bank_hangs_is_left_to_the_next_process() {
    // An instruction and the enquiry after it take longer than the end.
    let patient = [
        ("CBS_REQUEST_TIMEOUT_MS", "2000"),
        ("CBS_SETTLE_MS", "3000"),
        ("SHUTDOWN_TIMEOUT_MS", "2000"),
    ];
    let mut site = Site::start_with(&patient);
    let mut books = Books::default();
    for fault in ["act_then_silent", "slow"] {
        let payment = Incoming::of("1");
        site.reserve(&payment);
        site.bank_faults(&json!({
            "rules": [
                { "operation": "commit_credit", "fault": fault, "delay_ms": 2500, "times": 1 },
                { "operation": "enquire", "fault": "slow", "delay_ms": 2500, "times": 1 },
            ],
            "forgetful": true,
        }));
        let path = payment.path();
        let port = site.ports().backend_api;
        thread::scope(|scope| {
            let told = scope.spawn(|| send(port, "PUT", &path, Some(&notification("COMMITTED"))));
            thread::sleep(A_MOMENT);
            let told_at = Instant::now();
            assert_eq!(site.terminate_connector().code(), Some(0));
            let took = told_at.elapsed();
            assert!(took < Duration::from_secs(4), "{took:?}");
            assert!(told.join().unwrap().is_err(), "it cannot be answered");
        });
        let log = site.log();
        assert!(log.contains("before everything is finished"), "{log}");
        assert!(log.contains("in_progress=1"), "{log}");
        // The next process goes on with it, although nobody asks again.
        site.bank_faults(&json!({ "forgetful": true }));
        site.restart_connector(&patient);
        books = books.received(&payment.transfer_id, PAYEE_ACCOUNT, "1");
        site.await_books(&books);
    }
}

#[test]
fn nobody_is_let_in_any_more() {
    let mut site = Site::start();
    let payment = Incoming::of("1");
    site.backend("POST", "/quoterequests", &payment.quote_request());
    slow_at(&site, "reserve_credit");
    let port = site.ports().backend_api;
    thread::scope(|scope| {
        let prepare = payment.prepare();
        let prepared = scope.spawn(move || send(port, "POST", "/transfers", Some(&prepare)));
        thread::sleep(A_MOMENT);
        site.tell_connector_to_end();
        thread::sleep(A_MOMENT);
        assert!(send(port, "GET", "/health", None).is_err());
        assert_eq!(prepared.join().unwrap().unwrap().status, 200);
    });
    assert_eq!(site.wait_until_connector_has_ended().code(), Some(0));
}
