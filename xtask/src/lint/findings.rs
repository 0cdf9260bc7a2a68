//! What the tools have found, told as it is found and counted in the end.

use std::{process::Command, time::Duration};

use anyhow::{Result, ensure};

use crate::programs::run_within;

/// Far more than any of them takes.
const LONGEST_LINT: Duration = Duration::from_secs(300);

/// How many checks have passed and failed.
#[derive(Debug, Default)]
pub struct Findings {
    passed: usize,
    failed: usize,
}

impl Findings {
    /// What is looked at from here on.
    pub fn about(&mut self, what: &str) {
        println!("{what}:");
    }

    /// Runs a tool: it finds nothing, or what it prints is a finding.
    pub fn check(&mut self, what: &str, command: &mut Command) -> Result<()> {
        let finished = run_within(command, LONGEST_LINT)?;
        if finished.succeeded {
            self.passed += 1;
            println!("  ok  {what}");
        } else {
            self.failed += 1;
            println!("  FAILED  {what}\n{}", finished.output.trim_end());
        }
        Ok(())
    }

    /// What a check looks at is not there at all.
    pub fn missing(&mut self, what: &str) {
        self.failed += 1;
        println!("  FAILED  {what} is missing");
    }

    /// Says how many there were, and fails if anything was found.
    pub fn report(self) -> Result<()> {
        let Self { passed, failed } = self;
        println!("{passed} passed, {failed} failed");
        ensure!(failed == 0, "the linters have found something");
        Ok(())
    }
}
