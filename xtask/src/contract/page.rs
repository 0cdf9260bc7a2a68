//! `docs/CONTRACT.md`: the endpoints and the differences, for people.

use std::{fmt::Write, fs, path::Path};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::{
    differences::{DIFFERENCES, Difference, Endpoints},
    endpoints::{BACKEND, OUTBOUND_ASKED},
};
use crate::{official::Api, template::read};

pub const PAGE: &str = "docs/CONTRACT.md";

/// Of the official documents; the head of the page says it, too.
const VERSION: &str = "2.1.0";

const HEAD: &str = "\
# The official documents, and what the connector does

Derived by `cargo xtask twins` from `xtask/src/contract/`; never edited by hand.

The contract test (`xtask/tests/connectors/contract.rs`) fetches the official documents of the backend API and
of the outbound API, version 2.1.0, drives every endpoint of a generated connector (both roles, all use cases)
with good and bad requests, and has the documents judge each answer of the connector and each request that it
sends to the Mojaloop Connector. Where the two differ on purpose, the difference is in the last table. The
test fails on a difference that is not there, and on one that is there and does not occur.

A connector that is asked for more than it takes, or is about to end, answers 503 with the code 2003. No document
has that status; `docs/ARCHITECTURE.md` says why it is answered. The test asks for less.

The DFSP API has a document, too, but no package has it; it is not judged.
";

/// Writes the page anew. Returns whether it has changed.
pub fn write(repository: &Path) -> Result<bool> {
    let path = repository.join(PAGE);
    let derived = page();
    if read(&path).is_ok_and(|text| text == derived) {
        return Ok(false);
    }
    fs::write(&path, derived).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(true)
}

/// Fails when the page no longer says what the tables say.
pub fn check(repository: &Path) -> Result<()> {
    ensure!(
        read(&repository.join(PAGE))? == page(),
        "{PAGE} is out of date: run `cargo xtask twins`"
    );
    Ok(())
}

/// The same, for the review pack of a generated repository.
pub fn evidence() -> Value {
    let backend = BACKEND.iter().map(|endpoint| {
        json!({
            "endpoint": endpoint.name, "statuses": endpoint.answers,
            "differences": concerned(Api::Backend, endpoint.name),
        })
    });
    let outbound = OUTBOUND_ASKED.iter().map(|name| {
        json!({ "endpoint": name, "statuses": [], "differences": concerned(Api::Outbound, name) })
    });
    let differences = DIFFERENCES.iter().enumerate().map(|(index, difference)| {
        json!({
            "number": index + 1, "where": whereabouts(difference),
            "document": difference.document, "wire": difference.wire, "chosen": difference.chosen,
        })
    });
    json!({
        "version": VERSION,
        "apis": [
            { "api": "backend API", "endpoints": backend.collect::<Vec<_>>() },
            { "api": "outbound API", "endpoints": outbound.collect::<Vec<_>>() },
        ],
        "differences": differences.collect::<Vec<_>>(),
    })
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    page.push_str("\n## The backend API\n\n| endpoint | statuses in the document | differences |\n| --- | --- | --- |\n");
    for endpoint in &BACKEND {
        let statuses: Vec<String> = endpoint.answers.iter().map(u16::to_string).collect();
        row(
            &mut page,
            &[
                &format!("`{}`", endpoint.name),
                &statuses.join(", "),
                &numbers(Api::Backend, endpoint.name),
            ],
        );
    }
    page.push_str(
        "\n## The outbound API\n\nWhat the connector asks:\n\n| endpoint | differences |\n| --- | --- |\n",
    );
    for name in OUTBOUND_ASKED {
        row(
            &mut page,
            &[&format!("`{name}`"), &numbers(Api::Outbound, name)],
        );
    }
    page.push_str("\n## The differences\n\n| | where | what | document | wire | chosen |\n| --- | --- | --- | --- | --- | --- |\n");
    for (index, difference) in DIFFERENCES.iter().enumerate() {
        row(
            &mut page,
            &[
                &(index + 1).to_string(),
                &whereabouts(difference),
                &difference.deviation.to_string(),
                difference.document,
                difference.wire,
                difference.chosen,
            ],
        );
    }
    page
}

fn row(page: &mut String, cells: &[&str]) {
    // Writing to a string cannot fail.
    let _ = writeln!(page, "| {} |", cells.join(" | "));
}

fn whereabouts(difference: &Difference) -> String {
    let (api, message) = (difference.api.title(), difference.message.name());
    format!("{api}, {}, {message}", places(difference))
}

fn places(difference: &Difference) -> String {
    match difference.endpoints {
        Endpoints::All => "every endpoint".to_owned(),
        Endpoints::Only(endpoints) => {
            let names = endpoints.iter().map(|name| format!("`{name}`"));
            names.collect::<Vec<_>>().join(", ")
        }
    }
}

/// The differences of an endpoint, by number.
fn numbers(api: Api, name: &str) -> String {
    let numbers = concerned(api, name);
    if numbers.is_empty() {
        return "none".to_owned();
    }
    let numbers: Vec<String> = numbers.iter().map(usize::to_string).collect();
    numbers.join(", ")
}

fn concerned(api: Api, name: &str) -> Vec<usize> {
    let concerned = DIFFERENCES.iter().enumerate().filter(|(_, difference)| {
        difference.api == api
            && match difference.endpoints {
                Endpoints::All => true,
                Endpoints::Only(endpoints) => endpoints.contains(&name),
            }
    });
    concerned.map(|(index, _)| index + 1).collect()
}
