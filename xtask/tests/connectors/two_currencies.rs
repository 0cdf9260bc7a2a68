//! A payment from one currency to another, through three generated connectors
//! that know each other: the payer's bank, the payee's bank, and an FXP. Each
//! is a process of its own, with its own bank and its own Mojaloop Connector.

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::{Value, json};
use tempfile::TempDir;
use xtask::{
    http::{Answer, send},
    running::{RunningProgram, wait_for},
    workshop::Workshop,
};

use crate::site::{
    FLOAT_ACCOUNT, PAYEE, PAYEE_ACCOUNT, PAYER, PAYER_ACCOUNT, Ports, WORKSHOP, decision, new_id,
    open_workshop,
};

const SOURCE: &str = "GMD";
/// Has no minor units.
const TARGET: &str = "UGX";

static PAYEES: LazyLock<Workshop> = LazyLock::new(|| {
    built(
        "lake-connector",
        &[
            ("cbs_name", "Lake Core"),
            ("fsp_id", "lakebank"),
            ("currency", TARGET),
            ("id_types", "MSISDN"),
        ],
    )
});

static FXPS: LazyLock<Workshop> = LazyLock::new(|| {
    built(
        "golden-connector",
        &[
            ("cbs_name", "Golden Core"),
            ("fsp_id", "goldenfx"),
            ("currency", "USD"),
            ("role", "both"),
        ],
    )
});

fn built(name: &str, answers: &[(&str, &str)]) -> Workshop {
    let workshop = open_workshop(name, answers);
    workshop.build().unwrap();
    workshop
}

/// One connector, with everything that is its own.
struct Participant {
    // In this order: the process ends before its folder goes.
    _connector: RunningProgram,
    _folder: TempDir,
    ports: Ports,
}

impl Participant {
    fn start(workshop: &Workshop, ports: Ports, variables: &[(&str, String)]) -> Self {
        let folder = TempDir::new().unwrap();
        let mut all = ports.variables().to_vec();
        all.extend([
            ("RETRY_FIRST_PAUSE_MS", "100".to_owned()),
            ("RETRY_LONGEST_PAUSE_MS", "300".to_owned()),
            ("RECOVERY_INTERVAL_MS", "100".to_owned()),
        ]);
        all.extend(variables.iter().cloned());
        let log = folder.path().join("connector.log");
        let mut connector =
            RunningProgram::start(&workshop.connector(), folder.path(), &log, all).unwrap();
        connector.wait_until_healthy(ports.backend_api).unwrap();
        connector.wait_until_healthy(ports.dfsp_api).unwrap();
        Self {
            _connector: connector,
            _folder: folder,
            ports,
        }
    }

    fn ledger(&self) -> Value {
        let answer = send(self.ports.bank, "GET", "/ledger", None).unwrap();
        let report = answer.json();
        assert_eq!(report["balanced"], true, "{}", answer.text);
        report
    }

    fn holds(&self) -> usize {
        self.ledger()["open_holds"].as_array().unwrap().len()
    }

    fn balance(&self, account: &str) -> Thousandths {
        let ledger = self.ledger();
        let mut accounts = ledger["accounts"].as_array().unwrap().iter();
        let found = accounts.find(|one| one["account"] == account);
        let found = found.unwrap_or_else(|| panic!("{account} is not in {ledger}"));
        thousandths(&found["balance"])
    }

    fn behaves(&self, behaviour: &Value) {
        let path = "/simulator/behaviour";
        let answer = send(self.ports.simulator, "PUT", path, Some(behaviour)).unwrap();
        assert_eq!(answer.status, 204, "{}", answer.text);
    }
}

/// An amount in thousandths: no currency has smaller minor units.
type Thousandths = i64;

const WHOLE: Thousandths = 1000;

fn thousandths(amount: &Value) -> Thousandths {
    let text = amount.as_str().unwrap();
    let (sign, text) = match text.strip_prefix('-') {
        Some(text) => (-1, text),
        None => (1, text),
    };
    let (integer, fraction) = text.split_once('.').unwrap_or((text, ""));
    assert!(fraction.len() <= 3, "{text}");
    sign * format!("{integer}{fraction:0<3}")
        .parse::<Thousandths>()
        .unwrap()
}

/// Which amount is fixed.
#[derive(Clone, Copy)]
enum Kind {
    Send,
    Receive,
}

const BOTH_KINDS: [(Kind, &str); 2] = [(Kind::Send, "100"), (Kind::Receive, "5001")];

/// An offer, by the path at which it is decided.
struct Offer {
    path: String,
}

/// The three of them, and what the accounts held at the beginning.
struct Scheme {
    payer: Participant,
    payee: Participant,
    fxp: Participant,
    opening: [Thousandths; 6],
}

/// Whose money it is: the payer's, the payee's, and the FXP's in both currencies.
/// And what each bank has at the scheme.
struct Change {
    payer: Thousandths,
    payee: Thousandths,
    /// By FSP and currency, from the ledgers of the banks.
    at_the_scheme: BTreeMap<(&'static str, &'static str), Thousandths>,
}

impl Scheme {
    fn start() -> Self {
        let [payer, payee, fxp] = [Ports::free(), Ports::free(), Ports::free()];
        let simulator = |ports: Ports| format!("http://127.0.0.1:{}", ports.simulator);
        let peers = format!("lakebank={},goldenfx={}", simulator(payee), simulator(fxp));
        let of_payer = [
            ("SIMULATOR_PEERS", peers),
            ("SIMULATOR_FX_PROVIDERS", "goldenfx".to_owned()),
            ("CONVERSION_PROVIDERS", "goldenfx".to_owned()),
            ("CONVERSION_RATES", format!("{SOURCE}/{TARGET}:50.95")),
        ];
        let mut scheme = Self {
            payee: Participant::start(&PAYEES, payee, &[]),
            fxp: Participant::start(&FXPS, fxp, &[]),
            payer: Participant::start(&WORKSHOP, payer, &of_payer),
            opening: [0; 6],
        };
        scheme.opening = scheme.balances();
        scheme
    }

    fn balances(&self) -> [Thousandths; 6] {
        [
            self.payer.balance(PAYER_ACCOUNT),
            self.payee.balance(PAYEE_ACCOUNT),
            self.payer.balance(FLOAT_ACCOUNT),
            self.fxp.balance(&format!("scheme-{SOURCE}")),
            self.fxp.balance(&format!("scheme-{TARGET}")),
            self.payee.balance(FLOAT_ACCOUNT),
        ]
    }

    fn change(&self) -> Change {
        let now = self.balances();
        let difference: Vec<Thousandths> = now
            .iter()
            .zip(self.opening)
            .map(|(now, then)| now - then)
            .collect();
        Change {
            payer: difference[0],
            payee: difference[1],
            at_the_scheme: BTreeMap::from([
                (("harbourbank", SOURCE), difference[2]),
                (("goldenfx", SOURCE), difference[3]),
                (("goldenfx", TARGET), difference[4]),
                (("lakebank", TARGET), difference[5]),
            ]),
        }
    }

    /// What the hub says that each participant is owed.
    fn positions(&self) -> BTreeMap<(String, String), Thousandths> {
        let path = "/simulator/positions";
        let answer = send(self.payer.ports.simulator, "GET", path, None).unwrap();
        let text = |position: &Value, name: &str| position[name].as_str().unwrap().to_owned();
        let positions = answer.json();
        let positions = positions.as_array().unwrap().iter();
        positions
            .map(|one| {
                (
                    (text(one, "fspId"), text(one, "currency")),
                    thousandths(&one["amount"]),
                )
            })
            .collect()
    }

    /// What is sent is fixed by a payment of the customer's own, what is received
    /// by one to a merchant.
    fn offer(&self, kind: Kind, amount: &str) -> Offer {
        let (path, name) = match kind {
            Kind::Send => ("/send-money", "sendAmount"),
            Kind::Receive => ("/merchant-payment", "receiveAmount"),
        };
        let mut body = json!({
            "homeTransactionId": new_id(),
            "payeeIdType": "MSISDN",
            "payeeId": PAYEE,
            "sendCurrency": SOURCE,
            "receiveCurrency": TARGET,
            "transactionType": "TRANSFER",
            "payer": { "name": "A Customer", "payerId": PAYER },
        });
        body[name] = json!(amount);
        let port = self.payer.ports.dfsp_api;
        let answer = send(port, "POST", path, Some(&body)).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text);
        Offer {
            path: format!("{path}/{}", answer.field("transactionId")),
        }
    }

    fn decide(&self, offer: &Offer, accept: bool) -> Answer {
        let port = self.payer.ports.dfsp_api;
        send(port, "PUT", &offer.path, Some(&decision(accept))).unwrap()
    }

    /// Waits until nothing is held any more at any of the three banks.
    fn settles(&self) {
        wait_for("nothing is held", || {
            let held = [&self.payer, &self.payee, &self.fxp].map(Participant::holds);
            (held == [0, 0, 0]).then_some(())
        })
        .unwrap();
    }

    /// Every minor unit that left one bank has arrived at another one, and the
    /// hub agrees about it.
    fn assert_conserved(&self) {
        let Change {
            payer,
            payee,
            at_the_scheme,
        } = self.change();
        for currency in [SOURCE, TARGET] {
            let of_currency = at_the_scheme.iter().filter(|((_, of), _)| *of == currency);
            let sum: Thousandths = of_currency.map(|(_, value)| *value).sum();
            assert_eq!(sum, 0, "{currency}: {at_the_scheme:?}");
        }
        assert_eq!(payer, -at_the_scheme[&("harbourbank", SOURCE)]);
        assert_eq!(payee, -at_the_scheme[&("lakebank", TARGET)]);
        // What a bank's account shows to have gone to the scheme is what it owes there.
        let by_books: BTreeMap<(String, String), Thousandths> = at_the_scheme
            .iter()
            .filter(|(_, value)| **value != 0)
            .map(|((fsp, currency), value)| (((*fsp).to_owned(), (*currency).to_owned()), -*value))
            .collect();
        assert_eq!(self.positions(), by_books);
    }
}

#[test]
fn what_is_sent_in_one_currency_arrives_in_another() {
    let scheme = Scheme::start();
    let offer = scheme.offer(Kind::Send, "100");
    let paid = scheme.decide(&offer, true);
    assert_eq!(paid.status, 200, "{}", paid.text);
    scheme.settles();
    let change = scheme.change();
    assert_eq!(change.payer, -100 * WHOLE);
    assert!(change.payee > 5000 * WHOLE, "{}", change.payee);
    assert!(change.payee < 5200 * WHOLE, "{}", change.payee);
    scheme.assert_conserved();
}

#[test]
fn what_is_to_be_received_in_another_currency_arrives_to_the_minor_unit() {
    let scheme = Scheme::start();
    let offer = scheme.offer(Kind::Receive, "5001");
    let paid = scheme.decide(&offer, true);
    assert_eq!(paid.status, 200, "{}", paid.text);
    scheme.settles();
    let change = scheme.change();
    assert_eq!(change.payee, 5001 * WHOLE);
    assert!(change.payer < -98 * WHOLE, "{}", change.payer);
    assert!(change.payer > -100 * WHOLE, "{}", change.payer);
    scheme.assert_conserved();
}

#[test]
fn what_the_customer_declines_moves_nothing() {
    let scheme = Scheme::start();
    for (kind, amount) in BOTH_KINDS {
        let offer = scheme.offer(kind, amount);
        let declined = scheme.decide(&offer, false);
        assert_eq!(declined.field("statusCode"), "4101", "{}", declined.text);
    }
    scheme.settles();
    assert_eq!(scheme.balances(), scheme.opening);
    assert!(scheme.positions().is_empty());
}

#[test]
fn what_the_payees_bank_refuses_is_converted_by_nobody() {
    let scheme = Scheme::start();
    for (kind, amount) in BOTH_KINDS {
        // It quotes, and then does not take the money.
        let faults = json!({ "rules": [{
            "operation": "reserve_credit", "fault": "refuse", "reason": "account_closed", "times": 1,
        }] });
        let answer = send(scheme.payee.ports.bank, "PUT", "/faults", Some(&faults)).unwrap();
        assert_eq!(answer.status, 204, "{}", answer.text);
        let offer = scheme.offer(kind, amount);
        let refused = scheme.decide(&offer, true);
        assert_eq!(refused.status, 500, "{}", refused.text);
    }
    scheme.settles();
    assert_eq!(scheme.balances(), scheme.opening);
    assert!(scheme.positions().is_empty());
}

#[test]
fn what_the_hub_aborts_after_all_have_reserved_moves_nothing() {
    let scheme = Scheme::start();
    let aborts = json!({ "rules": [{ "operation": "accept", "fault": "abort" }] });
    scheme.payer.behaves(&aborts);
    for (kind, amount) in BOTH_KINDS {
        let offer = scheme.offer(kind, amount);
        let aborted = scheme.decide(&offer, true);
        assert_eq!(aborted.status, 500, "{}", aborted.text);
    }
    scheme.settles();
    assert_eq!(scheme.balances(), scheme.opening);
    assert!(scheme.positions().is_empty());
}

#[test]
fn final_words_that_are_lost_or_repeated_change_nothing() {
    let scheme = Scheme::start();
    scheme.payee.behaves(&json!({ "finalNotifications": 3 }));
    scheme.fxp.behaves(&json!({ "finalNotifications": 3 }));
    let lost = json!({ "rules": [{ "operation": "accept", "fault": "commitThenGatewayTimeout" }] });
    scheme.payer.behaves(&lost);
    let offer = scheme.offer(Kind::Send, "100");
    scheme.decide(&offer, true);
    scheme.settles();
    assert_eq!(scheme.change().payer, -100 * WHOLE);
    scheme.assert_conserved();
}
