//! What can be seen, against the results that it tells of. Each is counted again here,
//! from the files that the pack was made of or from what they were made of.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::{Context, Result};
use serde_json::Value;

use super::{
    crates::{self, Crate},
    seen::{Seen, Tile, in_words},
};
use crate::{
    contract::page,
    coverage::{self, Endpoint, list, text},
    evidence::{
        CHAOS,
        figures::{Figures, Run},
    },
    template::read,
    workshop::Workshop,
};

/// Answers that a reviewer is not shown: nothing of the connector follows from them.
const NOT_SHOWN: [&str; 3] = ["template_version", "confirm_loan_repayment", "advanced"];

/// What was compared, and whether it is the same.
pub struct Check {
    pub what: String,
    pub holds: bool,
}

/// Compares all that the page says with what it should.
pub fn checks(workshop: &Workshop, seen: &Seen) -> Result<Vec<Check>> {
    let connector = workshop.folder();
    let report: Value = serde_json::from_str(&read(&connector.join("ttk/report/report.json"))?)?;
    let mut page = Page {
        seen,
        checks: Vec::new(),
    };
    page.diagrams(connector)?;
    page.answers(connector)?;
    page.collections(&report)?;
    page.endpoints(connector, &report)?;
    page.contract()?;
    page.chaos()?;
    page.dependencies(workshop)?;
    Ok(page.checks)
}

struct Page<'a> {
    seen: &'a Seen,
    checks: Vec<Check>,
}

impl Page<'_> {
    fn check(&mut self, what: String, holds: bool) {
        self.checks.push(Check { what, holds });
    }

    /// A single figure that the page marks.
    fn figure(&mut self, name: &str, what: &str, expected: &str) {
        let shown = self.seen.figure(name);
        let holds = shown.as_deref() == Some(expected);
        self.check(format!("{what}: {expected}, shown {shown:?}"), holds);
    }

    fn tile(&mut self, name: &str, figure: String, meaning: &str, kind: &str) {
        let expected = Tile {
            figure,
            meaning: meaning.to_owned(),
            kind: kind.to_owned(),
        };
        let shown = self.seen.tile(name);
        let holds = shown.as_ref() == Some(&expected);
        let but = if holds {
            String::new()
        } else {
            format!(", shown {shown:?}")
        };
        let Tile { figure, kind, .. } = expected;
        self.check(
            format!("the tile '{name}': {figure} {meaning} ({kind}){but}"),
            holds,
        );
    }

    /// Every cell of a table, in the order of its rows.
    fn table(&mut self, name: &str, expected: Vec<Vec<String>>) {
        let shown = self.seen.rows(name);
        self.same_rows(name, &expected, &shown);
    }

    /// Every cell of a table, in whatever order its rows are.
    fn table_in_any_order(&mut self, name: &str, mut expected: Vec<Vec<String>>) {
        let mut shown = self.seen.rows(name);
        expected.sort();
        shown.sort();
        self.same_rows(name, &expected, &shown);
    }

    fn same_rows(&mut self, name: &str, expected: &[Vec<String>], shown: &[Vec<String>]) {
        let holds = !expected.is_empty() && expected == shown;
        let first = (0..expected.len().max(shown.len()))
            .find(|index| expected.get(*index) != shown.get(*index));
        let but = first.map(|index| {
            let (expected, shown) = (expected.get(index), shown.get(index));
            format!("; the first that differs is {expected:?}, shown {shown:?}")
        });
        self.check(
            format!(
                "the table '{name}': {} rows, shown {}{}",
                expected.len(),
                shown.len(),
                but.unwrap_or_default()
            ),
            holds,
        );
    }

    fn diagrams(&mut self, connector: &Path) -> Result<()> {
        let mut diagrams = 0;
        for entry in fs::read_dir(connector.join("docs"))? {
            diagrams += read(&entry?.path())?.matches("```mermaid").count();
        }
        let drawn = self.seen.attribute("data-drawn");
        let drawn = drawn.and_then(|count| count.parse::<usize>().ok());
        self.check(
            format!("{diagrams} diagrams, drawn {drawn:?}"),
            diagrams > 0 && drawn == Some(diagrams),
        );
        let not_drawn = self.seen.count("class=\"diagram not-drawn\"");
        self.check(
            format!("{not_drawn} diagrams that could not be drawn"),
            not_drawn == 0,
        );
        Ok(())
    }

    fn answers(&mut self, connector: &Path) -> Result<()> {
        let answers: toml::Table = read(&connector.join("answers.toml"))?.parse()?;
        let answers = answers["values"].as_table().context("no answers")?;
        let dfsp = answers["dfsp_name"].as_str().unwrap_or_default();
        let title = self.seen.text_of("<h1", "</h1>").unwrap_or_default();
        self.check(
            format!("the title {title:?} names {dfsp:?}"),
            title.ends_with(dfsp) && !dfsp.is_empty(),
        );
        let expected: BTreeMap<&str, String> = answers
            .iter()
            .filter(|(name, _)| !NOT_SHOWN.contains(&name.as_str()))
            .map(|(name, answer)| (name.as_str(), said(answer)))
            .filter(|(_, answer)| !answer.is_empty())
            .collect();
        let names = self.seen.names("data-answer").into_iter();
        let shown: BTreeMap<&str, String> = names
            .filter_map(|name| Some((name, self.seen.marked("data-answer", name)?)))
            .collect();
        let holds = shown == expected;
        let but = if holds {
            String::new()
        } else {
            format!("; expected {expected:?}, shown {shown:?}")
        };
        let (count, shown) = (expected.len(), shown.len());
        self.check(format!("{count} answers, shown {shown}{but}"), holds);
        Ok(())
    }

    fn collections(&mut self, report: &Value) -> Result<()> {
        let mut rows = Vec::new();
        let mut total = (0, 0);
        let mut names = Vec::new();
        for collection in list(report, "collections")? {
            let name = text(collection, "collection")?;
            let (mut passed, mut failed) = (0, 0);
            for case in list(collection, "cases")? {
                for request in list(case, "requests")? {
                    for (index, assertion) in list(request, "assertions")?.iter().enumerate() {
                        match text(assertion, "outcome")? {
                            "passed" => passed += 1,
                            _ => failed += 1,
                        }
                        rows.push(assertion_row(request, assertion, index == 0)?);
                    }
                }
            }
            total = (total.0 + passed, total.1 + failed);
            names.push(name);
            let summary = format!("{name}: {passed} passed, {failed} failed");
            let shown = self.seen.marked("data-collection", name);
            let holds = shown.as_ref() == Some(&summary);
            self.check(format!("{summary}, shown {shown:?}"), holds);
            let bar = match failed {
                0 => format!("✓ {passed}"),
                _ => format!("✗ {failed} of {} failed", passed + failed),
            };
            let shown = self.seen.bar(name);
            let holds = shown.as_ref() == Some(&bar);
            self.check(format!("the bar of {name}: {bar}, shown {shown:?}"), holds);
        }
        for attribute in ["data-collection", "data-bar"] {
            let shown = self.seen.names(attribute);
            let what = format!("{} collections, shown {}", names.len(), shown.len());
            self.check(format!("{what} ({attribute})"), shown == names);
        }
        self.table("assertions", rows);
        let (passed, failed) = total;
        self.figure("passed", "assertions passed", &passed.to_string());
        self.figure("failed", "assertions failed", &failed.to_string());
        self.tile(
            "assertions",
            format!("{passed} of {}", passed + failed),
            "assertions of the collections hold",
            colour(failed == 0),
        );
        Ok(())
    }

    fn endpoints(&mut self, connector: &Path, report: &Value) -> Result<()> {
        let endpoints = coverage::endpoints(connector, report)?;
        for (api, _) in coverage::APIS {
            let of_api = endpoints.iter().filter(|one| one.api == api);
            let rows = of_api.map(endpoint_row).collect();
            self.table_in_any_order(&format!("endpoints of the {api}"), rows);
        }
        let offered: Vec<_> = endpoints.iter().filter(|one| one.is_offered()).collect();
        let called = offered.iter().filter(|one| one.requests > 0).count();
        self.tile(
            "endpoints",
            format!("{called} of {}", offered.len()),
            "endpoints are called by the collections",
            // One that is not called is no failure.
            if called == offered.len() { "ok" } else { "" },
        );
        Ok(())
    }

    /// The pack's copy is derived: here are the tables that the contract test holds the
    /// connector to.
    fn contract(&mut self) -> Result<()> {
        let contract = page::evidence();
        for api in list(&contract, "apis")? {
            let name = text(api, "api")?;
            let rows: Result<_> = list(api, "endpoints")?.iter().map(contract_row).collect();
            self.table(&format!("contract of the {name}"), rows?);
        }
        let differences = list(&contract, "differences")?;
        let rows: Result<_> = differences.iter().map(difference_row).collect();
        self.table("differences", rows?);
        let count = differences.len().to_string();
        self.figure("differences", "differences on purpose", &count);
        let version = text(&contract, "version")?;
        self.figure("version", "the official documents", version);
        Ok(())
    }

    fn chaos(&mut self) -> Result<()> {
        let chaos = Figures::read(&crate::repository().join(CHAOS))?;
        let row = |name: &str, database: &str, figures: [u64; 6]| -> Vec<String> {
            let texts = [name, database].map(str::to_owned).into_iter();
            texts.chain(figures.map(in_thousands)).collect()
        };
        let mut rows: Vec<_> = chaos
            .runs
            .iter()
            .map(|run| row(&run.connector, &run.database, figures(run)))
            .collect();
        let mut all = [0; 6];
        for run in &chaos.runs {
            for (total, figure) in all.iter_mut().zip(figures(run)) {
                *total += figure;
            }
        }
        rows.push(row("all", "", all));
        self.table("chaos", rows);
        self.figure("seed", "the seed of chaos", &chaos.seed.to_string());
        self.figure("date", "the day of chaos", &chaos.date);
        let [transfers, _, _, lost, doubled, _] = all;
        self.tile(
            "chaos",
            format!("{lost} lost, {doubled} doubled"),
            &format!("of {} transfers under chaos", in_thousands(transfers)),
            colour(lost + doubled == 0),
        );
        Ok(())
    }

    fn dependencies(&mut self, workshop: &Workshop) -> Result<()> {
        let linked = crates::linked(workshop)?;
        let count = linked.len().to_string();
        self.figure("crates", "crates that are linked", &count);
        self.figure("listed", "crates that are listed", &count);
        let rows = linked.iter().map(|one| {
            let licence = in_one_order(&one.licence);
            vec![one.name.clone(), one.version.clone(), licence]
        });
        self.table_in_any_order("crates", rows.collect());
        self.table_in_any_order("licences", licences(&linked));
        let shown: BTreeSet<_> = self.seen.rows("crates").into_iter().collect();
        let locked = crates::locked(workshop.folder())?;
        let unknown = shown.iter().filter(|row| match row.as_slice() {
            [name, version, _] => !locked.contains(&(name.clone(), version.clone())),
            _ => true,
        });
        let unknown = unknown.count();
        self.check(
            format!("{unknown} crates that Cargo.lock does not have"),
            unknown == 0 && !shown.is_empty(),
        );
        let (figure, kind) = match crates::advisories(workshop.folder()) {
            Some(known) => (known.to_string(), colour(known == 0)),
            None => ("not checked".to_owned(), colour(false)),
        };
        self.tile("advisories", figure, "known advisories", kind);
        Ok(())
    }
}

fn colour(is_good: bool) -> &'static str {
    if is_good { "ok" } else { "not-ok" }
}

/// An answer as it is said to a reviewer.
fn said(answer: &toml::Value) -> String {
    match answer {
        toml::Value::Array(all) if all.is_empty() => "none".to_owned(),
        toml::Value::Array(all) => all.iter().map(said).collect::<Vec<_>>().join(", "),
        toml::Value::Boolean(true) => "yes".to_owned(),
        toml::Value::Boolean(false) => "no".to_owned(),
        // All others are texts.
        _ => in_words(&answer.as_str().unwrap_or_default().replace('_', " ")),
    }
}

fn assertion_row(request: &Value, assertion: &Value, is_first: bool) -> Result<Vec<String>> {
    let (asked, status) = match is_first {
        true => {
            let (what, method) = (text(request, "description")?, text(request, "method")?);
            let asked = format!("{what} {method} {}", text(request, "path")?);
            let status = request["status"].as_u64();
            let status = status.map(|status| status.to_string());
            (asked, status.unwrap_or_default())
        }
        false => (String::new(), String::new()),
    };
    let said = match assertion["reason"].as_str() {
        Some(reason) => format!("{} {reason}", text(assertion, "assertion")?),
        None => text(assertion, "assertion")?.to_owned(),
    };
    let outcome = match text(assertion, "outcome")? {
        "passed" => "✓",
        _ => "✗ failed",
    };
    let cells = [asked.as_str(), &status, &said, outcome];
    Ok(cells.map(in_words).to_vec())
}

fn endpoint_row(endpoint: &Endpoint) -> Vec<String> {
    let requests = match endpoint.requests {
        _ if !endpoint.is_offered() => "not chosen".to_owned(),
        0 => "none".to_owned(),
        requests => format!("✓ {requests}"),
    };
    vec![
        format!("{} {}", endpoint.method, endpoint.path),
        in_words(&endpoint.summary),
        requests,
        endpoint.assertions.to_string(),
    ]
}

fn contract_row(endpoint: &Value) -> Result<Vec<String>> {
    let joined = |name: &str, otherwise: &str| -> Result<String> {
        let numbers: Vec<_> = list(endpoint, name)?.iter().map(Value::to_string).collect();
        Ok(match numbers.is_empty() {
            true => otherwise.to_owned(),
            false => numbers.join(", "),
        })
    };
    Ok(vec![
        text(endpoint, "endpoint")?.to_owned(),
        joined("statuses", "as asked")?,
        joined("differences", "none")?,
    ])
}

fn difference_row(difference: &Value) -> Result<Vec<String>> {
    let mut row = vec![difference["number"].to_string()];
    for name in ["where", "document", "wire", "chosen"] {
        // Names of code are shown in a font of their own.
        row.push(in_words(&text(difference, name)?.replace('`', "")));
    }
    Ok(row)
}

fn figures(run: &Run) -> [u64; 6] {
    let Run {
        transfers,
        kills,
        faults,
        lost,
        doubled,
        parked,
        ..
    } = *run;
    [transfers, kills, faults, lost, doubled, parked]
}

/// How many crates are under each licence.
fn licences(crates: &BTreeSet<Crate>) -> Vec<Vec<String>> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for one in crates {
        *counts.entry(in_one_order(&one.licence)).or_default() += 1;
    }
    let counts = counts.into_iter();
    counts
        .map(|(licence, count)| vec![licence, count.to_string()])
        .collect()
}

/// `A OR B`, `B/A` and `B / A` are the same choice.
fn in_one_order(licence: &str) -> String {
    if licence.contains('(') || licence.contains("AND") {
        return in_words(licence);
    }
    let licence = licence.replace('/', " OR ");
    let mut choices: Vec<_> = licence.split(" OR ").map(str::trim).collect();
    choices.sort_unstable();
    choices.join(" OR ")
}

/// 20800 as 20,800.
fn in_thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_with_commas() {
        let numbers = [0, 999, 1_000, 20_800, 1_234_567].map(in_thousands);
        assert_eq!(numbers, ["0", "999", "1,000", "20,800", "1,234,567"]);
    }

    #[test]
    fn a_choice_of_licences_is_the_same_however_it_is_written() {
        for licence in ["MIT OR Apache-2.0", "MIT/Apache-2.0", "Apache-2.0 / MIT"] {
            assert_eq!(in_one_order(licence), "Apache-2.0 OR MIT");
        }
        let both = "(MIT OR Apache-2.0) AND Unicode-3.0";
        assert_eq!(in_one_order(both), both);
    }

    #[test]
    fn answers_are_said_in_words() {
        let answers: toml::Table = "a = []\nb = [\"bulk\", \"request_to_pay\"]\nc = true\nd = \"\""
            .parse()
            .unwrap();
        let said: Vec<_> = answers.values().map(said).collect();
        assert_eq!(said, ["none", "bulk, request to pay", "yes", ""]);
    }
}
