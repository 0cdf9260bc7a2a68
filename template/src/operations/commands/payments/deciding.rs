//! Writing down what a person decided.

use std::{io::Write, time::Duration};

use serde_json::json;

use crate::{
    domain::timestamp::Timestamp,
    journal::{
        inspection::{Decided, Decision, Inspection},
        store::Entry,
    },
    operations::commands::CommandError,
};

/// How often a payment is looked at that a replica is at work on: it may be about
/// to let go of it.
const LOOKS_AT_HELD: usize = 10;
const PAUSE: Duration = Duration::from_millis(200);

/// Refuses to decide about a payment while the connector tries it.
pub fn refuse_while_tried(entry: &Entry, now: Timestamp) -> Result<(), CommandError> {
    match entry.work.tried_at {
        Some(until) if entry.work.parked.is_none() && until > now => Err(CommandError::refused(
            format!("the connector is trying it right now: look again after {until}"),
        )),
        _ => Ok(()),
    }
}

/// What is said when it is stored.
#[derive(Debug, Clone, Copy)]
pub struct Answer {
    /// What happens now.
    pub next: &'static str,
    pub json: bool,
}

/// Stores what a payment has become by a decision.
pub async fn decide(
    journal: &dyn Inspection,
    entry: Entry,
    decision: Decision,
    output: &mut dyn Write,
    answer: Answer,
) -> Result<(), CommandError> {
    let (direction, transfer_id) = (entry.direction, entry.transfer_id.clone());
    let mut decided = Decided::HeldByReplica;
    for _ in 0..LOOKS_AT_HELD {
        decided = journal.decide(entry.clone(), decision.clone()).await?;
        if decided != Decided::HeldByReplica {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    match decided {
        Decided::Recorded => {
            let Answer { next, json } = answer;
            if json {
                let said = json!({
                    "direction": direction.as_str(),
                    "transferId": transfer_id,
                    "state": entry.state,
                    "decision": decision,
                    "next": next,
                });
                writeln!(output, "{said:#}")?;
            } else {
                writeln!(output, "{direction} {transfer_id}: {}", decision.reason)?;
                writeln!(output, "{next}")?;
            }
            Ok(())
        }
        Decided::HeldByReplica => Err(CommandError::refused(format!(
            "a replica is at work on {transfer_id} right now, and nothing was decided: look at \
             it again in a moment (`payments show {transfer_id}`)"
        ))),
        Decided::ChangedMeanwhile => Err(CommandError::refused(format!(
            "{transfer_id} has changed since it was looked at, and nothing was decided: \
             look at it again (`payments show {transfer_id}`)"
        ))),
    }
}
