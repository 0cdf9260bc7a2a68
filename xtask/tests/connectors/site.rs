//! What the tests work with: a bank, a scheme, and a connector between them.

use std::{
    fmt::Write,
    path::Path,
    process::{Command, ExitStatus},
    sync::LazyLock,
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};
use tempfile::TempDir;
use xtask::{
    contract,
    generated::Snapshot,
    http::{Answer, KEYS, send},
    running::{RunningProgram, free_port, wait_for},
    workshop::Workshop,
};

pub const CURRENCY: &str = "GMD";

/// Customers of the sandbox bank.
pub const PAYEE: &str = "265998571175";
pub const PAYEE_ACCOUNT: &str = "1000001";
pub const PAYER: &str = "971938765";
pub const PAYER_ACCOUNT: &str = "1000002";
pub const POOR: &str = "254700000103";
pub const LIMITED: &str = "254700000104";
pub const ALMOST_FULL: &str = "254700000105";
pub const BLOCKED: &str = "254700000106";
pub const CLOSED: &str = "254700000107";

/// Belongs to nobody, here and elsewhere.
pub const NOBODY: &str = "46733123450";

/// The customer of another bank.
pub const ELSEWHERE: &str = "27713803912";

pub const FLOAT_ACCOUNT: &str = "9000001";

/// Longer than any pause of the connectors that these tests start.
const QUIET: Duration = Duration::from_millis(600);

static SNAPSHOT: LazyLock<Snapshot> = LazyLock::new(|| Snapshot::take().unwrap());

/// The connector that all tests start.
pub static WORKSHOP: LazyLock<Workshop> = LazyLock::new(|| {
    let workshop = open_workshop(
        "harbour-connector",
        &[
            ("cbs_name", "Harbour Core"),
            ("fsp_id", "harbourbank"),
            ("currency", CURRENCY),
            ("id_types", "MSISDN,ACCOUNT_ID"),
        ],
    );
    workshop.build().unwrap();
    workshop
});

/// One with both roles and all use cases.
pub static BOTH_ROLES: LazyLock<Workshop> = LazyLock::new(|| {
    let workshop = contract::connector(&SNAPSHOT).unwrap();
    workshop.build().unwrap();
    workshop
});

pub fn open_workshop(name: &str, answers: &[(&str, &str)]) -> Workshop {
    Workshop::open(&SNAPSHOT, name, answers).unwrap()
}

/// Variables of a process; of two with the same name the last one counts.
pub type Variables<'a> = &'a [(&'a str, &'a str)];

/// The sandbox and a connector, as processes of their own.
pub struct Site {
    // In this order: processes end before their folder goes.
    connector: RunningProgram,
    _sandbox: RunningProgram,
    folder: TempDir,
    ports: Ports,
    workshop: &'static Workshop,
}

#[derive(Clone, Copy)]
pub struct Ports {
    pub backend_api: u16,
    pub dfsp_api: u16,
    pub bank: u16,
    pub simulator: u16,
}

impl Ports {
    pub fn free() -> Self {
        Self {
            backend_api: free_port(),
            dfsp_api: free_port(),
            bank: free_port(),
            simulator: free_port(),
        }
    }

    /// The variables that say which ports these are.
    pub fn variables(self) -> [(&'static str, String); 4] {
        [
            ("SDK_SERVER_PORT", self.backend_api.to_string()),
            ("DFSP_SERVER_PORT", self.dfsp_api.to_string()),
            ("SANDBOX_BANK_PORT", self.bank.to_string()),
            ("SANDBOX_SDK_PORT", self.simulator.to_string()),
        ]
    }
}

/// The variables of a connector next to its sandbox, with short pauses.
pub fn connector_variables(ports: Ports, folder: &TempDir) -> Vec<(String, String)> {
    let database = folder.path().join("journal.db");
    [
        ("SDK_SERVER_PORT", ports.backend_api.to_string()),
        ("DFSP_SERVER_PORT", ports.dfsp_api.to_string()),
        ("CBS_BASE_URL", format!("http://127.0.0.1:{}", ports.bank)),
        (
            "SDK_BASE_URL",
            format!("http://127.0.0.1:{}", ports.simulator),
        ),
        ("FLOAT_ACCOUNT", FLOAT_ACCOUNT.to_owned()),
        (KEYS.0, KEYS.1.to_owned()),
        ("DATABASE_URL", format!("sqlite:{}", database.display())),
        ("CBS_REQUEST_TIMEOUT_MS", "1000".to_owned()),
        ("CBS_SETTLE_MS", "1000".to_owned()),
        ("SDK_REQUEST_TIMEOUT_MS", "10000".to_owned()),
        ("RETRY_FIRST_PAUSE_MS", "100".to_owned()),
        ("RETRY_LONGEST_PAUSE_MS", "300".to_owned()),
        ("RECOVERY_INTERVAL_MS", "100".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

impl Site {
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts with more variables, which both processes get.
    pub fn start_with(variables: Variables) -> Self {
        Self::start_from(&WORKSHOP, variables)
    }

    /// Starts the programs of another connector.
    pub fn start_from(workshop: &'static Workshop, variables: Variables) -> Self {
        let ports = Ports::free();
        let folder = TempDir::new().unwrap();
        // It reads those of the connector too, and has no use for most of them.
        let mut of_sandbox = all_variables(ports, &folder, variables);
        of_sandbox.extend(
            ports
                .variables()
                .map(|(name, value)| (name.to_owned(), value)),
        );
        let mut sandbox = RunningProgram::start(
            &workshop.sandbox(),
            folder.path(),
            &folder.path().join("sandbox.log"),
            of_sandbox,
        )
        .unwrap();
        sandbox.wait_until_answered(ports.bank, "/ledger").unwrap();
        let connector = start_connector(workshop, ports, &folder, variables);
        Self {
            connector,
            _sandbox: sandbox,
            folder,
            ports,
            workshop,
        }
    }

    /// As `kill -9`.
    pub fn kill_connector(&mut self) {
        self.connector.kill().unwrap();
    }

    /// As an orchestrator does.
    pub fn tell_connector_to_end(&self) {
        self.connector.terminate().unwrap();
    }

    pub fn wait_until_connector_has_ended(&mut self) -> ExitStatus {
        self.connector.wait().unwrap()
    }

    /// Ends the connector as an orchestrator does.
    pub fn terminate_connector(&mut self) -> ExitStatus {
        self.tell_connector_to_end();
        self.wait_until_connector_has_ended()
    }

    /// Starts the connector again, with the journal that it had.
    pub fn restart_connector(&mut self, variables: Variables) {
        self.connector.kill().unwrap();
        self.connector = start_connector(self.workshop, self.ports, &self.folder, variables);
    }

    /// Starts the connector again with an empty journal.
    pub fn restart_connector_afresh(&mut self, variables: Variables) {
        self.connector.kill().unwrap();
        for suffix in ["", "-wal", "-shm"] {
            let file = self.folder.path().join(format!("journal.db{suffix}"));
            let _ = std::fs::remove_file(file);
        }
        self.connector = start_connector(self.workshop, self.ports, &self.folder, variables);
    }

    /// Starts a second connector with the same journal, bank and scheme, and
    /// does not wait for it.
    pub fn start_second_connector(&self) -> RunningProgram {
        let ports = Ports {
            backend_api: free_port(),
            dfsp_api: free_port(),
            ..self.ports
        };
        spawn_connector(
            self.workshop,
            ports,
            &self.folder,
            "second-connector.log",
            &[],
        )
    }

    /// A command of an operator beside the connector, in its environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.workshop.connector());
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .envs(connector_variables(self.ports, &self.folder));
        command
    }

    pub fn connector_has_died(&mut self) -> bool {
        self.connector.has_ended().unwrap()
    }

    pub fn wait_until_connector_has_died(&mut self) {
        self.connector.wait().unwrap();
    }

    /// All that the connector and the ones before it logged.
    pub fn log(&self) -> String {
        self.connector.log().unwrap()
    }

    /// Where the connector works.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn ports(&self) -> Ports {
        self.ports
    }

    /// What the Mojaloop Connector asks.
    pub fn backend(&self, method: &str, path: &str, body: &Value) -> Answer {
        send(self.ports.backend_api, method, path, Some(body)).unwrap()
    }

    /// What the Mojaloop Connector asks without a body.
    pub fn backend_get(&self, path: &str) -> Answer {
        send(self.ports.backend_api, "GET", path, None).unwrap()
    }

    /// What the bank's own channels ask.
    pub fn dfsp(&self, method: &str, path: &str, body: &Value) -> Answer {
        send(self.ports.dfsp_api, method, path, Some(body)).unwrap()
    }

    pub fn dfsp_get(&self, path: &str) -> Answer {
        send(self.ports.dfsp_api, "GET", path, None).unwrap()
    }

    /// Makes the bank misbehave.
    pub fn bank_faults(&self, faults: &Value) {
        let answer = send(self.ports.bank, "PUT", "/faults", Some(faults)).unwrap();
        assert_eq!(answer.status, 204, "{}", answer.text);
    }

    /// Makes the simulated Mojaloop Connector behave like this.
    pub fn scheme_behaves(&self, behaviour: &Value) {
        let path = "/simulator/behaviour";
        let answer = send(self.ports.simulator, "PUT", path, Some(behaviour)).unwrap();
        assert_eq!(answer.status, 204, "{}", answer.text);
    }

    /// Lets the simulated Mojaloop Connector carry out an incoming payment.
    pub fn incoming(&self, payment: &Value) -> Value {
        let path = "/simulator/incoming";
        let answer = send(self.ports.simulator, "POST", path, Some(payment)).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    /// What the simulated Mojaloop Connector knows of a transfer.
    pub fn scheme_view(&self, transfer_id: &str) -> Value {
        let transfers = send(self.ports.simulator, "GET", "/simulator/transfers", None).unwrap();
        let transfers = transfers.json();
        let mut transfers = transfers.as_array().unwrap().iter();
        let found = transfers.find(|transfer| transfer["transferId"] == transfer_id);
        found.cloned().unwrap_or_default()
    }

    /// Quotes and prepares an incoming payment, and checks that it is reserved.
    pub fn reserve(&self, payment: &Incoming) {
        let answer = self.backend("POST", "/quoterequests", &payment.quote_request());
        assert_eq!(answer.status, 200, "{}", answer.text);
        let answer = self.backend("POST", "/transfers", &payment.prepare());
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.field("transferState"), "RESERVED");
    }

    /// Asks for the offer of an outgoing payment, and returns its transfer id.
    pub fn offer(&self, amount: &str) -> String {
        let answer = self.dfsp("POST", "/send-money", &send_money(&new_id(), amount));
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.field("transactionId")
    }

    pub fn accept(&self, transfer_id: &str) -> Answer {
        let path = format!("/send-money/{transfer_id}");
        self.dfsp("PUT", &path, &decision(true))
    }

    pub fn books(&self) -> Books {
        let answer = send(self.ports.bank, "GET", "/ledger", None).unwrap();
        let report = answer.json();
        assert_eq!(report["balanced"], true, "{}", answer.text);
        Books::read(&report)
    }

    /// Waits until the books are like this.
    pub fn await_books(&self, expected: &Books) {
        let reached = wait_for("the books are as expected", || {
            (self.books() == *expected).then_some(())
        });
        if reached.is_err() {
            assert_eq!(self.books(), *expected);
        }
    }

    /// Waits until the books are like this, and makes sure that they stay so:
    /// nothing that is on its way may follow.
    pub fn assert_books(&self, expected: &Books) {
        self.await_books(expected);
        thread::sleep(QUIET);
        assert_eq!(self.books(), *expected);
    }

    /// As [`assert_books`](Self::assert_books), if nothing was moved and nothing is held.
    pub fn assert_books_untouched(&self) {
        self.assert_books(&Books::default());
    }

    /// Waits until the connector has logged something.
    pub fn wait_for_log(&self, text: &str) {
        wait_for(&format!("the log says {text:?}"), || {
            self.log().contains(text).then_some(())
        })
        .unwrap();
    }
}

fn all_variables(ports: Ports, folder: &TempDir, more: Variables) -> Vec<(String, String)> {
    let mut all = connector_variables(ports, folder);
    let more = more
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    all.extend(more);
    all
}

fn spawn_connector(
    workshop: &Workshop,
    ports: Ports,
    folder: &TempDir,
    log: &str,
    variables: Variables,
) -> RunningProgram {
    let all = all_variables(ports, folder, variables);
    let log = folder.path().join(log);
    RunningProgram::start(&workshop.connector(), folder.path(), &log, all).unwrap()
}

fn start_connector(
    workshop: &Workshop,
    ports: Ports,
    folder: &TempDir,
    variables: Variables,
) -> RunningProgram {
    let mut connector = spawn_connector(workshop, ports, folder, "connector.log", variables);
    connector.wait_until_healthy(ports.backend_api).unwrap();
    connector.wait_until_healthy(ports.dfsp_api).unwrap();
    connector
}

/// What has been posted since the bank was opened, and what is held: one line
/// for each, in the order of the lines.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Books {
    lines: Vec<String>,
}

impl Books {
    fn read(report: &Value) -> Self {
        let mut books = Self::default();
        for posting in report["postings"].as_array().unwrap() {
            let reference = posting["reference"].as_str().unwrap();
            if reference == "opening" {
                continue;
            }
            let mut line = format!("posted {reference}");
            for entry in posting["entries"].as_array().unwrap() {
                let account = entry["account"].as_str().unwrap();
                let amount = entry["amount"].as_str().unwrap();
                write!(line, ", {account} {amount}").unwrap();
            }
            books.lines.push(line);
        }
        for hold in report["open_holds"].as_array().unwrap() {
            let text = |name: &str| hold[name].as_str().unwrap();
            let (reference, account, amount) = (text("reference"), text("account"), text("amount"));
            books
                .lines
                .push(format!("held {reference}, {account} {amount}"));
        }
        books.lines.sort();
        books
    }

    fn with(mut self, line: String) -> Self {
        self.lines.push(line);
        self.lines.sort();
        self
    }

    /// And this incoming payment was posted.
    pub fn received(self, transfer_id: &str, account: &str, amount: &str) -> Self {
        self.with(format!(
            "posted {transfer_id}:commit-credit, {FLOAT_ACCOUNT} -{amount}, {account} {amount}"
        ))
    }

    /// And the float is reserved for this incoming payment.
    pub fn reserved(self, transfer_id: &str, amount: &str) -> Self {
        self.with(format!(
            "held {transfer_id}:reserve-credit, {FLOAT_ACCOUNT} {amount}"
        ))
    }

    /// And this outgoing payment was posted.
    pub fn sent(self, transfer_id: &str, amount: &str) -> Self {
        self.with(format!(
            "posted {transfer_id}:commit-debit, {PAYER_ACCOUNT} -{amount}, {FLOAT_ACCOUNT} {amount}"
        ))
    }

    /// And the FXP has made this conversion: it has bought the one amount and sold
    /// the other.
    pub fn converted(self, conversion: &str, bought: [&str; 2], sold: [&str; 2]) -> Self {
        let [[bought, source], [sold, target]] = [bought, sold];
        self.with(format!(
            "posted {conversion}:commit-conversion, scheme-{bought} -{source}, \
             position-{bought} {source}, position-{sold} -{target}, scheme-{sold} {target}"
        ))
    }

    /// And the FXP holds what it has promised for this conversion.
    pub fn promised(self, conversion: &str, [sold, target]: [&str; 2]) -> Self {
        self.with(format!(
            "held {conversion}:reserve-conversion, position-{sold} {target}"
        ))
    }

    /// And the payer's money is held for this outgoing payment.
    pub fn held(self, transfer_id: &str, amount: &str) -> Self {
        self.with(format!(
            "held {transfer_id}:reserve-debit, {PAYER_ACCOUNT} {amount}"
        ))
    }
}

/// An identifier that no other payment has: an ULID but for its randomness.
pub fn new_id() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    format!(
        "01{:014}{number:010}",
        now.as_millis() % 100_000_000_000_000
    )
}

/// An incoming payment, as the Mojaloop Connector asks for it.
#[derive(Debug, Clone)]
pub struct Incoming {
    pub transfer_id: String,
    pub quote_id: String,
    pub payee: String,
    pub amount: String,
    pub currency: String,
}

impl Incoming {
    pub fn of(amount: &str) -> Self {
        Self {
            transfer_id: new_id(),
            quote_id: new_id(),
            payee: PAYEE.to_owned(),
            amount: amount.to_owned(),
            currency: CURRENCY.to_owned(),
        }
    }

    pub fn to(payee: &str, amount: &str) -> Self {
        Self {
            payee: payee.to_owned(),
            ..Self::of(amount)
        }
    }

    pub fn quote_request(&self) -> Value {
        json!({
            "quoteId": self.quote_id,
            "transactionId": self.transfer_id,
            "to": self.payee(),
            "from": payer_elsewhere(),
            "amountType": "SEND",
            "amount": self.amount,
            "currency": self.currency,
            "transactionType": "TRANSFER",
            "initiator": "PAYER",
            "initiatorType": "CONSUMER",
        })
    }

    pub fn prepare(&self) -> Value {
        json!({
            "transferId": self.transfer_id,
            "quote": {
                "quoteId": self.quote_id,
                "transactionId": self.transfer_id,
                "transferAmount": self.amount,
                "transferAmountCurrency": self.currency,
                "payeeReceiveAmount": self.amount,
                "payeeReceiveAmountCurrency": self.currency,
            },
            "from": payer_elsewhere(),
            "to": self.payee(),
            "amountType": "SEND",
            "currency": self.currency,
            "amount": self.amount,
            "transactionType": "TRANSFER",
        })
    }

    pub fn path(&self) -> String {
        format!("/transfers/{}", self.transfer_id)
    }

    fn payee(&self) -> Value {
        json!({ "idType": "MSISDN", "idValue": self.payee, "fspId": "harbourbank" })
    }
}

fn payer_elsewhere() -> Value {
    json!({ "idType": "MSISDN", "idValue": ELSEWHERE, "fspId": "bluebank" })
}

/// The final notification, as far as it matters.
pub fn notification(transfer_state: &str) -> Value {
    let current_state = match transfer_state {
        "COMMITTED" => "COMPLETED",
        "ABORTED" => "ABORTED",
        _ => "ERROR_OCCURRED",
    };
    json!({
        "currentState": current_state,
        "finalNotification": { "transferState": transfer_state },
    })
}

/// An outgoing payment, as the bank's own channel asks for it.
pub fn send_money(home_transaction_id: &str, amount: &str) -> Value {
    send_money_of(PAYER, home_transaction_id, amount)
}

pub fn send_money_of(payer: &str, home_transaction_id: &str, amount: &str) -> Value {
    json!({
        "homeTransactionId": home_transaction_id,
        "payeeIdType": "MSISDN",
        "payeeId": ELSEWHERE,
        "sendAmount": amount,
        "sendCurrency": CURRENCY,
        "receiveCurrency": CURRENCY,
        "transactionType": "TRANSFER",
        "payer": { "name": "A Customer", "payerId": payer },
    })
}

pub fn decision(accept: bool) -> Value {
    json!({ "acceptQuote": accept, "homeTransactionId": "decision" })
}

/// The answers to the same request, sent at the same time.
pub fn at_once<T: Send>(times: usize, request: impl Fn() -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let requests: Vec<_> = (0..times).map(|_| scope.spawn(&request)).collect();
        requests
            .into_iter()
            .map(|request| request.join().unwrap())
            .collect()
    })
}

/// Checks that an answer is an error in the one form that errors have.
#[track_caller]
pub fn assert_refused(answer: &Answer, status: u16, code: &str) {
    let body = answer.json();
    assert_eq!(answer.status, status, "{}", answer.text);
    assert_eq!(body["statusCode"], code, "{}", answer.text);
    assert_eq!(body["status"], code, "{}", answer.text);
    let message = answer.field("message");
    assert!((1..=128).contains(&message.chars().count()), "{message}");
    assert_eq!(body.as_object().unwrap().len(), 3, "{}", answer.text);
}
