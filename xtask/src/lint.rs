//! `cargo xtask lint`: the field's own tools look at what no compiler reads:
//! workflows, the Dockerfile, the compose files, the chart, scripts, alerts and the
//! dashboard, and what the dependencies are.

pub mod connector;
pub mod dependencies;
pub mod findings;
pub mod linters;
pub mod monitoring;
pub mod texts;

use anyhow::{Result, bail};

use self::{dependencies::Dependencies, findings::Findings, linters::Linters};
use crate::{
    generated::{CANONICAL_NAME, Snapshot, generate},
    repository,
};

pub const USAGE: &str = "usage: cargo xtask lint [--require-advisories]

  Lints workflows, Dockerfile, compose files, chart, scripts, alerts and dashboard of this
  repository and of generated ones, and checks licences, sources and advisories of their
  dependencies. Needs promtool of Prometheus; the other linters are installed.

  --require-advisories  fails where the database of advisories cannot be fetched;
                        without it, that is said, and the rest is checked";

/// Whose dependencies differ, or whose files do.
const CONNECTORS: [(&str, &[(&str, &str)]); 2] = [
    ("the default answers", &[]),
    (
        "other answers",
        &[
            ("payer_debit", "push_approval"),
            ("cbs_auth", "mtls"),
            ("role", "both"),
        ],
    ),
];

/// Whether advisories are required.
pub fn parse(arguments: &[&str]) -> Result<bool> {
    match arguments {
        [] => Ok(false),
        ["--require-advisories"] => Ok(true),
        _ => bail!("{arguments:?} is not understood"),
    }
}

/// Runs everything, says what was found, and fails if anything was.
pub fn lint(requires_advisories: bool) -> Result<()> {
    monitoring::require_promtool()?;
    let linters = Linters::install()?;
    let dependencies = Dependencies::prepare(requires_advisories)?;
    let mut findings = Findings::default();

    findings.about("this repository");
    texts::lint(&linters, repository(), &mut findings)?;
    dependencies.check(repository(), &mut findings)?;

    let snapshot = Snapshot::take()?;
    for (name, answers) in CONNECTORS {
        findings.about(name);
        let generated = generate(&snapshot, CANONICAL_NAME, answers)?;
        texts::lint(&linters, generated.folder(), &mut findings)?;
        connector::lint(&linters, generated.folder(), &mut findings)?;
        monitoring::lint(generated.folder(), &mut findings)?;
        dependencies.check(generated.folder(), &mut findings)?;
    }
    findings.report()
}
