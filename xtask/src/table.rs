//! The table of the README: which files each answer brings.
//!
//! It is derived from the places. What reads it (the matrix, which compares it
//! with what is really generated) sees only what a reader of the README sees.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    places::{NO, Place, places},
    questions::{Answers, Kind, Question, questions},
    template::{TWIN_SUFFIX, files, read},
};

/// Where the table stands.
pub const README: &str = "README.md";

const BEGIN: &str = "<!-- derived by `cargo xtask twins`: -->";
const END: &str = "<!-- :derived -->";

const HEAD: &str = "| question | answer | files |\n| --- | --- | --- |\n";

const NO_FILES: &str = "none";

/// What one answer brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub question: String,
    pub answer: String,
    pub files: Vec<BroughtFile>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BroughtFile {
    /// Where it lies in a generated repository, whose client is named after the
    /// canonical core banking system.
    pub generated: String,
    /// Where it lies below `template/`.
    pub source: String,
}

impl Row {
    /// Whether a connector with these answers gets the files.
    pub fn counts(&self, answers: &Answers) -> bool {
        let given = answers.get(&self.question);
        let is_given = |answer: &str| given.split(',').any(|one| one == answer);
        is_given(&self.answer)
            || self
                .answer
                .strip_prefix(NO)
                .is_some_and(|not| !is_given(not))
    }
}

/// Writes the table anew. Returns whether it has changed.
pub fn write(repository: &Path) -> Result<bool> {
    let path = repository.join(README);
    let text = read(&path)?;
    let derived = with_table(&text, &table(&derive(repository)?))?;
    if derived == text {
        return Ok(false);
    }
    fs::write(&path, derived).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(true)
}

/// Fails when the table no longer says what the places say.
pub fn check(repository: &Path) -> Result<()> {
    let text = read(&repository.join(README))?;
    let is_up_to_date = with_table(&text, &table(&derive(repository)?))? == text;
    ensure!(
        is_up_to_date,
        "the table of {README} is out of date: run `cargo xtask twins`"
    );
    Ok(())
}

/// Reads the table as it stands in the README.
pub fn rows(repository: &Path) -> Result<Vec<Row>> {
    let text = read(&repository.join(README))?;
    let (_, table, _) = parts(&text)?;
    let lines = table
        .strip_prefix(HEAD)
        .with_context(|| format!("the table of {README} has another head"))?
        .lines();
    lines
        .map(|line| row(line).with_context(|| format!("no row of the table: {line}")))
        .collect()
}

fn derive(repository: &Path) -> Result<Vec<Row>> {
    let template = files(&repository.join("template"))?;
    let places = places(repository)?;
    refuse_nested(&places)?;
    let mut rows = Vec::new();
    for question in questions(repository)? {
        let mut places: Vec<&Place> = places
            .iter()
            .filter(|place| place.question == question.name)
            .collect();
        if places.is_empty() {
            continue;
        }
        places.sort_by(|one, other| one.path.cmp(&other.path));
        for answer in answers_that_bring_files(&question) {
            let files = places
                .iter()
                .flat_map(|place| brought(place, &answer, &template));
            rows.push(Row {
                question: question.name.clone(),
                files: files.collect(),
                answer,
            });
        }
    }
    Ok(rows)
}

/// Where several can be chosen, not to choose one is an answer, too.
fn answers_that_bring_files(question: &Question) -> Vec<String> {
    let choices = question.choices.iter();
    match question.kind {
        Kind::Array => choices
            .flat_map(|choice| [choice.clone(), format!("{NO}{choice}")])
            .collect(),
        _ => choices.cloned().collect(),
    }
}

/// The file that is chosen, and those in its own folder.
fn brought(place: &Place, answer: &str, template: &BTreeSet<String>) -> Vec<BroughtFile> {
    let Some(chosen) = place.files.get(answer) else {
        return Vec::new();
    };
    let own = chosen.trim_end_matches(&format!(".{}", place.extension));
    let mut brought = vec![BroughtFile {
        generated: place.target(),
        source: chosen.clone(),
    }];
    for file in template {
        if file.ends_with(TWIN_SUFFIX) {
            continue;
        }
        if let Some(rest) = file.strip_prefix(&format!("{own}/")) {
            brought.push(BroughtFile {
                generated: format!("{}/{rest}", place.path),
                source: file.clone(),
            });
        }
    }
    brought
}

/// What lies in a place inside of another one depends on two answers, which a
/// table with a row for each answer cannot say.
fn refuse_nested(places: &[Place]) -> Result<()> {
    for outer in places {
        for inner in places {
            if inner.path.starts_with(&format!("{}/", outer.path)) {
                bail!(
                    "template/{} is a place inside of a place: the table of {README} cannot say what it brings",
                    inner.path
                );
            }
        }
    }
    Ok(())
}

fn table(rows: &[Row]) -> String {
    let mut table = HEAD.to_owned();
    for row in rows {
        let files: Vec<String> = row
            .files
            .iter()
            .map(|file| format!("[`{}`](template/{})", file.generated, file.source))
            .collect();
        let files = match &files[..] {
            [] => NO_FILES.to_owned(),
            files => files.join(", "),
        };
        table.push_str(&format!(
            "| `{}` | `{}` | {files} |\n",
            row.question, row.answer
        ));
    }
    table
}

fn row(line: &str) -> Option<Row> {
    let line = line.strip_prefix("| `")?.strip_suffix(" |")?;
    let (question, rest) = line.split_once("` | `")?;
    let (answer, files) = rest.split_once("` | ")?;
    let files = match files {
        NO_FILES => Vec::new(),
        files => files
            .split(", ")
            .map(brought_file)
            .collect::<Option<Vec<_>>>()?,
    };
    Some(Row {
        question: question.to_owned(),
        answer: answer.to_owned(),
        files,
    })
}

fn brought_file(link: &str) -> Option<BroughtFile> {
    let link = link.strip_prefix("[`")?.strip_suffix(')')?;
    let (generated, source) = link.split_once("`](template/")?;
    Some(BroughtFile {
        generated: generated.to_owned(),
        source: source.to_owned(),
    })
}

fn with_table(text: &str, table: &str) -> Result<String> {
    let (before, _, after) = parts(text)?;
    Ok(format!("{before}{table}{after}"))
}

/// What stands before the table, the table, and what stands after it.
fn parts(text: &str) -> Result<(&str, &str, &str)> {
    let begin = format!("{BEGIN}\n\n");
    let end = format!("\n{END}\n");
    let parts = text.find(&begin).and_then(|position| {
        let (before, rest) = text.split_at(position + begin.len());
        let position = rest.find(&end)?;
        let (table, after) = rest.split_at(position);
        Some((before, table, after))
    });
    parts.with_context(|| format!("{README} has no '{BEGIN}' and '{END}' around its table"))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    const QUESTIONS: &str = "
        [placeholders.fees]
        choices = [\"none\", \"flat\", \"tiered\"]
        default = \"none\"

        [placeholders.cbs_auth]
        choices = [\"none\", \"basic\"]
        default = \"none\"

        [placeholders.role]
        choices = [\"dfsp\", \"fxp\"]
        default = \"dfsp\"
        ";

    fn repository(files: &[&str]) -> TempDir {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("cargo-generate.toml"), QUESTIONS).unwrap();
        let readme = format!("# Title\n\n{BEGIN}\n\n{HEAD}\n{END}\n\nThe end.\n");
        fs::write(folder.path().join(README), readme).unwrap();
        for file in files {
            let path = folder.path().join("template").join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        folder
    }

    const FILES: [&str; 6] = [
        "src/fees.rs",
        "src/fees/flat.rs",
        "src/fees/tiered.rs",
        "src/fees/tiered/bands.rs",
        "src/auth/none.rs",
        "src/auth/basic.rs",
    ];

    #[test]
    fn the_table_has_a_row_for_every_answer_of_a_question_that_brings_files() {
        let repository = repository(&FILES);
        assert!(write(repository.path()).unwrap());
        let readme = fs::read_to_string(repository.path().join(README)).unwrap();
        let rows = "| `fees` | `none` | none |\n\
            | `fees` | `flat` | [`src/fees.rs`](template/src/fees/flat.rs) |\n\
            | `fees` | `tiered` | [`src/fees.rs`](template/src/fees/tiered.rs), [`src/fees/bands.rs`](template/src/fees/tiered/bands.rs) |\n\
            | `cbs_auth` | `none` | [`src/auth.rs`](template/src/auth/none.rs) |\n\
            | `cbs_auth` | `basic` | [`src/auth.rs`](template/src/auth/basic.rs) |\n";
        assert_eq!(
            readme,
            format!("# Title\n\n{BEGIN}\n\n{HEAD}{rows}\n{END}\n\nThe end.\n")
        );
    }

    #[test]
    fn what_is_read_is_what_was_derived() {
        let repository = repository(&FILES);
        write(repository.path()).unwrap();
        let derived = derive(repository.path()).unwrap();
        assert_eq!(rows(repository.path()).unwrap(), derived);
    }

    #[test]
    fn a_table_that_has_drifted_is_found() {
        let repository = repository(&FILES);
        assert!(check(repository.path()).is_err());
        write(repository.path()).unwrap();
        check(repository.path()).unwrap();
        assert!(!write(repository.path()).unwrap());
        fs::write(repository.path().join("template/src/fees/none.rs"), "").unwrap();
        assert!(check(repository.path()).is_err());
    }

    #[test]
    fn a_place_inside_of_a_place_cannot_be_described() {
        let repository = repository(&[
            "src/fees/flat.rs",
            "src/fees/tiered.rs",
            "src/fees/tiered/auth/none.rs",
            "src/fees/tiered/auth/basic.rs",
        ]);
        let refusal = write(repository.path()).unwrap_err().to_string();
        assert!(refusal.contains("a place inside of a place"), "{refusal}");
    }
}
