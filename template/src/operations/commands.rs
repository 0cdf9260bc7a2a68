//! What the program can be told on its command line, while a connector runs.
//!
//! Without a command it serves. The commands work on the same journal, from a
//! shell beside the connector; what they decide, the connector carries out. `health`
//! alone needs no journal.
//!
//! | exit code | meaning |
//! | --- | --- |
//! | 0 | done |
//! | 1 | refused or failed, and nothing was changed; not healthy |
//! | 2 | `reconcile` found differences |
//! | 3 | `doctor` found what endangers money |

pub mod age;
pub mod api_key;
pub mod doctor;
pub mod exceptions;
pub mod health;
mod input;
pub mod payments;
pub mod reconcile;
pub mod record;
pub mod table;

use std::{
    ffi::OsString,
    fmt::Display,
    io::{self, Write},
    process::ExitCode,
    str::FromStr,
    sync::Arc,
};

use clap::{Args, Parser, Subcommand};

use super::{
    configuration::{self, Configuration},
    startup::{StartError, choose_tls, core_banking_client, open_inspection},
};
use crate::{
    core_banking::port::CoreBankingSystem,
    environment::Problems,
    journal::{
        JournalError,
        inspection::{Decision, Inspection},
        store::StoreError,
    },
};

/// Longer texts are not why somebody decided something.
const MAX_REASON_LENGTH: usize = 500;

const MAX_NAME_LENGTH: usize = 100;

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = env!("CARGO_PKG_NAME"),
    version,
    about = "Without a command, it serves. The commands are for operators, while it runs."
)]
pub struct CommandLine {
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Whether the connector that runs here serves
    Health,
    #[command(flatten)]
    OnJournal(OnJournal),
    /// Looks at everything that this connector stands on; changes nothing
    Doctor(doctor::Doctor),
    /// Makes a key for a channel that is to call the DFSP API
    ApiKey(api_key::MakeApiKey),
}

impl Command {
    /// Whether it is about the journal that the environment names.
    pub fn needs_journal(&self) -> bool {
        matches!(self, Self::OnJournal(_) | Self::Doctor(_))
    }
}

/// What is done with the journal, and with the bank if it is needed.
#[derive(Debug, Subcommand)]
pub enum OnJournal {
    /// Payments: what is there, what happened, and what a person decides
    #[command(subcommand)]
    Payments(payments::Payments),
    /// Words of the scheme that do not fit what was done here
    #[command(subcommand)]
    Exceptions(exceptions::Exceptions),
    /// Compares a period with the bank's books, and with what the hub settled
    Reconcile(reconcile::Reconcile),
}

/// What a command came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    Fine,
    /// What was compared differs.
    Differences,
    /// What was looked at endangers money.
    Dangers,
}

/// Why a command did nothing.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    #[error(transparent)]
    Configuration(#[from] Problems),
    #[error("the journal cannot be used: {0}")]
    Store(#[from] StoreError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("{0}")]
    Refused(String),
    #[error("the output cannot be written: {0}")]
    Output(#[from] io::Error),
    #[error("the output cannot be written: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the output cannot be written: {0}")]
    Csv(#[from] csv::Error),
    #[error(transparent)]
    Client(#[from] StartError),
}

impl CommandError {
    pub fn refused(why: impl Display) -> Self {
        Self::Refused(why.to_string())
    }
}

/// Who decides, and why. Both are kept for ever.
#[derive(Debug, Clone, Args)]
pub struct Responsible {
    /// Who decides: a person's name or account
    #[arg(long, value_name = "NAME")]
    pub by: Line<MAX_NAME_LENGTH>,
    /// Why, so that it can be understood in a year; no customer's data
    #[arg(long, value_name = "TEXT")]
    pub reason: Line<MAX_REASON_LENGTH>,
}

impl Responsible {
    /// What is kept of it, with what was decided.
    pub fn decision(&self, what: &str) -> Decision {
        Decision {
            actor: self.by.0.clone(),
            reason: format!("{what}: {}", self.reason.0),
        }
    }
}

/// A line of text that says something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<const MAX_LENGTH: usize>(pub String);

impl<const MAX_LENGTH: usize> FromStr for Line<MAX_LENGTH> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.is_empty() || text.chars().any(char::is_control) {
            return Err("one line of text is needed".to_owned());
        }
        if text.chars().count() > MAX_LENGTH {
            return Err(format!("at most {MAX_LENGTH} characters are kept"));
        }
        Ok(Self(text.to_owned()))
    }
}

/// What the command line says; or how it ended, if there is nothing to do.
pub fn read(arguments: impl Iterator<Item = OsString>) -> Result<Option<Command>, ExitCode> {
    match CommandLine::try_parse_from(arguments) {
        Ok(line) => Ok(line.command),
        Err(error) => {
            // It is help that was asked for, or an error that says so itself.
            let _ = error.print();
            Err(match error.use_stderr() {
                true => ExitCode::FAILURE,
                false => ExitCode::SUCCESS,
            })
        }
    }
}

/// Carries a command out, and says what came of it.
pub async fn run(command: Command, variable: impl Fn(&str) -> Option<String>) -> ExitCode {
    // Written at once in the end: nobody acts on half of an answer.
    let mut output = Vec::new();
    let finding = carry_out(command, variable, &mut output).await;
    let written = io::stdout().write_all(&output).map_err(CommandError::from);
    match finding.and_then(|finding| written.map(|()| finding)) {
        Ok(Finding::Fine) => ExitCode::SUCCESS,
        Ok(Finding::Differences) => ExitCode::from(2),
        Ok(Finding::Dangers) => ExitCode::from(3),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn carry_out(
    command: Command,
    variable: impl Fn(&str) -> Option<String>,
    output: &mut dyn Write,
) -> Result<Finding, CommandError> {
    let command = match command {
        Command::Health => {
            return health::ask(configuration::backend_api(variable)?, output).await;
        }
        Command::Doctor(doctor) => return doctor.run(variable, output).await,
        Command::ApiKey(command) => return command.run(output),
        Command::OnJournal(command) => command,
    };
    let journal = open_inspection(configuration::journal(&variable)?).await?;
    command.run(&*journal, || bank(variable), output).await
}

impl OnJournal {
    /// Carries it out with this journal, and with the bank if it needs one.
    pub async fn run(
        self,
        journal: &dyn Inspection,
        bank: impl FnOnce() -> Result<Arc<dyn CoreBankingSystem>, CommandError>,
        output: &mut dyn Write,
    ) -> Result<Finding, CommandError> {
        match self {
            Self::Payments(command) => command.run(journal, output).await,
            Self::Exceptions(command) => command.run(journal, output).await,
            Self::Reconcile(command) => command.run(journal, &*bank()?, output).await,
        }
    }
}

/// The client of the bank that the connector works with.
fn bank(
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Arc<dyn CoreBankingSystem>, CommandError> {
    #[cfg(feature = "sandbox")]
    let variable = crate::sandbox::beside_a_connector(variable)?;
    let configuration = Configuration::read(variable)?;
    choose_tls();
    Ok(core_banking_client(&configuration)?)
}
