//! What came of a comparison, written down: for people, as JSON, as CSV.

use std::io::Write;

use serde_json::{Value, json};

use super::{
    comparison::{Compared, Reconciliation, in_words as settled_in_words},
    difference::{Difference, Kind},
    settlement::Settled,
    totals::{Source, Total},
};
use crate::operations::commands::{CommandError, table::Table, table::printable};

impl Reconciliation {
    /// For people: what differs, one by one, and the totals.
    pub fn write_text(&self, output: &mut dyn Write) -> Result<(), CommandError> {
        let number = self.payments.len();
        let period = self.period;
        writeln!(
            output,
            "{} up to {} (UTC): {number} payments became final",
            period.from, period.until
        )?;
        if !self.has_settlement {
            writeln!(
                output,
                "No file of what the hub settled: not compared with it."
            )?;
        }
        let differences = self.differences();
        let mut heading = None::<Kind>;
        for difference in &differences {
            let kind = difference.kind;
            if heading != Some(kind) {
                let of_kind = differences.iter().filter(|one| one.kind == kind);
                writeln!(output, "\n{} ({})", kind.as_str(), of_kind.count())?;
                heading = Some(kind);
            }
            let direction = difference.direction.unwrap_or("-");
            let subject = printable(&difference.subject);
            let detail = printable(&difference.detail);
            writeln!(output, "  {direction} {subject}: {detail}")?;
        }
        if differences.is_empty() {
            writeln!(output, "\nNothing differs.")?;
        }
        let mut table = Table::new(["CURRENCY", "WHO", "FUNDING", "IN", "OUT", "FEES", "NET"]);
        for ((currency, source, account), total) in &self.totals.0 {
            table.row([
                (*currency).to_owned(),
                source.as_str().to_owned(),
                account.clone(),
                total.incoming.normalize().to_string(),
                total.outgoing.normalize().to_string(),
                fees_of(*source, total).unwrap_or_default(),
                total.net().normalize().to_string(),
            ]);
        }
        writeln!(output, "\n{table}")?;
        Ok(())
    }

    pub fn as_json(&self) -> Value {
        let totals = self
            .totals
            .0
            .iter()
            .map(|((currency, source, account), total)| {
                json!({
                    "currency": currency,
                    "source": source,
                    "fundingAccount": Some(account).filter(|account| !account.is_empty()),
                    "in": total.incoming.normalize().to_string(),
                    "out": total.outgoing.normalize().to_string(),
                    "fees": fees_of(*source, total),
                    "net": total.net().normalize().to_string(),
                })
            });
        let payments = self.payments.iter().map(|compared| {
            let ours = &compared.ours;
            let moved = ours.moved.iter().map(|moved| {
                json!({
                    "way": moved.way,
                    "amount": moved.amount.to_string(),
                    "currency": moved.amount.currency(),
                    "fees": moved.fees.normalize().to_string(),
                })
            });
            json!({
                "transferId": ours.transfer_id,
                "direction": ours.direction.as_str(),
                "state": ours.state,
                "finalAt": ours.ended_at,
                "amounts": moved.collect::<Vec<_>>(),
                "posted": compared.posted.as_json(),
                "settled": compared.settled.as_deref().map(settled_as_json),
                "differences": compared.differences.iter().map(|one| one.kind).collect::<Vec<_>>(),
            })
        });
        json!({
            "from": self.period.from,
            "until": self.period.until,
            "comparedWithHub": self.has_settlement,
            "differences": self.differences(),
            "totals": totals.collect::<Vec<_>>(),
            "payments": payments.collect::<Vec<_>>(),
        })
    }

    /// A line for each amount of each payment, and then one for each difference
    /// that is about none of these payments.
    pub fn write_csv(&self, output: impl Write) -> Result<(), CommandError> {
        let mut writer = csv::Writer::from_writer(output);
        writer.write_record([
            "transferId",
            "direction",
            "state",
            "finalAt",
            "amount",
            "currency",
            "fees",
            "posted",
            "settled",
            "differences",
        ])?;
        for compared in &self.payments {
            for line in lines(compared) {
                writer.write_record(line)?;
            }
        }
        for difference in &self.others {
            let mut line = [const { String::new() }; 10];
            line[0] = cell(&difference.subject);
            line[1] = difference.direction.unwrap_or_default().to_owned();
            line[9] = cell(&in_words(difference));
            writer.write_record(line)?;
        }
        writer.flush()?;
        Ok(())
    }
}

/// The hub knows nothing of what is charged here.
fn fees_of(source: Source, total: &Total) -> Option<String> {
    (source != Source::Hub).then(|| total.fees.normalize().to_string())
}

fn lines(compared: &Compared) -> Vec<[String; 10]> {
    let ours = &compared.ours;
    let differences: Vec<String> = compared.differences.iter().map(in_words).collect();
    let line = |amount: String, currency: String, fees: String| {
        [
            cell(ours.transfer_id.as_str()),
            ours.direction.to_string(),
            ours.state.clone(),
            ours.ended_at.to_string(),
            amount,
            currency,
            fees,
            compared.posted.in_words(),
            compared
                .settled
                .as_deref()
                .map(settled_in_words)
                .unwrap_or_default(),
            cell(&differences.join("; ")),
        ]
    };
    if ours.moved.is_empty() {
        return vec![line(String::new(), String::new(), String::new())];
    }
    let moved = ours.moved.iter().map(|moved| {
        let currency = moved.amount.currency().code().to_owned();
        let fees = moved.fees.normalize().to_string();
        line(moved.amount.to_string(), currency, fees)
    });
    moved.collect()
}

fn settled_as_json(settled: &[Settled]) -> Vec<Value> {
    let settled = settled.iter().map(|line| {
        json!({
            "way": line.way,
            "state": line.state,
            "amount": line.amount.to_string(),
            "currency": line.amount.currency(),
        })
    });
    settled.collect()
}

fn in_words(difference: &Difference) -> String {
    format!("{}: {}", difference.kind.as_str(), difference.detail)
}

/// Text from outside. A spreadsheet must not take it for a formula.
fn cell(text: &str) -> String {
    let text = printable(text);
    match text.starts_with(['=', '+', '-', '@']) {
        true => format!("'{text}"),
        false => text,
    }
}
