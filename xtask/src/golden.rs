//! `cargo xtask golden`: the real Testing Toolkit runs the collections of generated
//! connectors, by the command that their users have.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    contract, coverage,
    generated::Snapshot,
    official::run,
    repository,
    workshop::{Workshop, claim},
};

pub const USAGE: &str = "usage: cargo xtask golden [--only <name>]

  Generates connectors, and lets each be rehearsed: node ttk/run.mjs starts it with its sandbox
  bank, and the Testing Toolkit, which plays the Mojaloop Connector and runs the collections.
  Every assertion has to hold, and every endpoint that is offered has to be called. Then the
  default one is rehearsed with a mistake, which has to be noticed. What was asked and answered
  is kept in target/golden.";

/// Much longer than a rehearsal takes on a slow machine.
const LONGEST_REHEARSAL: Duration = Duration::from_secs(10 * 60);

const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// With fewer, something is wrong with the collections.
const FEWEST_ASSERTIONS: u64 = 150;

/// The connector whose rehearsal is also held with a mistake.
const DEFAULT: &str = "golden-default";

/// A connector that is rehearsed.
struct Subject {
    name: &'static str,
    answers: &'static [(&'static str, &'static str)],
}

/// Every number of steps, all that is about currencies, and of every other question
/// more than one answer.
const SUBJECTS: [Subject; 3] = [
    Subject {
        name: DEFAULT,
        answers: &[],
    },
    Subject {
        name: "golden-one-step",
        answers: &[
            ("currency", "GMD"),
            ("id_types", "ACCOUNT_ID,EMAIL,ALIAS"),
            ("use_cases", "conversion"),
            ("payer_steps", "one_step"),
            ("payee_pattern", "credit_on_commit"),
            ("payer_debit", "debit_then_reverse"),
            ("funding_model", "deposit_withdraw"),
            ("fees", "percent"),
            ("cbs_auth", "basic"),
        ],
    },
    Subject {
        name: "golden-three-steps",
        answers: &[
            ("currency", "UGX,USD"),
            ("currency_mode", "several"),
            ("id_types", "IBAN,MSISDN,BUSINESS"),
            ("payer_steps", "three_steps"),
            ("payer_debit", "push_approval"),
            ("funding_model", "disbursement_collection"),
            ("fees", "tiered"),
        ],
    },
];

/// What a rehearsal leaves in `report.json`, as far as it is read here.
struct Report {
    passed: u64,
    failed: u64,
    /// As it lies in the file.
    all: Value,
}

impl Report {
    fn read(file: &Path) -> Result<Self> {
        let report: Value = serde_json::from_str(&fs::read_to_string(file)?)?;
        let number = |name: &str| {
            let number = report[name].as_u64();
            number.with_context(|| format!("{} does not say '{name}'", file.display()))
        };
        Ok(Self {
            passed: number("passed")?,
            failed: number("failed")?,
            all: report,
        })
    }
}

/// Which connector is asked for, if only one is.
pub fn only<'a>(arguments: &[&'a str]) -> Result<Option<&'a str>> {
    match arguments {
        [] => Ok(None),
        ["--only", name] => Ok(Some(name)),
        _ => bail!("{arguments:?} is not understood"),
    }
}

/// Rehearses all of them, or one.
pub fn golden(only: Option<&str>) -> Result<()> {
    let snapshot = Snapshot::take()?;
    let mut workshops = Vec::new();
    for subject in &SUBJECTS {
        if only.is_none_or(|name| name == subject.name) {
            let workshop = Workshop::open(&snapshot, subject.name, subject.answers)?;
            workshops.push((subject.name, workshop));
        }
    }
    let both_roles = "golden-both-roles";
    if only.is_none_or(|name| name == both_roles) {
        workshops.push((both_roles, contract::connector(&snapshot)?));
    }
    ensure!(!workshops.is_empty(), "no connector is called {only:?}");

    // The Toolkit has ports that it cannot change.
    let _turn = claim("golden")?;
    let (mut passed, mut failed) = (0, 0);
    for (name, workshop) in &workshops {
        workshop.build()?;
        install_toolkit(workshop.folder())?;
        let folder = repository().join("target/golden").join(name);
        println!("{name}");
        let report = rehearse(workshop, &folder, &[], &[])?;
        passed += report.passed;
        failed += report.failed;
        ensure!(
            report.passed + report.failed >= FEWEST_ASSERTIONS,
            "only {} assertions",
            report.passed + report.failed
        );
        let not_called = coverage::not_called(workshop.folder(), &report.all)?;
        ensure!(
            not_called.is_empty(),
            "no collection calls {}",
            not_called.join(", ")
        );
        if *name == DEFAULT {
            assert_a_mistake_is_noticed(workshop)?;
            passed += 1;
        }
    }
    println!("assertions passed {passed}, failed {failed}");
    println!("{passed} passed, {failed} failed");
    ensure!(failed == 0, "{failed} assertions have failed");
    Ok(())
}

/// A connector that says that it is somebody else's is told apart.
fn assert_a_mistake_is_noticed(workshop: &Workshop) -> Result<()> {
    let folder = TempDir::new()?;
    println!("{DEFAULT}, as another DFSP's: something has to fail");
    let report = rehearse(
        workshop,
        folder.path(),
        &["--only", "positive/incoming"],
        &[("FSP_ID", "somebody-else")],
    )?;
    ensure!(
        report.failed == 1,
        "one assertion should have failed, and {} have",
        report.failed
    );
    Ok(())
}

/// Runs the connector's own command. It has to say by its end what its report says.
fn rehearse(
    workshop: &Workshop,
    report: &Path,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> Result<Report> {
    let mut node = Command::new("node")
        .arg("ttk/run.mjs")
        .arg("--program")
        .arg(workshop.connector())
        .arg("--report")
        .arg(report)
        .args(arguments)
        .envs(variables.iter().copied())
        .current_dir(workshop.folder())
        .stdin(Stdio::null())
        .spawn()
        .context("cannot run node: install Node.js 20 or newer, with npm")?;
    let deadline = Instant::now() + LONGEST_REHEARSAL;
    let status = loop {
        if let Some(status) = node.try_wait()? {
            break status;
        }
        if Instant::now() > deadline {
            node.kill()?;
            node.wait()?;
            bail!("the rehearsal did not end within {LONGEST_REHEARSAL:?}");
        }
        thread::sleep(POLL_INTERVAL);
    };
    let file = report.join("report.json");
    let report =
        Report::read(&file).with_context(|| format!("the rehearsal was not held ({status})"))?;
    let is_said = match report.failed {
        0 => status.success(),
        _ => status.code() == Some(1),
    };
    ensure!(
        is_said,
        "{} assertions have failed, and it ended with {status}",
        report.failed
    );
    Ok(report)
}

/// What the connectors' lock file names, installed once for each version of that file.
fn install_toolkit(connector: &Path) -> Result<()> {
    let lock = fs::read(connector.join("ttk/package-lock.json"))?;
    let installed = installed_toolkit(&lock);
    let complete = installed.join("complete");
    if !complete.exists() {
        if installed.exists() {
            fs::remove_dir_all(&installed)?;
        }
        fs::create_dir_all(&installed)?;
        for file in ["package.json", "package-lock.json"] {
            fs::copy(connector.join("ttk").join(file), installed.join(file))?;
        }
        eprintln!("npm ci of the Testing Toolkit");
        let mut npm = Command::new("npm");
        npm.args([
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ])
        .current_dir(&installed);
        run(&mut npm, "npm", "Node.js 20 or newer, with npm")?;
        fs::write(&complete, "")?;
    }
    let link = connector.join("ttk/node_modules");
    let _ = fs::remove_file(&link);
    std::os::unix::fs::symlink(installed.join("node_modules"), &link)
        .with_context(|| format!("cannot link {}", link.display()))
}

fn installed_toolkit(lock: &[u8]) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    lock.hash(&mut hasher);
    repository().join(format!("target/testing-toolkit-{:x}", hasher.finish()))
}
