//! What the bank's books and the hub say in the end.

use std::collections::HashMap;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{cents::Cents, memory::Direction};
use crate::http::send;

/// A movement of money in the bank's books.
#[derive(Debug, Clone)]
pub struct Posting {
    /// The transfer's, as the reference has it.
    pub transfer_id: String,
    pub step: String,
    pub entries: Vec<(String, Cents)>,
}

/// The bank's books.
#[derive(Debug)]
pub struct Ledger {
    pub balanced: bool,
    pub balances: HashMap<String, Cents>,
    pub postings: Vec<Posting>,
    /// The references under which money is still held.
    pub open_holds: Vec<String>,
}

impl Ledger {
    pub fn read(report: &Value) -> Result<Self> {
        let list = |name: &str| {
            report[name]
                .as_array()
                .with_context(|| format!("no {name}"))
        };
        let mut balances = HashMap::new();
        for account in list("accounts")? {
            balances.insert(text(account, "account")?, cents(account, "balance")?);
        }
        let mut postings = Vec::new();
        for posting in list("postings")? {
            let reference = text(posting, "reference")?;
            // Without a step, it is the opening of the books.
            let Some((transfer_id, step)) = reference.rsplit_once(':') else {
                continue;
            };
            let entries = posting["entries"].as_array().context("no entries")?;
            postings.push(Posting {
                transfer_id: transfer_id.to_owned(),
                step: step.to_owned(),
                entries: entries
                    .iter()
                    .map(|entry| Ok((text(entry, "account")?, cents(entry, "amount")?)))
                    .collect::<Result<_>>()?,
            });
        }
        let holds = list("open_holds")?.iter();
        Ok(Self {
            balanced: report["balanced"] == true,
            balances,
            postings,
            open_holds: holds
                .map(|hold| text(hold, "reference"))
                .collect::<Result<_>>()?,
        })
    }
}

/// What the hub decided, by transfer.
pub struct Hub {
    decided: HashMap<String, (Direction, String)>,
}

impl Hub {
    pub fn read(transfers: &Value) -> Result<Self> {
        let transfers = transfers.as_array().context("no transfers")?;
        let mut decided = HashMap::new();
        for transfer in transfers {
            let direction = match text(transfer, "direction")?.as_str() {
                "INBOUND" => Direction::Incoming,
                _ => Direction::Outgoing,
            };
            let state = text(transfer, "hubState")?;
            decided.insert(text(transfer, "transferId")?, (direction, state));
        }
        Ok(Self { decided })
    }

    /// Whether the hub has moved the money.
    pub fn has_committed(&self, transfer_id: &str) -> bool {
        let decided = self.decided.get(transfer_id);
        decided.is_some_and(|(_, state)| state == "COMMITTED")
    }

    /// The transfers whose money has been moved.
    pub fn committed(&self) -> impl Iterator<Item = (&str, Direction)> {
        self.decided
            .iter()
            .filter(|(_, (_, state))| state == "COMMITTED")
            .map(|(transfer_id, (direction, _))| (transfer_id.as_str(), *direction))
    }
}

/// Fetches a report of the sandbox.
pub fn report(port: u16, path: &str) -> Result<Value> {
    let answer = send(port, "GET", path, None)?;
    ensure!(answer.status == 200, "{path}: {}", answer.text);
    Ok(answer.json())
}

fn text(value: &Value, name: &str) -> Result<String> {
    let found = value[name].as_str();
    Ok(found
        .with_context(|| format!("no {name} in {value}"))?
        .to_owned())
}

fn cents(value: &Value, name: &str) -> Result<Cents> {
    Cents::parse(&text(value, name)?)
}
