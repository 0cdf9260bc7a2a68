//! What the Mojaloop Connector is set to, as far as money depends on it.
//!
//! Its defaults are those of sdk-scheme-adapter v24. A Payment Manager may set
//! some of them over its management API: what that says counts for more.

use std::{collections::BTreeMap, time::Duration};

use super::{Findings, Severity};
use crate::operations::configuration::Configuration;

const SUBJECT: &str = "settings of the Mojaloop Connector";

/// A switch that has to stand one way: its name, its default, how it has to
/// stand, how bad the other way is, and what comes of it.
const SWITCHES: &[(&str, bool, bool, Severity, &str)] = &[
    (
        "AUTO_ACCEPT_QUOTES",
        true,
        false,
        Severity::Danger,
        "it transfers before the payer has agreed and before the bank has secured the money",
    ),
    // [if use_cases has request_to_pay]
    (
        "AUTO_ACCEPT_R2P_BUSINESS_QUOTES",
        false,
        false,
        Severity::Danger,
        "whoever is asked for money by a business pays without having agreed",
    ),
    // [end]
    // [if payer_steps is three_steps]
    (
        "AUTO_ACCEPT_PARTY",
        true,
        false,
        Severity::Warning,
        "the time of the quote runs while the customer looks at who the payee is",
    ),
    // [end]
    (
        "RESERVE_NOTIFICATION",
        false,
        true,
        Severity::Danger,
        "a transfer for which no state is stated counts as committed before the scheme has decided",
    ),
    (
        "ALLOW_TRANSFER_WITHOUT_QUOTE",
        false,
        false,
        Severity::Danger,
        "a payee is credited on terms that nobody has given",
    ),
    (
        "CHECK_ILP",
        true,
        true,
        Severity::Danger,
        "a fulfilment that proves nothing is taken for a proof",
    ),
    (
        "VALIDATE_INBOUND_JWS",
        true,
        true,
        Severity::Warning,
        "whoever reaches its inbound API can speak in the name of another participant",
    ),
    (
        "ENABLE_TEST_FEATURES",
        false,
        false,
        Severity::Warning,
        "its test API answers whoever asks",
    ),
    (
        "REJECT_EXPIRED_QUOTE_RESPONSES",
        false,
        true,
        Severity::Warning,
        "a customer may be offered terms that have run out",
    ),
    (
        "JWS_SIGN",
        true,
        true,
        Severity::Warning,
        "others cannot tell that what it sends is this bank's",
    ),
];

const DEFAULT_ILP_SECRET: &str = "mojaloop-sdk";

pub fn examine(
    environment: &BTreeMap<String, String>,
    configuration: Option<&Configuration>,
    findings: &mut Findings,
) {
    let before = findings.0.len();
    let set = |name: &str| {
        let value = environment.get(name).map(String::as_str);
        value.filter(|value| !value.is_empty())
    };
    for &(name, default, right, severity, otherwise) in SWITCHES {
        let (is, how) = match set(name) {
            None => (
                Some(default),
                format!("{name} is not set, and {default} then"),
            ),
            Some(value) => (read_switch(value), format!("{name} is {value}")),
        };
        if is != Some(right) {
            findings.add(
                severity,
                SUBJECT,
                format!("{how}: {otherwise}"),
                format!("set {name}={right} over there"),
            );
        }
    }
    if set("ILP_SECRET").is_none_or(|secret| secret == DEFAULT_ILP_SECRET) {
        findings.add(
            Severity::Warning,
            SUBJECT,
            "ILP_SECRET is the one that everybody knows: anybody can make fulfilments of transfers \
             to this bank's customers",
            "set ILP_SECRET over there to something long that only it knows",
        );
    }
    endpoint(set("BACKEND_ENDPOINT"), configuration, findings);
    if let Some(configuration) = configuration {
        participant(set("DFSP_ID"), configuration, findings);
        stage_time(
            set("REQUEST_PROCESSING_TIMEOUT_SECONDS"),
            configuration,
            findings,
        );
    }
    if set("PM4ML_ENABLED").and_then(read_switch) == Some(true) {
        findings.add(
            Severity::Unknown,
            SUBJECT,
            "PM4ML_ENABLED is true: a Payment Manager may set others than these",
            "compare them with what the Payment Manager has",
        );
    }
    if findings.0.len() == before {
        findings.fine(
            SUBJECT,
            "none of those that are known to endanger money does",
        );
    }
}

/// As it reads them itself.
fn read_switch(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

fn endpoint(value: Option<&str>, configuration: Option<&Configuration>, findings: &mut Findings) {
    let port = configuration.map_or(3003, |configuration| configuration.backend_api.port);
    let address = value.map(|value| value.trim_start_matches("http://").trim_end_matches('/'));
    let asked = address.and_then(|address| address.rsplit_once(':')?.1.parse::<u16>().ok());
    if asked != Some(port) {
        findings.add(
            Severity::Warning,
            SUBJECT,
            format!(
                "BACKEND_ENDPOINT is {}, and the backend API of this connector listens on port {port}",
                value.unwrap_or("not set")
            ),
            format!("set BACKEND_ENDPOINT over there to this connector's host, and :{port}, unless \
                     something in between changes the port"),
        );
    }
}

fn participant(value: Option<&str>, configuration: &Configuration, findings: &mut Findings) {
    let value = value.unwrap_or("mojaloop");
    if value != configuration.fsp_id {
        findings.add(
            Severity::Danger,
            SUBJECT,
            format!(
                "DFSP_ID is {value}, and FSP_ID here is {}",
                configuration.fsp_id
            ),
            "set both to what this bank is called in the scheme",
        );
    }
}

/// One call can span two stages of it.
fn stage_time(value: Option<&str>, configuration: &Configuration, findings: &mut Findings) {
    let Ok(seconds) = value.unwrap_or("30").parse::<u64>() else {
        return;
    };
    let longest = Duration::from_secs(seconds.saturating_mul(2));
    if configuration.connector_timeout <= longest {
        findings.add(
            Severity::Danger,
            SUBJECT,
            format!(
                "REQUEST_PROCESSING_TIMEOUT_SECONDS is {seconds}, so that a call may take {} ms, and \
                 SDK_REQUEST_TIMEOUT_MS here is {}: outcomes that are on their way are not waited for",
                longest.as_millis(),
                configuration.connector_timeout.as_millis()
            ),
            "raise SDK_REQUEST_TIMEOUT_MS above twice that",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        environment::{answers::FSP_ID, secrets::assignments},
        operations::configuration::tests::real,
    };

    fn safe() -> String {
        format!(
            "AUTO_ACCEPT_QUOTES=false\nRESERVE_NOTIFICATION=true\nILP_SECRET=long and only its own\n\
             BACKEND_ENDPOINT=connector:3003\nDFSP_ID={FSP_ID}\nAUTO_ACCEPT_PARTY=false\n\
             REJECT_EXPIRED_QUOTE_RESPONSES=true\nREQUEST_PROCESSING_TIMEOUT_SECONDS=30\n"
        )
    }

    fn found(environment: &str) -> Findings {
        let configuration = real(&[]).unwrap();
        let mut findings = Findings::default();
        examine(
            &assignments(environment),
            Some(&configuration),
            &mut findings,
        );
        findings
    }

    #[test]
    fn a_safe_environment_is_fine() {
        let findings = found(&safe());
        assert_eq!(findings.worst(), Severity::Fine, "{findings:?}");
    }

    #[test]
    fn its_defaults_endanger_money() {
        let found = format!("{:?}", found(""));
        for name in [
            "AUTO_ACCEPT_QUOTES",
            "RESERVE_NOTIFICATION",
            "ILP_SECRET",
            "DFSP_ID",
        ] {
            assert!(found.contains(name), "{name}: {found}");
        }
    }

    #[test]
    fn each_setting_that_endangers_money_is_pointed_out_with_its_remedy() {
        for (line, severity) in [
            ("AUTO_ACCEPT_QUOTES=true", Severity::Danger),
            ("AUTO_ACCEPT_QUOTES=yes", Severity::Danger),
            // [if use_cases has request_to_pay]
            ("AUTO_ACCEPT_R2P_BUSINESS_QUOTES=true", Severity::Danger),
            // [end]
            // [if payer_steps is three_steps]
            ("AUTO_ACCEPT_PARTY=true", Severity::Warning),
            // [end]
            ("RESERVE_NOTIFICATION=0", Severity::Danger),
            ("ALLOW_TRANSFER_WITHOUT_QUOTE=true", Severity::Danger),
            ("CHECK_ILP=false", Severity::Danger),
            ("VALIDATE_INBOUND_JWS=false", Severity::Warning),
            ("ENABLE_TEST_FEATURES=true", Severity::Warning),
            ("ILP_SECRET=mojaloop-sdk", Severity::Warning),
            ("DFSP_ID=another", Severity::Danger),
            ("REQUEST_PROCESSING_TIMEOUT_SECONDS=33", Severity::Danger),
            ("BACKEND_ENDPOINT=connector:3000", Severity::Warning),
            ("REJECT_EXPIRED_QUOTE_RESPONSES=false", Severity::Warning),
        ] {
            let findings = found(&format!("{}{line}\n", safe()));
            let [diagnosis] = &findings.0[..] else {
                panic!("{line}: {findings:?}");
            };
            assert_eq!(diagnosis.severity, severity, "{line}");
            let (name, _) = line.split_once('=').unwrap();
            assert!(diagnosis.state.contains(name), "{diagnosis:?}");
            assert!(diagnosis.remedy.is_some(), "{diagnosis:?}");
        }
    }

    #[test]
    fn a_payment_manager_may_say_otherwise() {
        let findings = found(&format!("{}PM4ML_ENABLED=true\n", safe()));
        assert_eq!(findings.worst(), Severity::Unknown, "{findings:?}");
    }
}
