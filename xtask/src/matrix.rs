//! The matrix: connectors with many combinations of answers, each generated,
//! looked at, built, tested, and run.

use std::{
    fmt,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

pub mod combination;
pub mod command;
pub mod covering;
pub mod examples;
pub mod expected_files;
pub mod leftovers;
pub mod payments;
pub mod vocabulary;

use self::{
    combination::{Combination, Parameters},
    examples::Example,
    expected_files::{ExpectedFiles, assert_files, expected_files},
};
use crate::{
    generated::{GeneratedConnector, Snapshot, attempt_with_values},
    questions::{Answers, Kind, Question, questions},
    workshop::{Workshop, claim},
};

/// The name of every connector of the matrix: one name, one place, and one
/// target directory, so that only what differs is built anew.
pub const NAME: &str = "lighthouse-connector";

/// Answers that a connector is generated with.
#[derive(Debug, Clone)]
pub struct Subject {
    /// As people read it.
    pub label: String,
    /// The one command that does the same again.
    pub repeated_by: String,
    /// What a values file says below `[values]`.
    values: String,
    answers: Answers,
    cbs_module: String,
}

/// How far a subject is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// Up to what can be seen without a compiler.
    Text,
    /// Up to payments.
    Everything,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Generate,
    Files,
    Leftovers,
    Format,
    Lints,
    LintsWithoutSandbox,
    Build,
    Tests,
    Payments,
}

const STEPS_ON_TEXT: [Step; 4] = [Step::Generate, Step::Files, Step::Leftovers, Step::Format];

const STEPS_WITH_COMPILER: [Step; 5] = [
    Step::Lints,
    Step::LintsWithoutSandbox,
    Step::Build,
    Step::Tests,
    Step::Payments,
];

impl Extent {
    fn steps(self) -> Vec<Step> {
        match self {
            Self::Text => STEPS_ON_TEXT.to_vec(),
            Self::Everything => [&STEPS_ON_TEXT[..], &STEPS_WITH_COMPILER[..]].concat(),
        }
    }
}

impl Step {
    fn is_needed_by_others(self) -> bool {
        matches!(self, Self::Generate | Self::Build)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Generate => "generate",
            Self::Files => "exactly its files",
            Self::Leftovers => "no leftovers, no words of other answers",
            Self::Format => "format",
            Self::Lints => "lints",
            Self::LintsWithoutSandbox => "lints without the sandbox",
            Self::Build => "build",
            Self::Tests => "tests",
            Self::Payments => "one payment each way",
        })
    }
}

impl Subject {
    fn combination(
        parameters: &Parameters,
        questions: &[Question],
        combination: &Combination,
    ) -> Result<Self> {
        let only = combination.to_string();
        let label = match only.as_str() {
            "" => "the first answer to every question".to_owned(),
            only => only.to_owned(),
        };
        let values = parameters.values(combination).into_iter().collect();
        let repeated_by = format!("cargo xtask matrix --only '{only}'");
        Self::new(label, repeated_by, values, questions)
    }

    fn example(example: Example, questions: &[Question]) -> Result<Self> {
        let repeated_by = format!("cargo xtask matrix --example {}", example.name);
        let label = format!("example {}", example.name);
        Self::new(label, repeated_by, example.answers, questions)
    }

    fn new(
        label: String,
        repeated_by: String,
        given: Vec<(String, String)>,
        questions: &[Question],
    ) -> Result<Self> {
        let borrowed: Vec<(&str, &str)> = given
            .iter()
            .map(|(question, answer)| (question.as_str(), answer.as_str()))
            .collect();
        let answers = Answers::new(questions, &borrowed).with_context(|| label.clone())?;
        let cbs_module = module_name(answers.get("cbs_name"));
        let mut values = String::new();
        for question in questions {
            if let Some((_, answer)) = given.iter().find(|(name, _)| *name == question.name) {
                values.push_str(&value(question, answer));
            }
        }
        Ok(Self {
            label,
            repeated_by,
            values,
            answers,
            cbs_module,
        })
    }
}

/// Pairs, triples, or all combinations, as subjects.
pub fn combinations(snapshot: &Snapshot, which: Which) -> Result<Vec<Subject>> {
    let questions = questions(snapshot.folder())?;
    let parameters = Parameters::of(&questions);
    let combinations = match which {
        Which::Pairs => parameters.covering(2),
        Which::Triples => parameters.covering(3),
        Which::All => parameters.all(),
    };
    combinations
        .iter()
        .map(|combination| Subject::combination(&parameters, &questions, combination))
        .collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Every two answers that fit together.
    Pairs,
    /// Every three.
    Triples,
    All,
}

/// One combination: these answers, and the first one to every other question.
pub fn only(snapshot: &Snapshot, given: &str) -> Result<Subject> {
    let questions = questions(snapshot.folder())?;
    let parameters = Parameters::of(&questions);
    let combination = parameters.only(given)?;
    Subject::combination(&parameters, &questions, &combination)
}

/// The examples, as subjects.
pub fn examples(snapshot: &Snapshot) -> Result<Vec<Subject>> {
    let questions = questions(snapshot.folder())?;
    examples::examples(snapshot.folder())?
        .into_iter()
        .map(|example| Subject::example(example, &questions))
        .collect()
}

/// The example of this name.
pub fn example(snapshot: &Snapshot, name: &str) -> Result<Subject> {
    let questions = questions(snapshot.folder())?;
    let examples = examples::examples(snapshot.folder())?;
    match examples.into_iter().find(|example| example.name == name) {
        Some(example) => Subject::example(example, &questions),
        None => bail!("there is no example '{name}'"),
    }
}

/// Where subjects are worked on, one after the other.
pub struct Bench<'a> {
    snapshot: &'a Snapshot,
    questions: Vec<Question>,
}

impl<'a> Bench<'a> {
    pub fn new(snapshot: &'a Snapshot) -> Result<Self> {
        Ok(Self {
            snapshot,
            questions: questions(snapshot.folder())?,
        })
    }

    /// Takes a subject through its steps, each of which is announced. One that
    /// fails does not keep the later ones from being tried, unless they need it.
    pub fn check(&self, subject: &Subject, extent: Extent, announce: &dyn Fn(Step)) -> Result<()> {
        let mut work = Work {
            bench: self,
            subject,
            generated: None,
            workshop: None,
        };
        let mut failures = Vec::new();
        for step in extent.steps() {
            announce(step);
            if let Err(error) = work.carry_out(step) {
                failures.push(format!("failed: {step}\n{error:#}"));
                if step.is_needed_by_others() {
                    break;
                }
            }
        }
        ensure!(failures.is_empty(), "{}", failures.join("\n\n"));
        Ok(())
    }
}

/// One subject on its way.
struct Work<'a> {
    bench: &'a Bench<'a>,
    subject: &'a Subject,
    generated: Option<(GeneratedConnector, ExpectedFiles)>,
    workshop: Option<Workshop>,
}

impl Work<'_> {
    fn carry_out(&mut self, step: Step) -> Result<()> {
        let repository = self.bench.snapshot.folder();
        match step {
            Step::Generate => self.generate(),
            Step::Files => {
                let (connector, expected) = self.generated()?;
                assert_files(repository, connector.folder(), expected)
            }
            Step::Leftovers => {
                let (connector, expected) = self.generated()?;
                leftovers::assert_none(
                    repository,
                    connector.folder(),
                    expected,
                    &self.bench.questions,
                    &self.subject.answers,
                )
            }
            Step::Format => self.generated()?.0.cargo(&["fmt", "--check"]).map(drop),
            Step::Lints => self.cargo(&["clippy", "--all-targets"], &["-D", "warnings"]),
            Step::LintsWithoutSandbox => {
                self.cargo(&["clippy", "--no-default-features"], &["-D", "warnings"])
            }
            Step::Build => self.cargo(&["build"], &[]),
            Step::Tests => self.test(),
            Step::Payments => {
                let answers = &self.subject.answers;
                let workshop = self.workshop()?;
                payments::assert_payments(&workshop.built(), workshop.folder(), answers)
            }
        }
    }

    /// Runs the generated tests. They drive processes and wait for them, so on a
    /// busy machine one may be late: what fails is told, and all are run once
    /// more, two at a time. What fails twice has failed.
    fn test(&mut self) -> Result<()> {
        let Err(first) = self.cargo(&["test"], &[]) else {
            return Ok(());
        };
        let failed = first.to_string();
        let failed = failed.lines().filter(|line| line.ends_with("... FAILED"));
        eprintln!("once more, because of:");
        failed.for_each(|line| eprintln!("  {line}"));
        self.cargo(&["test"], &["--test-threads", "2"])
    }

    fn generate(&mut self) -> Result<()> {
        let Self { bench, subject, .. } = self;
        let attempt = attempt_with_values(bench.snapshot, NAME, &subject.values)?;
        let connector = attempt.generated(NAME)?;
        let expected = expected_files(
            bench.snapshot.folder(),
            &subject.answers,
            &subject.cbs_module,
        )?;
        self.generated = Some((connector, expected));
        Ok(())
    }

    fn generated(&self) -> Result<&(GeneratedConnector, ExpectedFiles)> {
        self.generated.as_ref().context("nothing is generated yet")
    }

    /// The place in which all subjects are built, one after the other.
    fn workshop(&mut self) -> Result<&Workshop> {
        if self.workshop.is_none() {
            let (connector, _) = self.generated()?;
            self.workshop = Some(Workshop::furnish(NAME, connector)?);
        }
        self.workshop.as_ref().context("there is no workshop")
    }

    fn cargo(&mut self, arguments: &[&str], more: &[&str]) -> Result<()> {
        let mut all = arguments.to_vec();
        all.push("--locked");
        if !more.is_empty() {
            all.push("--");
            all.extend(more);
        }
        self.workshop()?.cargo_quietly(&all).map(drop)
    }
}

/// An answer as a line of a values file.
fn value(question: &Question, answer: &str) -> String {
    let name = &question.name;
    match question.kind {
        Kind::Bool => format!("{name} = {answer}\n"),
        Kind::Text | Kind::Choice => format!("{name} = \"{answer}\"\n"),
        Kind::Array => {
            let choices: Vec<&str> = answer.split(',').collect();
            format!("{name} = {choices:?}\n")
        }
    }
}

/// What the client is called: as in the hooks, for names whose words have spaces
/// between.
fn module_name(cbs_name: &str) -> String {
    cbs_name.to_lowercase().replace(' ', "_")
}

/// What the whole run found out.
pub struct Summary {
    passed: usize,
    failed: Vec<(String, String)>,
    /// What was not begun, because time was up.
    left: Vec<String>,
}

/// Takes every subject through its steps, says so on the way, and goes on after
/// a failure.
pub fn run(
    snapshot: &Snapshot,
    subjects: &[Subject],
    extent: Extent,
    within: Option<Duration>,
) -> Result<Summary> {
    let bench = Bench::new(snapshot)?;
    let _place = match extent {
        Extent::Text => None,
        Extent::Everything => Some(claim(NAME)?),
    };
    let begin = Instant::now();
    let mut summary = Summary {
        passed: 0,
        failed: Vec::new(),
        left: Vec::new(),
    };
    for (index, subject) in subjects.iter().enumerate() {
        let say = |what: &dyn fmt::Display| {
            println!(
                "[{:2}/{}] [{:4}s] {}: {what}",
                index + 1,
                subjects.len(),
                begin.elapsed().as_secs(),
                subject.label
            );
        };
        if within.is_some_and(|within| begin.elapsed() > within) {
            summary.left.push(subject.repeated_by.clone());
            continue;
        }
        let begin = Instant::now();
        match bench.check(subject, extent, &|step| say(&step)) {
            Ok(()) => {
                summary.passed += 1;
                say(&format!("passed, {:.1} s", begin.elapsed().as_secs_f32()));
            }
            Err(error) => {
                println!("{error:#}");
                say(&format!("FAILED; repeat it with: {}", subject.repeated_by));
                summary
                    .failed
                    .push((subject.label.clone(), subject.repeated_by.clone()));
            }
        }
    }
    Ok(summary)
}

impl Summary {
    pub fn succeeded(&self) -> bool {
        self.failed.is_empty()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (label, repeated_by) in &self.failed {
            writeln!(formatter, "FAILED {label}\n  {repeated_by}")?;
        }
        for repeated_by in &self.left {
            writeln!(formatter, "not begun, time was up: {repeated_by}")?;
        }
        let (passed, failed) = (self.passed, self.failed.len());
        write!(formatter, "{passed} passed, {failed} failed")
    }
}
