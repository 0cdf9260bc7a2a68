//! `cargo xtask review`: makes the review pack of an example as its integrator would, opens
//! it in a browser, and compares what can be seen with the results that it tells of.

mod checks;
mod crates;
mod seen;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use self::{
    checks::{Check, checks},
    seen::Seen,
};
use crate::{
    generated::{Snapshot, attempt_with_values_file},
    official::run,
    workshop::Workshop,
};

pub const USAGE: &str = "usage: cargo xtask review [--example <name>] [--output <folder>]

  Generates an example, runs its collections, makes its review pack, and looks at it in a
  headless Chromium: every diagram is drawn, and every figure, tile and table is that of the
  raw results. With --output, the pack is kept there, with pictures of it (light, dark, narrow).";

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
    let checks = checks(&workshop, &seen)?;
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
