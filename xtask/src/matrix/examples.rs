//! `examples/`: sets of answers that a reader recognises.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};
use toml::{Table, Value};

use crate::template::read;

const FOLDER: &str = "examples";

pub struct Example {
    /// That of its folder.
    pub name: String,
    /// In the order of the file.
    pub answers: Vec<(String, String)>,
}

/// All examples, in the order of their names.
pub fn examples(repository: &Path) -> Result<Vec<Example>> {
    let folder = repository.join(FOLDER);
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("no folder {FOLDER}"))? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    names
        .into_iter()
        .map(|name| {
            let file = folder.join(&name).join("answers.toml");
            let answers = answers(&read(&file)?).with_context(|| format!("example {name}"))?;
            Ok(Example { name, answers })
        })
        .collect()
}

/// What a values file says.
fn answers(text: &str) -> Result<Vec<(String, String)>> {
    let document: Table = text.parse()?;
    ensure!(document.len() == 1, "it holds more than [values]");
    let values = document.get("values").and_then(Value::as_table);
    let values = values.context("it has no [values]")?;
    values
        .iter()
        .map(|(question, value)| {
            let answer = match value {
                Value::String(text) => Some(text.clone()),
                Value::Boolean(value) => Some(value.to_string()),
                Value::Array(values) => {
                    let texts: Option<Vec<&str>> = values.iter().map(Value::as_str).collect();
                    texts.map(|texts| texts.join(","))
                }
                _ => None,
            };
            let answer = answer.with_context(|| format!("'{question}' is no answer"))?;
            Ok((question.clone(), answer))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{
        questions::{Kind, questions},
        repository,
    };

    fn readme(name: &str) -> String {
        read(&repository().join(FOLDER).join(name).join("README.md")).unwrap()
    }

    #[test]
    fn every_kind_of_answer_is_read() {
        let text = "[values]\nname = \"A\"\nkinds = [\"X\", \"Y\"]\nmore = true\n";
        let expected = [("name", "A"), ("kinds", "X,Y"), ("more", "true")];
        let read: BTreeMap<_, _> = answers(text).unwrap().into_iter().collect();
        assert_eq!(read.len(), expected.len());
        for (question, answer) in expected {
            assert_eq!(read[question], answer);
        }
        assert!(answers("name = \"A\"\n").is_err());
    }

    #[test]
    fn every_example_answers_every_question_that_is_always_asked() {
        let questions = questions(repository()).unwrap();
        for example in examples(repository()).unwrap() {
            let given: BTreeMap<_, _> = example.answers.into_iter().collect();
            for question in &questions {
                let is_always_asked = question.asked == crate::questions::Asked::Always;
                if is_always_asked && question.kind != Kind::Bool {
                    assert!(
                        given.contains_key(&question.name),
                        "example {} does not say {}",
                        example.name,
                        question.name
                    );
                }
            }
            for name in given.keys() {
                assert!(
                    questions.iter().any(|question| question.name == *name),
                    "example {} answers '{name}', which is not asked",
                    example.name
                );
            }
        }
    }

    #[test]
    fn every_example_is_listed_and_says_how_it_is_generated() {
        let list = read(&repository().join(FOLDER).join("README.md")).unwrap();
        for Example { name, .. } in examples(repository()).unwrap() {
            assert!(list.contains(&format!("({name}/)")), "{name} is not listed");
            let command = format!("--values-file examples/{name}/answers.toml");
            assert!(readme(&name).contains(&command), "{name}");
        }
    }

    #[test]
    fn the_examples_use_every_choice_that_brings_files_or_a_role() {
        let questions = questions(repository()).unwrap();
        let examples = examples(repository()).unwrap();
        for name in [
            "funding_model",
            "payee_pattern",
            "payer_steps",
            "payer_debit",
        ] {
            let question = questions.iter().find(|question| question.name == name);
            for choice in &question.unwrap().choices {
                let uses = |example: &&Example| {
                    let mut answers = example.answers.iter();
                    let given = answers.find(|(question, _)| question == name);
                    given.map_or(*choice == question.unwrap().default, |(_, answer)| {
                        answer == choice
                    })
                };
                assert!(examples.iter().find(uses).is_some(), "{name}={choice}");
            }
        }
    }
}
