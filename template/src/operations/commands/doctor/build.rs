//! Whether this program is one for production.

use super::{Findings, Severity};
use crate::operations::configuration::Configuration;

pub fn examine(configuration: &Configuration, findings: &mut Findings) {
    let subject = "build";
    if !cfg!(feature = "sandbox") {
        return findings.fine(subject, "without the sandbox");
    }
    let is_real = configuration.connector_base_url.is_some();
    let severity = match is_real && !cfg!(debug_assertions) {
        true => Severity::Danger,
        false => Severity::Warning,
    };
    findings.add(
        severity,
        subject,
        "the sandbox is in it: if a variable is forgotten, play money meets real money, and a key \
         that everybody knows can open the DFSP API",
        "for production, build with `cargo build --release --no-default-features`",
    );
}
