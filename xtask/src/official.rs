//! The official documents of the Mojaloop Connector's APIs, as npm publishes them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail, ensure};

use crate::{repository, workshop::claim};

/// Never a range: another version of the documents is another contract.
const VERSION: &str = "18.4.1";

const PACKAGE: &str = "@mojaloop/api-snippets";

/// An API of the Mojaloop Connector that has an official document. (The DFSP API
/// has one, too, but it is in no package.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Api {
    /// The Mojaloop Connector asks, the connector answers.
    Backend,
    /// The connector asks, the Mojaloop Connector answers.
    Outbound,
}

impl Api {
    pub fn title(self) -> &'static str {
        match self {
            Self::Backend => "backend API",
            Self::Outbound => "outbound API",
        }
    }

    fn file(self) -> &'static str {
        match self {
            Self::Backend => "sdk-scheme-adapter-backend-v2_1_0-openapi3-snippets.yaml",
            Self::Outbound => "sdk-scheme-adapter-outbound-v2_1_0-openapi3-snippets.yaml",
        }
    }
}

/// Where the document lies. It is fetched once for each version.
pub fn document(api: Api) -> Result<PathBuf> {
    let folder = repository().join(format!("target/official/api-snippets-{VERSION}"));
    let document = folder.join("package/docs").join(api.file());
    let _turn = claim("official-documents")?;
    if !document.exists() {
        fetch(&folder)?;
    }
    ensure!(document.exists(), "{PACKAGE} {VERSION} has no {document:?}");
    Ok(document)
}

fn fetch(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let package = format!("{PACKAGE}@{VERSION}");
    eprintln!("npm pack {package}");
    // Only the archive: none of its scripts are run, and none of what it needs is fetched.
    let mut npm = Command::new("npm");
    npm.args(["pack", "--silent", "--ignore-scripts", &package])
        .current_dir(folder);
    run(&mut npm, "npm", "Node.js with npm")?;
    let archive = format!("mojaloop-api-snippets-{VERSION}.tgz");
    let mut tar = Command::new("tar");
    tar.args(["-xzf", &archive, "package/docs"])
        .current_dir(folder);
    run(&mut tar, "tar", "tar and gzip")
}

/// Runs a program that may be missing.
pub(crate) fn run(command: &mut Command, name: &str, to_install: &str) -> Result<()> {
    // What it prints is not a test's result.
    let output = command.stdin(Stdio::null()).output();
    let output = match output {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            bail!("{name} is missing: install {to_install}")
        }
        Err(error) => return Err(error).with_context(|| format!("cannot run {name}")),
    };
    ensure!(
        output.status.success(),
        "{name}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
