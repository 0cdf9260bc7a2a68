//! What goes wrong between a bank and a scheme, and what is right then.
//!
//! The numbers are those of the integrator documents' list. Of it, 13 (a token
//! of the bank that expires) and 16 (the rounding of fees) concern nothing that
//! this template has. Of 11 there is one journal for one process: a second one
//! does not start, so no two get the same transfer. Of 12 there are the time
//! budgets, the quick answer and the steady liveness; the circuit breaker is in
//! the generated tests.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use xtask::{
    http::{Answer, send},
    running::{free_port, wait_for},
};

use crate::site::{
    ALMOST_FULL, BLOCKED, Books, CLOSED, CURRENCY, Incoming, LIMITED, PAYEE, PAYEE_ACCOUNT, PAYER,
    POOR, Site, WORKSHOP, assert_refused, at_once, decision, new_id, notification, send_money,
    send_money_of,
};

/// Gives up on the Mojaloop Connector soon.
const IMPATIENT_WITH_THE_SCHEME: (&str, &str) = ("SDK_REQUEST_TIMEOUT_MS", "1000");

/// Longer than it takes to act on a request that was sent, even on a busy machine.
const A_MOMENT: Duration = Duration::from_millis(300);

fn tell(site: &Site, payment: &Incoming, transfer_state: &str) -> Answer {
    site.backend("PUT", &payment.path(), &notification(transfer_state))
}

/// Repeats a request until it is answered with 200, as the Mojaloop Connector does.
fn until_taken(request: impl Fn() -> Answer) -> Answer {
    wait_for("the request is taken", || {
        Some(request()).filter(|answer| answer.status == 200)
    })
    .unwrap()
}

fn hub_decides(transfer_id: &str, payee: &str, final_state: &str) -> Value {
    json!({
        "transferId": transfer_id,
        "idType": "MSISDN",
        "idValue": payee,
        "amount": "100",
        "finalState": final_state,
        "notifications": 0,
    })
}

// 1. POST /transfers twice.

#[test]
fn post_transfers_twice_is_one_reservation_and_the_same_answer() {
    let site = Site::start();
    let payment = Incoming::of("100");
    site.backend("POST", "/quoterequests", &payment.quote_request());
    let first = site.backend("POST", "/transfers", &payment.prepare());
    assert_eq!(first.status, 200, "{}", first.text);
    assert_eq!(
        site.backend("POST", "/transfers", &payment.prepare()),
        first
    );
    for again in at_once(8, || site.backend("POST", "/transfers", &payment.prepare())) {
        assert_eq!(again, first);
    }
    site.assert_books(&Books::default().reserved(&payment.transfer_id, "100"));

    // Also when it comes late.
    tell(&site, &payment, "COMMITTED");
    assert_eq!(
        site.backend("POST", "/transfers", &payment.prepare()),
        first
    );
    site.assert_books(&Books::default().received(&payment.transfer_id, PAYEE_ACCOUNT, "100"));
}

#[test]
fn post_transfers_twice_with_other_content_is_refused() {
    let site = Site::start();
    let payment = Incoming::of("100");
    site.reserve(&payment);
    let changed = [
        Incoming {
            amount: "101".to_owned(),
            ..payment.clone()
        },
        Incoming {
            payee: ALMOST_FULL.to_owned(),
            ..payment.clone()
        },
        Incoming {
            quote_id: new_id(),
            ..payment.clone()
        },
    ];
    for changed in changed {
        let answer = site.backend("POST", "/transfers", &changed.prepare());
        assert_refused(&answer, 400, "3106");
    }
    let quote = Incoming {
        amount: "101".to_owned(),
        ..payment.clone()
    };
    let answer = site.backend("POST", "/quoterequests", &quote.quote_request());
    assert_refused(&answer, 400, "3106");
    site.assert_books(&Books::default().reserved(&payment.transfer_id, "100"));
}

#[test]
fn a_transfer_that_differs_from_its_quote_is_refused() {
    let site = Site::start();
    let payment = Incoming::of("100");
    site.backend("POST", "/quoterequests", &payment.quote_request());
    let dearer = Incoming {
        amount: "101".to_owned(),
        ..payment
    };
    let answer = site.backend("POST", "/transfers", &dearer.prepare());
    assert_refused(&answer, 400, "3106");
    site.assert_books_untouched();
}

// 2. The final notification twice, concurrently, or too early.

#[test]
fn a_final_notification_that_comes_again_and_again_is_one_posting() {
    let site = Site::start();
    let payment = Incoming::of("100");
    site.reserve(&payment);
    for answer in at_once(8, || tell(&site, &payment, "COMMITTED")) {
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    assert_eq!(tell(&site, &payment, "COMMITTED").status, 200);
    site.assert_books(&Books::default().received(&payment.transfer_id, PAYEE_ACCOUNT, "100"));
}

#[test]
fn a_final_notification_before_post_transfers_finished_is_one_posting() {
    let site = Site::start();
    site.bank_faults(&json!({ "rules": [
        { "operation": "reserve_credit", "fault": "slow", "delay_ms": 700, "times": 1 },
    ]}));
    let payment = Incoming::of("100");
    site.backend("POST", "/quoterequests", &payment.quote_request());
    thread::scope(|scope| {
        let prepare = scope.spawn(|| site.backend("POST", "/transfers", &payment.prepare()));
        thread::sleep(A_MOMENT);
        assert_eq!(tell(&site, &payment, "COMMITTED").status, 200);
        assert_eq!(prepare.join().unwrap().status, 200);
    });
    site.assert_books(&Books::default().received(&payment.transfer_id, PAYEE_ACCOUNT, "100"));
}

#[test]
fn a_final_notification_before_post_transfers_moves_nothing_by_itself() {
    let site = Site::start();
    let payment = Incoming::of("100");
    assert_eq!(tell(&site, &payment, "COMMITTED").status, 200);
    site.assert_books_untouched();
    site.reserve(&payment);
    // The hub is asked, and knows of no such transfer.
    site.assert_books(&Books::default().reserved(&payment.transfer_id, "100"));
    assert_eq!(tell(&site, &payment, "COMMITTED").status, 200);
    site.assert_books(&Books::default().received(&payment.transfer_id, PAYEE_ACCOUNT, "100"));
}

#[test]
fn a_final_notification_that_contradicts_the_one_before_moves_nothing() {
    let site = Site::start();
    let payment = Incoming::of("100");
    site.reserve(&payment);
    assert_eq!(tell(&site, &payment, "ABORTED").status, 200);
    assert_refused(&tell(&site, &payment, "COMMITTED"), 500, "2001");
    site.assert_books_untouched();
    site.wait_for_log("reconcile by hand");
}

// 3. The final notification that never comes.

#[test]
fn a_final_notification_that_never_comes_is_asked_for() {
    let site = Site::start_with(&[("FINAL_WORD_AFTER_MS", "300")]);
    let committed = new_id();
    site.incoming(&hub_decides(&committed, PAYEE, "COMMITTED"));
    site.incoming(&hub_decides(&new_id(), PAYEE, "ABORTED"));
    let undecided = new_id();
    site.incoming(&hub_decides(&undecided, PAYEE, "RESERVED"));
    let expected = Books::default()
        .received(&committed, PAYEE_ACCOUNT, "100")
        .reserved(&undecided, "100");
    site.assert_books(&expected);
}

// 4. ERROR_OCCURRED without a final state.

#[test]
fn error_occurred_without_a_final_state_keeps_the_hold_and_finds_out() {
    let site = Site::start();
    for (final_state, is_posted) in [("COMMITTED", true), ("ABORTED", false)] {
        let transfer_id = new_id();
        let before = site.books();
        site.incoming(&hub_decides(&transfer_id, PAYEE, final_state));
        site.scheme_behaves(&json!({ "rules": [
            { "operation": "get_transfer", "fault": "unknownState", "times": 3 },
            { "operation": "get_transfer", "fault": "fail", "times": 1 },
            { "operation": "get_transfer", "fault": "gatewayTimeout", "times": 1 },
        ]}));
        let path = format!("/transfers/{transfer_id}");
        let answer = site.backend("PUT", &path, &notification("RESERVED"));
        assert_eq!(answer.status, 500);
        assert_eq!(answer.field("message"), "Transfer Not Completed Error");
        site.assert_books(&match is_posted {
            true => before.received(&transfer_id, PAYEE_ACCOUNT, "100"),
            false => before,
        });
    }
}

#[test]
fn error_occurred_keeps_the_hold_as_long_as_the_hub_has_not_decided() {
    let site = Site::start();
    let transfer_id = new_id();
    let mut payment = hub_decides(&transfer_id, PAYEE, "RESERVED");
    payment["notifications"] = json!(2);
    payment["concurrent"] = json!(true);
    let report = site.incoming(&payment);
    // A 500 brings 24 calls, and nobody releases anything.
    let notified = &report["steps"][3];
    assert_eq!(notified["status"], 500);
    assert_eq!(notified["attempts"], 24);
    site.assert_books(&Books::default().reserved(&transfer_id, "100"));
}

// 5. The commit is refused by the bank after COMMITTED.

#[test]
fn a_commit_that_fails_for_a_while_is_tried_again_until_it_is_posted() {
    let site = Site::start();
    let payment = Incoming::of("100");
    site.reserve(&payment);
    site.bank_faults(&json!({ "rules": [
        { "operation": "commit_credit", "fault": "fail", "times": 6 },
    ]}));
    assert_refused(&tell(&site, &payment, "COMMITTED"), 500, "2005");
    // Nobody tells it again.
    site.assert_books(&Books::default().received(&payment.transfer_id, PAYEE_ACCOUNT, "100"));
    assert_eq!(tell(&site, &payment, "COMMITTED").status, 200);
}

#[test]
fn a_commit_that_is_refused_is_parked_and_never_answered_as_if_nothing_were() {
    let site = Site::start();
    let payment = Incoming::of("100");
    site.reserve(&payment);
    site.bank_faults(&json!({ "rules": [
        { "operation": "commit_credit", "fault": "refuse", "reason": "account_closed", "times": 1 },
    ]}));
    for _ in 0..3 {
        assert_refused(&tell(&site, &payment, "COMMITTED"), 500, "2001");
    }
    site.wait_for_log("a person has to decide");
    site.assert_books(&Books::default().reserved(&payment.transfer_id, "100"));
}

// 6. The bank times out after it may have acted.

/// The bank acts and does not answer, or acts after the caller has gone. It
/// does not recognise references: only asking first avoids a second booking.
fn unanswering_bank() -> [Value; 4] {
    let rules = |fault: &str| {
        let rule = |operation: &str| json!({ "operation": operation, "fault": fault, "delay_ms": 1500, "times": 1 });
        let operations = [
            "reserve_credit",
            "commit_credit",
            "release_credit",
            "hold",
            "capture",
            "release_hold",
        ];
        let rules: Vec<Value> = operations.map(rule).to_vec();
        json!({ "rules": rules, "forgetful": true })
    };
    ["act_then_silent", "act_then_slow", "act_then_fail", "slow"].map(rules)
}

/// The bank's own time is longer than it is slow.
const SETTLED_BANK: (&str, &str) = ("CBS_SETTLE_MS", "2000");

#[test]
fn a_bank_that_may_have_acted_on_an_incoming_payment_is_asked_before_it_is_told_again() {
    for faults in unanswering_bank() {
        let site = Site::start_with(&[SETTLED_BANK]);
        site.bank_faults(&faults);
        let (committed, aborted) = (Incoming::of("100"), Incoming::of("50"));
        for payment in [&committed, &aborted] {
            site.backend("POST", "/quoterequests", &payment.quote_request());
        }
        for (payment, decision) in [(&committed, "COMMITTED"), (&aborted, "ABORTED")] {
            until_taken(|| site.backend("POST", "/transfers", &payment.prepare()));
            until_taken(|| tell(&site, payment, decision));
        }
        site.assert_books(&Books::default().received(&committed.transfer_id, PAYEE_ACCOUNT, "100"));
    }
}

#[test]
fn a_bank_that_may_have_acted_on_an_outgoing_payment_is_asked_before_it_is_told_again() {
    for faults in unanswering_bank() {
        let site = Site::start_with(&[SETTLED_BANK]);
        site.bank_faults(&faults);
        let accepted = site.offer("20");
        until_taken(|| site.accept(&accepted));
        site.scheme_behaves(&json!({ "rules": [{ "operation": "accept", "fault": "abort" }] }));
        let aborted = site.offer("30");
        let answer = site.accept(&aborted);
        assert_eq!(answer.status, 500, "{}", answer.text);
        site.assert_books(&Books::default().sent(&accepted, "20"));
    }
}

// 7. The Mojaloop Connector times out after it was told to transfer.

#[test]
fn a_transfer_that_committed_without_saying_so_is_captured() {
    for fault in [
        "commitThenSilent",
        "commitThenFail",
        "commitThenGatewayTimeout",
        "commitThenReserved",
    ] {
        let site = Site::start_with(&[IMPATIENT_WITH_THE_SCHEME]);
        site.scheme_behaves(&json!({ "rules": [
            { "operation": "accept", "fault": fault, "times": 1 },
            // Nor is the look-up answered at first.
            { "operation": "get_transfer", "fault": "fail", "times": 1 },
            { "operation": "get_transfer", "fault": "unknownState", "times": 1 },
            { "operation": "get_transfer", "fault": "empty", "times": 1 },
            { "operation": "get_transfer", "fault": "unavailable", "times": 1 },
        ]}));
        let transfer_id = site.offer("20");
        // Not known is neither yes nor no.
        assert_refused(&site.accept(&transfer_id), 500, "2005");
        site.assert_books(&Books::default().sent(&transfer_id, "20"));
        assert_eq!(site.accept(&transfer_id).status, 200);
        assert_eq!(site.scheme_view(&transfer_id)["accepts"], 1);
    }
}

#[test]
fn a_transfer_of_unknown_outcome_is_not_refunded() {
    let site = Site::start();
    site.scheme_behaves(&json!({ "rules": [
        { "operation": "accept", "fault": "gatewayTimeout", "times": 1 },
        { "operation": "get_transfer", "fault": "gatewayTimeout" },
    ]}));
    let transfer_id = site.offer("20");
    assert_refused(&site.accept(&transfer_id), 500, "2005");
    site.assert_books(&Books::default().held(&transfer_id, "20"));
    let status = site.dfsp_get(&format!("/transfers/{transfer_id}")).json();
    assert_eq!(status["fulfil"]["body"]["transferState"], "RESERVED");

    // When the hub can be asked again, it knows of no transfer: it is made then.
    site.scheme_behaves(&json!({}));
    site.assert_books(&Books::default().sent(&transfer_id, "20"));
}

#[test]
fn a_transfer_that_never_reached_the_hub_is_refunded_when_it_no_longer_can() {
    let site = Site::start_with(&[IMPATIENT_WITH_THE_SCHEME, ("NEVER_SEEN_AFTER_MS", "1000")]);
    site.scheme_behaves(&json!({
        "quoteLifetimeMs": 3000,
        "rules": [{ "operation": "accept", "fault": "empty" }],
    }));
    let transfer_id = site.offer("20");
    assert_refused(&site.accept(&transfer_id), 500, "2005");
    site.assert_books_untouched();
    assert_refused(&site.accept(&transfer_id), 500, "3303");
}

#[test]
fn a_proven_failure_is_refunded() {
    let site = Site::start();
    site.scheme_behaves(&json!({ "rules": [
        { "operation": "accept", "fault": "mojaloopError", "code": "5104", "times": 1 },
        { "operation": "accept", "fault": "mojaloopError", "code": "4001", "times": 1 },
        { "operation": "accept", "fault": "abort", "times": 1 },
    ]}));
    for code in ["5000", "4001", "5000"] {
        let transfer_id = site.offer("20");
        for _ in 0..2 {
            assert_refused(&site.accept(&transfer_id), 500, code);
        }
        let status = site.dfsp_get(&format!("/transfers/{transfer_id}")).json();
        assert_eq!(status["fulfil"]["body"]["transferState"], "ABORTED");
    }
    site.assert_books_untouched();
}

#[test]
fn a_scheme_that_accepts_quotes_by_itself_is_detected_and_refused() {
    let site = Site::start();
    site.scheme_behaves(&json!({ "rules": [
        { "operation": "post_transfer", "fault": "autoAcceptQuotes" },
    ]}));
    let request = send_money(&new_id(), "20");
    for _ in 0..2 {
        assert_refused(&site.dfsp("POST", "/send-money", &request), 500, "2001");
    }
    // The next one is not even begun.
    let another = send_money(&new_id(), "20");
    assert_refused(&site.dfsp("POST", "/send-money", &another), 500, "2003");
    site.wait_for_log("AUTO_ACCEPT_QUOTES=false");
    site.assert_books_untouched();
}

#[test]
fn a_scheme_that_asks_about_the_party_first_is_answered() {
    let site = Site::start();
    site.scheme_behaves(&json!({ "autoAcceptParty": false }));
    let transfer_id = site.offer("20");
    assert_eq!(site.accept(&transfer_id).status, 200);
    site.assert_books(&Books::default().sent(&transfer_id, "20"));
}

// 8. The DFSP repeats itself.

#[test]
fn repeated_requests_of_the_dfsp_get_the_stored_answer_and_are_one_payment() {
    let site = Site::start();
    let request = send_money("home-1", "20");
    let offers = at_once(8, || site.dfsp("POST", "/send-money", &request));
    for offer in &offers {
        assert_eq!(offer.status, 200, "{}", offer.text);
        assert_eq!(offer, &offers[0]);
    }
    let transfer_id = offers[0].field("transactionId");
    for answer in at_once(8, || site.accept(&transfer_id)) {
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    assert_eq!(site.accept(&transfer_id).status, 200);
    assert_eq!(site.dfsp("POST", "/send-money", &request), offers[0]);
    assert_eq!(site.scheme_view(&transfer_id)["accepts"], 1);
    site.assert_books(&Books::default().sent(&transfer_id, "20"));

    let other = site.dfsp("POST", "/send-money", &send_money("home-1", "21"));
    assert_refused(&other, 400, "3106");
}

#[test]
fn who_has_rejected_cannot_accept_and_who_has_accepted_cannot_reject() {
    let site = Site::start();
    let rejected = site.offer("20");
    let path = format!("/send-money/{rejected}");
    for accept in [false, true, false] {
        assert_refused(&site.dfsp("PUT", &path, &decision(accept)), 500, "4101");
    }
    let accepted = site.offer("30");
    let path = format!("/send-money/{accepted}");
    assert_eq!(site.accept(&accepted).status, 200);
    assert_refused(&site.dfsp("PUT", &path, &decision(false)), 400, "3106");
    assert_eq!(site.accept(&accepted).status, 200);
    site.assert_books(&Books::default().sent(&accepted, "30"));
}

// 9. The agreement after the quote has expired.

#[test]
fn an_agreement_after_the_offer_expired_is_refused_and_the_scheme_is_told() {
    let site = Site::start();
    site.scheme_behaves(&json!({ "quoteLifetimeMs": 500 }));
    let transfer_id = site.offer("20");
    thread::sleep(Duration::from_millis(600));
    for _ in 0..2 {
        assert_refused(&site.accept(&transfer_id), 500, "3302");
    }
    assert_eq!(site.scheme_view(&transfer_id)["currentState"], "ABORTED");
    assert_eq!(site.scheme_view(&transfer_id)["accepts"], 0);
    site.assert_books_untouched();
}

#[test]
fn a_hold_that_took_longer_than_the_offer_lasts_is_released() {
    let site = Site::start_with(&[
        ("CBS_REQUEST_TIMEOUT_MS", "5000"),
        ("CBS_SETTLE_MS", "5000"),
    ]);
    site.scheme_behaves(&json!({ "quoteLifetimeMs": 1500 }));
    site.bank_faults(&json!({ "rules": [
        { "operation": "hold", "fault": "slow", "delay_ms": 2000, "times": 1 },
    ]}));
    let transfer_id = site.offer("20");
    assert_refused(&site.accept(&transfer_id), 500, "3302");
    assert_eq!(site.scheme_view(&transfer_id)["currentState"], "ABORTED");
    site.assert_books_untouched();
}

#[test]
fn a_transfer_on_a_quote_of_ours_that_has_expired_is_refused() {
    let site = Site::start_with(&[("QUOTE_LIFETIME_MS", "200")]);
    let payment = Incoming::of("100");
    site.backend("POST", "/quoterequests", &payment.quote_request());
    thread::sleep(A_MOMENT);
    let answer = site.backend("POST", "/transfers", &payment.prepare());
    assert_refused(&answer, 400, "3302");
    site.assert_books_untouched();
}

// 10. A crash between any two lines. Its file is `crashes`; here a real
// `kill -9` comes at any time.

#[test]
fn a_kill_at_any_time_leaves_no_payment_unfinished() {
    let mut site = Site::start();
    site.bank_faults(&json!({ "rules": [
        { "operation": "any", "fault": "slow", "delay_ms": 20 },
    ]}));
    let mut expected = Books::default();
    for after_ms in (0..200).step_by(20) {
        let outgoing = site.offer("10");
        let incoming = Incoming::of("5");
        site.reserve(&incoming);
        let ports = site.ports();
        let accept = format!("/send-money/{outgoing}");
        let tell = incoming.path();
        let messages = [
            (ports.dfsp_api, accept, decision(true)),
            (ports.backend_api, tell, notification("COMMITTED")),
        ]
        .map(|(port, path, body)| {
            // Whoever asked gets an answer, or none.
            thread::spawn(move || send(port, "PUT", &path, Some(&body)))
        });
        thread::sleep(Duration::from_millis(after_ms));
        site.kill_connector();
        for message in messages {
            let _ = message.join().unwrap();
        }
        site.restart_connector(&[]);
        let answer = site.accept(&outgoing);
        assert_eq!(answer.status, 200, "{}", answer.text);
        let answer = site.backend("PUT", &incoming.path(), &notification("COMMITTED"));
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(site.scheme_view(&outgoing)["hubState"], "COMMITTED");
        expected =
            expected
                .sent(&outgoing, "10")
                .received(&incoming.transfer_id, PAYEE_ACCOUNT, "5");
    }
    site.assert_books(&expected);
}

// 11. Two replicas get the same transfer.

#[test]
fn a_second_connector_does_not_work_on_the_journal_of_the_first() {
    let mut site = Site::start();
    let payment = Incoming::of("100");
    site.reserve(&payment);
    let mut second = site.start_second_connector();
    assert_eq!(second.wait().unwrap().code(), Some(1));
    let log = second.log().unwrap();
    assert!(log.contains("another connector works on"), "{log}");
    assert_eq!(tell(&site, &payment, "COMMITTED").status, 200);
    site.assert_books(&Books::default().received(&payment.transfer_id, PAYEE_ACCOUNT, "100"));
    // A killed connector keeps nobody out.
    site.kill_connector();
    let mut third = site.start_second_connector();
    wait_for("the third connector starts", || {
        third
            .log()
            .unwrap()
            .contains("the connector starts")
            .then_some(())
    })
    .unwrap();
    assert!(!third.has_ended().unwrap());
}

// 12. The bank is slow or down.

#[test]
fn a_bank_that_is_down_is_answered_for_at_once_and_liveness_does_not_flap() {
    let mut site = Site::start();
    let nobody = format!("http://127.0.0.1:{}", free_port());
    site.restart_connector(&[("CBS_BASE_URL", &nobody)]);
    let started = Instant::now();
    let answer = site.backend_get(&format!("/parties/MSISDN/{PAYEE}"));
    assert_refused(&answer, 500, "2003");
    let answer = site.dfsp("POST", "/send-money", &send_money(&new_id(), "20"));
    assert_refused(&answer, 500, "2003");
    assert!(started.elapsed() < Duration::from_secs(2));
    assert_eq!(site.backend_get("/health").status, 200);
    assert_eq!(site.dfsp_get("/health").status, 200);
}

#[test]
fn a_bank_that_is_slow_is_answered_for_within_the_time_budget() {
    let site = Site::start();
    site.bank_faults(&json!({ "rules": [
        { "operation": "any", "fault": "slow", "delay_ms": 20_000 },
    ]}));
    let started = Instant::now();
    thread::scope(|scope| {
        let slow = scope.spawn(|| site.backend_get(&format!("/parties/MSISDN/{PAYEE}")));
        thread::sleep(A_MOMENT);
        assert_eq!(site.backend_get("/health").status, 200);
        assert!(
            started.elapsed() < Duration::from_secs(1),
            "liveness does not wait for the bank"
        );
        assert_refused(&slow.join().unwrap(), 500, "2005");
    });
    assert!(started.elapsed() < Duration::from_secs(5));
}

// 14. Telephone numbers in many forms.

#[test]
fn telephone_numbers_in_many_forms_are_one_customer_and_are_echoed() {
    let site = Site::start_with(&[("MSISDN_DIAL_CODE", "265")]);
    for (in_path, given) in [
        ("265998571175", "265998571175"),
        // Raw, as the Mojaloop Connector sends it.
        ("+265998571175", "+265998571175"),
        ("%2B265998571175", "+265998571175"),
        ("00265998571175", "00265998571175"),
        ("0998571175", "0998571175"),
        ("+265%20998%20571%20175", "+265 998 571 175"),
    ] {
        let party = site.backend_get(&format!("/parties/MSISDN/{in_path}"));
        assert_eq!(party.status, 200, "{in_path}: {}", party.text);
        assert_eq!(party.field("displayName"), "John Alexander Doe");
        assert_eq!(party.field("idValue"), given);

        let payment = Incoming::to(given, "1");
        site.reserve(&payment);
        let transfer = site.backend_get(&payment.path()).json();
        assert_eq!(transfer["to"]["idValue"], given);
        assert_eq!(tell(&site, &payment, "ABORTED").status, 200);
    }
    site.assert_books_untouched();
}

// 15. Amounts in many forms.

#[test]
fn amounts_are_canonicalised_or_refused_and_never_rounded() {
    let site = Site::start();
    for (given, canonical) in [("150.00", "150"), ("0.10", "0.1"), ("12.34", "12.34")] {
        let quote = Incoming::of(given).quote_request();
        let answer = site.backend("POST", "/quoterequests", &quote);
        assert_eq!(answer.status, 200, "{given}: {}", answer.text);
        assert_eq!(answer.field("transferAmount"), canonical);
        assert_eq!(answer.field("payeeReceiveAmount"), canonical);

        // The Mojaloop Connector takes canonical amounts only.
        let answer = site.dfsp("POST", "/send-money", &send_money(&new_id(), given));
        assert_eq!(answer.status, 200, "{given}: {}", answer.text);
        assert_eq!(answer.field("sendAmount"), canonical);
    }
    for refused in [
        "0",
        "0.00",
        "1e3",
        "1.00001",
        "1.001",
        "-1",
        "+1",
        "1,000",
        "",
        " 1",
        "0x10",
        "NaN",
        "1.",
        ".5",
        "01",
        "1000000000000000000",
    ] {
        let payment = Incoming::of(refused);
        for (path, body) in [
            ("/quoterequests", payment.quote_request()),
            ("/transfers", payment.prepare()),
        ] {
            assert_refused(&site.backend("POST", path, &body), 400, "3101");
        }
        let answer = site.dfsp("POST", "/send-money", &send_money(&new_id(), refused));
        assert_refused(&answer, 400, "3101");
    }
    site.assert_books_untouched();
}

#[test]
fn decimals_in_a_currency_that_has_none_are_refused() {
    let folder = tempfile::TempDir::new().unwrap();
    let accounts = fs::read_to_string(WORKSHOP.folder().join("sandbox/accounts.toml")).unwrap();
    let stated = format!("currency = \"{CURRENCY}\"");
    assert!(accounts.contains(&stated));
    let file = folder.path().join("accounts.toml");
    fs::write(&file, accounts.replace(&stated, "currency = \"UGX\"")).unwrap();
    let site = Site::start_with(&[
        ("CURRENCY", "UGX"),
        ("SANDBOX_ACCOUNTS", file.to_str().unwrap()),
    ]);
    let quoted = |amount: &str| {
        let payment = Incoming {
            currency: "UGX".to_owned(),
            ..Incoming::of(amount)
        };
        site.backend("POST", "/quoterequests", &payment.quote_request())
    };
    assert_eq!(quoted("10").field("transferAmount"), "10");
    assert_eq!(quoted("10.00").field("transferAmount"), "10");
    assert_refused(&quoted("10.5"), 400, "3101");
}

// 17. Limits, blocked accounts, and a float that runs dry.

#[test]
fn what_an_account_cannot_take_is_refused_before_money_moves() {
    let site = Site::start();
    for (payee, amount, code) in [
        (LIMITED, "51", "5200"),
        (ALMOST_FULL, "11", "5200"),
        (BLOCKED, "1", "5400"),
        (CLOSED, "1", "3204"),
        (PAYEE, "100001", "5001"),
    ] {
        let payment = Incoming::to(payee, amount);
        let quote = payment.quote_request();
        assert_refused(&site.backend("POST", "/quoterequests", &quote), 400, code);
        // Also when the transfer comes without the quote.
        let prepare = payment.prepare();
        assert_refused(&site.backend("POST", "/transfers", &prepare), 400, code);
    }
    site.assert_books_untouched();
}

#[test]
fn what_a_payer_cannot_pay_is_refused_before_money_moves() {
    let site = Site::start();
    for (payer, amount, code) in [(BLOCKED, "1", "5400"), (CLOSED, "1", "3204")] {
        let request = send_money_of(payer, &new_id(), amount);
        let answer = site.dfsp("POST", "/send-money", &request);
        assert_eq!(answer.field("statusCode"), code, "{}", answer.text);
    }
    for (payer, amount, code) in [(POOR, "4", "4001"), (LIMITED, "51", "4200")] {
        let request = send_money_of(payer, &new_id(), amount);
        let offer = site.dfsp("POST", "/send-money", &request);
        let transfer_id = offer.field("transactionId");
        assert_refused(&site.accept(&transfer_id), 500, code);
        assert_eq!(site.scheme_view(&transfer_id)["currentState"], "ABORTED");
        assert_eq!(site.scheme_view(&transfer_id)["accepts"], 0);
    }
    site.assert_books_untouched();
}

#[test]
fn a_quote_does_not_promise_what_the_float_cannot_cover() {
    let site = Site::start_with(&[("FLOAT_FLOOR", "99900"), ("FLOAT_WARNING", "99950")]);
    let quoted = |amount: &str| {
        let payment = Incoming::of(amount);
        site.backend("POST", "/quoterequests", &payment.quote_request())
    };
    assert_refused(&quoted("101"), 400, "5001");
    assert_eq!(quoted("10").status, 200);
    assert_eq!(site.log().matches("float too low").count(), 1);
    assert_eq!(quoted("60").status, 200);
    site.wait_for_log("WARN");
    // What is reserved is no longer there to be promised.
    site.reserve(&Incoming::of("60"));
    assert_refused(&quoted("50"), 400, "5001");
}

// 18. Personal data.

#[test]
fn what_the_bank_says_reaches_neither_the_scheme_nor_the_log() {
    let site = Site::start_with(&[("LOG_LEVEL", "warn,core_connector=trace")]);
    let secret = "Joshua Karame 971938765 is bankrupt";
    site.bank_faults(&json!({ "rules": [
        { "operation": "check_credit", "fault": "refuse", "reason": secret, "times": 1 },
        { "operation": "hold", "fault": "refuse", "reason": secret, "times": 1 },
    ]}));
    let quote = Incoming::of("100").quote_request();
    let answer = site.backend("POST", "/quoterequests", &quote);
    assert_refused(&answer, 400, "5100");
    let transfer_id = site.offer("20");
    let refused = site.accept(&transfer_id);
    assert_refused(&refused, 500, "4101");
    let log = site.log();
    for text in [&answer.text, &refused.text, &log] {
        for word in ["Karame", PAYER, "bankrupt"] {
            assert!(!text.contains(word), "{word} is in {text}");
        }
    }
    site.assert_books_untouched();
}
