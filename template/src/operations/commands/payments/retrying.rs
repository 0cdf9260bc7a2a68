//! Making a payment due now. The connector takes it up, and asks before it
//! repeats anything, as always.

use std::io::Write;

use clap::Args;

use super::{
    Which,
    deciding::{Answer, decide, refuse_while_tried},
};
use crate::{
    domain::timestamp::Timestamp,
    journal::{inspection::Inspection, work::Work},
    operations::commands::{CommandError, Responsible, record::Record},
};

#[derive(Debug, Args)]
pub struct Retry {
    #[command(flatten)]
    pub which: Which,
    #[command(flatten)]
    pub responsible: Responsible,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

impl Retry {
    pub async fn run(
        &self,
        journal: &dyn Inspection,
        output: &mut dyn Write,
    ) -> Result<(), CommandError> {
        let entry = self.which.one(journal).await?.entry;
        let record = Record::read(&entry)?;
        let now = Timestamp::now();
        let waits = entry.work.due_at.is_some() || entry.work.parked.is_some();
        if record.is_over() || !waits {
            return Err(CommandError::refused(format!(
                "{} is {}, and nothing waits to be tried: `payments show {}` says what happened",
                entry.transfer_id, entry.state, entry.transfer_id
            )));
        }
        refuse_while_tried(&entry, now)?;
        let work = Work {
            due_at: Some(now),
            attempts: 0,
            // Until when an earlier attempt may still be acted on stays known.
            tried_at: entry.work.tried_at,
            parked: None,
        };
        let entry = record.following(&entry, work)?;
        let decision = self.responsible.decision("retried");
        let answer = Answer {
            next: "The connector takes it up now; `payments show` says what came of it.",
            json: self.json,
        };
        decide(journal, entry, decision, output, answer).await
    }
}
