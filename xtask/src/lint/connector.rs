//! What a generated repository alone has: Dockerfiles, compose files and the chart.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};
use tempfile::NamedTempFile;

use super::{findings::Findings, linters::Linters};
use crate::{
    programs::run_within,
    template::{files, read},
};

/// The oldest and the newest Kubernetes that the chart is rendered and checked for.
const KUBERNETES: [&str; 2] = ["1.29.0", "1.37.0"];

/// The values that the chart is tested with.
const VALUES: &str = "chart/ci/";

/// Lints them.
pub fn lint(linters: &Linters, folder: &Path, findings: &mut Findings) -> Result<()> {
    let files = files(folder)?;
    let dockerfiles = files.iter().filter(|file| file.ends_with("Dockerfile"));
    let mut hadolint = linters.linter("hadolint", folder);
    findings.check("hadolint", hadolint.args(dockerfiles))?;

    let is_compose = |file: &&String| file.starts_with("compose.") && file.ends_with(".yaml");
    let compose: Vec<&String> = files.iter().filter(is_compose).collect();
    if compose.is_empty() {
        findings.missing("a compose file");
    } else {
        let mut schema = linters.linter("check-jsonschema", folder);
        findings.check(
            "check-jsonschema: compose files",
            schema
                .args(["--builtin-schema", "vendor.compose-spec"])
                .args(compose),
        )?;
    }

    let values: Vec<&String> = files
        .iter()
        .filter(|file| file.starts_with(VALUES))
        .collect();
    if values.is_empty() {
        findings.missing("values to test the chart with");
    }
    for values in values {
        let mut helm = linters.linter("helm", folder);
        findings.check(
            &format!("helm lint: {values}"),
            helm.args(["lint", "--strict", "chart", "--values", values]),
        )?;
        for version in KUBERNETES {
            let rendered = render(linters, folder, values, version)?;
            let mut validate = linters.linter("kubernetes-validate", folder);
            let short = version.trim_end_matches(".0");
            findings.check(
                &format!("kubernetes-validate {short}: {values}"),
                validate
                    .args(["--strict", "--quiet", "--no-warn", "-k", version])
                    .arg(rendered.path()),
            )?;
            if !read(rendered.path())?.contains("readOnlyRootFilesystem: true") {
                bail!("the chart has rendered no Pod");
            }
        }
    }
    Ok(())
}

/// What the chart becomes with these values, in a file.
fn render(linters: &Linters, folder: &Path, values: &str, version: &str) -> Result<NamedTempFile> {
    let mut helm = linters.linter("helm", folder);
    helm.args(["template", "release", "chart", "--values", values])
        .args(["--kube-version", version]);
    let rendered = run_within(&mut helm, std::time::Duration::from_secs(60))?;
    let rendered = rendered
        .expect_success("helm template")
        .with_context(|| values.to_owned())?;
    let file = NamedTempFile::with_suffix(".yaml")?;
    fs::write(file.path(), rendered)?;
    Ok(file)
}
