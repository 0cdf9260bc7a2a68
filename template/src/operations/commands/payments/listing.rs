//! Lists of payments. No personal data is in them.

use std::{io::Write, time::Duration};

use clap::Args;
use serde_json::{Value, json};

use super::{WrittenDirection, advice::Advice};
use crate::{
    domain::timestamp::Timestamp,
    journal::inspection::{Inspection, Listed, Selection},
    operations::commands::{CommandError, age::age, record::Record, table::Table},
};

#[derive(Debug, Clone, Args)]
pub struct List {
    /// Only those of this direction: incoming, outgoing, ...
    #[arg(long)]
    pub direction: Option<WrittenDirection>,
    /// Only those in this state
    #[arg(long)]
    pub state: Option<String>,
    /// Only those that a person has to decide on
    #[arg(long)]
    pub parked: bool,
    /// Only those that the connector or a person still has to look at
    #[arg(long)]
    pub unfinished: bool,
    /// Only those that were opened so long ago: 90s, 15m, 2h, 3d
    #[arg(long, value_name = "AGE", value_parser = parse_age)]
    pub older_than: Option<Duration>,
    /// How many at the most
    #[arg(long, default_value_t = 100)]
    pub limit: usize,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// A number and a unit.
fn parse_age(text: &str) -> Result<Duration, String> {
    let (number, unit) = text.split_at(text.len() - text.chars().last().map_or(0, char::len_utf8));
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err("an age is written like 90s, 15m, 2h or 3d".to_owned()),
    };
    let number: u32 = number
        .parse()
        .map_err(|_| "an age is written like 90s, 15m, 2h or 3d".to_owned())?;
    Ok(Duration::from_secs(u64::from(number) * seconds))
}

impl List {
    pub async fn run(
        &self,
        journal: &dyn Inspection,
        output: &mut dyn Write,
    ) -> Result<(), CommandError> {
        let now = Timestamp::now();
        let selection = Selection {
            direction: self.direction.map(|WrittenDirection(direction)| direction),
            state: self.state.clone(),
            parked: self.parked,
            unfinished: self.unfinished,
            opened_before: self.older_than.map(|age| now.before(age)),
            after: None,
            limit: self.limit.saturating_add(1),
        };
        let mut listed = journal.list(selection).await?;
        let are_all = listed.len() <= self.limit;
        listed.truncate(self.limit);
        if self.json {
            let payments = listed.iter().map(|one| as_json(one, now));
            let payments = payments.collect::<Result<Vec<_>, _>>()?;
            let answer = json!({ "payments": payments, "complete": are_all });
            writeln!(output, "{answer:#}")?;
            return Ok(());
        }
        write_table(&listed, now, output)?;
        if !are_all {
            writeln!(output, "There are more: use --limit.")?;
        }
        Ok(())
    }
}

fn write_table(
    listed: &[Listed],
    now: Timestamp,
    output: &mut dyn Write,
) -> Result<(), CommandError> {
    if listed.is_empty() {
        writeln!(output, "There are none.")?;
        return Ok(());
    }
    let mut table = Table::new(["TRANSFER", "DIRECTION", "STATE", "AMOUNT", "AGE", "WORK"]);
    let mut parked = Vec::new();
    for one in listed {
        let entry = &one.entry;
        let record = Record::read(entry)?;
        let work = match (&entry.work.parked, entry.work.due_at) {
            (Some(_), _) => "PARKED".to_owned(),
            (None, Some(due_at)) if due_at <= now => "due".to_owned(),
            (None, Some(due_at)) => format!("in {}", age(now, due_at)),
            (None, None) => String::new(),
        };
        table.row([
            entry.transfer_id.to_string(),
            entry.direction.to_string(),
            entry.state.clone(),
            record.amount(),
            age(one.opened_at, now),
            work,
        ]);
        if let Some(reason) = &entry.work.parked {
            parked.push((one, reason, Advice::about(entry, &record, now)));
        }
    }
    write!(output, "{table}")?;
    for (one, reason, advice) in parked {
        let transfer_id = &one.entry.transfer_id;
        let since = age(one.recorded_at, now);
        writeln!(output, "\n{transfer_id} is parked for {since}: {reason}")?;
        writeln!(output, "  {}", advice.situation)?;
        for command in advice.commands {
            writeln!(output, "  - {command}")?;
        }
    }
    Ok(())
}

/// What is said of a payment without personal data.
pub fn as_json(listed: &Listed, now: Timestamp) -> Result<Value, CommandError> {
    let entry = &listed.entry;
    let record = Record::read(entry)?;
    let advice = Advice::about(entry, &record, now);
    let moved = record.moved().into_iter().map(|moved| {
        json!({
            "way": moved.way,
            "amount": moved.amount.to_string(),
            "currency": moved.amount.currency(),
            "fees": moved.fees.normalize().to_string(),
        })
    });
    Ok(json!({
        "transferId": entry.transfer_id,
        "direction": entry.direction.as_str(),
        "homeTransactionId": entry.home_transaction_id,
        "state": entry.state,
        "amounts": moved.collect::<Vec<_>>(),
        "openedAt": listed.opened_at,
        "recordedAt": listed.recorded_at,
        "attempts": entry.work.attempts,
        "dueAt": entry.work.due_at,
        "parked": entry.work.parked,
        "situation": advice.situation,
        "commands": advice.commands,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_a_number_and_a_unit() {
        for (text, seconds) in [("90s", 90), ("15m", 900), ("2h", 7_200), ("3d", 259_200)] {
            assert_eq!(parse_age(text), Ok(Duration::from_secs(seconds)));
        }
        for text in ["", "15", "m", "-1m", "1.5h", "15 m", "15é", "99999999999s"] {
            assert!(parse_age(text).is_err(), "{text}");
        }
    }
}
