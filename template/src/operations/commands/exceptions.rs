//! Words of the scheme that do not fit what was done here: looked at, and dealt
//! with by a person.

use std::io::Write;

use clap::{Args, Subcommand};
use serde_json::json;

use super::{CommandError, Finding, Responsible, age::age, table::Table};
use crate::{
    domain::{timestamp::Timestamp, transfer_id::TransferId},
    journal::inspection::{Exceptional, Inspection, KnownException},
};

#[derive(Debug, Subcommand)]
pub enum Exceptions {
    /// Lists those that nobody has dealt with, the oldest first
    List(List),
    /// Keeps that one has been dealt with: by whom, and how
    Resolve(Resolve),
}

#[derive(Debug, Args)]
pub struct List {
    /// Also those that have been dealt with
    #[arg(long)]
    pub all: bool,
    /// How many at the most
    #[arg(long, default_value_t = 100)]
    pub limit: usize,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Resolve {
    /// The identifier of the transfer
    pub transfer_id: TransferId,
    /// What the scheme said, as the list has it
    #[arg(long, value_name = "WORD")]
    pub told: String,
    #[command(flatten)]
    pub responsible: Responsible,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

impl Exceptions {
    pub async fn run(
        self,
        journal: &dyn Inspection,
        output: &mut dyn Write,
    ) -> Result<Finding, CommandError> {
        match self {
            Self::List(list) => list.run(journal, output).await?,
            Self::Resolve(resolve) => resolve.run(journal, output).await?,
        }
        Ok(Finding::Fine)
    }
}

impl List {
    async fn run(
        &self,
        journal: &dyn Inspection,
        output: &mut dyn Write,
    ) -> Result<(), CommandError> {
        let limit = self.limit.saturating_add(1);
        let mut exceptions = journal
            .exceptions(match self.all {
                true => Exceptional::All { limit },
                false => Exceptional::Open { limit },
            })
            .await?;
        let are_all = exceptions.len() <= self.limit;
        exceptions.truncate(self.limit);
        if self.json {
            let listed: Vec<_> = exceptions.iter().map(as_json).collect();
            let answer = json!({ "exceptions": listed, "complete": are_all });
            writeln!(output, "{answer:#}")?;
            return Ok(());
        }
        if exceptions.is_empty() {
            writeln!(output, "There are none.")?;
            return Ok(());
        }
        let now = Timestamp::now();
        let mut table = Table::new(["TRANSFER", "THE SCHEME SAID", "AGE", "DEALT WITH"]);
        for known in &exceptions {
            let last = known.resolutions.last();
            let dealt_with =
                last.map(|(_, decision)| format!("{}: {}", decision.actor, decision.reason));
            table.row([
                known.exception.transfer_id.to_string(),
                known.exception.told.clone(),
                age(known.exception.first_told_at, now),
                dealt_with.unwrap_or_else(|| "no".to_owned()),
            ]);
        }
        write!(output, "{table}")?;
        if !are_all {
            writeln!(output, "There are more: use --limit.")?;
        }
        writeln!(
            output,
            "\nCompare each with `payments show TRANSFER`, the bank's books and the hub; then\n  \
             exceptions resolve TRANSFER --told WORD --by NAME --reason TEXT"
        )?;
        Ok(())
    }
}

pub fn as_json(known: &KnownException) -> serde_json::Value {
    let resolutions = known.resolutions.iter().map(
        |(at, decision)| json!({ "at": at, "actor": decision.actor, "reason": decision.reason }),
    );
    json!({
        "transferId": known.exception.transfer_id,
        "told": known.exception.told,
        "firstToldAt": known.exception.first_told_at,
        "resolutions": resolutions.collect::<Vec<_>>(),
    })
}

impl Resolve {
    async fn run(
        &self,
        journal: &dyn Inspection,
        output: &mut dyn Write,
    ) -> Result<(), CommandError> {
        let Self {
            transfer_id, told, ..
        } = self;
        let decision = self.responsible.decision("dealt with");
        let said = json!({
            "transferId": transfer_id,
            "told": told,
            "decision": decision,
        });
        let is_kept = journal
            .resolve_exception(transfer_id.clone(), told.clone(), decision)
            .await?;
        if !is_kept {
            return Err(CommandError::refused(format!(
                "the scheme has not said {told} about {transfer_id} in vain: \
                 `exceptions list` says what it has said"
            )));
        }
        if self.json {
            writeln!(output, "{said:#}")?;
        } else {
            writeln!(output, "{transfer_id} {told}: dealt with")?;
        }
        Ok(())
    }
}
