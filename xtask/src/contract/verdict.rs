//! What was found in exchanges, against what was known beforehand.

use std::fmt::{self, Display};

use super::differences::{DIFFERENCES, Deviation, Difference, Endpoints, Message};
use crate::official::Api;

/// Something in an exchange that the document does not say.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    pub api: Api,
    /// Method and path, as the document has them.
    pub endpoint: String,
    pub message: Message,
    pub deviation: Deviation,
}

impl Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(
            formatter,
            "{}, {}, {}: {}",
            self.api.title(),
            self.endpoint,
            self.message.name(),
            self.deviation
        )
    }
}

impl Difference {
    fn explains(&self, finding: &Finding) -> bool {
        self.api == finding.api
            && self.message == finding.message
            && self.deviation == finding.deviation
            && match self.endpoints {
                Endpoints::All => true,
                Endpoints::Only(endpoints) => endpoints.contains(&finding.endpoint.as_str()),
            }
    }

    /// Where it was expected, and did not occur.
    fn missed<'a>(&'a self, findings: &'a [Finding]) -> Vec<&'a str> {
        let explained = |endpoint: Option<&str>| {
            let mut findings = findings.iter().filter(|finding| self.explains(finding));
            findings.any(|finding| endpoint.is_none_or(|endpoint| endpoint == finding.endpoint))
        };
        match self.endpoints {
            Endpoints::All if explained(None) => Vec::new(),
            Endpoints::All => vec!["anywhere"],
            Endpoints::Only(endpoints) => {
                let endpoints = endpoints.iter().copied();
                endpoints
                    .filter(|endpoint| !explained(Some(endpoint)))
                    .collect()
            }
        }
    }
}

/// Everything that was found without being known, and everything that is known
/// and was not found.
pub fn surprises(findings: &[Finding]) -> Vec<String> {
    let is_known = |finding: &&Finding| {
        let mut differences = DIFFERENCES.iter();
        !differences.any(|difference| difference.explains(finding))
    };
    let mut surprises: Vec<String> = findings
        .iter()
        .filter(is_known)
        .map(|finding| format!("not in the table of differences: {finding}"))
        .collect();
    for difference in &DIFFERENCES {
        for place in difference.missed(findings) {
            surprises.push(format!(
                "in the table of differences, but does not occur: {}, {place}, {}: {}",
                difference.api.title(),
                difference.message.name(),
                difference.deviation
            ));
        }
    }
    surprises.sort();
    surprises.dedup();
    surprises
}
