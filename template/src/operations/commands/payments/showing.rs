//! One payment, with its whole history.

use std::io::Write;

use clap::Args;
use serde_json::{Value, json};

use super::{Which, advice::Advice, listing};
use crate::{
    domain::timestamp::Timestamp,
    journal::inspection::{Exceptional, HistoryLine, Inspection, KnownException, Listed},
    operations::commands::{
        CommandError, age::age, exceptions, record::Record, table::Table, table::printable,
    },
};

#[derive(Debug, Args)]
pub struct Show {
    #[command(flatten)]
    pub which: Which,
    /// Also what is kept of the customers: names, numbers, accounts
    #[arg(long)]
    pub personal_data: bool,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

impl Show {
    pub async fn run(
        &self,
        journal: &dyn Inspection,
        output: &mut dyn Write,
    ) -> Result<(), CommandError> {
        let now = Timestamp::now();
        let mut payments = Vec::new();
        for listed in self.which.all(journal).await? {
            let transfer_id = listed.entry.transfer_id.clone();
            let direction = listed.entry.direction;
            let history = journal.history(direction, transfer_id.clone()).await?;
            let exceptions = journal.exceptions(Exceptional::Of(transfer_id)).await?;
            if self.json {
                payments.push(self.as_json(&listed, &history, &exceptions, now)?);
            } else {
                self.write(&listed, &history, &exceptions, now, output)?;
            }
        }
        if self.json {
            let answer = json!({ "payments": payments });
            writeln!(output, "{answer:#}")?;
        }
        Ok(())
    }

    fn as_json(
        &self,
        listed: &Listed,
        history: &[HistoryLine],
        exceptions: &[KnownException],
        now: Timestamp,
    ) -> Result<Value, CommandError> {
        let mut shown = listing::as_json(listed, now)?;
        let history = history.iter().map(|line| {
            let decision = line.decision.as_ref();
            json!({
                "version": line.version,
                "at": line.recorded_at,
                "state": line.state,
                "attempts": line.attempts,
                "parked": line.parked,
                "actor": decision.map(|decision| &decision.actor),
                "reason": decision.map(|decision| &decision.reason),
            })
        });
        shown["history"] = history.collect();
        shown["exceptions"] = exceptions.iter().map(exceptions::as_json).collect();
        if self.personal_data {
            shown["record"] = serde_json::from_str(&listed.entry.body)?;
        }
        Ok(shown)
    }

    fn write(
        &self,
        listed: &Listed,
        history: &[HistoryLine],
        exceptions: &[KnownException],
        now: Timestamp,
        output: &mut dyn Write,
    ) -> Result<(), CommandError> {
        let entry = &listed.entry;
        let record = Record::read(entry)?;
        let advice = Advice::about(entry, &record, now);
        writeln!(output, "{} {}", entry.direction, entry.transfer_id)?;
        let home = entry.home_transaction_id.as_deref().unwrap_or("-");
        for (what, value) in [
            ("state", entry.state.clone()),
            ("amount", record.amount()),
            ("home id", printable(home)),
            (
                "opened",
                format!("{} ({} ago)", listed.opened_at, age(listed.opened_at, now)),
            ),
            (
                "parked",
                entry.work.parked.clone().unwrap_or_else(|| "no".to_owned()),
            ),
            ("to do", advice.situation),
        ] {
            writeln!(output, "  {what:8} {value}")?;
        }
        for command in advice.commands {
            writeln!(output, "           - {command}")?;
        }
        writeln!(
            output,
            "  in the bank's books, its references begin with {}:",
            entry.transfer_id
        )?;
        let mut table = Table::new(["RECORDED", "STATE", "ATTEMPTS", "PARKED", "WHO", "WHY"]);
        for line in history {
            let (actor, reason) = match &line.decision {
                Some(decision) => (decision.actor.clone(), decision.reason.clone()),
                None => (String::new(), String::new()),
            };
            table.row([
                line.recorded_at.to_string(),
                line.state.clone(),
                line.attempts.to_string(),
                line.parked.clone().unwrap_or_default(),
                actor,
                reason,
            ]);
        }
        writeln!(output, "\n{table}")?;
        for known in exceptions {
            let told = &known.exception.told;
            let at = known.exception.first_told_at;
            writeln!(output, "the scheme said {told} at {at}, which does not fit")?;
            for (at, decision) in &known.resolutions {
                let (actor, reason) = (&decision.actor, &decision.reason);
                writeln!(output, "  {at} {actor}: {reason}")?;
            }
        }
        if self.personal_data {
            let body: Value = serde_json::from_str(&entry.body)?;
            writeln!(output, "{body:#}")?;
        }
        Ok(())
    }
}
