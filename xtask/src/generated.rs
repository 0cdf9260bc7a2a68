//! Generates connectors from the working tree, for tests that look at the result.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use crate::{repository, template::files};

/// The version that the template is tested with, and that the README installs.
pub const CARGO_GENERATE_VERSION: &str = "0.23.14";

/// How the variables start that cargo-generate reads.
const ENVIRONMENT: &str = "CARGO_GENERATE_";

/// The answers that `template/` itself holds.
pub const CANONICAL_NAME: &str = "savanna-connector";

/// A copy of the working tree with what is not committed yet, and without what
/// git ignores: cargo-generate would copy build output too.
pub struct Snapshot {
    folder: TempDir,
}

impl Snapshot {
    /// Copies the working tree, once it is clear that cargo-generate can be run.
    pub fn take() -> Result<Self> {
        require_cargo_generate()?;
        let listed = run(Command::new("git")
            .args([
                "ls-files",
                "-z",
                "--cached",
                "--others",
                "--exclude-standard",
            ])
            .current_dir(repository()))?;
        let listed = String::from_utf8(listed.stdout).context("a file's name is not UTF-8")?;

        let folder = TempDir::new()?;
        for file in listed.split_terminator('\0') {
            let source = repository().join(file);
            // A file that was deleted, and is not committed so.
            if !source.is_file() {
                continue;
            }
            let destination = folder.path().join(file);
            if let Some(parent) = destination.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::copy(&source, &destination).with_context(|| format!("cannot copy {file}"))?;
        }
        Ok(Self { folder })
    }

    /// Changes a file of the copy.
    pub fn write(&self, file: &str, text: &str) -> Result<()> {
        let path = self.folder().join(file);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Where the copy lies.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// What came of running cargo-generate.
pub struct Attempt {
    destination: TempDir,
    /// Whether it reported success.
    pub succeeded: bool,
    /// All that it printed.
    pub output: String,
    /// How long it ran.
    pub took: Duration,
}

impl Attempt {
    /// The connector, or what cargo-generate printed if it failed.
    pub fn generated(self, name: &str) -> Result<GeneratedConnector> {
        ensure!(self.succeeded, "cargo generate failed:\n{}", self.output);
        let folder = self.destination.path().join(name);
        ensure!(
            folder.is_dir(),
            "cargo generate made no folder {name}:\n{}",
            self.output
        );
        Ok(GeneratedConnector {
            attempt: self,
            folder,
        })
    }

    /// What lies in the destination, with the empty folders (which end in `/`).
    pub fn left_behind(&self) -> Result<BTreeSet<String>> {
        let mut left = files(self.destination.path())?;
        for entry in fs::read_dir(self.destination.path())? {
            let path = entry?.path();
            if path.is_dir() && fs::read_dir(&path)?.next().is_none() {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                left.insert(format!("{name}/"));
            }
        }
        Ok(left)
    }
}

/// Runs cargo-generate without questions: those without an answer get their
/// default. The answers are given with `-d`.
pub fn attempt(snapshot: &Snapshot, name: &str, answers: &[(&str, &str)]) -> Result<Attempt> {
    let answers = answers
        .iter()
        .flat_map(|(question, answer)| ["-d".to_owned(), format!("{question}={answer}")]);
    attempt_with(snapshot, name, answers, &[])
}

/// As [`attempt`], with answers that are given by variables of the environment.
pub fn attempt_with_environment(
    snapshot: &Snapshot,
    name: &str,
    answers: &[(&str, &str)],
) -> Result<Attempt> {
    let variables: Vec<(String, &str)> = answers
        .iter()
        .map(|(question, answer)| {
            (
                format!("{ENVIRONMENT}VALUE_{}", question.to_uppercase()),
                *answer,
            )
        })
        .collect();
    attempt_with(snapshot, name, [], &variables)
}

/// As [`attempt`], with answers that are given in a values file (TOML), which
/// can hold what `-d` cannot.
pub fn attempt_with_values(snapshot: &Snapshot, name: &str, values: &str) -> Result<Attempt> {
    let folder = TempDir::new()?;
    let file = folder.path().join("values.toml");
    fs::write(&file, format!("[values]\n{values}\n"))?;
    attempt_with_values_file(snapshot, name, &file)
}

/// As [`attempt`], with the answers that a generated connector has recorded.
pub fn attempt_with_values_file(snapshot: &Snapshot, name: &str, file: &Path) -> Result<Attempt> {
    let file = file.to_string_lossy().into_owned();
    attempt_with(snapshot, name, ["--values-file".to_owned(), file], &[])
}

fn attempt_with(
    snapshot: &Snapshot,
    name: &str,
    arguments: impl IntoIterator<Item = String>,
    variables: &[(String, &str)],
) -> Result<Attempt> {
    let destination = TempDir::new()?;
    // The developer's own settings must not decide the outcome.
    let settings = tempfile::NamedTempFile::new()?;
    let mut command = cargo();
    command
        .arg("generate")
        .arg("--path")
        .arg(snapshot.folder())
        .arg("template")
        .arg(format!("--name={name}"))
        .args(["--silent", "--vcs", "none"])
        .arg("--destination")
        .arg(destination.path())
        .arg("--config")
        .arg(settings.path())
        .args(arguments)
        .stdin(Stdio::null());
    for (variable, _) in std::env::vars_os() {
        if variable.to_string_lossy().starts_with(ENVIRONMENT) {
            command.env_remove(variable);
        }
    }
    command.envs(variables.iter().map(|(variable, value)| (variable, value)));
    let start = Instant::now();
    let output = command.output().context("cannot run cargo generate")?;
    Ok(Attempt {
        destination,
        succeeded: output.status.success(),
        output: printed(&output),
        took: start.elapsed(),
    })
}

/// A connector that was generated into a folder of its own, which is removed
/// when this goes out of scope.
pub struct GeneratedConnector {
    attempt: Attempt,
    folder: PathBuf,
}

/// Generates a connector, or fails with what cargo-generate printed.
pub fn generate(
    snapshot: &Snapshot,
    name: &str,
    answers: &[(&str, &str)],
) -> Result<GeneratedConnector> {
    attempt(snapshot, name, answers)?.generated(name)
}

impl GeneratedConnector {
    /// The connector's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What cargo-generate printed.
    pub fn output(&self) -> &str {
        &self.attempt.output
    }

    /// How long cargo-generate ran.
    pub fn took(&self) -> Duration {
        self.attempt.took
    }

    /// What each of the connector's files holds.
    pub fn contents(&self) -> Result<BTreeMap<String, Vec<u8>>> {
        self.files()?
            .into_iter()
            .map(|file| {
                let content = fs::read(self.folder.join(&file))?;
                Ok((file, content))
            })
            .collect()
    }

    /// The connector's files, as paths relative to its folder.
    pub fn files(&self) -> Result<BTreeSet<String>> {
        files(&self.folder)
    }

    /// Cargo in the connector's folder, for a caller that starts it itself. All
    /// generated connectors share one target directory, so that their
    /// dependencies are built once.
    pub fn cargo_command(&self, arguments: &[&str]) -> Command {
        let mut command = cargo();
        command
            .args(arguments)
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", repository().join("target/generated"));
        command
    }

    /// Runs cargo in the connector's folder, and returns what it printed.
    pub fn cargo(&self, arguments: &[&str]) -> Result<String> {
        Ok(printed(&run(&mut self.cargo_command(arguments))?))
    }
}

fn require_cargo_generate() -> Result<()> {
    let advice = format!(
        "the tests need cargo-generate {CARGO_GENERATE_VERSION}: cargo install --locked cargo-generate@{CARGO_GENERATE_VERSION}"
    );
    let output = run(cargo().args(["generate", "--version"])).with_context(|| advice.clone())?;
    let found = String::from_utf8_lossy(&output.stdout);
    ensure!(
        found.split_whitespace().last() == Some(CARGO_GENERATE_VERSION),
        "{advice} (found: {})",
        found.trim()
    );
    Ok(())
}

fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn run(command: &mut Command) -> Result<Output> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run {command:?}"))?;
    if !output.status.success() {
        bail!("{command:?} failed:\n{}", printed(&output));
    }
    Ok(output)
}

fn printed(output: &Output) -> String {
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    text
}
