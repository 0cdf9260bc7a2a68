//! `cargo xtask matrix`: which combinations, and how far.

use std::{process::ExitCode, time::Duration};

use anyhow::{Context, Result, bail, ensure};

use super::{Extent, Subject, Which, combinations, example, examples, only, run};
use crate::{derived, generated::Snapshot, repository};

pub const USAGE: &str =
    "usage: cargo xtask matrix [<which>] [--list] [--text-only] [--part <n>/<m>]

  Generates connectors, and for each of them checks its files and its text, lints,
  builds and tests it, starts it, and pays through it in both directions.

  <which>, without it --pairs and --examples:
    --pairs               every two answers that fit together, in few combinations
    --triples             every three
    --all                 every combination there is (thousands: give a --part of them)
    --examples            those in examples/
    --example <name>      one of them
    --only '<answers>'    one combination, such as --only 'fees=flat cbs_auth=mtls';
                          the other questions get their first answer

  --list                  only says which they are
  --text-only             does without a compiler
  --within <minutes>      begins with no further one after that, and says which are left
  --part <n>/<m>          the n-th of m parts, such as one for each night";

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    which: Vec<Selection>,
    lists: bool,
    extent: Extent,
    part: Option<Part>,
    within: Option<Duration>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Selection {
    Combinations(Which),
    Examples,
    Example(String),
    Only(String),
}

/// The n-th of m parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    number: usize,
    of: usize,
}

impl Request {
    pub fn parse(arguments: &[&str]) -> Result<Self> {
        let mut request = Self {
            which: Vec::new(),
            lists: false,
            extent: Extent::Everything,
            part: None,
            within: None,
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut value = || {
                let value = arguments.next();
                value.with_context(|| format!("{argument} needs a value"))
            };
            match *argument {
                "--pairs" => request.select(Selection::Combinations(Which::Pairs)),
                "--triples" => request.select(Selection::Combinations(Which::Triples)),
                "--all" => request.select(Selection::Combinations(Which::All)),
                "--examples" => request.select(Selection::Examples),
                "--example" => {
                    let name = value()?.to_string();
                    request.select(Selection::Example(name));
                }
                "--only" => {
                    let answers = value()?.to_string();
                    request.select(Selection::Only(answers));
                }
                "--list" => request.lists = true,
                "--text-only" => request.extent = Extent::Text,
                "--within" => {
                    let minutes: u64 = value()?.parse().context("--within takes minutes")?;
                    request.within = Some(Duration::from_secs(minutes * 60));
                }
                "--part" => request.part = Some(Part::parse(value()?)?),
                other => bail!("'{other}' is unknown"),
            }
        }
        if request.which.is_empty() {
            request.select(Selection::Combinations(Which::Pairs));
            request.select(Selection::Examples);
        }
        Ok(request)
    }

    fn select(&mut self, selection: Selection) {
        self.which.push(selection);
    }

    /// Carries it out. The last line that is printed says how many passed.
    pub fn carry_out(&self) -> Result<ExitCode> {
        let snapshot = Snapshot::take()?;
        let subjects = self.subjects(&snapshot)?;
        if self.lists {
            for subject in &subjects {
                println!("{}", subject.label);
            }
            return Ok(ExitCode::SUCCESS);
        }
        derived::check(repository())?;
        let summary = run(&snapshot, &subjects, self.extent, self.within)?;
        println!("{summary}");
        Ok(match summary.succeeded() {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        })
    }

    fn subjects(&self, snapshot: &Snapshot) -> Result<Vec<Subject>> {
        let mut subjects = Vec::new();
        for selection in &self.which {
            match selection {
                Selection::Combinations(which) => {
                    subjects.extend(combinations(snapshot, *which)?);
                }
                Selection::Examples => subjects.extend(examples(snapshot)?),
                Selection::Example(name) => subjects.push(example(snapshot, name)?),
                Selection::Only(answers) => subjects.push(only(snapshot, answers)?),
            }
        }
        if let Some(part) = self.part {
            subjects = part.take(subjects);
        }
        Ok(subjects)
    }
}

impl Part {
    fn parse(text: &str) -> Result<Self> {
        let numbers = text.split_once('/');
        let numbers = numbers.and_then(|(number, of)| {
            Some(Self {
                number: number.parse().ok()?,
                of: of.parse().ok()?,
            })
        });
        let part = numbers.with_context(|| format!("'{text}' is not <n>/<m>"))?;
        ensure!(
            (1..=part.of).contains(&part.number),
            "there is no part {} of {}",
            part.number,
            part.of
        );
        Ok(part)
    }

    /// Every m-th, so that all parts have something of everything.
    fn take<T>(self, all: Vec<T>) -> Vec<T> {
        all.into_iter()
            .skip(self.number - 1)
            .step_by(self.of)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(arguments: &[&str]) -> Vec<Selection> {
        Request::parse(arguments).unwrap().which
    }

    fn refusal(arguments: &[&str]) -> String {
        Request::parse(arguments).unwrap_err().to_string()
    }

    #[test]
    fn pairs_and_examples_are_what_is_meant_without_a_word() {
        assert_eq!(selected(&[]), selected(&["--pairs", "--examples"]));
        assert_eq!(
            selected(&["--only", "fees=flat"]),
            [Selection::Only("fees=flat".to_owned())]
        );
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert_eq!(refusal(&["--pair"]), "'--pair' is unknown");
        assert_eq!(refusal(&["--only"]), "--only needs a value");
        assert_eq!(refusal(&["--part", "3"]), "'3' is not <n>/<m>");
        assert_eq!(refusal(&["--part", "3/2"]), "there is no part 3 of 2");
        assert_eq!(refusal(&["--part", "0/2"]), "there is no part 0 of 2");
    }

    #[test]
    fn the_parts_are_the_whole() {
        let mut all = Vec::new();
        for number in 1..=3 {
            all.extend(Part { number, of: 3 }.take((0..10).collect::<Vec<_>>()));
        }
        all.sort();
        assert_eq!(all, (0..10).collect::<Vec<_>>());
    }
}
