//! What must not be in a generated connector: traces of the template, and words
//! that belong to answers which were not chosen.

use std::{fs, path::Path};

use anyhow::{Result, bail};

use super::{expected_files::ExpectedFiles, vocabulary};
use crate::{
    questions::{Answers, Question},
    template::{read, rendered_files},
};

/// Found in no file, whatever it is.
const TRACES: [&str; 4] = ["savanna", ".liquid", "[if ", "[end]"];

/// Found in no file that was rendered. (Others may hold braces of their own.)
const LIQUID: [&str; 2] = ["{{", "{%"];

/// What an answer that came out empty leaves in a line.
const GAPS: [&str; 7] = ["\"\"", "``", "''", "  ", " ,", "| |", "()"];

/// Files that are not about the answers.
const OTHERS_WORDS: [&str; 6] = [
    "Cargo.lock",
    "LICENSE",
    // Of the template, whatever was answered.
    "review/evidence/chaos.json",
    "review/evidence/contract.json",
    "review/package-lock.json",
    "ttk/package-lock.json",
];

/// Checks every file of a connector, and lists all that is wrong.
pub fn assert_none(
    repository: &Path,
    connector: &Path,
    files: &ExpectedFiles,
    questions: &[Question],
    answers: &Answers,
) -> Result<()> {
    let rendered = rendered_files(repository)?;
    let foreign = vocabulary::foreign(questions, answers);
    let mut found = Vec::new();
    for (file, source) in files {
        if let Some(trace) = TRACES.iter().find(|trace| has(file, trace)) {
            found.push(format!("{file}: '{trace}' in its name"));
        }
        let bytes = fs::read(connector.join(file))?;
        let Ok(text) = String::from_utf8(bytes) else {
            continue;
        };
        found.extend(with_any(file, &text, &TRACES));
        if rendered.contains(source) {
            found.extend(with_any(file, &text, &LIQUID));
            let original = read(&repository.join("template").join(source))?;
            found.extend(gaps(file, &text, &original));
        }
        if !OTHERS_WORDS.contains(&file.as_str()) {
            let text = vocabulary::Text::new(&text);
            let uses = foreign.iter().flat_map(|phrase| phrase.uses(&text));
            found.extend(uses.map(|found| format!("{file}:{found}")));
        }
    }
    if !found.is_empty() {
        bail!("{}", found.join("\n"));
    }
    Ok(())
}

fn has(text: &str, trace: &str) -> bool {
    text.to_lowercase().contains(trace)
}

fn with_any(file: &str, text: &str, traces: &[&str]) -> Vec<String> {
    let lines = text.lines().enumerate();
    lines
        .flat_map(|(index, line)| {
            let traces = traces.iter().filter(move |trace| has(line, trace));
            traces.map(move |trace| format!("{file}:{}: '{trace}' in: {line}", index + 1))
        })
        .collect()
}

/// Lines that rendering has changed, and left with a gap.
fn gaps(file: &str, text: &str, original: &str) -> Vec<String> {
    let unchanged: Vec<&str> = original.lines().collect();
    let lines = text.lines().enumerate();
    lines
        .filter(|(_, line)| !unchanged.contains(line))
        .filter(|(_, line)| {
            // Neither an indentation nor the fence of a block is a gap.
            let line = line.trim_start().replace("```", "");
            GAPS.iter().any(|gap| line.contains(gap)) || is_unset(file, &line)
        })
        .map(|(index, line)| format!("{file}:{}: an empty answer in: {line}", index + 1))
        .collect()
}

/// A variable without a value. (Rust goes on in the next line.)
fn is_unset(file: &str, line: &str) -> bool {
    line.ends_with('=') && !file.ends_with(".rs")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_are_found_in_any_case() {
        let found = with_any("a.rs", "fine\nSavannaCore\n// [if fees is cbs]\n", &TRACES);
        assert_eq!(
            found,
            [
                "a.rs:2: 'savanna' in: SavannaCore",
                "a.rs:3: '[if ' in: // [if fees is cbs]",
            ]
        );
    }

    #[test]
    fn an_answer_that_came_out_empty_is_found_where_rendering_has_changed_a_line() {
        let original = "FSP_ID=savannabank\nLEI=\n| a  b |\n    name: \"x\"\n";
        let text = "FSP_ID=\nLEI=\n| a  b |\n    name: \"y\"\nof  bank\n| x | |\n```sh\n";
        let found = gaps("a", text, original);
        assert_eq!(
            found,
            [
                "a:1: an empty answer in: FSP_ID=",
                "a:5: an empty answer in: of  bank",
                "a:6: an empty answer in: | x | |",
            ]
        );
    }
}
