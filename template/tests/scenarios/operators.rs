//! What people do beside a connector that runs: they look, they decide, and they
//! compare. What they decide, the connector carries out.

use std::time::Duration;

use core_connector::{
    domain::{
        incoming::IncomingState, outgoing::OutgoingState, timestamp::Timestamp,
        transfer_id::TransferId,
    },
    sandbox::bank::{
        books::Books, faults::Operation, ledger::Entry, order::Order, refusal::Refusal,
    },
};
use serde_json::{Value, json};

use crate::{
    customers::{Customer::Joshua, amount, currency, id_type},
    debits,
    funding::{COLLECTS_FROM_PAYERS, PAYS_PAYEES},
    incoming_payment::IncomingPayment,
    outgoing_payment::{send_money, sent},
    test_connector::{TestConnector, eventually, rule},
};

/// Longer than the connector of these tests needs to look at a payment again.
const QUIET: Duration = Duration::from_millis(600);

const BY: &str = "--by 'Amina Diallo' --reason 'the hub says so, ticket 4711'";

/// Gives up soon, and asks the hub at once.
const IMPATIENT: [(&str, &str); 2] = [("FINAL_WORD_AFTER_MS", "50"), ("RETRY_MAX_ATTEMPTS", "2")];

/// A transfer that is promised, and that the hub does not know.
async fn parked_incoming(connector: &TestConnector) -> IncomingPayment {
    let payment = IncomingPayment::of("100");
    let id = connector.reserved(&payment).await;
    eventually("it is parked", async || {
        connector.incoming(&id).await.work.parked.is_some()
    })
    .await;
    payment
}

/// A payment whose money is secured, and of which nobody says what came of it.
async fn parked_outgoing(connector: &TestConnector) -> TransferId {
    connector
        .scheme_behaves(json!({ "rules": [
            rule("accept", "commitThenGatewayTimeout"),
            rule("get_transfer", "unknownState"),
        ] }))
        .await;
    let request = send_money(Joshua, "100");
    connector.pay(&request).await.assert_error(500, "2005");
    let id = connector.id_of(&request).await;
    eventually("it is parked", async || {
        connector.outgoing(&id).await.work.parked.is_some()
    })
    .await;
    id
}

impl TestConnector {
    pub async fn command_as_json(&self, line: &str) -> Value {
        let answer = self.command(format!("{line} --json")).await.unwrap();
        serde_json::from_str(&answer).unwrap()
    }

    async fn history(&self, id: &TransferId) -> Vec<Value> {
        let shown = self.command_as_json(&format!("payments show {id}")).await;
        shown["payments"][0]["history"].as_array().unwrap().clone()
    }
}

#[tokio::test]
async fn what_a_person_says_of_a_promise_is_carried_out_by_the_connector() {
    let connector = TestConnector::with(&IMPATIENT).await;
    let committed = parked_incoming(&connector).await;
    let aborted = parked_incoming(&connector).await;
    for (payment, outcome) in [(&committed, "committed"), (&aborted, "aborted")] {
        let id = &payment.transfer_id;
        let said = connector.command(format!("payments resolve {id} {outcome} {BY}"));
        assert!(said.await.unwrap().contains("carries it out now"));
    }
    connector
        .incoming_becomes(&committed.transfer_id, IncomingState::Committed)
        .await;
    connector
        .incoming_becomes(&aborted.transfer_id, IncomingState::Aborted)
        .await;
    connector.assert_books([committed.committed(), aborted.released()]);

    let history = connector.history(&committed.transfer_id).await;
    let decided: Vec<_> = history
        .iter()
        .filter(|one| one["actor"] != Value::Null)
        .collect();
    assert_eq!(decided.len(), 1, "{history:?}");
    assert_eq!(decided[0]["actor"], "Amina Diallo");
    assert_eq!(
        decided[0]["reason"],
        "resolved as committed: the hub says so, ticket 4711"
    );
}

#[tokio::test]
async fn what_the_scheme_says_after_a_person_is_either_the_same_or_an_exception() {
    let connector = TestConnector::with(&IMPATIENT).await;
    let payment = parked_incoming(&connector).await;
    let id = &payment.transfer_id;
    connector
        .command(format!("payments resolve {id} committed {BY}"))
        .await
        .unwrap();
    connector
        .incoming_becomes(id, IncomingState::Committed)
        .await;
    connector.tell(id, "COMMITTED").await.served();
    connector
        .tell(id, "ABORTED")
        .await
        .assert_error(500, "2001");
    let open = connector.command("exceptions list").await.unwrap();
    assert!(
        open.contains(id.as_str()) && open.contains("ABORTED"),
        "{open}"
    );
    connector.assert_books([payment.committed()]);

    connector
        .command(format!("exceptions resolve {id} --told ABORTED {BY}"))
        .await
        .unwrap();
    assert_eq!(
        connector.command("exceptions list").await.unwrap(),
        "There are none.\n"
    );
    let all = connector.command_as_json("exceptions list --all").await;
    let resolution = &all["exceptions"][0]["resolutions"][0];
    assert_eq!(resolution["actor"], "Amina Diallo");
    let unknown = connector.command(format!("exceptions resolve {id} --told COMMITTED {BY}"));
    assert!(unknown.await.is_err());
}

#[tokio::test]
async fn what_a_person_says_of_a_payment_that_left_is_carried_out_by_the_connector() {
    for (outcome, becomes) in [
        ("committed", OutgoingState::Completed),
        ("aborted", OutgoingState::Aborted),
    ] {
        let connector = TestConnector::with(&IMPATIENT).await;
        let id = parked_outgoing(&connector).await;
        connector.assert_books([debits::reserved(&id, Joshua, sent("100"))]);
        let listed = connector.command("payments list --parked").await.unwrap();
        assert!(
            listed.contains(id.as_str()) && listed.contains("Do not guess"),
            "{listed}"
        );
        connector
            .command(format!("payments resolve {id} {outcome} {BY}"))
            .await
            .unwrap();
        connector.outgoing_becomes(&id, becomes).await;
        let terms = sent("100");
        connector.assert_books([match becomes {
            OutgoingState::Completed => debits::committed(&id, Joshua, terms),
            _ => debits::released(&id, Joshua, terms),
        }]);
        let again = connector.command(format!("payments resolve {id} {outcome} {BY}"));
        assert!(again.await.unwrap_err().contains("it is over"));
    }
}

#[tokio::test]
async fn a_parked_payment_is_tried_again_when_a_person_says_so() {
    let connector = TestConnector::with(&IMPATIENT).await;
    let id = parked_outgoing(&connector).await;
    connector.scheme_recovers().await;
    tokio::time::sleep(QUIET).await;
    assert!(connector.outgoing(&id).await.work.parked.is_some());
    let said = connector.command(format!("payments retry {id} {BY} --json"));
    let said: Value = serde_json::from_str(&said.await.unwrap()).unwrap();
    assert_eq!(said["transferId"], id.as_str());
    assert!(
        said["decision"]["reason"]
            .as_str()
            .unwrap()
            .starts_with("retried: ")
    );
    connector
        .outgoing_becomes(&id, OutgoingState::Completed)
        .await;
    connector.assert_books([debits::committed(&id, Joshua, sent("100"))]);
    let nothing = connector.command(format!("payments retry {id} {BY}")).await;
    assert!(nothing.unwrap_err().contains("nothing waits"));
}

#[tokio::test]
async fn what_is_booked_by_hand_is_not_booked_by_the_connector() {
    let connector = TestConnector::with(&IMPATIENT).await;
    let payment = parked_incoming(&connector).await;
    let id = &payment.transfer_id;
    let said = connector.command(format!(
        "payments resolve {id} committed --booked-by-hand {BY}"
    ));
    assert!(said.await.unwrap().contains("It is over"));
    tokio::time::sleep(QUIET).await;
    assert_eq!(
        connector.incoming(id).await.payment.state(),
        IncomingState::Committed
    );
    connector.tell(id, "COMMITTED").await.served();
    connector.assert_books([payment.reserved()]);
}

#[tokio::test]
async fn what_the_connector_works_on_is_not_decided_beside_it() {
    let connector = TestConnector::start().await;
    connector
        .scheme_behaves(json!({ "rules": [
            rule("accept", "commitThenGatewayTimeout"),
            rule("get_transfer", "unknownState"),
        ] }))
        .await;
    let request = send_money(Joshua, "100");
    connector.pay(&request).await.assert_error(500, "2005");
    let id = connector.id_of(&request).await;
    for outcome in ["committed", "aborted", "committed --booked-by-hand"] {
        let refused = connector
            .command(format!("payments resolve {id} {outcome} {BY}"))
            .await
            .unwrap_err();
        assert!(
            refused.contains("still at work") || refused.contains("right now"),
            "{refused}"
        );
    }
    let unknown = connector.command(format!("payments show {}", TransferId::generate()));
    assert!(unknown.await.unwrap_err().contains("exceptions list"));
}

#[tokio::test]
async fn lists_and_histories_hold_no_personal_data_unless_it_is_asked_for() {
    let connector = TestConnector::with(&IMPATIENT).await;
    let incoming = parked_incoming(&connector).await.transfer_id;
    let outgoing = parked_outgoing(&connector).await;
    let mut personal = vec![
        Joshua.id_value(),
        Joshua.account(),
        "Joshua Karame".to_owned(),
        "25471111111".to_owned(),
    ];
    personal.push(crate::customers::Customer::John.account());
    let mut said = connector.command("payments list").await.unwrap();
    said += &connector.command("payments list --json").await.unwrap();
    for id in [&incoming, &outgoing] {
        said += &connector
            .command(format!("payments show {id}"))
            .await
            .unwrap();
        let line = format!("payments show {id} --json");
        said += &connector.command(&line).await.unwrap();
    }
    for text in &personal {
        assert!(!said.contains(text.as_str()), "{text} in {said}");
    }
    let line = format!("payments show {outgoing} --personal-data");
    let shown = connector.command(&line).await.unwrap();
    assert!(shown.contains(&Joshua.account()), "{shown}");
}

#[tokio::test]
async fn payments_are_listed_by_direction_state_and_age() {
    let connector = TestConnector::with(&IMPATIENT).await;
    let incoming = parked_incoming(&connector).await.transfer_id;
    let outgoing = parked_outgoing(&connector).await;
    for (selection, expected) in [
        ("", vec![&outgoing, &incoming]),
        ("--unfinished", vec![&incoming, &outgoing]),
        ("--parked --direction incoming", vec![&incoming]),
        ("--state accepting", vec![&outgoing]),
        ("--state committed", vec![]),
        ("--older-than 1h", vec![]),
        ("--limit 1", vec![&outgoing]),
    ] {
        let listed = connector
            .command_as_json(&format!("payments list {selection}"))
            .await;
        let ids = listed["payments"].as_array().unwrap().iter();
        let ids: Vec<_> = ids.map(|one| one["transferId"].as_str().unwrap()).collect();
        let expected: Vec<_> = expected.into_iter().map(TransferId::as_str).collect();
        assert_eq!(ids, expected, "{selection}");
        assert_eq!(listed["complete"], !selection.contains("limit"));
    }
}

/// What a person, or a defect, posts: money between the funding accounts and a
/// customer.
#[derive(Clone, PartialEq)]
struct Correction {
    from: String,
    to: String,
    amount: &'static str,
}

impl Order for Correction {
    fn carry_out(&self, books: &mut Books, reference: &str) -> Result<(), Refusal> {
        let amount = amount(self.amount).value();
        let entry = |account: &str, amount| Entry {
            account: core_connector::domain::party::AccountNumber::new(account),
            amount,
        };
        let entries = vec![entry(&self.from, -amount), entry(&self.to, amount)];
        Ok(books.post(reference, "correction", entries)?)
    }
}

/// A payment to John, all of it played by the scheme.
async fn receive(connector: &TestConnector, final_state: &str) -> TransferId {
    let transfer_id = TransferId::generate();
    let wanted = json!({
        "transferId": transfer_id,
        "idType": id_type(),
        "idValue": crate::customers::Customer::John.id_value(),
        "amount": "100",
        "finalState": final_state,
    });
    connector
        .simulator
        .post("/simulator/incoming", &wanted)
        .await
        .served();
    transfer_id
}

impl TestConnector {
    /// What differs since `from`, by kind and subject.
    pub async fn differences(&self, from: Timestamp, settlement: &str) -> Vec<(String, String)> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), settlement).unwrap();
        let path = file.path().display();
        let line = format!("reconcile --from {from} --settlement '{path}'");
        let compared = self.command_as_json(&line).await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let differences = compared["differences"].as_array().unwrap().iter();
        let differences = differences.map(|one| (text(&one["kind"]), text(&one["subject"])));
        differences.collect()
    }

    async fn settlement(&self) -> String {
        let path = "/simulator/settlement";
        let request = self.simulator.request(reqwest::Method::GET, path);
        request.send().await.unwrap().text().await.unwrap()
    }
}

#[tokio::test]
async fn a_period_in_which_nothing_went_wrong_agrees_with_bank_and_hub() {
    let connector = TestConnector::start().await;
    let from = Timestamp::now();
    receive(&connector, "COMMITTED").await;
    receive(&connector, "ABORTED").await;
    connector.pay(&send_money(Joshua, "30")).await.served();
    connector
        .scheme_behaves(json!({ "rules": [rule("accept", "abort")] }))
        .await;
    connector
        .pay(&send_money(Joshua, "40"))
        .await
        .assert_error(500, "5000");
    let settlement = connector.settlement().await;
    assert_eq!(settlement.lines().count(), 3, "{settlement}");
    assert_eq!(connector.differences(from, &settlement).await, []);

    let compared = connector
        .command_as_json(&format!("reconcile --from {from}"))
        .await;
    let payments = compared["payments"].as_array().unwrap();
    assert_eq!(payments.len(), 4);
    let totals = compared["totals"].as_array().unwrap();
    let sum = |source: &str, what: &str| {
        let of_source = totals.iter().filter(|total| total["source"] == source);
        let sums = of_source.map(|total| total[what].as_str().unwrap().parse::<f64>().unwrap());
        sums.sum::<f64>()
    };
    for what in ["in", "out", "net", "fees"] {
        let (journal, bank) = (sum("journal", what), sum("bank", what));
        assert!((journal - bank).abs() < 1e-9, "{what}: {totals:?}");
    }
    assert!((sum("journal", "out") - 30.0).abs() < 1e-9);
    let of_bank = totals.iter().filter(|total| total["source"] == "bank");
    let accounts: Vec<_> = of_bank
        .map(|one| one["fundingAccount"].as_str().unwrap())
        .collect();
    assert!(accounts.contains(&PAYS_PAYEES) && accounts.contains(&COLLECTS_FROM_PAYERS));
}

#[tokio::test]
async fn every_difference_is_named() {
    let connector = TestConnector::with(&IMPATIENT).await;
    let from = Timestamp::now();
    let received = receive(&connector, "COMMITTED").await;
    let unsettled = receive(&connector, "COMMITTED").await;
    let twice = receive(&connector, "COMMITTED").await;
    let refused = receive(&connector, "ABORTED").await;
    let parked = parked_incoming(&connector).await.transfer_id;
    let by_hand = parked_incoming(&connector).await.transfer_id;
    connector
        .command(format!(
            "payments resolve {by_hand} committed --booked-by-hand {BY}"
        ))
        .await
        .unwrap();
    connector
        .tell(&"never-here".parse().unwrap(), "COMMITTED")
        .await
        .served();

    // Nobody here has told the bank to.
    connector.bank_recovers();
    let ledger = connector.bank.ledger();
    let postings = ledger.postings.iter();
    let mut references = postings.map(|posting| posting.reference.clone());
    let reference = references.find(|reference| reference.starts_with(twice.as_str()));
    let reference = reference.unwrap();
    for reference in [
        reference,
        format!("{refused}:commit-credit"),
        "unheard-of:commit-credit".to_owned(),
        "by hand".to_owned(),
    ] {
        let correction = Correction {
            from: PAYS_PAYEES.to_owned(),
            to: crate::customers::Customer::John.account(),
            amount: "7",
        };
        let instructed = connector
            .bank
            .call(Operation::ENQUIRE, move |books, forgetful| {
                books.instruct(&reference, correction, forgetful)
            });
        instructed.await.unwrap().unwrap();
    }

    let settlement = connector.settlement().await;
    let mut lines: Vec<_> = settlement
        .lines()
        .filter(|line| !line.starts_with(unsettled.as_str()))
        .map(str::to_owned)
        .collect();
    let currency = currency();
    lines.push(format!("{refused},incoming,COMMITTED,100,{currency}"));
    lines.push(format!("{parked},incoming,COMMITTED,100,{currency}"));
    lines.push(format!("unheard-of,outgoing,COMMITTED,100,{currency}"));
    let other = lines
        .iter_mut()
        .find(|line| line.starts_with(received.as_str()));
    *other.unwrap() = format!("{received},incoming,COMMITTED,97,{currency}");
    let settlement = lines.join("\n");

    // Where the money is posted before the scheme decides, it has been.
    let ledger = connector.bank.ledger();
    let mut references = ledger.postings.iter().map(|one| &one.reference);
    let is_posted = references.any(|reference| reference.starts_with(by_hand.as_str()));
    let mut expected = vec![
        ("posted_twice", twice.as_str()),
        ("posted_not_committed", refused.as_str()),
        ("posted_unknown", "unheard-of:commit-credit"),
        ("posted_unknown", "by hand"),
        ("not_settled", unsettled.as_str()),
        ("not_settled", by_hand.as_str()),
        ("settled_not_committed", refused.as_str()),
        ("settled_not_committed", parked.as_str()),
        ("settled_otherwise", received.as_str()),
        ("settled_unknown", "unheard-of"),
        ("parked", parked.as_str()),
        ("exception", "never-here"),
    ];
    if !is_posted {
        expected.push(("booked_by_hand", by_hand.as_str()));
    }
    expected.sort_unstable();
    let mut found = connector.differences(from, &settlement).await;
    found.sort();
    let found: Vec<_> = found
        .iter()
        .map(|(kind, subject)| (kind.as_str(), subject.as_str()))
        .collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_payment_belongs_to_the_period_in_which_it_became_final() {
    let connector = TestConnector::start().await;
    let payment = IncomingPayment::of("100");
    connector.reserved(&payment).await;
    let noon = Timestamp::now();
    tokio::time::sleep(Duration::from_millis(5)).await;
    connector
        .tell(&payment.transfer_id, "COMMITTED")
        .await
        .served();
    let morning = noon.before(Duration::from_secs(3_600));
    for (line, number) in [
        (format!("reconcile --from {morning} --until {noon}"), 0),
        (format!("reconcile --from {noon}"), 1),
        (format!("reconcile --from {morning}"), 1),
    ] {
        let compared = connector.command_as_json(&line).await;
        let payments = compared["payments"].as_array().unwrap();
        assert_eq!(payments.len(), number, "{line}");
        assert_eq!(compared["differences"], json!([]), "{line}");
    }
}

#[tokio::test]
async fn a_file_of_all_payments_is_written_as_csv_and_as_json() {
    let connector = TestConnector::start().await;
    let from = Timestamp::now();
    let id = receive(&connector, "COMMITTED").await;
    let folder = tempfile::tempdir().unwrap();
    for name in ["period.csv", "period.json"] {
        let path = folder.path().join(name);
        let line = format!("reconcile --from {from} --output '{}'", path.display());
        connector.command(&line).await.unwrap();
        let written = std::fs::read_to_string(&path).unwrap();
        assert!(written.contains(id.as_str()), "{written}");
    }
    let line = format!("reconcile --from {from} --output period.xlsx");
    assert!(
        connector
            .command(&line)
            .await
            .unwrap_err()
            .contains(".csv or .json")
    );
}
