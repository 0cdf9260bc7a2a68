//! All that is derived: from the template, the questions, and the list of linters.

use std::path::Path;

use anyhow::Result;

use crate::{
    contract::page, evidence, known_names, linter_versions, places, questions, table, twins,
};

/// Derives everything anew. Returns the files that a developer may not expect to
/// have changed.
pub fn write(repository: &Path) -> Result<Vec<String>> {
    known_names::write(repository)?;
    questions::write(repository)?;
    places::write(repository)?;
    // Before the twins: they are derived from what is written here.
    let has_other_linters = linter_versions::write(repository)?;
    let twins = twins::write(repository)?;
    let mut changed: Vec<String> = twins
        .iter()
        .map(|file| format!("template/{file}"))
        .collect();
    if has_other_linters {
        changed.push(linter_versions::WORKFLOW.to_owned());
    }
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
    linter_versions::check(repository)?;
    twins::check(repository)?;
    table::check(repository)?;
    page::check(repository)?;
    evidence::check(repository)
}
