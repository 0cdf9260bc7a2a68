//! The command: which connectors are run, on which databases, for how long.

use std::{
    path::PathBuf,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result, bail, ensure};

use super::{
    database::Kind,
    load::Until,
    patterns::{PATTERNS, Pattern, named},
    run::{Order, run},
};
use crate::{
    evidence::figures::{Figures, Run},
    generated::Snapshot,
    workshop::Workshop,
};

pub const USAGE: &str =
    "usage: cargo xtask chaos [--short] [--seed <n>] [--seconds <n> | --payments <n>]
                   [--kills <n>] [--database sqlite|postgresql] [--replicas <n>]
                   [--patterns <name>,...] [--keep] [--figures <file>]

  Runs generated connectors as processes under load in both directions, makes everything
  around them misbehave, kills them, and accounts for every payment (docs/CHAOS.md).
  Payments and kills are those of all runs together. --short is what .ci/run does.
  Journals, logs and books of a run that failed are kept, with --keep those of all.
  --figures writes what came of it, as template/review/evidence/chaos.json has it.";

/// How long each run's load lasts.
const SHORT_SECONDS: u64 = 12;
const USUAL_SECONDS: u64 = 60;

/// How often the connector is killed, unless it is said.
const SECONDS_FOR_A_KILL: u64 = 3;
const PAYMENTS_FOR_A_KILL: u64 = 100;

/// What the simulated hub remembers has an end.
const MOST_PAYMENTS_OF_A_RUN: u64 = 9000;

/// What is asked for.
#[derive(Debug)]
pub struct Request {
    seed: u64,
    patterns: Vec<&'static Pattern>,
    databases: Vec<Kind>,
    replicas: Option<usize>,
    extent: Load,
    kills: Option<u64>,
    keeps: bool,
    figures: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy)]
enum Load {
    /// For each run.
    Seconds(u64),
    /// For all runs together.
    Payments(u64),
}

impl Request {
    pub fn parse(arguments: &[&str]) -> Result<Self> {
        let mut request = Self {
            seed: any_seed(),
            patterns: PATTERNS.iter().collect(),
            databases: vec![Kind::Sqlite, Kind::Postgresql],
            replicas: None,
            extent: Load::Seconds(USUAL_SECONDS),
            kills: None,
            keeps: false,
            figures: None,
        };
        let mut arguments = arguments.iter();
        while let Some(option) = arguments.next() {
            match *option {
                "--short" => {
                    request.extent = Load::Seconds(SHORT_SECONDS);
                    continue;
                }
                "--keep" => {
                    request.keeps = true;
                    continue;
                }
                _ => {}
            }
            let value = arguments.next();
            let value = value.with_context(|| format!("{option} needs a value"))?;
            let number = || -> Result<u64> {
                let number = value.parse();
                number.with_context(|| format!("{option} takes a number"))
            };
            match *option {
                "--seed" => request.seed = number()?,
                "--seconds" => request.extent = Load::Seconds(number()?),
                "--payments" => request.extent = Load::Payments(number()?),
                "--kills" => request.kills = Some(number()?),
                "--replicas" => request.replicas = Some(usize::try_from(number()?)?),
                "--patterns" => request.patterns = named(value)?,
                "--figures" => request.figures = Some(PathBuf::from(value)),
                "--database" => request.databases = vec![Kind::named(value)?],
                _ => bail!("{option} is not understood"),
            }
        }
        ensure!(request.replicas != Some(0), "--replicas is at least 1");
        if let Load::Payments(payments) = request.extent {
            let runs = request.runs();
            ensure!(
                payments / runs <= MOST_PAYMENTS_OF_A_RUN,
                "{runs} runs make at most {} payments",
                runs * MOST_PAYMENTS_OF_A_RUN
            );
        }
        Ok(request)
    }

    fn runs(&self) -> u64 {
        (self.patterns.len() * self.databases.len()) as u64
    }

    /// Runs all of it, one after the other.
    pub fn carry_out(&self) -> Result<()> {
        let snapshot = Snapshot::take()?;
        let mut workshops = Vec::new();
        for pattern in &self.patterns {
            let name = format!("chaos-{}", pattern.name);
            let workshop = Workshop::open(&snapshot, &name, &pattern.answers())?;
            workshop.build()?;
            workshops.push((*pattern, workshop));
        }
        println!("seed {}", self.seed);
        let started_at = Instant::now();
        let (mut passed, mut failed) = (0, 0);
        let mut runs = Vec::new();
        for database in &self.databases {
            for (pattern, workshop) in &workshops {
                let outcome = run(self.order(pattern, *database)?, workshop)?;
                let verdict = &outcome.verdict;
                print!("{verdict}");
                println!(
                    "{} on {}: transfers {}, kills {}, faults {}: lost {}, doubled {}, parked {}",
                    pattern.name,
                    database.as_str(),
                    outcome.transfers,
                    outcome.kills,
                    outcome.faults,
                    verdict.lost(),
                    verdict.doubled(),
                    verdict.parked(),
                );
                match verdict.is_good() {
                    true => passed += 1,
                    false => failed += 1,
                }
                runs.push(Run {
                    connector: pattern.name.to_owned(),
                    database: self.described(*database),
                    transfers: outcome.transfers,
                    kills: outcome.kills,
                    faults: outcome.faults,
                    lost: verdict.lost() as u64,
                    doubled: verdict.doubled() as u64,
                    parked: verdict.parked(),
                });
            }
        }
        let figures = Figures {
            seed: self.seed,
            date: today(),
            took: started_at.elapsed().as_secs(),
            runs,
        };
        println!("seed {}, {} s", figures.seed, figures.took);
        println!(
            "transfers {}, kills {}, faults {}: lost {}, doubled {}, parked {}",
            figures.total(|run| run.transfers),
            figures.total(|run| run.kills),
            figures.total(|run| run.faults),
            figures.total(|run| run.lost),
            figures.total(|run| run.doubled),
            figures.total(|run| run.parked),
        );
        if let Some(file) = &self.figures {
            figures.write(file)?;
        }
        println!("{passed} passed, {failed} failed");
        ensure!(failed == 0, "not every payment is accounted for");
        Ok(())
    }

    fn replicas(&self, database: Kind) -> usize {
        match database {
            // Only one process can work on a file.
            Kind::Sqlite => 1,
            Kind::Postgresql => self.replicas.unwrap_or(2),
        }
    }

    fn described(&self, database: Kind) -> String {
        match (database, self.replicas(database)) {
            (Kind::Sqlite, _) => "SQLite".to_owned(),
            (Kind::Postgresql, 1) => "PostgreSQL".to_owned(),
            (Kind::Postgresql, replicas) => format!("PostgreSQL, {replicas} replicas"),
        }
    }

    fn order(&self, pattern: &'static Pattern, database: Kind) -> Result<Order> {
        let runs = self.runs();
        let (until, kills) = match self.extent {
            Load::Seconds(seconds) => (
                Until::Elapsed(Duration::from_secs(seconds)),
                seconds / SECONDS_FOR_A_KILL,
            ),
            Load::Payments(payments) => {
                let payments = payments.div_ceil(runs);
                (Until::Payments(payments), payments / PAYMENTS_FOR_A_KILL)
            }
        };
        let kills = match self.kills {
            Some(kills) => kills.div_ceil(runs),
            None => kills.max(1),
        };
        Ok(Order {
            pattern,
            database,
            replicas: self.replicas(database),
            seed: self.seed,
            until,
            kills: usize::try_from(kills)?,
            keeps: self.keeps,
        })
    }
}

/// The day in UTC, by the clock of this machine.
fn today() -> String {
    jiff::Timestamp::now().strftime("%F").to_string()
}

/// A seed that nobody has chosen.
fn any_seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(1, |now| now.as_secs() % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_says_what_is_run() {
        let request = Request::parse(&["--seed", "7", "--payments", "800", "--kills", "16"]);
        let request = request.unwrap();
        let order = request.order(&PATTERNS[0], Kind::Postgresql).unwrap();
        assert_eq!(order.seed, 7);
        assert!(matches!(order.until, Until::Payments(100)));
        assert_eq!((order.kills, order.replicas), (2, 2));
        let order = request.order(&PATTERNS[0], Kind::Sqlite).unwrap();
        assert_eq!(order.replicas, 1);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for arguments in [
            &["--seed"][..],
            &["--seed", "seven"],
            &["--patterns", "nothing"],
            &["--database", "paper"],
            &["--replicas", "0"],
            &["--payments", "1000000"],
            &["quickly"],
        ] {
            assert!(Request::parse(arguments).is_err(), "{arguments:?}");
        }
    }
}
