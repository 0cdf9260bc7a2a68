//! Who can reach the two APIs, and whether they have to say who they are.

use std::net::IpAddr;

use super::{Findings, Severity};
use crate::{
    mojaloop::callers::{Authentication, tokens::Tokens},
    operations::configuration::{Configuration, ListenAddress},
};

pub async fn examine(configuration: &Configuration, findings: &mut Findings) {
    if let Authentication::Tokens(settings) = &configuration.callers.authentication
        && let Err(error) = Tokens::try_to_fetch_keys(settings).await
    {
        findings.add(
            Severity::Danger,
            "keys of the tokens",
            format!("they cannot be had: {error}"),
            "check DFSP_API_JWKS_URL or DFSP_API_JWKS_FILE: without them no channel is known",
        );
    }
    of_dfsp_api(configuration, findings);
    of_backend_api(configuration, findings);
}

fn of_dfsp_api(configuration: &Configuration, findings: &mut Findings) {
    let subject = "callers of the DFSP API";
    let is_for_this_machine = is_loopback(&configuration.dfsp_api);
    let known_by = match &configuration.callers.authentication {
        Authentication::None => {
            return findings.add(
                match is_for_this_machine {
                    true => Severity::Warning,
                    false => Severity::Danger,
                },
                subject,
                "whoever reaches the port can send the customers' money",
                "set DFSP_API_AUTHENTICATION to api_key, jwt or mtls",
            );
        }
        Authentication::Keys(_) => "a key",
        Authentication::Tokens(_) => "a token",
        Authentication::Certificates(_) => "a client certificate",
    };
    match configuration.dfsp_tls {
        None if !is_for_this_machine => findings.add(
            Severity::Warning,
            subject,
            format!("they are known by {known_by}, and whatever they send is readable on the way"),
            "set DFSP_API_TLS_CERTIFICATE_FILE and DFSP_API_TLS_KEY_FILE, unless something in front \
             of the port or the network between encrypts",
        ),
        _ => findings.fine(subject, format!("they are known by {known_by}")),
    }
}

fn of_backend_api(configuration: &Configuration, findings: &mut Findings) {
    let subject = "callers of the backend API";
    let is_for_this_machine = is_loopback(&configuration.backend_api);
    match is_for_this_machine || !configuration.backend_peers.are_all() {
        true => findings.fine(subject, "only some addresses can reach it"),
        false => findings.add(
            Severity::Warning,
            subject,
            "whoever reaches the port can make the bank pay out: the Mojaloop Connector shows \
             nothing that it could be known by",
            "let a network policy leave nobody else through, and set BACKEND_API_ALLOWED_PEERS",
        ),
    }
}

fn is_loopback(address: &ListenAddress) -> bool {
    let host = address.host.as_str();
    host == "localhost"
        || host
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback())
}
