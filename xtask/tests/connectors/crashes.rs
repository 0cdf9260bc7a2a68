//! `kill -9` between any two steps of a payment: it ends as it would have, and
//! once.
//!
//! `SANDBOX_CRASH` lets a connector die at its n-th record in the journal, just
//! before it is written or just after. Between two records lies one effect, so
//! all n together are every place that a payment can be left at. Whoever was
//! not answered asks again after the restart, as the Mojaloop Connector and the
//! bank's channels do.

use std::{thread, time::Duration};

use serde_json::{Value, json};
use xtask::{
    http::{Answer, send},
    running::wait_for,
};

use crate::site::{
    Books, Incoming, PAYEE_ACCOUNT, Site, decision, new_id, notification, send_money,
};

/// A site whose connector dies once, and is started again.
struct Mortal {
    site: Site,
    /// How often it has died.
    deaths: usize,
}

impl Mortal {
    /// Sends a request; if the connector dies of it, again after a restart.
    fn ask(&mut self, port: fn(&Site) -> u16, method: &str, path: &str, body: &Value) -> Answer {
        if let Ok(answer) = send(port(&self.site), method, path, Some(body)) {
            return answer;
        }
        self.site.wait_until_connector_has_died();
        self.revive();
        send(port(&self.site), method, path, Some(body)).unwrap()
    }

    fn revive(&mut self) {
        self.deaths += 1;
        self.site.restart_connector(&[]);
    }

    fn backend(&mut self, method: &str, path: &str, body: &Value) -> Answer {
        self.ask(|site| site.ports().backend_api, method, path, body)
    }

    fn dfsp(&mut self, method: &str, path: &str, body: &Value) -> Answer {
        self.ask(|site| site.ports().dfsp_api, method, path, body)
    }
}

/// Drives a payment once for every place that the connector can die at. The
/// payment makes so many records, and returns what is in the books after it.
fn die_everywhere(records: usize, mut payment: impl FnMut(&mut Mortal, Books) -> Books) {
    for moment in ["before", "after"] {
        let mut mortal = Mortal {
            site: Site::start(),
            deaths: 0,
        };
        // It does not recognise references: only asking first avoids a second booking.
        mortal.site.bank_faults(&json!({ "forgetful": true }));
        let mut expected = Books::default();
        // One more than there are, to live through it in the end.
        for number in 1..=records + 1 {
            let crash = format!("{moment}:{number}");
            mortal
                .site
                .restart_connector_afresh(&[("SANDBOX_CRASH", &crash)]);
            expected = payment(&mut mortal, expected);
            mortal.site.await_books(&expected);
            if mortal.site.connector_has_died() {
                // It died of its last record, after it had answered.
                mortal.revive();
                mortal.site.await_books(&expected);
            }
        }
        mortal.site.assert_books(&expected);
        assert_eq!(mortal.deaths, records, "{moment} a record");
    }
}

#[test]
fn an_incoming_payment_is_committed() {
    die_everywhere(5, |mortal, books| {
        let payment = Incoming::of("1");
        let quote = mortal.backend("POST", "/quoterequests", &payment.quote_request());
        assert_eq!(quote.status, 200, "{}", quote.text);
        let prepared = mortal.backend("POST", "/transfers", &payment.prepare());
        assert_eq!(
            prepared.field("transferState"),
            "RESERVED",
            "{}",
            prepared.text
        );
        let told = mortal.backend("PUT", &payment.path(), &notification("COMMITTED"));
        assert_eq!(told.status, 200, "{}", told.text);
        books.received(&payment.transfer_id, PAYEE_ACCOUNT, "1")
    });
}

#[test]
fn an_incoming_payment_is_aborted() {
    die_everywhere(5, |mortal, books| {
        let payment = Incoming::of("1");
        let quote = mortal.backend("POST", "/quoterequests", &payment.quote_request());
        assert_eq!(quote.status, 200, "{}", quote.text);
        let prepared = mortal.backend("POST", "/transfers", &payment.prepare());
        assert_eq!(
            prepared.field("transferState"),
            "RESERVED",
            "{}",
            prepared.text
        );
        let told = mortal.backend("PUT", &payment.path(), &notification("ABORTED"));
        assert_eq!(told.status, 200, "{}", told.text);
        books
    });
}

/// Gets an offer and decides on it; returns the transfer's id and the answer.
fn pay(mortal: &mut Mortal, accept: bool) -> (String, Answer) {
    let offer = mortal.dfsp("POST", "/send-money", &send_money(&new_id(), "1"));
    assert_eq!(offer.status, 200, "{}", offer.text);
    let transfer_id = offer.field("transactionId");
    let path = format!("/send-money/{transfer_id}");
    let answer = mortal.dfsp("PUT", &path, &decision(accept));
    (transfer_id, answer)
}

#[test]
fn an_outgoing_payment_is_accepted() {
    die_everywhere(6, |mortal, books| {
        let (transfer_id, answer) = pay(mortal, true);
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(
            mortal.site.scheme_view(&transfer_id)["hubState"],
            "COMMITTED"
        );
        assert_eq!(mortal.site.scheme_view(&transfer_id)["accepts"], 1);
        books.sent(&transfer_id, "1")
    });
}

#[test]
fn an_outgoing_payment_is_rejected() {
    die_everywhere(4, |mortal, books| {
        let (transfer_id, answer) = pay(mortal, false);
        assert_eq!(answer.status, 500, "{}", answer.text);
        assert_eq!(answer.field("statusCode"), "4101");
        assert_eq!(
            mortal.site.scheme_view(&transfer_id)["currentState"],
            "ABORTED"
        );
        assert_eq!(mortal.site.scheme_view(&transfer_id)["accepts"], 0);
        books
    });
}

#[test]
fn an_outgoing_payment_is_aborted_by_the_scheme() {
    die_everywhere(6, |mortal, books| {
        mortal.site.scheme_behaves(&abort());
        let (transfer_id, answer) = pay(mortal, true);
        assert_eq!(answer.status, 500, "{}", answer.text);
        assert_eq!(answer.field("statusCode"), "5000");
        assert_eq!(mortal.site.scheme_view(&transfer_id)["hubState"], "ABORTED");
        assert_eq!(mortal.site.scheme_view(&transfer_id)["accepts"], 1);
        books
    });
}

/// Sends a request, and kills the connector when the bank is in the middle of
/// what was asked of it. The bank does not recognise references.
fn kill_in_the_middle(
    site: &mut Site,
    fault: &str,
    reference: &str,
    port: u16,
    path: &str,
    body: &Value,
) {
    let operation = match reference.rsplit(':').next().unwrap() {
        "reserve-debit" => "hold".to_owned(),
        "commit-debit" => "capture".to_owned(),
        "release-debit" => "release_hold".to_owned(),
        step => step.replace('-', "_"),
    };
    site.bank_faults(&json!({
        "rules": [{ "operation": operation, "fault": fault, "delay_ms": 1000, "times": 1 }],
        "forgetful": true,
    }));
    let method = if path == "/transfers" { "POST" } else { "PUT" };
    thread::scope(|scope| {
        let request = scope.spawn(|| send(port, method, path, Some(body)));
        match fault {
            // It has acted, and says nothing.
            "act_then_silent" => {
                let path = format!("/bookings/{reference}");
                wait_for("the bank has acted", || {
                    let booking = send(site.ports().bank, "GET", &path, None).unwrap();
                    (booking.status == 200).then_some(())
                })
                .unwrap();
            }
            // It acts when the connector is long dead.
            _ => thread::sleep(Duration::from_millis(400)),
        }
        site.kill_connector();
        assert!(
            request.join().unwrap().is_err(),
            "it was answered before the kill"
        );
    });
    site.bank_faults(&json!({ "forgetful": true }));
    site.restart_connector(&[("CBS_SETTLE_MS", "1500")]);
}

#[test]
fn a_kill_while_the_bank_is_about_to_act_or_has_acted() {
    thread::scope(|scope| {
        for fault in ["slow", "act_then_silent"] {
            scope.spawn(move || kill_at_every_instruction(fault));
        }
    });
}

fn kill_at_every_instruction(fault: &str) {
    let mut site = Site::start();
    let (backend_api, dfsp_api) = (site.ports().backend_api, site.ports().dfsp_api);
    let mut books = Books::default();
    for transfer_state in ["COMMITTED", "ABORTED"] {
        let payment = Incoming::of("1");
        let id = &payment.transfer_id;
        let quote = site.backend("POST", "/quoterequests", &payment.quote_request());
        assert_eq!(quote.status, 200, "{}", quote.text);

        let reference = format!("{id}:reserve-credit");
        let prepare = payment.prepare();
        kill_in_the_middle(
            &mut site,
            fault,
            &reference,
            backend_api,
            "/transfers",
            &prepare,
        );
        let prepared = site.backend("POST", "/transfers", &prepare);
        assert_eq!(prepared.status, 200, "{}", prepared.text);

        let (step, told) = match transfer_state {
            "COMMITTED" => ("commit-credit", notification("COMMITTED")),
            _ => ("release-credit", notification("ABORTED")),
        };
        let reference = format!("{id}:{step}");
        kill_in_the_middle(
            &mut site,
            fault,
            &reference,
            backend_api,
            &payment.path(),
            &told,
        );
        // The Mojaloop Connector has given up: nobody asks again.
        if transfer_state == "COMMITTED" {
            books = books.received(id, PAYEE_ACCOUNT, "1");
        }
        site.await_books(&books);
    }
    for (rule, step) in [(json!({}), "commit-debit"), (abort(), "release-debit")] {
        site.scheme_behaves(&rule);
        let id = site.offer("1");
        let path = format!("/send-money/{id}");
        let accept = decision(true);
        let reference = format!("{id}:reserve-debit");
        kill_in_the_middle(&mut site, fault, &reference, dfsp_api, &path, &accept);
        if step == "commit-debit" {
            books = books.sent(&id, "1");
        }
        site.await_books(&books);

        let id = site.offer("1");
        let path = format!("/send-money/{id}");
        let reference = format!("{id}:{step}");
        kill_in_the_middle(&mut site, fault, &reference, dfsp_api, &path, &accept);
        if step == "commit-debit" {
            books = books.sent(&id, "1");
        }
        site.await_books(&books);
    }
    site.assert_books(&books);
}

fn abort() -> Value {
    json!({ "rules": [{ "operation": "accept", "fault": "abort" }] })
}
