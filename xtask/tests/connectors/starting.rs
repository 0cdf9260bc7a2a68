//! What a start needs, says, and refuses.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
};

use serde_json::Value;
use tempfile::TempDir;
use xtask::{
    http::send,
    running::{RunningProgram, wait_for},
};

use crate::site::{CURRENCY, PAYEE_ACCOUNT, PAYER_ACCOUNT, Ports, WORKSHOP};

/// A program that was started in an empty folder, on free ports.
struct Started {
    program: RunningProgram,
    folder: TempDir,
    ports: Ports,
}

fn start(program: &Path, folder: TempDir, variables: &[(&str, &str)]) -> Started {
    let ports = Ports::free();
    let mut all: Vec<(String, String)> = ports
        .variables()
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec();
    all.extend(
        variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    let log = folder.path().join("connector.log");
    Started {
        program: RunningProgram::start(program, folder.path(), &log, all).unwrap(),
        folder,
        ports,
    }
}

fn start_connector(variables: &[(&str, &str)]) -> Started {
    start(&WORKSHOP.connector(), TempDir::new().unwrap(), variables)
}

impl Started {
    fn until_it_serves(mut self) -> Self {
        let ports = self.ports;
        self.program.wait_until_healthy(ports.backend_api).unwrap();
        self.program.wait_until_healthy(ports.dfsp_api).unwrap();
        self
    }

    fn until_it_ends(mut self) -> (ExitStatus, String) {
        (self.program.wait().unwrap(), self.program.log().unwrap())
    }

    fn ledger(&self) -> Value {
        send(self.ports.bank, "GET", "/ledger", None)
            .unwrap()
            .json()
    }
}

/// The balance of an account as the bank reports it.
fn balance(ledger: &Value, account: &str) -> String {
    let accounts = ledger["accounts"].as_array().unwrap();
    let found = accounts.iter().find(|one| one["account"] == account);
    found.unwrap()["balance"].as_str().unwrap().to_owned()
}

#[test]
fn everything_that_is_wrong_is_reported_at_once() {
    let wrong = [
        ("CURRENCY", "XXX"),
        ("SUPPORTED_ID_TYPE", "MSISDN,PHONE"),
        ("MSISDN_DIAL_CODE", "+220"),
        ("SDK_SERVER_PORT", "70000"),
        ("DFSP_SERVER_PORT", "http"),
        ("SDK_BASE_URL", "localhost"),
        ("CBS_BASE_URL", "ftp://192.0.2.1"),
        ("CBS_REQUEST_TIMEOUT_MS", "20000"),
        ("QUOTE_LIFETIME_MS", "0"),
        ("RETRY_MAX_ATTEMPTS", "many"),
        ("DATABASE_URL", "mysql://somewhere"),
        ("LOG_FORMAT", "xml"),
    ];
    let (status, log) = start_connector(&wrong).until_it_ends();
    assert_eq!(status.code(), Some(1));
    for (name, _) in wrong {
        assert!(
            log.contains(&format!("  - {name} ")),
            "{name} is not in:\n{log}"
        );
    }
    assert!(log.contains(".env.example describes every variable"));
}

#[test]
fn a_real_bank_needs_the_number_of_its_float_account() {
    let variables = [("CBS_BASE_URL", "http://127.0.0.1:9")];
    let (status, log) = start_connector(&variables).until_it_ends();
    assert_eq!(status.code(), Some(1));
    assert!(log.contains("  - FLOAT_ACCOUNT is missing"), "{log}");
}

#[test]
fn a_port_that_is_taken_is_named() {
    let first = start_connector(&[]).until_it_serves();
    let taken = first.ports.dfsp_api.to_string();
    let (status, log) = start_connector(&[("DFSP_SERVER_PORT", &taken)]).until_it_ends();
    assert_eq!(status.code(), Some(1));
    assert!(
        log.contains(&format!("cannot listen on 127.0.0.1:{taken}")),
        "{log}"
    );
}

#[test]
fn the_commands_that_the_start_prints_work_as_they_are() {
    let started = start_connector(&[]).until_it_serves();
    let greeting = started.program.log().unwrap();
    assert!(
        greeting.contains("SANDBOX: no real money is moved."),
        "{greeting}"
    );
    assert!(
        greeting.contains("SANDBOX: no scheme is connected."),
        "{greeting}"
    );
    let commands: Vec<&str> = greeting
        .lines()
        .filter(|line| line.starts_with("  ") && line.contains("curl "))
        .collect();
    let [incoming, outgoing, books] = commands[..] else {
        panic!("not three commands:\n{greeting}");
    };
    assert!(run(incoming).contains("\"outcome\":\"COMMITTED\""));
    assert!(run(outgoing).contains("\"transferId\":"));
    let printed: Value = serde_json::from_str(&run(books)).unwrap();
    for ledger in [printed, started.ledger()] {
        assert_eq!(ledger["balanced"], true);
        assert_eq!(ledger["open_holds"].as_array().unwrap().len(), 0);
        assert_eq!(balance(&ledger, PAYEE_ACCOUNT), "1010");
        assert_eq!(balance(&ledger, PAYER_ACCOUNT), "4980");
        assert_eq!(balance(&ledger, "9000001"), "100010");
    }
}

fn run(command: &str) -> String {
    let output = Command::new("sh").arg("-c").arg(command).output().unwrap();
    assert!(output.status.success(), "{command}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_variables_that_the_sandbox_prints_start_a_connector() {
    let sandbox = start(&WORKSHOP.sandbox(), TempDir::new().unwrap(), &[]);
    let greeting = wait_for("the sandbox says how to go on", || {
        let greeting = sandbox.program.log().unwrap();
        greeting.contains("SDK_BASE_URL=").then_some(greeting)
    })
    .unwrap();
    let line = greeting
        .lines()
        .find(|line| line.contains("CBS_BASE_URL="))
        .unwrap();
    let mut variables: Vec<(&str, &str)> = line
        .split_whitespace()
        .map(|variable| variable.split_once('=').unwrap())
        .collect();
    variables.push(("FLOAT_ACCOUNT", "9000001"));
    let connector = start_connector(&variables).until_it_serves();
    let path = "/parties/MSISDN/265998571175";
    let answer = send(connector.ports.backend_api, "GET", path, None).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(!connector.program.log().unwrap().contains("SANDBOX"));
    assert!(connector.folder.path().join("data/journal.db").is_file());
}

#[test]
fn the_accounts_of_the_sandbox_can_be_ones_own() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("accounts.toml");
    let accounts = format!(
        r#"
            currency = "{CURRENCY}"
            float_account = "555"
            float_balance = 70
            fee_account = "556"
            [[customers]]
            account = "1"
            identifiers = ["MSISDN 2201234567"]
            first_name = "Isatou"
            balance = 30
        "#
    );
    fs::write(&file, accounts).unwrap();
    let variables = [("SANDBOX_ACCOUNTS", file.to_str().unwrap())];
    let started = start_connector(&variables).until_it_serves();
    assert_eq!(balance(&started.ledger(), "555"), "70");
    assert_eq!(balance(&started.ledger(), "1"), "30");
    let path = "/parties/MSISDN/2201234567";
    let answer = send(started.ports.backend_api, "GET", path, None).unwrap();
    assert_eq!(answer.field("displayName"), "Isatou");
}

#[test]
fn accounts_that_cannot_be_used_are_refused() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("accounts.toml");
    fs::write(&file, "currency = 7").unwrap();
    for path in [file, PathBuf::from("/nowhere.toml")] {
        let variables = [("SANDBOX_ACCOUNTS", path.to_str().unwrap())];
        let (status, log) = start_connector(&variables).until_it_ends();
        assert_eq!(status.code(), Some(1));
        assert!(log.contains("SANDBOX_ACCOUNTS"), "{log}");
    }
}

#[test]
fn a_file_named_env_is_read_and_the_environment_counts_for_more() {
    let folder = TempDir::new().unwrap();
    let file = "FSP_ID=from-the-file\nCBS_NAME=\"From The File\"\n";
    fs::write(folder.path().join(".env"), file).unwrap();
    let variables = [("CBS_NAME", "From The Environment")];
    let started = start(&WORKSHOP.connector(), folder, &variables).until_it_serves();
    let log = started.program.log().unwrap();
    assert!(log.contains("fsp_id=\"from-the-file\""), "{log}");
    assert!(log.contains("cbs=\"From The Environment\""), "{log}");
}

#[test]
fn an_env_file_that_cannot_be_read_is_refused_without_printing_it() {
    let folder = TempDir::new().unwrap();
    // A value with a space needs quotes.
    fs::write(folder.path().join(".env"), "A_SECRET=Bearer hunter2\n").unwrap();
    let (status, log) = start(&WORKSHOP.connector(), folder, &[]).until_it_ends();
    assert_eq!(status.code(), Some(1));
    assert!(log.contains("  - .env cannot be read"), "{log}");
    assert!(!log.contains("hunter2"), "{log}");
}

#[test]
fn the_example_of_the_environment_can_be_used_as_it_is() {
    let folder = TempDir::new().unwrap();
    let example = WORKSHOP.folder().join(".env.example");
    fs::copy(example, folder.path().join(".env")).unwrap();
    let started = start(&WORKSHOP.connector(), folder, &[]).until_it_serves();
    let log = started.program.log().unwrap();
    assert!(
        log.contains("fsp_id=\"harbourbank\" cbs=\"Harbour Core\""),
        "{log}"
    );
}

#[test]
fn without_the_sandbox_nothing_of_it_is_there_and_both_remotes_are_required() {
    let program = WORKSHOP.build_without_sandbox().unwrap();
    let binary = fs::read(&program).unwrap();
    for trace in [
        "SANDBOX",
        "simulator",
        "mojaloop_connector",
        "act_then_silent",
    ] {
        let trace_is_there = |binary: &[u8]| {
            binary
                .windows(trace.len())
                .any(|window| window == trace.as_bytes())
        };
        assert!(
            !trace_is_there(&binary),
            "{trace} is in {}",
            program.display()
        );
        let with_sandbox = fs::read(WORKSHOP.connector()).unwrap();
        assert!(trace_is_there(&with_sandbox), "{trace} is no trace");
    }

    let (status, log) = start(&program, TempDir::new().unwrap(), &[]).until_it_ends();
    assert_eq!(status.code(), Some(1));
    assert!(log.contains("  - CBS_BASE_URL is missing"), "{log}");
    assert!(log.contains("  - SDK_BASE_URL is missing"), "{log}");

    let real = [
        ("CBS_BASE_URL", "http://127.0.0.1:9"),
        ("SDK_BASE_URL", "http://127.0.0.1:9"),
        ("FLOAT_ACCOUNT", "9000001"),
        ("DFSP_API_AUTHENTICATION", "none"),
        // Means nothing here.
        ("SANDBOX_CRASH", "before:1"),
    ];
    start(&program, TempDir::new().unwrap(), &real).until_it_serves();
}
