//! The linters, in the versions of `xtask/linters/requirements.txt`.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Result;

use crate::{programs::from_python_packages, repository, template::read};

/// The list of them, each as `name==version`.
pub const REQUIREMENTS: &str = "xtask/linters/requirements.txt";

/// What the list names.
pub fn requirements(repository: &Path) -> Result<Vec<String>> {
    let list = read(&repository.join(REQUIREMENTS))?;
    let named = list
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    Ok(named.map(str::to_owned).collect())
}

/// Where they are installed.
pub struct Linters {
    programs: PathBuf,
}

impl Linters {
    /// Installs them, once for each list of versions.
    pub fn install() -> Result<Self> {
        Ok(Self {
            programs: from_python_packages("linters", &requirements(repository())?)?,
        })
    }

    /// One of them, in a folder.
    pub fn linter(&self, name: &str, folder: &Path) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.current_dir(folder).env("NO_COLOR", "1");
        command
    }
}
