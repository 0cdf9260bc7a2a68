//! All that is derived from the template and the questions.

use std::path::Path;

use anyhow::Result;

use crate::{contract::page, evidence, known_names, places, questions, table, twins};

/// Derives everything anew. Returns the files that a developer may not expect to
/// have changed.
pub fn write(repository: &Path) -> Result<Vec<String>> {
    known_names::write(repository)?;
    questions::write(repository)?;
    places::write(repository)?;
    let twins = twins::write(repository)?;
    let mut changed: Vec<String> = twins
        .iter()
        .map(|file| format!("template/{file}"))
        .collect();
    if table::write(repository)? {
        changed.push(table::README.to_owned());
    }
    if page::write(repository)? {
        changed.push(page::PAGE.to_owned());
    }
    changed.extend(evidence::write(repository)?);
    Ok(changed)
}

/// Fails when something is no longer what would be derived.
pub fn check(repository: &Path) -> Result<()> {
    known_names::check(repository)?;
    questions::check(repository)?;
    places::check(repository)?;
    twins::check(repository)?;
    table::check(repository)?;
    page::check(repository)?;
    evidence::check(repository)
}
