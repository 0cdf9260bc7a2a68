//! The questions of `cargo-generate.toml`, and sets of answers to them.
//!
//! A hook reads no files, so it has the questions from `hooks/questions.rhai`,
//! which is derived.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result, bail, ensure};
use toml::{Table, Value};

use crate::template::{configuration, read};

const HOOK: &str = "hooks/questions.rhai";

/// A question that somebody who generates a connector is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub name: String,
    pub kind: Kind,
    /// What can be answered; empty if that is not a list.
    pub choices: Vec<String>,
    /// As `-d` takes it: several choices with commas between.
    pub default: String,
    pub asked: Asked,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Bool,
    /// One of the choices.
    Choice,
    /// Any number of the choices.
    Array,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    Always,
    /// Under this condition, such as `advanced == true`.
    When(String),
}

/// All questions: those that are always asked first, each group in its order.
pub fn questions(repository: &Path) -> Result<Vec<Question>> {
    let configuration = configuration(repository)?;
    let mut questions = Vec::new();
    read_into(&mut questions, &configuration, &Asked::Always)?;
    if let Some(conditional) = configuration.get("conditional") {
        let conditional = conditional
            .as_table()
            .context("`conditional` is no table in cargo-generate.toml")?;
        for (condition, section) in conditional {
            let section = section
                .as_table()
                .with_context(|| format!("`conditional.'{condition}'` is no table"))?;
            read_into(&mut questions, section, &Asked::When(condition.clone()))?;
        }
    }
    Ok(questions)
}

fn read_into(questions: &mut Vec<Question>, section: &Table, asked: &Asked) -> Result<()> {
    let placeholders = section.get("placeholders").and_then(Value::as_table);
    for (name, placeholder) in placeholders.into_iter().flatten() {
        let question = question(name, placeholder, asked)
            .with_context(|| format!("question '{name}' in cargo-generate.toml"))?;
        ensure!(
            questions.iter().all(|other| other.name != question.name),
            "cargo-generate.toml asks '{name}' twice"
        );
        questions.push(question);
    }
    Ok(())
}

fn question(name: &str, placeholder: &Value, asked: &Asked) -> Result<Question> {
    let choices = match placeholder.get("choices") {
        None => Vec::new(),
        Some(choices) => texts(choices).context("`choices` is no list of texts")?,
    };
    let kind = match placeholder.get("type").and_then(Value::as_str) {
        Some("array") => Kind::Array,
        Some("bool") => Kind::Bool,
        Some("string") | None if !choices.is_empty() => Kind::Choice,
        Some("string") | None => Kind::Text,
        Some(other) => bail!("it is of type '{other}', which the hooks do not check"),
    };
    let default = placeholder
        .get("default")
        .context("it has no default, so nothing can be generated without being asked")?;
    let default = match default {
        Value::String(text) => text.clone(),
        Value::Boolean(value) => value.to_string(),
        Value::Array(_) => texts(default)
            .context("`default` is no list of texts")?
            .join(","),
        _ => bail!("its default is no text"),
    };
    // What is offered interactively is the first choice, whatever the default;
    // of several choices, those that the default names.
    ensure!(
        kind == Kind::Array || choices.first().is_none_or(|first| *first == default),
        "its first choice is not its default"
    );
    Ok(Question {
        name: name.to_owned(),
        kind,
        choices,
        default,
        asked: asked.clone(),
    })
}

fn texts(list: &Value) -> Option<Vec<String>> {
    list.as_array()?
        .iter()
        .map(|item| item.as_str().map(str::to_owned))
        .collect()
}

/// Writes the list that the hooks check answers by.
pub fn write(repository: &Path) -> Result<()> {
    let path = repository.join(HOOK);
    fs::write(&path, derive(repository)?)
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Fails when the list no longer says what `cargo-generate.toml` says.
pub fn check(repository: &Path) -> Result<()> {
    let is_up_to_date = read(&repository.join(HOOK))? == derive(repository)?;
    ensure!(
        is_up_to_date,
        "{HOOK} is out of date: run `cargo xtask twins`"
    );
    Ok(())
}

fn derive(repository: &Path) -> Result<String> {
    let mut text =
        "// Derived by `cargo xtask twins`; never edited by hand.\n\nfn questions() {\n    [\n"
            .to_owned();
    for question in questions(repository)? {
        let (kind, default) = match question.kind {
            Kind::Text => ("text", format!("\"{}\"", question.default)),
            Kind::Bool => ("bool", question.default),
            Kind::Choice => ("choice", format!("\"{}\"", question.default)),
            Kind::Array => (
                "array",
                format!("{:?}", question.default.split(',').collect::<Vec<_>>()),
            ),
        };
        text.push_str(&format!(
            "        #{{ name: \"{}\", kind: \"{kind}\", answer: {default}, choices: {:?} }},\n",
            question.name, question.choices
        ));
    }
    text.push_str("    ]\n}\n");
    Ok(text)
}

/// An answer to every question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers(BTreeMap<String, String>);

impl Answers {
    /// What is given, and the default of every other question.
    pub fn new(questions: &[Question], given: &[(&str, &str)]) -> Result<Self> {
        let mut answers: BTreeMap<String, String> = questions
            .iter()
            .map(|question| (question.name.clone(), question.default.clone()))
            .collect();
        for (question, answer) in given {
            let Some(place) = answers.get_mut(*question) else {
                bail!("there is no question '{question}'");
            };
            *place = (*answer).to_owned();
        }
        Ok(Self(answers))
    }

    /// The answer to a question, empty if there is no such question.
    pub fn get(&self, question: &str) -> &str {
        self.0.get(question).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    fn read(configuration: &str) -> Result<Vec<Question>> {
        let repository = TempDir::new().unwrap();
        fs::write(repository.path().join("cargo-generate.toml"), configuration).unwrap();
        questions(repository.path())
    }

    const FEES: &str = "[placeholders.fees]\nchoices = [\"none\", \"flat\"]\ndefault = \"none\"\n";

    #[test]
    fn every_kind_of_question_is_read_in_its_order() {
        let text = "[placeholders.name]\ntype = \"string\"\ndefault = \"A\"\n\
            [conditional.'more == true'.placeholders.mode]\nchoices = [\"one\"]\ndefault = \"one\"\n\
            [placeholders.kinds]\ntype = \"array\"\nchoices = [\"A\", \"B\"]\ndefault = [\"A\"]\n\
            [placeholders.more]\ntype = \"bool\"\ndefault = false\n";
        let read = read(&format!("{text}{FEES}")).unwrap();
        let summary: Vec<_> = read
            .iter()
            .map(|question| (question.name.as_str(), question.kind))
            .collect();
        assert_eq!(
            summary,
            [
                ("name", Kind::Text),
                ("kinds", Kind::Array),
                ("more", Kind::Bool),
                ("fees", Kind::Choice),
                ("mode", Kind::Choice),
            ]
        );
        assert_eq!(read[3].choices, ["none", "flat"]);
        assert_eq!(read[4].asked, Asked::When("more == true".to_owned()));
        assert_eq!(read[2].default, "false");
    }

    #[test]
    fn the_first_choice_is_the_default() {
        let refusal = read(&FEES.replace("default = \"none\"", "default = \"flat\"")).unwrap_err();
        assert!(format!("{refusal:#}").contains("its first choice is not its default"));
    }

    #[test]
    fn answers_are_the_defaults_unless_given() {
        let questions = read(FEES).unwrap();
        let answers = Answers::new(&questions, &[]).unwrap();
        assert_eq!(answers.get("fees"), "none");
        let answers = Answers::new(&questions, &[("fees", "flat")]).unwrap();
        assert_eq!(answers.get("fees"), "flat");
        assert!(Answers::new(&questions, &[("fee", "flat")]).is_err());
    }
}
