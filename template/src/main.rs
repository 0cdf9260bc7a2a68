//! Starts the connector, or carries out a command of an operator.

use std::process::ExitCode;

use core_connector::{
    environment::{
        Problems,
        secrets::{SecretFiles, read_when_there},
    },
    operations::{
        commands::{self, Command},
        configuration::Configuration,
        startup::{
            Connector, Listeners, StartError, choose_tls, core_banking_client, open_journal,
        },
        telemetry,
    },
};
use tokio::runtime::Runtime;

fn main() -> ExitCode {
    let command = match commands::read(std::env::args_os()) {
        Ok(command) => command,
        Err(ended) => return ended,
    };
    if let Err(error) = read_env_file() {
        eprintln!("{error}");
        return ExitCode::FAILURE;
    }
    let runtime = match Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("the connector cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let ended = runtime.block_on(run(command));
    // Whatever still hangs does not keep the process from ending.
    runtime.shutdown_background();
    ended
}

async fn run(command: Option<Command>) -> ExitCode {
    if let Some(command) = command {
        let files = SecretFiles::of(environment);
        // Another journal than the connector's would tell another story.
        let named = files.read(|variable| Ok(variable("DATABASE_URL")));
        if let (true, Err(problems)) = (command.needs_journal(), named) {
            eprintln!("{problems}");
            return ExitCode::FAILURE;
        }
        return commands::run(command, |name| files.variable(name)).await;
    }
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> Result<(), StartError> {
    let configuration = read_when_there(environment, |variable| {
        #[cfg(feature = "sandbox")]
        let variable = core_connector::sandbox::completed(variable)?;
        Configuration::read(variable)
    })
    .await?;
    choose_tls();
    let telemetry = telemetry::start(
        configuration.log_filter.clone(),
        configuration.log_format,
        configuration.traces.as_ref(),
    );
    let listeners = Listeners::bind(&configuration)?;

    #[cfg(feature = "sandbox")]
    let (configuration, in_process) = core_connector::sandbox::stand_in(configuration, &listeners)?;
    #[cfg(not(feature = "sandbox"))]
    let in_process = None;

    let store = open_journal(&configuration).await?;

    #[cfg(feature = "sandbox")]
    let store = core_connector::sandbox::with_crashes(store)?;

    tracing::info!(
        dfsp = configuration.dfsp_name,
        fsp_id = configuration.fsp_id,
        cbs = configuration.cbs_name,
        backend_api = %listeners.backend_address()?,
        dfsp_api = %listeners.dfsp_address()?,
        metrics = %listeners.metrics_address()?,
        "the connector starts"
    );
    let bank = match in_process {
        Some(bank) => bank,
        None => core_banking_client(&configuration)?,
    };
    let served = Connector::start(configuration, listeners, store, bank)?
        .serve()
        .await;
    telemetry.end();
    served
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
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
