//! The linters, in the versions of `xtask/linters/requirements.txt`.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Result;

use crate::{programs::from_python_packages, repository, template::read};

const REQUIREMENTS: &str = "xtask/linters/requirements.txt";

/// Where they are installed.
pub struct Linters {
    programs: PathBuf,
}

impl Linters {
    /// Installs them, once for each list of versions.
    pub fn install() -> Result<Self> {
        let requirements = read(&repository().join(REQUIREMENTS))?;
        let requirements: Vec<String> = requirements
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(str::to_owned)
            .collect();
        Ok(Self {
            programs: from_python_packages("linters", &requirements)?,
        })
    }

    /// One of them, in a folder.
    pub fn linter(&self, name: &str, folder: &Path) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.current_dir(folder).env("NO_COLOR", "1");
        command
    }
}
