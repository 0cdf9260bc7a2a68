//! `cargo xtask fuzz`: schemathesis sends a generated connector what the official
//! document of the backend API allows, and what it does not.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    contract::{amended::backend_document, connector, plausible::plausible_document},
    generated::Snapshot,
    http::send,
    programs::from_python_packages,
    running::{RunningProgram, free_port},
};

pub const USAGE: &str = "usage: cargo xtask fuzz [--seed <n>]

  Sends thousands of requests, good and bad, to a connector with both roles and all use
  cases: nothing may fail that is not meant to, no answer may be one that the official
  document (as docs/CONTRACT.md amends it) does not describe, and the books have to balance.";

/// From the Python package index. Never a range: another version sends other requests.
const VERSION: &str = "4.32.5";

/// The same requests in every run, unless another one is asked for.
const SEED: u64 = 20_261_122;

/// With fewer, something is wrong with the run.
const FEWEST_CASES: u64 = 5000;

/// Much longer than a run takes on a slow machine.
const LONGEST_RUN: Duration = Duration::from_secs(15 * 60);

const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// What is checked of each answer:
///
/// - it is no failure of the server. The bank is well, so none is due;
/// - its status, its content type and its body are in the document, as amended.
///
/// What is not checked, since it is not so:
///
/// - that good data is accepted: a customer who does not exist is good data;
/// - that bad data is refused: what the connector does not read, it does not judge;
/// - `Allow` and other headers, which the Mojaloop Connector does not read.
///
/// A 500 is meant where the official collection wants one, for a notification that
/// proves nothing, and for one that contradicts what was done.
const SETTINGS: &str = r#"
[checks]
enabled = false
not_a_server_error.enabled = true
status_code_conformance.enabled = true
content_type_conformance.enabled = true
response_schema_conformance.enabled = true

[phases.stateful]
inference.algorithms = []

[[operations]]
include-name = [
    "PUT /transfers/{transferId}",
    "PUT /fxTransfers/{commitRequestId}",
    "PATCH /fxTransfers/{commitRequestId}",
]
checks.not_a_server_error.expected-statuses = ["2xx", "4xx", "500"]
"#;

/// One run of schemathesis.
struct Round {
    title: &'static str,
    document: Value,
    options: &'static [&'static str],
}

/// Each endpoint by itself, with all that the document allows and with what it
/// forbids; and then good requests only, one following from the other, so that
/// money moves. Of those there are several short rounds: a long one gets stuck
/// where it began.
fn rounds() -> Result<[Round; 4]> {
    let plausible = plausible_document()?;
    let chain = || Round {
        title: "one after the other",
        document: plausible.clone(),
        options: &[
            "--phases=stateful",
            "--mode=positive",
            "--max-examples=70",
            "--generation-codec=ascii",
        ],
    };
    Ok([
        Round {
            title: "as the document has it",
            document: backend_document()?,
            options: &[
                "--phases=examples,coverage,fuzzing",
                "--mode=all",
                "--max-examples=20",
            ],
        },
        chain(),
        chain(),
        chain(),
    ])
}

/// Which seed is asked for.
pub fn seed(arguments: &[&str]) -> Result<u64> {
    match arguments {
        [] => Ok(SEED),
        ["--seed", seed] => seed.parse().context("--seed takes a number"),
        _ => bail!("{arguments:?} is not understood"),
    }
}

/// Builds a connector and sends it all of that.
pub fn fuzz(seed: u64) -> Result<()> {
    let schemathesis = schemathesis()?;
    let workshop = connector(&Snapshot::take()?)?;
    workshop.build()?;
    let folder = TempDir::new()?;
    fs::write(folder.path().join("schemathesis.toml"), SETTINGS)?;

    let [backend_api, dfsp_api, bank, scheme] = [(); 4].map(|()| free_port());
    let variables = [
        ("SDK_SERVER_PORT", backend_api),
        ("DFSP_SERVER_PORT", dfsp_api),
        ("SANDBOX_BANK_PORT", bank),
        ("SANDBOX_SDK_PORT", scheme),
    ]
    .map(|(name, port)| (name, port.to_string()));
    let log = folder.path().join("connector.log");
    let mut connector =
        RunningProgram::start(&workshop.connector(), folder.path(), &log, variables)?;
    connector.wait_until_healthy(backend_api)?;

    println!("schemathesis {VERSION}, seed {seed}");
    let mut passed = 0;
    for (round, seed) in rounds()?.iter().zip(seed..) {
        let started = Instant::now();
        let report = round.send_all(&schemathesis, folder.path(), backend_api, seed)?;
        let cases = cases(&report).with_context(|| format!("no number of cases:\n{report}"))?;
        let took = started.elapsed().as_secs();
        println!("{}: {cases} cases in {took} s", round.title);
        if let Some(links) = links(&report) {
            println!("  which went {links}");
        }
        passed += cases;
    }
    ensure!(passed >= FEWEST_CASES, "only {passed} cases");

    ensure!(!connector.has_ended()?, "the connector has ended");
    let log = connector.log()?;
    let panic = log.lines().find(|line| line.contains("panicked"));
    ensure!(panic.is_none(), "the connector has panicked: {panic:?}");
    let health = send(backend_api, "GET", "/health", None)?;
    ensure!(health.status == 200, "health: {}", health.text);
    let ledger = send(bank, "GET", "/ledger", None)?;
    let report = ledger.json();
    ensure!(report["balanced"] == true, "books: {}", ledger.text);
    let postings = report["postings"].as_array().map_or(0, Vec::len);
    let held = report["open_holds"].as_array().map_or(0, Vec::len);
    println!("the books balance: {postings} postings, {held} reservations");
    // One is the opening of the books.
    ensure!(postings > 1, "no money has moved: {}", ledger.text);
    println!("{passed} passed, 0 failed");
    Ok(())
}

/// The program, installed once for each version.
fn schemathesis() -> Result<PathBuf> {
    let package = format!("schemathesis=={VERSION}");
    Ok(from_python_packages("schemathesis", &[package])?.join("schemathesis"))
}

impl Round {
    /// Runs schemathesis, and returns what it has reported.
    fn send_all(&self, program: &Path, folder: &Path, port: u16, seed: u64) -> Result<String> {
        fs::write(folder.join("document.json"), self.document.to_string())?;
        let report = folder.join("report.txt");
        let output = File::create(&report)?;
        let url = format!("http://127.0.0.1:{port}");
        let mut running = Command::new(program)
            .args(["run", "document.json", "--url", &url])
            .args(["--seed", &seed.to_string()])
            .args(self.options)
            .args(["--continue-on-failure", "--no-shrink"])
            .args(["--request-timeout", "20", "--warnings", "off"])
            .current_dir(folder)
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .context("cannot run schemathesis")?;
        let deadline = Instant::now() + LONGEST_RUN;
        let status = loop {
            if let Some(status) = running.try_wait()? {
                break Some(status);
            }
            if Instant::now() > deadline {
                running.kill()?;
                running.wait()?;
                break None;
            }
            thread::sleep(POLL_INTERVAL);
        };
        let report = fs::read_to_string(report)?;
        match status {
            Some(status) if status.success() => Ok(report),
            Some(status) => bail!("{}: {status}\n{report}", self.title),
            None => bail!("schemathesis did not end within {LONGEST_RUN:?}\n{report}"),
        }
    }
}

/// How many cases the report speaks of: `1234 generated, ...`.
fn cases(report: &str) -> Option<u64> {
    let words: Vec<&str> = report.split_whitespace().collect();
    let mut pairs = words.windows(2);
    let pair = pairs.find(|pair| pair[1].starts_with("generated"))?;
    pair[0].replace(',', "").parse().ok()
}

/// Which ways from one request to another were gone: `API Links: 3 covered / ...`.
fn links(report: &str) -> Option<&str> {
    let line = report.lines().find(|line| line.contains("API Links:"))?;
    let (_, text) = line.split_once("API Links:")?;
    Some(text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_is_a_number() {
        assert_eq!(seed(&[]).unwrap(), SEED);
        assert_eq!(seed(&["--seed", "7"]).unwrap(), 7);
        assert!(seed(&["--seed", "seven"]).is_err());
        assert!(seed(&["7"]).is_err());
    }

    #[test]
    fn the_report_says_how_many_cases_there_were() {
        assert_eq!(cases("Test cases:\n  1,234 generated, 3 found"), Some(1234));
        assert_eq!(cases("no cases"), None);
    }

    #[test]
    fn the_report_says_how_many_ways_were_gone() {
        assert_eq!(
            links("\n  API Links:    9 covered / 11 selected\n"),
            Some("9 covered / 11 selected")
        );
        assert_eq!(links("no links"), None);
    }
}
