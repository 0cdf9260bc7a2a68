//! What a generated repository says of the template that it comes from, for its review
//! pack: the comparison with the official documents, and the figures of chaos.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::{contract::page, template::read};

pub mod figures;

/// What is said of the official documents.
pub const CONTRACT: &str = "template/review/evidence/contract.json";

/// The figures of the long run; `cargo xtask chaos --figures` writes them.
pub const CHAOS: &str = "template/review/evidence/chaos.json";

/// Derives anew what can be. Returns the files that have changed.
pub fn write(repository: &Path) -> Result<Vec<String>> {
    let mut changed = Vec::new();
    for (file, derived) in derive(repository)? {
        let path = repository.join(file);
        if read(&path).is_ok_and(|text| text == derived) {
            continue;
        }
        fs::write(&path, derived).with_context(|| format!("cannot write {}", path.display()))?;
        changed.push(file.to_owned());
    }
    Ok(changed)
}

/// Fails when a file no longer says what the tables and figures say.
pub fn check(repository: &Path) -> Result<()> {
    for (file, derived) in derive(repository)? {
        ensure!(
            read(&repository.join(file))? == derived,
            "{file} is out of date: run `cargo xtask twins`"
        );
    }
    Ok(())
}

fn derive(repository: &Path) -> Result<Vec<(&'static str, String)>> {
    let chaos = figures::Figures::read(&repository.join(CHAOS))?;
    let text = read(&repository.join(figures::PAGE))?;
    Ok(vec![
        (CONTRACT, pretty(&page::evidence())?),
        (figures::PAGE, chaos.told_in(&text)?),
    ])
}

/// JSON as people read it, with a line feed at its end.
pub fn pretty(value: &Value) -> Result<String> {
    Ok(format!("{}\n", serde_json::to_string_pretty(value)?))
}
