//! What was recorded here, what the bank posted, and what the hub settled,
//! compared payment by payment.
//!
//! A payment belongs to the period in which it became final here. What the bank
//! posted for it is added up over all its steps, so that what was taken and given
//! back comes to nothing, whatever the pattern.

pub mod period;

mod ours;
pub mod settlement;

mod difference;
mod journal;
mod statement;
mod totals;

pub mod comparison;
mod report;

use std::{fs::File, io::Write, path::PathBuf};

use clap::Args;

use self::{comparison::compare, period::Moment};
use super::{CommandError, Finding, input};
use crate::{
    core_banking::port::Postings,
    domain::{period::Period, timestamp::Timestamp},
    journal::inspection::Inspection,
};

#[derive(Debug, Args)]
pub struct Reconcile {
    /// From this moment: a day, from midnight UTC, or 2026-11-22T06:00:00+02:00
    #[arg(long, value_name = "MOMENT")]
    pub from: Moment,
    /// Up to, and without, this moment; now, if it is not given
    #[arg(long, value_name = "MOMENT")]
    pub until: Option<Moment>,
    /// What the hub settled: transferId,direction,state,amount,currency; - is
    /// standard input
    #[arg(long, value_name = "FILE.csv")]
    pub settlement: Option<PathBuf>,
    /// Writes every payment to this file, as JSON or CSV by its ending
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// As JSON
    #[arg(long)]
    pub json: bool,
    /// Every payment, as CSV, and nothing else
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
}

impl Reconcile {
    pub async fn run(
        &self,
        journal: &dyn Inspection,
        bank: &(impl Postings + ?Sized),
        output: &mut dyn Write,
    ) -> Result<Finding, CommandError> {
        let period = self.period()?;
        let settlement = self.settlement()?;
        let format = self.format()?;
        let compared = compare(journal, bank, period, settlement).await?;
        if let (Some(path), Some(format)) = (&self.output, format) {
            let mut file = File::create(path).map_err(|error| {
                CommandError::refused(format!("cannot write {}: {error}", path.display()))
            })?;
            match format {
                Format::Csv => compared.write_csv(&mut file)?,
                Format::Json => writeln!(file, "{:#}", compared.as_json())?,
            }
            file.sync_all()?;
        }
        if self.json {
            writeln!(output, "{:#}", compared.as_json())?;
        } else if self.csv {
            compared.write_csv(output)?;
        } else {
            compared.write_text(output)?;
        }
        Ok(match compared.differences().is_empty() {
            true => Finding::Fine,
            false => Finding::Differences,
        })
    }

    fn period(&self) -> Result<Period, CommandError> {
        let Moment(from) = self.from;
        let until = self
            .until
            .map_or_else(Timestamp::now, |Moment(until)| until);
        if until <= from {
            return Err(CommandError::refused("the period ends before it begins"));
        }
        Ok(Period { from, until })
    }

    fn settlement(&self) -> Result<Option<Vec<settlement::Settled>>, CommandError> {
        let Some(path) = &self.settlement else {
            return Ok(None);
        };
        let why = |error: &dyn std::fmt::Display| {
            CommandError::refused(format!("{} cannot be used: {error}", path.display()))
        };
        let file = input::open(path).map_err(|error| why(&error))?;
        settlement::read(file)
            .map(Some)
            .map_err(|error| why(&error))
    }

    fn format(&self) -> Result<Option<Format>, CommandError> {
        let Some(path) = &self.output else {
            return Ok(None);
        };
        let ending = path.extension().and_then(|ending| ending.to_str());
        match ending {
            Some("csv") => Ok(Some(Format::Csv)),
            Some("json") => Ok(Some(Format::Json)),
            _ => Err(CommandError::refused(
                "the name of the output ends with .csv or .json",
            )),
        }
    }
}

/// What a file of all payments is written as.
#[derive(Debug, Clone, Copy)]
enum Format {
    Csv,
    Json,
}
