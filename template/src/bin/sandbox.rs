//! The sandbox bank and the simulated Mojaloop Connector as a process of their
//! own, which outlives the connector.

use std::process::ExitCode;

use core_connector::{
    operations::{
        configuration::Configuration,
        startup::{StartError, choose_tls},
        telemetry,
    },
    sandbox,
};

/// The variables of the connector that the sandbox has to share.
const NEEDED: &[&str] = &[
    "FSP_ID",
    // [if currency_mode is single]
    "CURRENCY",
    // [end]
    // [if currency_mode is several]
    "CURRENCIES",
    // [end]
    "SDK_SERVER_HOST",
    "SDK_SERVER_PORT",
    "LOG_LEVEL",
    "LOG_FORMAT",
];

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), StartError> {
    // What else is configured, also in `.env`, is meant for the connector.
    let configuration = Configuration::read(sandbox::completed(|name| {
        let read = NEEDED.contains(&name);
        read.then(|| std::env::var(name).ok()).flatten()
    })?)?;
    telemetry::start(
        configuration.log_filter.clone(),
        configuration.log_format,
        None,
    );
    choose_tls();
    sandbox::run_alone(configuration).await
}
