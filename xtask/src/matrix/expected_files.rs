//! Exactly what a connector with certain answers consists of.
//!
//! It is read from the table of the README: so what the table says is true, and
//! what the hooks do is checked by something that knows nothing of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::{Result, ensure};

use crate::{
    questions::Answers,
    table::{BroughtFile, rows},
    template::{TWIN_SUFFIX, files, rendered_files},
};

/// The module of the client, in the template.
const CLIENT: &str = "src/core_banking/savanna_core";

/// Where each file of a connector comes from: by the path in the connector,
/// that below `template/`.
pub type ExpectedFiles = BTreeMap<String, String>;

/// Every file that is in no place, and those that the answers bring.
pub fn expected_files(
    repository: &Path,
    answers: &Answers,
    cbs_module: &str,
) -> Result<ExpectedFiles> {
    let rows = rows(repository)?;
    let brought = || rows.iter().flat_map(|row| &row.files);
    let mut expected: ExpectedFiles = files(&repository.join("template"))?
        .into_iter()
        .filter(|file| !file.ends_with(TWIN_SUFFIX))
        .map(|file| (file.clone(), file))
        .collect();
    for BroughtFile { generated, source } in brought() {
        expected.remove(source);
        // The switch.
        expected.remove(generated);
    }
    for row in rows.iter().filter(|row| row.counts(answers)) {
        for file in &row.files {
            let other = expected.insert(file.generated.clone(), file.source.clone());
            ensure!(other.is_none(), "two answers bring {}", file.generated);
        }
    }
    Ok(expected
        .into_iter()
        .map(|(file, source)| (renamed(&file, cbs_module), source))
        .collect())
}

/// Checks that a connector consists of exactly these files, and that those that
/// are not rendered say what they say in the template.
pub fn assert_files(repository: &Path, connector: &Path, expected: &ExpectedFiles) -> Result<()> {
    let found = files(connector)?;
    let wanted: BTreeSet<String> = expected.keys().cloned().collect();
    let missing: Vec<&String> = wanted.difference(&found).collect();
    let surplus: Vec<&String> = found.difference(&wanted).collect();
    ensure!(
        missing.is_empty() && surplus.is_empty(),
        "missing: {missing:?}\nnot expected: {surplus:?}"
    );
    let rendered = rendered_files(repository)?;
    for (file, source) in expected {
        if rendered.contains(source) {
            continue;
        }
        let same =
            fs::read(connector.join(file))? == fs::read(repository.join("template").join(source))?;
        ensure!(same, "{file} differs from template/{source}");
    }
    Ok(())
}

fn renamed(file: &str, cbs_module: &str) -> String {
    match file.strip_prefix(CLIENT) {
        Some(rest) if rest == ".rs" || rest.starts_with('/') => {
            format!("src/core_banking/{cbs_module}{rest}")
        }
        _ => file.to_owned(),
    }
}
