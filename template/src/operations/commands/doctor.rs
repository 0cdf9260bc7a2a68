//! Looks at everything that a connector stands on, and says what is wrong with
//! it, what that can lead to, and what to do.
//!
//! It moves no money and changes nothing: the bank is asked about a reference
//! that does not exist, the journal is locked and left, the Mojaloop Connector
//! is asked whether it is there. So it can be run beside a connector that works.

mod bank;
mod build;
mod clock;
mod connector;
mod disk;
mod files;
mod journal;
mod reach;
mod sdk_environment;

use std::{
    collections::BTreeMap,
    fmt,
    io::{Read, Write},
    path::{Path, PathBuf},
};

use clap::Args;
use serde::Serialize;
use serde_json::json;

use super::{CommandError, Finding, input};
use crate::{
    environment::{Problems, secrets::assignments},
    operations::{
        configuration::{self, Configuration},
        startup::choose_tls,
    },
};

/// A longer file is not the environment of a process.
const MAX_ENVIRONMENT_BYTES: u64 = 1024 * 1024;

#[derive(Debug, Args)]
pub struct Doctor {
    /// The environment of the Mojaloop Connector, as lines of NAME=value: what it
    /// is set to cannot be asked of it; - is standard input
    #[arg(long, value_name = "FILE")]
    pub sdk_env: Option<PathBuf>,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Fine,
    /// It was not looked at.
    Unknown,
    /// It is not as it should be.
    Warning,
    /// It endangers money, or no payment can be made.
    Danger,
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Fine => "fine",
            Self::Unknown => "unknown",
            Self::Warning => "WARNING",
            Self::Danger => "DANGER",
        })
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    pub severity: Severity,
    /// What was looked at.
    pub subject: &'static str,
    /// How it is.
    pub state: String,
    /// What to do, unless it is fine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

/// All that was found.
#[derive(Debug, Default)]
pub struct Findings(Vec<Diagnosis>);

impl Findings {
    pub fn fine(&mut self, subject: &'static str, state: impl Into<String>) {
        self.0.push(Diagnosis {
            severity: Severity::Fine,
            subject,
            state: state.into(),
            remedy: None,
        });
    }

    pub fn add(
        &mut self,
        severity: Severity,
        subject: &'static str,
        state: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.0.push(Diagnosis {
            severity,
            subject,
            state: state.into(),
            remedy: Some(remedy.into()),
        });
    }

    fn worst(&self) -> Severity {
        let severities = self.0.iter().map(|diagnosis| diagnosis.severity);
        severities.max().unwrap_or(Severity::Fine)
    }
}

impl Doctor {
    /// Looks at everything, and writes down what there is.
    pub async fn run(
        self,
        variable: impl Fn(&str) -> Option<String>,
        output: &mut dyn Write,
    ) -> Result<Finding, CommandError> {
        let mut findings = Findings::default();
        self.examine(&variable, &mut findings).await?;
        match self.json {
            true => {
                let worst = findings.worst();
                let answer = json!({ "worst": worst, "findings": findings.0 });
                writeln!(output, "{answer:#}")?;
            }
            false => print(&findings, output)?,
        }
        Ok(match findings.worst() {
            Severity::Danger => Finding::Dangers,
            _ => Finding::Fine,
        })
    }

    async fn examine(
        &self,
        variable: &dyn Fn(&str) -> Option<String>,
        findings: &mut Findings,
    ) -> Result<(), CommandError> {
        choose_tls();
        let of_sdk = match &self.sdk_env {
            None => None,
            Some(path) => Some(environment_of(path)?),
        };
        files::examine(variable, findings);
        let configuration = match configuration(variable) {
            Ok(configuration) => {
                findings.fine(
                    "configuration",
                    "every variable can be used, and the times fit",
                );
                Some(configuration)
            }
            Err(problems) => {
                for problem in problems.each() {
                    let remedy =
                        "set it as .env.example says; docs/LIMITS.md has what fits into what";
                    findings.add(Severity::Danger, "configuration", problem, remedy);
                }
                None
            }
        };
        if let Some(configuration) = &configuration {
            build::examine(configuration, findings);
            reach::examine(configuration, findings).await;
        }
        match configuration::journal(variable) {
            Ok(database) => journal::examine(database, findings).await,
            // What is wrong with it has been said; the sandbox's is nowhere.
            Err(_) if configuration.is_none() => {}
            Err(problems) => {
                let state = problems.each().collect::<Vec<_>>().join("; ");
                findings.add(Severity::Unknown, "journal", state, "set DATABASE_URL");
            }
        }
        if let Some(configuration) = &configuration {
            bank::examine(configuration, findings).await;
            connector::examine(configuration, findings).await;
        }
        match of_sdk {
            Some(of_sdk) => sdk_environment::examine(&of_sdk, configuration.as_ref(), findings),
            None => findings.add(
                Severity::Unknown,
                "settings of the Mojaloop Connector",
                "they cannot be asked for, and some of them endanger money: AUTO_ACCEPT_QUOTES, \
                 RESERVE_NOTIFICATION and others",
                "run it again with --sdk-env FILE, the environment that the Mojaloop Connector has",
            ),
        }
        Ok(())
    }
}

/// The configuration as a connector has it; beside the sandbox, that of the
/// sandbox which stands in there.
fn configuration(variable: &dyn Fn(&str) -> Option<String>) -> Result<Configuration, Problems> {
    #[cfg(feature = "sandbox")]
    return crate::sandbox::configuration_beside(variable);
    #[cfg(not(feature = "sandbox"))]
    Configuration::read(variable)
}

fn environment_of(path: &Path) -> Result<BTreeMap<String, String>, CommandError> {
    let unreadable = |why: &dyn fmt::Display| {
        CommandError::refused(format!("{} cannot be read: {why}", path.display()))
    };
    let file = input::open(path).map_err(|error| unreadable(&error))?;
    let mut text = String::new();
    let read = file
        .take(MAX_ENVIRONMENT_BYTES + 1)
        .read_to_string(&mut text);
    let length = read.map_err(|error| unreadable(&error))?;
    if u64::try_from(length).is_ok_and(|length| length > MAX_ENVIRONMENT_BYTES) {
        return Err(unreadable(&"it is too long"));
    }
    Ok(assignments(&text))
}

fn print(findings: &Findings, output: &mut dyn Write) -> Result<(), CommandError> {
    for diagnosis in &findings.0 {
        let Diagnosis {
            severity,
            subject,
            state,
            remedy,
        } = diagnosis;
        writeln!(output, "{severity:8} {subject}: {state}")?;
        if let Some(remedy) = remedy {
            writeln!(output, "{:8} -> {remedy}", "")?;
        }
    }
    let count = |severity| {
        let of_it = findings
            .0
            .iter()
            .filter(|diagnosis| diagnosis.severity == severity);
        of_it.count()
    };
    writeln!(
        output,
        "\n{} in danger, {} warnings, {} not known, {} fine",
        count(Severity::Danger),
        count(Severity::Warning),
        count(Severity::Unknown),
        count(Severity::Fine)
    )?;
    Ok(())
}
