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
    // The `.env` of the connector is meant for the connector, so it is not read.
    let configuration = Configuration::read(|name| std::env::var(name).ok())?;
    telemetry::start(configuration.log_filter.clone(), configuration.log_format);
    choose_tls();
    sandbox::run_alone(configuration).await
}
