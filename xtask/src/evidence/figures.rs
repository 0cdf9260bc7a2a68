//! The figures of a run of chaos: as a file, and as a table in `docs/CHAOS.md`.

use std::{fmt::Write, fs, path::Path};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::pretty;
use crate::template::read;

pub const PAGE: &str = "docs/CHAOS.md";

const BEGIN: &str = "<!-- derived by `cargo xtask twins` from the figures of the long run: -->\n";
const END: &str = "<!-- :derived -->\n";

/// What came of one connector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub connector: String,
    pub database: String,
    pub transfers: u64,
    pub kills: u64,
    pub faults: u64,
    pub lost: u64,
    pub doubled: u64,
    pub parked: u64,
}

/// What came of all of them.
#[derive(Debug, PartialEq, Eq)]
pub struct Figures {
    pub seed: u64,
    /// The day, as in 2026-11-22.
    pub date: String,
    /// How long it took, in seconds.
    pub took: u64,
    pub runs: Vec<Run>,
}

impl Figures {
    pub fn read(file: &Path) -> Result<Self> {
        let value: Value = serde_json::from_str(&read(file)?)?;
        Self::of(&value).with_context(|| format!("{} is not as it should be", file.display()))
    }

    pub fn write(&self, file: &Path) -> Result<()> {
        let text = pretty(&self.as_json())?;
        fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
    }

    fn of(value: &Value) -> Option<Self> {
        let runs = value["runs"].as_array()?.iter().map(|run| {
            Some(Run {
                connector: run["connector"].as_str()?.to_owned(),
                database: run["database"].as_str()?.to_owned(),
                transfers: run["transfers"].as_u64()?,
                kills: run["kills"].as_u64()?,
                faults: run["faults"].as_u64()?,
                lost: run["lost"].as_u64()?,
                doubled: run["doubled"].as_u64()?,
                parked: run["parked"].as_u64()?,
            })
        });
        Some(Self {
            seed: value["seed"].as_u64()?,
            date: value["date"].as_str()?.to_owned(),
            took: value["took_seconds"].as_u64()?,
            runs: runs.collect::<Option<_>>()?,
        })
    }

    fn as_json(&self) -> Value {
        let runs = self.runs.iter().map(|run| {
            json!({
                "connector": run.connector, "database": run.database,
                "transfers": run.transfers, "kills": run.kills, "faults": run.faults,
                "lost": run.lost, "doubled": run.doubled, "parked": run.parked,
            })
        });
        json!({
            "seed": self.seed, "date": self.date, "took_seconds": self.took,
            "runs": runs.collect::<Vec<_>>(),
        })
    }

    /// All connectors together.
    pub fn total(&self, figure: fn(&Run) -> u64) -> u64 {
        self.runs.iter().map(figure).sum()
    }

    /// The page, with these figures where it has figures.
    pub fn told_in(&self, page: &str) -> Result<String> {
        let parts = page.split_once(BEGIN).and_then(|(before, rest)| {
            let (_, after) = rest.split_once(END)?;
            Some((before, after))
        });
        let (before, after) = parts.with_context(|| format!("{PAGE} has no place for figures"))?;
        ensure!(!self.runs.is_empty(), "the figures are of no run");
        Ok(format!("{before}{BEGIN}\n{}\n{END}{after}", self.table()))
    }

    fn table(&self) -> String {
        let mut table = format!(
            "On {}, seed {}, in {} minutes:\n\n\
             | connector | database | transfers | kills | faults | lost | doubled | parked |\n\
             | --- | --- | --- | --- | --- | --- | --- | --- |\n",
            self.date,
            self.seed,
            self.took.div_ceil(60)
        );
        for run in &self.runs {
            let Run {
                connector,
                database,
                transfers,
                kills,
                faults,
                lost,
                doubled,
                parked,
            } = run;
            // Writing to a string cannot fail.
            let _ = writeln!(
                table,
                "| `{connector}` | {database} | {transfers} | {kills} | {faults} | {lost} | {doubled} | {parked} |"
            );
        }
        let _ = writeln!(
            table,
            "| **all** | | {} | {} | {} | **{}** | **{}** | {} |",
            self.total(|run| run.transfers),
            self.total(|run| run.kills),
            self.total(|run| run.faults),
            self.total(|run| run.lost),
            self.total(|run| run.doubled),
            self.total(|run| run.parked),
        );
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures() -> Figures {
        let run = Run {
            connector: "reserve-hold".to_owned(),
            database: "SQLite".to_owned(),
            transfers: 2600,
            kills: 26,
            faults: 5703,
            lost: 0,
            doubled: 0,
            parked: 3,
        };
        Figures {
            seed: 7,
            date: "2026-11-22".to_owned(),
            took: 61,
            runs: vec![run.clone(), run],
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("figures.json");
        figures().write(&file).unwrap();
        assert_eq!(Figures::read(&file).unwrap(), figures());
    }

    #[test]
    fn a_page_has_the_figures_and_their_sums_between_its_marks() {
        let page = format!("before\n{BEGIN}outdated\n{END}after\n");
        let told = figures().told_in(&page).unwrap();
        assert!(
            told.starts_with("before\n") && told.ends_with("after\n"),
            "{told}"
        );
        assert!(!told.contains("outdated"), "{told}");
        assert!(told.contains("seed 7, in 2 minutes"), "{told}");
        assert!(
            told.contains("| 5200 | 52 | 11406 | **0** | **0** | 6 |"),
            "{told}"
        );
        assert_eq!(figures().told_in(&told).unwrap(), told);
    }

    #[test]
    fn a_page_without_marks_is_not_touched() {
        assert!(figures().told_in("no place").is_err());
    }
}
