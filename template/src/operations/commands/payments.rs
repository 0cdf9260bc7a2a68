//! Payments: what is there, what happened, and what a person decides.

pub mod advice;
pub mod deciding;
pub mod listing;
pub mod resolving;
pub mod retrying;
pub mod showing;

use std::{io::Write, str::FromStr};

use clap::{Args, Subcommand};

use super::{CommandError, Finding};
use crate::journal::{
    inspection::{Inspection, Listed},
    store::Direction,
};

#[derive(Debug, Subcommand)]
pub enum Payments {
    /// Lists payments: those that wait with the oldest first, others with the youngest
    List(listing::List),
    /// Shows all that is known of one
    Show(showing::Show),
    /// Makes one due now, with all its attempts before it
    Retry(retrying::Retry),
    /// Decides what came of one, in place of the word that did not come
    Resolve(resolving::Resolve),
}

impl Payments {
    pub async fn run(
        self,
        journal: &dyn Inspection,
        output: &mut dyn Write,
    ) -> Result<Finding, CommandError> {
        match self {
            Self::List(list) => list.run(journal, output).await?,
            Self::Show(show) => show.run(journal, output).await?,
            Self::Retry(retry) => retry.run(journal, output).await?,
            Self::Resolve(resolve) => resolve.run(journal, output).await?,
        }
        Ok(Finding::Fine)
    }
}

/// Which payment is meant.
#[derive(Debug, Clone, Args)]
pub struct Which {
    /// The transferId, or the DFSP's own identifier of the payment
    pub id: String,
    /// Needed if both sides of a payment are customers here
    #[arg(long)]
    pub direction: Option<WrittenDirection>,
}

/// A direction, as it is written on a command line.
#[derive(Debug, Clone, Copy)]
pub struct WrittenDirection(pub Direction);

impl FromStr for WrittenDirection {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Direction::named(&text.replace('-', " "))
            .map(Self)
            .ok_or_else(|| "incoming and outgoing are directions".to_owned())
    }
}

impl Which {
    /// All payments that are meant; never none.
    pub async fn all(&self, journal: &dyn Inspection) -> Result<Vec<Listed>, CommandError> {
        let mut found = journal.find(self.id.clone()).await?;
        found.retain(|one| {
            self.direction
                .is_none_or(|WrittenDirection(direction)| one.entry.direction == direction)
        });
        if found.is_empty() {
            return Err(CommandError::refused(format!(
                "there is no payment {} in this journal; what the scheme said about a transfer \
                 that was never here is in `exceptions list`",
                super::table::printable(&self.id)
            )));
        }
        Ok(found)
    }

    /// The one payment that is meant.
    pub async fn one(&self, journal: &dyn Inspection) -> Result<Listed, CommandError> {
        let mut found = self.all(journal).await?;
        if found.len() > 1 {
            let directions = found.iter().map(|one| one.entry.direction.as_str());
            return Err(CommandError::refused(format!(
                "there is more than one: say which by --direction ({})",
                directions.collect::<Vec<_>>().join(", ").replace(' ', "-")
            )));
        }
        Ok(found.remove(0))
    }
}
