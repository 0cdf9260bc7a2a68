//! `cargo xtask review`: makes the review pack of an example as its integrator would, opens
//! it in a browser, and compares what can be seen with the results that it tells of.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    evidence::{CHAOS, figures::Figures},
    generated::{Snapshot, attempt_with_values_file},
    official::run,
    template::read,
    workshop::Workshop,
};

pub const USAGE: &str = "usage: cargo xtask review [--example <name>] [--output <folder>]

  Generates an example, runs its collections, makes its review pack, and looks at it in a
  headless Chromium: every diagram is drawn, every figure is that of the raw results. With
  --output, the pack is kept there, with pictures of it (light, dark, narrow).";

/// The example with the most to show.
const EXAMPLE: &str = "cross-border-bank";

/// A browser has many names.
const BROWSERS: &[&str] = &["chromium", "chromium-browser", "google-chrome"];

/// Drawing takes a second or two; a slow machine is waited for.
const LONGEST_DRAWING: &str = "--virtual-time-budget=60000";

/// How the pack is looked at: a name, the window, and what else.
const VIEWS: &[(&str, &str, &[&str])] = &[
    ("light", "1200,4000", &[]),
    (
        "dark",
        "1200,4000",
        &["--blink-settings=preferredColorScheme=0"],
    ),
    ("narrow", "420,4000", &[]),
];

#[derive(Debug)]
pub struct Options {
    example: String,
    output: Option<PathBuf>,
}

impl Options {
    pub fn parse(arguments: &[&str]) -> Result<Self> {
        let mut options = Self {
            example: EXAMPLE.to_owned(),
            output: None,
        };
        let mut arguments = arguments.iter();
        while let Some(option) = arguments.next() {
            let value = arguments.next();
            let value = value.with_context(|| format!("{option} needs a value"))?;
            match *option {
                "--example" => options.example = (*value).to_owned(),
                "--output" => options.output = Some(PathBuf::from(value)),
                _ => bail!("{option} is not understood"),
            }
        }
        Ok(options)
    }
}

/// Makes the pack, looks at it, and says what was seen.
pub fn review(options: &Options) -> Result<()> {
    let browser = browser()?;
    let snapshot = Snapshot::take()?;
    let example = &options.example;
    let answers = snapshot
        .folder()
        .join("examples")
        .join(example)
        .join("answers.toml");
    ensure!(answers.is_file(), "there is no example {example}");
    let generated = attempt_with_values_file(&snapshot, example, &answers)?.generated(example)?;
    let workshop = Workshop::furnish(example, &generated)?;
    workshop.build()?;
    let repository = workshop.folder();
    node(
        repository,
        &[
            "ttk/run.mjs",
            "--program",
            &workshop.connector().to_string_lossy(),
        ],
    )?;
    // What cannot be fetched here, the advisories, may be missing; the pack then says so.
    node(repository, &["review/pack.mjs", "--draft"])?;

    let pack = repository.join("review/review-pack.html");
    let seen = Seen::in_browser(browser, &pack)?;
    let checks = checks(repository, &seen)?;
    if let Some(folder) = &options.output {
        fs::create_dir_all(folder)?;
        fs::copy(&pack, folder.join("review-pack.html"))?;
        for view in VIEWS {
            picture(browser, &pack, view, folder)?;
        }
    }
    let failed = checks.iter().filter(|check| !check.holds).count();
    for Check { what, holds } in &checks {
        println!("{} {what}", if *holds { "ok    " } else { "FAILED" });
    }
    println!("{} passed, {failed} failed", checks.len() - failed);
    ensure!(failed == 0, "the review pack is not as it should be");
    Ok(())
}

/// The page as a browser has it when its scripts have run.
struct Seen {
    document: String,
}

impl Seen {
    fn in_browser(browser: &str, pack: &Path) -> Result<Self> {
        let profile = TempDir::new()?;
        let output = headless(browser, profile.path())
            .args([LONGEST_DRAWING, "--dump-dom"])
            .arg(address(pack)?)
            .stderr(Stdio::null())
            .output()?;
        ensure!(output.status.success(), "{browser}: {}", output.status);
        Ok(Self {
            document: String::from_utf8(output.stdout)?,
        })
    }

    /// What stands between the first of this and the next of that.
    fn between(&self, start: &str, end: &str) -> Option<&str> {
        let (_, rest) = self.document.split_once(start)?;
        rest.split_once(end).map(|(found, _)| found)
    }

    fn figure(&self, name: &str) -> Option<u64> {
        let text = self.between(&format!("<b data-figure=\"{name}\">"), "</b>")?;
        text.replace(',', "").parse().ok()
    }
}

struct Check {
    what: String,
    holds: bool,
}

fn checks(repository: &Path, seen: &Seen) -> Result<Vec<Check>> {
    let mut checks = Vec::new();
    let mut check = |what: String, holds: bool| checks.push(Check { what, holds });

    let diagrams = diagrams(repository)?;
    let drawn = seen
        .between("data-drawn=\"", "\"")
        .and_then(|count| count.parse().ok());
    check(
        format!("{diagrams} diagrams, drawn {drawn:?}"),
        diagrams > 0 && drawn == Some(diagrams),
    );
    let not_drawn = seen.document.matches("class=\"diagram not-drawn\"").count();
    check(
        format!("{not_drawn} diagrams that could not be drawn"),
        not_drawn == 0,
    );

    let report: Value = serde_json::from_str(&read(&repository.join("ttk/report/report.json"))?)?;
    for figure in ["passed", "failed"] {
        let (raw, shown) = (report[figure].as_u64(), seen.figure(figure));
        check(
            format!("assertions {figure}: {raw:?}, shown {shown:?}"),
            raw.is_some() && raw == shown,
        );
    }
    let assertions = report["collections"]
        .to_string()
        .matches("\"assertion\":")
        .count();
    let shown = seen.document.matches("class=\"assertion\"").count();
    check(
        format!("{assertions} assertions, shown one by one {shown}"),
        assertions > 0 && assertions == shown,
    );

    let chaos = Figures::read(&crate::repository().join(CHAOS))?;
    for (figure, raw) in [
        ("transfers", chaos.total(|run| run.transfers)),
        ("kills", chaos.total(|run| run.kills)),
        ("lost", chaos.total(|run| run.lost)),
        ("doubled", chaos.total(|run| run.doubled)),
    ] {
        let shown = seen.figure(figure);
        check(
            format!("{figure} under chaos: {raw}, shown {shown:?}"),
            Some(raw) == shown,
        );
    }

    let answers = read(&repository.join("answers.toml"))?;
    let answers: toml::Table = answers.parse()?;
    let dfsp = answers["values"]["dfsp_name"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let title = seen.between("<h1>", "</h1>").unwrap_or_default().to_owned();
    check(
        format!("the title {title:?} names {dfsp:?}"),
        title.ends_with(&dfsp) && !dfsp.is_empty(),
    );
    Ok(checks)
}

/// How many diagrams the pages have that the pack shows.
fn diagrams(repository: &Path) -> Result<usize> {
    let mut count = 0;
    for entry in fs::read_dir(repository.join("docs"))? {
        count += read(&entry?.path())?.matches("```mermaid").count();
    }
    Ok(count)
}

fn picture(browser: &str, pack: &Path, view: &(&str, &str, &[&str]), folder: &Path) -> Result<()> {
    let (name, window, options) = view;
    let profile = TempDir::new()?;
    let file = folder.join(format!("{name}.png"));
    let mut command = headless(browser, profile.path());
    command
        .args([LONGEST_DRAWING, "--hide-scrollbars"])
        .args(*options)
        .arg(format!("--window-size={window}"))
        .arg(format!("--screenshot={}", file.display()))
        .arg(address(pack)?);
    run(&mut command, browser, "Chromium")
}

fn headless(browser: &str, profile: &Path) -> Command {
    let mut command = Command::new(browser);
    // In a container the browser has no sandbox of its own; the page is ours.
    command
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
        ])
        .arg(format!("--user-data-dir={}", profile.display()))
        .stdin(Stdio::null());
    command
}

fn address(file: &Path) -> Result<String> {
    Ok(format!("file://{}", file.canonicalize()?.display()))
}

fn browser() -> Result<&'static str> {
    let is_there = |name: &&&str| {
        let version = Command::new(name).arg("--version").output();
        version.is_ok_and(|version| version.status.success())
    };
    BROWSERS
        .iter()
        .find(is_there)
        .copied()
        .context("a browser is missing: install Chromium")
}

fn node(repository: &Path, arguments: &[&str]) -> Result<()> {
    let mut command = Command::new("node");
    command.args(arguments).current_dir(repository);
    run(&mut command, "node", "Node.js 20 or newer with npm")
}
