//! Starts the connector.

use std::process::ExitCode;

use core_connector::{
    environment::Problems,
    operations::{
        configuration::Configuration,
        startup::{
            Connector, Listeners, StartError, choose_tls, core_banking_client, open_journal,
        },
        telemetry,
    },
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
    read_env_file()?;
    let variable = |name: &str| std::env::var(name).ok();
    #[cfg(feature = "sandbox")]
    let variable = core_connector::sandbox::completed(variable)?;
    let configuration = Configuration::read(variable)?;
    telemetry::start(configuration.log_filter.clone(), configuration.log_format);
    choose_tls();
    let listeners = Listeners::bind(&configuration)?;

    #[cfg(feature = "sandbox")]
    let configuration = core_connector::sandbox::stand_in(configuration, &listeners)?;

    let store = open_journal(&configuration).await?;

    #[cfg(feature = "sandbox")]
    let store = core_connector::sandbox::with_crashes(store)?;

    tracing::info!(
        dfsp = configuration.dfsp_name,
        fsp_id = configuration.fsp_id,
        cbs = configuration.cbs_name,
        backend_api = %listeners.backend_address()?,
        dfsp_api = %listeners.dfsp_address()?,
        "the connector starts"
    );
    let bank = core_banking_client(&configuration)?;
    Connector::start(configuration, listeners, store, bank)?
        .serve()
        .await
}

/// Reads `.env` if there is one. A variable that is set already stays as it is.
fn read_env_file() -> Result<(), Problems> {
    match dotenvy::dotenv() {
        Ok(_) => Ok(()),
        Err(error) if error.not_found() => Ok(()),
        // The error holds the line, which may hold a secret.
        Err(dotenvy::Error::LineParse(..)) => Err(Problems::of(
            ".env cannot be read: a value with a space needs quotes",
        )),
        Err(error) => Err(Problems::of(format!(".env cannot be read: {error}"))),
    }
}
