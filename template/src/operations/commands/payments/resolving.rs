//! Deciding what came of a payment, in place of the word that did not come.

use std::io::Write;

use clap::{Args, ValueEnum};

use super::{
    Which,
    deciding::{Answer, decide, refuse_while_tried},
};
use crate::{
    domain::{
        incoming::FinalState,
        resolution::{Resolution, Resolved},
        timestamp::Timestamp,
    },
    journal::{inspection::Inspection, work::Work},
    operations::commands::{CommandError, Responsible, record::Record},
};

#[derive(Debug, Args)]
pub struct Resolve {
    #[command(flatten)]
    pub which: Which,
    /// What came of the transfer at the scheme
    pub outcome: Outcome,
    /// The bank's books say so already, put right by hand: the payment is over
    /// without the bank being instructed
    #[arg(long)]
    pub booked_by_hand: bool,
    #[command(flatten)]
    pub responsible: Responsible,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Outcome {
    Committed,
    Aborted,
}

impl Outcome {
    pub const ALL: [Self; 2] = [Self::Committed, Self::Aborted];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Committed => "committed",
            Self::Aborted => "aborted",
        }
    }

    pub fn final_state(self) -> FinalState {
        match self {
            Self::Committed => FinalState::Committed,
            Self::Aborted => FinalState::Aborted,
        }
    }
}

impl Resolve {
    pub async fn run(
        &self,
        journal: &dyn Inspection,
        output: &mut dyn Write,
    ) -> Result<(), CommandError> {
        let entry = self.which.one(journal).await?.entry;
        let now = Timestamp::now();
        refuse_while_tried(&entry, now)?;
        let mut record = Record::read(&entry)?;
        let resolution = Resolution {
            outcome: self.outcome.final_state(),
            booked_by_hand: self.booked_by_hand,
        };
        let is_parked = entry.work.parked.is_some();
        let resolved = record.resolve(is_parked, resolution, now);
        let resolved = resolved.ok_or_else(|| without_money(entry.direction.as_str()))?;
        let resolved = resolved.map_err(|why| {
            CommandError::refused(format!("{} is {}: {why}", entry.transfer_id, entry.state))
        })?;
        let mut following = record.following(&entry, Work::none())?;
        let next = match resolved {
            Resolved::Over => "It is over.",
            Resolved::ToBeCarriedOut => {
                following.work = Work {
                    due_at: Some(now),
                    attempts: 0,
                    tried_at: match following.state == entry.state {
                        // The step stays the same one, and so does its last attempt.
                        true => entry.work.tried_at,
                        // Nobody has begun with the new one.
                        false => Some(now),
                    },
                    parked: None,
                };
                "The connector carries it out now; `payments show` says what came of it."
            }
        };
        let by_hand = match self.booked_by_hand {
            true => ", booked by hand",
            false => "",
        };
        let what = format!("resolved as {}{by_hand}", self.outcome.as_str());
        let decision = self.responsible.decision(&what);
        let json = self.json;
        decide(journal, following, decision, output, Answer { next, json }).await
    }
}

fn without_money(direction: &str) -> CommandError {
    CommandError::refused(format!(
        "a {direction} holds no money, so there is nothing to resolve: resolve its payments"
    ))
}
