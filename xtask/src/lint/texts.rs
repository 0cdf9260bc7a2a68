//! What this repository and a generated one have in common: workflows, scheduled
//! updates, YAML, and scripts.

use std::{fs, path::Path};

use anyhow::Result;

use super::{findings::Findings, linters::Linters};
use crate::template::{TWIN_SUFFIX, files};

/// Lines are as long as they have to be, and `on:` is no truth value.
const YAML_SETTINGS: &str = "{extends: default, rules: {line-length: disable, \
    document-start: disable, truthy: {check-keys: false}, \
    braces: {max-spaces-inside: 1}, comments: {min-spaces-from-content: 1}}}";

/// Written by a program, or no YAML before they are rendered.
const NOT_YAML: [&str; 3] = ["chart/templates/", "openapi/", "ttk/"];

/// What `template/` holds is looked at where it is generated.
const TEMPLATE: &str = "template/";

/// Lints them.
pub fn lint(linters: &Linters, folder: &Path, findings: &mut Findings) -> Result<()> {
    let files = files(folder)?;
    let files: Vec<&str> = files
        .iter()
        .map(String::as_str)
        .filter(|file| !file.starts_with(TEMPLATE) && !file.ends_with(TWIN_SUFFIX))
        .collect();
    let is_yaml = |file: &&str| file.ends_with(".yml") || file.ends_with(".yaml");
    let yaml = files.iter().copied().filter(is_yaml);
    let yaml: Vec<&str> = yaml
        .filter(|file| !NOT_YAML.iter().any(|folder| file.starts_with(folder)))
        .collect();
    let workflows: Vec<&str> = yaml
        .iter()
        .copied()
        .filter(|file| file.starts_with(".github/workflows/"))
        .collect();

    if workflows.is_empty() {
        findings.missing(".github/workflows");
    } else {
        // What it finds out on the network, the workflows find out themselves.
        let mut zizmor = linters.linter("zizmor", folder);
        findings.check(
            "zizmor: workflows and updates",
            zizmor.args(["--offline", "--no-progress", ".github"]),
        )?;
        let mut schema = linters.linter("check-jsonschema", folder);
        findings.check(
            "check-jsonschema: workflows",
            schema
                .args(["--builtin-schema", "vendor.github-workflows"])
                .args(&workflows),
        )?;
    }
    let mut schema = linters.linter("check-jsonschema", folder);
    findings.check(
        "check-jsonschema: scheduled updates",
        schema.args([
            "--builtin-schema",
            "vendor.dependabot",
            ".github/dependabot.yml",
        ]),
    )?;
    let mut yamllint = linters.linter("yamllint", folder);
    findings.check(
        "yamllint",
        yamllint.args(["--strict", "-d", YAML_SETTINGS]).args(&yaml),
    )?;

    let scripts = files.iter().filter(|file| is_script(&folder.join(file)));
    let scripts: Vec<&&str> = scripts.collect();
    if !scripts.is_empty() {
        let mut shellcheck = linters.linter("shellcheck", folder);
        findings.check(
            "shellcheck",
            shellcheck.arg("--severity=warning").args(scripts),
        )?;
    }
    Ok(())
}

/// Whether a shell is to run it.
fn is_script(file: &Path) -> bool {
    let Ok(bytes) = fs::read(file) else {
        return false;
    };
    let first = bytes.split(|byte| *byte == b'\n').next();
    let first = first.and_then(|line| std::str::from_utf8(line).ok());
    first.is_some_and(|line| line.starts_with("#!") && line.ends_with("sh"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository;

    #[test]
    fn scripts_are_recognised_by_their_first_line() {
        assert!(is_script(&repository().join(".ci/run")));
        assert!(!is_script(&repository().join("README.md")));
    }
}
