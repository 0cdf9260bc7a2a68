//! For development and tests alone: a bank and a Mojaloop Connector that stand
//! in for the real ones. None of it is in a production build.

pub mod bank;
pub mod mojaloop_connector;

mod crashes;
mod greeting;
mod trial;

// [if fees is flat, percent, tiered]
pub mod charges;

// [end]
use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
    sync::Arc,
};

use reqwest::Url;

use self::{
    bank::{SandboxBank, Seed},
    mojaloop_connector::{Peer, SimulatedMojaloopConnector, SimulatorSettings},
};
use crate::{
    core_banking::port::CoreBankingSystem,
    environment::Problems,
    journal::Database,
    mojaloop::{callers::api_keys::DEVELOPMENT_KEY_SHA256, http::guard::KEY_HEADER},
    operations::{
        configuration::Configuration,
        startup::{Listeners, StartError},
    },
};

pub use self::crashes::with_crashes;

/// The key that the channels of the sandbox have. It opens nothing in a
/// production build.
pub const DEVELOPMENT_KEY: &str = "development-key-of-the-sandbox";

/// What `DFSP_API_KEYS` has to hold for it.
pub fn development_keys() -> String {
    format!("sandbox:{DEVELOPMENT_KEY_SHA256}")
}

/// The environment, completed by what has to be known of the sandbox bank where
/// it stands in for the core banking system.
pub fn completed(
    variable: impl Fn(&str) -> Option<String>,
) -> Result<impl Fn(&str) -> Option<String>, Problems> {
    let real_bank = variable("CBS_BASE_URL").is_some_and(|url| !url.trim().is_empty());
    let mut of_bank = Vec::new();
    if !real_bank {
        let seed = seed()?;
        of_bank.extend(seed.variables());
        of_bank.push(("DFSP_API_KEYS".to_owned(), development_keys()));
        // [if fees is flat, percent, tiered]
        for currency in seed.currencies() {
            let name = |name| crate::environment::currencies::variable_name(name, currency);
            of_bank.extend(charges::VARIABLES.map(|(of, value)| (name(of), value.to_owned())));
        }
        // [end]
        // [if cbs_auth is basic, api_key, oauth2]
        let credentials = bank::authorization::VARIABLES;
        of_bank.extend(credentials.map(|(name, value)| (name.to_owned(), value.to_owned())));
        // [end]
    }
    Ok(move |name: &str| {
        let set = variable(name).filter(|value| !value.trim().is_empty());
        set.or_else(|| {
            let found = of_bank.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.clone())
        })
    })
}

/// The same, for a command beside a connector that runs: the sandbox bank that
/// stands in there is where it says that it is.
pub fn beside_a_connector(
    variable: impl Fn(&str) -> Option<String>,
) -> Result<impl Fn(&str) -> Option<String>, Problems> {
    let url = address_of(&variable, "SANDBOX_BANK_PORT", "3010");
    let completed = completed(variable)?;
    Ok(move |name: &str| {
        let set = completed(name);
        set.or_else(|| (name == "CBS_BASE_URL").then(|| url.clone()))
    })
}

/// What a connector beside which this runs is configured with, with the addresses
/// of what stands in there.
pub fn configuration_beside(
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Configuration, Problems> {
    let bank = address_of(&variable, "SANDBOX_BANK_PORT", "3010");
    let connector = address_of(&variable, "SANDBOX_SDK_PORT", "4001");
    let mut configuration = Configuration::read(completed(variable)?)?;
    configuration.cbs_base_url = configuration.cbs_base_url.or(Url::parse(&bank).ok());
    let connector = Url::parse(&connector).ok();
    configuration.connector_base_url = configuration.connector_base_url.or(connector);
    Ok(configuration)
}

/// Where something that stands in listens, as the environment says.
fn address_of(variable: impl Fn(&str) -> Option<String>, name: &str, default: &str) -> String {
    let port = variable(name).filter(|port| !port.is_empty());
    format!("http://127.0.0.1:{}", port.as_deref().unwrap_or(default))
}

/// Stands in for whatever the configuration does not name: the core banking
/// system, the Mojaloop Connector, or both. Returns the bank if it is to be
/// called without a network in between.
pub fn stand_in(
    mut configuration: Configuration,
    listeners: &Listeners,
) -> Result<(Configuration, Option<Arc<dyn CoreBankingSystem>>), StartError> {
    refuse_half_real(&configuration)?;
    let is_in_process = is_in_process(&configuration, listeners)?;
    let mut in_process: Option<Arc<dyn CoreBankingSystem>> = None;
    let mut greeting = greeting::Greeting::new(&configuration, listeners)?;
    if configuration.cbs_base_url.is_none() {
        let seed = seed()?;
        greeting.choose_parties(&seed);
        if configuration.database.is_none() {
            let journal = fresh_database();
            greeting.journal = Some(journal.clone());
            configuration.database = Some(Database::Sqlite(journal));
        }
        let bank = SandboxBank::new(seed);
        if is_in_process {
            in_process = Some(Arc::new(bank.clone()));
        }
        let address = start_bank(bank)?;
        greeting.bank = Some(address);
        configuration.cbs_base_url = Some(url_of(address)?);
    }
    if configuration.connector_base_url.is_none() {
        let address = start_simulator(SimulatorSettings {
            backend_base_url: format!("http://{}", listeners.backend_address()?),
            fsp_id: configuration.fsp_id.clone(),
            currency: configuration.currencies.first(),
            peers: peers()?,
        })?;
        greeting.connector = Some(address);
        configuration.connector_base_url = Some(url_of(address)?);
    }
    greeting.print();
    Ok((configuration, in_process))
}

/// Whether `SANDBOX_BANK` says that the sandbox bank is to be called without a
/// network in between: what a connector costs by itself shows only then.
fn is_in_process(configuration: &Configuration, listeners: &Listeners) -> Result<bool, StartError> {
    let is_in_process = match std::env::var("SANDBOX_BANK").as_deref() {
        Err(_) | Ok("" | "http") => false,
        Ok("in_process") => true,
        Ok(_) => return Err(Problems::of("SANDBOX_BANK is neither http nor in_process").into()),
    };
    let addresses = [listeners.backend_address()?, listeners.dfsp_address()?];
    let is_for_this_machine = addresses.iter().all(|address| address.ip().is_loopback());
    if is_in_process && (configuration.cbs_base_url.is_some() || !is_for_this_machine) {
        return Err(Problems::of(
            "SANDBOX_BANK=in_process is for this machine alone: without CBS_BASE_URL, and with \
             both APIs on loopback",
        )
        .into());
    }
    Ok(is_in_process)
}

/// An optimised build is on its way to production. If only one of the two is
/// real there, a variable has been forgotten, and real money would meet play
/// money.
fn refuse_half_real(configuration: &Configuration) -> Result<(), Problems> {
    let real_bank = configuration.cbs_base_url.is_some();
    let real_scheme = configuration.connector_base_url.is_some();
    if real_bank == real_scheme {
        return Ok(());
    }
    if !cfg!(debug_assertions) {
        return Err(Problems::of(
            "CBS_BASE_URL or SDK_BASE_URL is missing, and this build would use the sandbox in its \
             place: build with --no-default-features for production",
        ));
    }
    tracing::warn!(
        real_bank,
        real_scheme,
        "only one of bank and scheme is real"
    );
    Ok(())
}

/// Runs the sandbox bank and the simulated Mojaloop Connector by themselves,
/// so that they outlive a connector, until the process is told to end.
pub async fn run_alone(configuration: Configuration) -> Result<(), StartError> {
    let bank = start_bank(SandboxBank::new(seed()?))?;
    let backend = &configuration.backend_api;
    let connector = start_simulator(SimulatorSettings {
        backend_base_url: format!("http://{}:{}", backend.host, backend.port),
        fsp_id: configuration.fsp_id,
        currency: configuration.currencies.first(),
        peers: peers()?,
    })?;
    println!("SANDBOX: no real money is moved. Start the connector with");
    let keys = development_keys();
    println!("  CBS_BASE_URL=http://{bank} SDK_BASE_URL=http://{connector} DFSP_API_KEYS={keys}");
    println!("which knows its channels by the header");
    println!("  {KEY_HEADER}: {DEVELOPMENT_KEY}");
    // [if cbs_auth is basic, api_key, oauth2]
    println!("and with");
    for (name, value) in bank::authorization::VARIABLES {
        println!("  {name}='{value}'");
    }
    // [end]
    Ok(tokio::signal::ctrl_c().await?)
}

/// The accounts of the sandbox bank: the user's own, or the built-in ones.
fn seed() -> Result<Seed, Problems> {
    let seed = match std::env::var("SANDBOX_ACCOUNTS") {
        Ok(path) if !path.is_empty() => Seed::read(&PathBuf::from(path)),
        _ => Seed::built_in(),
    };
    seed.map_err(|error| Problems::of(format!("SANDBOX_ACCOUNTS {error}")))
}

/// The other participants of the scheme, if there are others than made-up ones.
fn peers() -> Result<Vec<Peer>, Problems> {
    let variable = |name| std::env::var(name).unwrap_or_default();
    Peer::list(
        &variable("SIMULATOR_PEERS"),
        &variable("SIMULATOR_FX_PROVIDERS"),
    )
    .map_err(|error| Problems::of(format!("SIMULATOR_PEERS: {error}")))
}

fn start_bank(bank: SandboxBank) -> Result<SocketAddr, StartError> {
    let listener = listen("SANDBOX_BANK_PORT", 3010)?;
    let address = listener.local_addr()?;
    tokio::spawn(bank::serve(bank, listener)?);
    Ok(address)
}

fn start_simulator(settings: SimulatorSettings) -> Result<SocketAddr, StartError> {
    let listener = listen("SANDBOX_SDK_PORT", 4001)?;
    let address = listener.local_addr()?;
    let simulator = SimulatedMojaloopConnector::new(settings);
    tokio::spawn(mojaloop_connector::serve(simulator, listener)?);
    Ok(address)
}

/// The sandbox is for this machine: it listens on loopback alone.
fn listen(variable: &str, default_port: u16) -> Result<TcpListener, StartError> {
    let port = match std::env::var(variable) {
        Ok(text) if !text.is_empty() => text
            .parse()
            .map_err(|_| Problems::of(format!("{variable} is not a port number")))?,
        _ => default_port,
    };
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|source| StartError::Listen {
        address: format!("127.0.0.1:{port} ({variable})"),
        source,
    })
}

/// The sandbox bank forgets everything when it ends, and a journal that
/// remembered its bookings would contradict it. So it gets a new one.
fn fresh_database() -> PathBuf {
    let name = format!(
        "{}-sandbox-{}",
        env!("CARGO_PKG_NAME"),
        uuid::Uuid::now_v7()
    );
    std::env::temp_dir().join(name).join("journal.db")
}

fn url_of(address: SocketAddr) -> Result<Url, Problems> {
    Url::parse(&format!("http://{address}")).map_err(|error| Problems::of(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mojaloop::callers::api_keys::hash_of;

    #[test]
    fn the_key_of_the_sandbox_is_the_one_that_is_refused_without_it() {
        let hash = hash_of(DEVELOPMENT_KEY.as_bytes());
        assert_eq!(hash, DEVELOPMENT_KEY_SHA256);
    }
}
