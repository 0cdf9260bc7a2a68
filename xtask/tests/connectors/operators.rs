//! An operator's commands, as processes beside a connector that runs.

use std::{fs, process::Output};

use serde_json::{Value, json};
use xtask::{
    http::send,
    running::{free_port, wait_for},
};

use crate::site::{Books, Incoming, PAYEE, PAYEE_ACCOUNT, Site, at_once};

/// Asks the hub at once, and soon leaves it to a person.
const IMPATIENT: [(&str, &str); 2] = [("FINAL_WORD_AFTER_MS", "100"), ("RETRY_MAX_ATTEMPTS", "2")];

const BY: [&str; 4] = ["--by", "Amina Diallo", "--reason", "ticket 4711"];

fn run(site: &Site, arguments: &[&str]) -> Output {
    site.command(arguments).output().unwrap()
}

fn text(output: &[u8]) -> String {
    String::from_utf8(output.to_vec()).unwrap()
}

fn told(site: &Site, arguments: &[&str]) -> Value {
    let output = run(site, arguments);
    assert!(output.status.code().is_some_and(|code| code != 1));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A transfer that is promised, and of which the hub knows nothing.
fn parked(site: &Site) -> Incoming {
    let payment = Incoming::of("100");
    site.reserve(&payment);
    wait_for("it is parked", || {
        let listed = told(site, &["payments", "list", "--parked", "--json"]);
        let mut payments = listed["payments"].as_array().unwrap().iter();
        payments
            .any(|one| one["transferId"] == payment.transfer_id)
            .then_some(())
    })
    .unwrap();
    payment
}

#[test]
fn a_parked_payment_is_resolved_beside_the_connector_and_carried_out_by_it() {
    let site = Site::start_with(&IMPATIENT);
    let payment = parked(&site);
    let id = payment.transfer_id.as_str();
    let shown = text(&run(&site, &["payments", "show", id]).stdout);
    assert!(
        shown.contains("reserved") && shown.contains("payments resolve"),
        "{shown}"
    );
    assert!(
        !shown.contains(PAYEE) && !shown.contains(PAYEE_ACCOUNT),
        "{shown}"
    );

    // Of many who decide at the same time, one does.
    let decide = || {
        let arguments = [&["payments", "resolve", id, "committed"], &BY[..]].concat();
        run(&site, &arguments).status.code()
    };
    let decided = at_once(4, decide);
    let taken = decided.iter().filter(|code| **code == Some(0)).count();
    assert_eq!(taken, 1, "{decided:?}");
    site.assert_books(&Books::default().received(id, PAYEE_ACCOUNT, "100"));

    let shown = told(&site, &["payments", "show", id, "--json"]);
    let history = shown["payments"][0]["history"].as_array().unwrap();
    let decisions: Vec<_> = history
        .iter()
        .filter(|line| line["actor"] == "Amina Diallo")
        .map(|line| line["reason"].as_str().unwrap())
        .collect();
    assert_eq!(decisions, ["resolved as committed: ticket 4711"]);

    let arguments = [&["payments", "resolve", id, "aborted"], &BY[..]].concat();
    let refused = run(&site, &arguments);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("it is over"));
}

#[test]
fn a_connector_that_is_started_later_carries_out_what_was_decided() {
    let mut site = Site::start_with(&IMPATIENT);
    let payment = parked(&site);
    let id = payment.transfer_id.as_str();
    site.kill_connector();
    let arguments = [&["payments", "resolve", id, "aborted"], &BY[..]].concat();
    assert_eq!(run(&site, &arguments).status.code(), Some(0));
    site.restart_connector(&IMPATIENT);
    site.assert_books_untouched();
}

#[test]
fn a_reconciliation_says_by_its_exit_code_whether_anything_differs() {
    let site = Site::start();
    let from = "2000-01-01";
    for amount in ["100", "50"] {
        site.incoming(&json!({ "idType": "MSISDN", "idValue": PAYEE, "amount": amount }));
    }
    let sent = site.offer("20");
    assert_eq!(site.accept(&sent).status, 200);
    let file = |name: &str, text: &str| {
        let folder = std::env::temp_dir().join(format!("reconcile-{}", free_port()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let path = "/simulator/settlement";
    let settled = send(site.ports().simulator, "GET", path, None)
        .unwrap()
        .text;
    let settlement = file("settled.csv", &settled);
    let line = ["reconcile", "--from", from, "--settlement", &settlement];
    let output = run(&site, &line);
    let said = text(&output.stdout);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{said}{}",
        text(&output.stderr)
    );
    assert!(
        said.contains("Nothing differs.") && said.contains("150"),
        "{said}"
    );

    let without_the_last: Vec<_> = settled.lines().take(3).collect();
    let settlement = file("settled.csv", &without_the_last.join("\n"));
    let output = run(
        &site,
        &["reconcile", "--from", from, "--settlement", &settlement],
    );
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("committed here, not settled (1)") && said.contains(&sent),
        "{said}"
    );

    for wrong in [
        &["reconcile", "--from", "yesterday"][..],
        &["reconcile", "--from", from, "--until", "1999-01-01"],
        &["reconcile", "--from", from, "--settlement", "nowhere.csv"],
        &["payments", "lists"],
        &["serve"],
    ] {
        assert_eq!(run(&site, wrong).status.code(), Some(1), "{wrong:?}");
    }
}

#[test]
fn a_journal_of_another_version_is_left_alone() {
    let site = Site::start();
    let folder = tempfile::TempDir::new().unwrap();
    let journal = folder.path().join("journal.db");
    fs::write(&journal, "").unwrap();
    let output = site
        .command(&["payments", "list"])
        .env("DATABASE_URL", format!("sqlite:{}", journal.display()))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let why = text(&output.stderr);
    assert!(
        why.contains("start the connector of this version first"),
        "{why}"
    );
    let nowhere = format!("sqlite:{}", folder.path().join("none.db").display());
    let output = site
        .command(&["payments", "list"])
        .env("DATABASE_URL", nowhere)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(!folder.path().join("none.db").exists());
}
