//! The Mojaloop Connector: is it there, and is its clock right?

use std::time::{Duration, Instant};

use super::{Findings, Severity, clock};
use crate::operations::configuration::Configuration;

const SUBJECT: &str = "Mojaloop Connector";

/// It is asked for nothing that would take long.
const TIMEOUT: Duration = Duration::from_secs(10);

pub async fn examine(configuration: &Configuration, findings: &mut Findings) {
    let Some(url) = configuration.connector_base_url.clone() else {
        return findings.add(
            Severity::Unknown,
            SUBJECT,
            "SDK_BASE_URL is not set: a connector would simulate one",
            "set SDK_BASE_URL",
        );
    };
    let http = reqwest::Client::builder()
        .timeout(TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build();
    let http = match http {
        Ok(http) => http,
        Err(error) => {
            let remedy = "run it again on a machine with working TLS";
            return findings.add(Severity::Unknown, SUBJECT, error.to_string(), remedy);
        }
    };
    let started = Instant::now();
    match http.get(url).send().await {
        Ok(answer) => {
            let took = started.elapsed();
            findings.fine(SUBJECT, format!("it answers, in {} ms", took.as_millis()));
            let date = answer
                .headers()
                .get("date")
                .and_then(|date| date.to_str().ok());
            if let Some(date) = date {
                clock::examine_date("the Mojaloop Connector", date, took, findings);
            }
        }
        Err(error) => findings.add(
            Severity::Danger,
            SUBJECT,
            format!("it cannot be reached: {}", error.without_url()),
            "check SDK_BASE_URL (its outbound API, port 4001), and the network between",
        ),
    }
}
