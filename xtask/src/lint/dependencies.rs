//! `cargo deny`: what dependencies are known for, under which licences they are,
//! and where they come from.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Result, bail};

use super::findings::Findings;
use crate::{
    programs::{from_crate, run_within},
    repository,
};

/// The workflows of generated repositories name it, too.
pub const VERSION: &str = "0.20.2";

/// A clone of the database of advisories.
const LONGEST_FETCH: Duration = Duration::from_secs(120);

/// The program, and what it can check here.
pub struct Dependencies {
    program: PathBuf,
    has_advisories: bool,
}

impl Dependencies {
    /// Installs it, and fetches the advisories. Where they cannot be fetched that is
    /// said; it fails if they are required.
    pub fn prepare(requires_advisories: bool) -> Result<Self> {
        let program = from_crate("cargo-deny", VERSION)?;
        let mut fetch = command(&program, repository());
        let fetched = run_within(fetch.args(["fetch", "db"]), LONGEST_FETCH)?;
        if !fetched.succeeded {
            let why = fetched.output;
            if requires_advisories {
                bail!("the database of advisories cannot be fetched:\n{why}");
            }
            println!("SKIPPED: advisories. Their database cannot be fetched here:\n{why}");
        }
        Ok(Self {
            program,
            has_advisories: fetched.succeeded,
        })
    }

    /// Checks the dependencies of the crate or workspace in a folder.
    pub fn check(&self, folder: &Path, findings: &mut Findings) -> Result<()> {
        let mut checks = vec!["bans", "licenses", "sources"];
        if self.has_advisories {
            checks.push("advisories");
        }
        let what = format!("cargo deny: {}", checks.join(", "));
        let mut deny = command(&self.program, folder);
        deny.args([
            "--locked",
            "--color",
            "never",
            "check",
            "--hide-inclusion-graph",
        ]);
        findings.check(&what, deny.args(&checks))
    }
}

fn command(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        // Nobody is there to type a password.
        .env("GIT_TERMINAL_PROMPT", "0");
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::read;

    #[test]
    fn the_workflows_install_the_same_version() {
        for workflow in [
            ".github/workflows/ci.yml",
            "template/.github/workflows/ci.yml",
        ] {
            let text = read(&repository().join(workflow)).unwrap();
            let named = format!("cargo-deny@{VERSION}");
            assert!(text.contains(&named), "{workflow} has no {named}");
        }
    }
}
