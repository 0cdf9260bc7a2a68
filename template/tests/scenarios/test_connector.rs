//! A connector between a bank and a scheme, all in this process.

use std::{
    collections::{BTreeMap, HashMap},
    net::TcpListener,
    sync::Arc,
    time::{Duration, Instant},
};

use actix_web::dev::ServerHandle;
use core_connector::{
    core_banking::port::CoreBankingSystem,
    environment::{answers, currencies::variable_name},
    journal::store::Store,
    operations::{
        commands::{self, Command, Finding},
        configuration::Configuration,
        startup::{Connector, Listeners, choose_tls, open_inspection, open_journal},
    },
    sandbox::{
        self,
        bank::SandboxBank,
        mojaloop_connector::{self, SimulatedMojaloopConnector, SimulatorSettings},
    },
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use crate::{
    books::{self, Booked},
    caller::Caller,
    charges,
    customers::{currency, id_type, seed},
    debits,
    journal::TestJournal,
    secrecy,
};

// [if cbs_auth is basic, api_key, oauth2]
use core_connector::sandbox::bank::authorization;

// [end]
/// Longer than anything takes, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Between two looks at whether something is the case.
const PAUSE: Duration = Duration::from_millis(10);

/// A connector with the sandbox bank on one side and a simulated Mojaloop
/// Connector on the other.
pub struct TestConnector {
    /// What the Mojaloop Connector calls.
    pub backend: Caller,
    /// What the channels of the bank call.
    pub dfsp: Caller,
    pub simulator: Caller,
    /// Host and port of the metrics.
    pub metrics: String,
    pub bank: SandboxBank,
    /// The journal, while a connector works on it.
    store: Option<Arc<dyn Store>>,
    journal: TestJournal,
    variables: HashMap<String, String>,
    simulator_server: ServerHandle,
    /// Everything that the connector does for itself runs here, and ends when
    /// this is shut down.
    runtime: Option<Runtime>,
    _folder: Arc<TempDir>,
}

impl TestConnector {
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// Starts a connector with a bank and a scheme of its own. The variables
    /// are those of the environment.
    pub async fn with(variables: &[(&str, &str)]) -> Self {
        Self::with_store(variables, |store| store).await
    }

    /// The same, with something between the connector and its journal.
    pub async fn with_store(
        variables: &[(&str, &str)],
        wrap: impl FnOnce(Arc<dyn Store>) -> Arc<dyn Store>,
    ) -> Self {
        choose_tls();
        secrecy::watch();
        let folder = Arc::new(TempDir::new().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let simulator_url = format!("http://{}", listener.local_addr().unwrap());
        let journal = TestJournal::new(&folder).await;
        let id_type = id_type().to_string();
        let keys = sandbox::development_keys();
        let usual = [
            ("SDK_SERVER_PORT", "0"),
            ("DFSP_SERVER_PORT", "0"),
            ("METRICS_SERVER_HOST", "127.0.0.1"),
            ("METRICS_SERVER_PORT", "0"),
            ("SUPPORTED_ID_TYPE", &id_type),
            ("SDK_BASE_URL", &simulator_url),
            ("DATABASE_URL", journal.url()),
            ("DFSP_API_KEYS", &keys),
            ("DFSP_API_REQUESTS_PER_MINUTE", "1000000"),
            ("DFSP_API_LOOK_UPS_PER_MINUTE", "1000000"),
            // Of several replicas, which there are in few tests.
            ("LEASE_MS", "600"),
            // Of the client, which is not used here; never above the next one.
            ("CBS_REQUEST_TIMEOUT_MS", "100"),
            ("CBS_SETTLE_MS", "100"),
            ("RECOVERY_INTERVAL_MS", "50"),
            ("RETRY_FIRST_PAUSE_MS", "50"),
            ("RETRY_LONGEST_PAUSE_MS", "200"),
            ("BREAKER_FIRST_PAUSE_MS", "50"),
            ("BREAKER_LONGEST_PAUSE_MS", "200"),
            // A test that waits on a busy machine is not to end with a person.
            ("RETRY_MAX_ATTEMPTS", "10000"),
        ];
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let usual = usual.iter().chain(&debits::VARIABLES).map(own);
        let seed = seed();
        let of_bank = seed.variables().into_iter();
        let of_charges = seed.currencies().flat_map(|currency| {
            let of_currency = charges::VARIABLES.iter();
            of_currency.map(move |(name, value)| (variable_name(name, currency), (*value).into()))
        });
        // [if cbs_auth is basic, api_key, oauth2]
        let of_bank = of_bank.chain(authorization::VARIABLES.iter().map(own));
        // [end]
        let variables = variables.iter().map(own);
        let variables: HashMap<_, _> = usual
            .chain(of_bank)
            .chain(of_charges)
            .chain(variables)
            .collect();

        secrecy::remember_what_is_configured(variables.iter());
        let configuration = configuration(&variables);
        let store = open_journal(&configuration).await.unwrap();
        let bank = SandboxBank::new(seed);
        let running = run(configuration, wrap(Arc::clone(&store)), bank.clone());

        let simulator = SimulatedMojaloopConnector::new(SimulatorSettings {
            backend_base_url: running.backend_url.clone(),
            fsp_id: answers::FSP_ID.to_owned(),
            currency: currency(),
            peers: Vec::new(),
        });
        let server = mojaloop_connector::serve(simulator, listener).unwrap();
        let simulator_server = server.handle();
        tokio::spawn(server);
        Self {
            backend: Caller::of(running.backend_url),
            dfsp: Caller::with_key(running.dfsp_url),
            simulator: Caller::of(simulator_url),
            metrics: running.metrics,
            bank,
            store: Some(store),
            journal,
            variables,
            simulator_server,
            runtime: Some(running.runtime),
            _folder: folder,
        }
    }

    /// Ends the connector wherever it is, as a loss of power does.
    pub fn die(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }

    /// Starts the connector that comes after one that has died: the journal,
    /// the bank and the scheme are as it left them.
    pub async fn start_again(&mut self) {
        self.die();
        self.store = None;
        let configuration = configuration(&self.variables);
        // The journal is free when the last trace of the dead one has gone.
        let deadline = Instant::now() + PATIENCE;
        let store = loop {
            match open_journal(&configuration).await {
                Ok(store) => break store,
                Err(error) => assert!(Instant::now() < deadline, "{error}"),
            }
            tokio::time::sleep(PAUSE).await;
        };
        let running = run(configuration, Arc::clone(&store), self.bank.clone());
        self.store = Some(store);
        self.backend = Caller::of(running.backend_url);
        self.dfsp = Caller::with_key(running.dfsp_url);
        self.metrics = running.metrics;
        self.runtime = Some(running.runtime);
    }

    /// Ends the connector, and counts what it has left in the journal: the rows
    /// of every table.
    pub async fn end_and_count_rows(&mut self) -> BTreeMap<String, i64> {
        self.die();
        self.store = None;
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(rows) = self.journal.count_rows().await {
                return rows;
            }
            assert!(Instant::now() < deadline, "the journal cannot be read");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// What an operator's command says, beside the connector.
    pub async fn command(&self, line: impl AsRef<str>) -> Result<String, String> {
        let journal = configuration(&self.variables).database.unwrap();
        let journal = open_inspection(journal).await.unwrap();
        let words = shell_words(line.as_ref()).into_iter().map(Into::into);
        let words = std::iter::once("connector".into()).chain(words);
        let Some(Command::OnJournal(command)) = commands::read(words).unwrap() else {
            panic!("not a command on the journal");
        };
        let bank = self.bank.clone();
        let mut output = Vec::new();
        let finding = command
            .run(&*journal, || Ok(Arc::new(bank)), &mut output)
            .await;
        finding.map_err(|error| error.to_string())?;
        Ok(String::from_utf8(output).unwrap())
    }

    /// What the doctor says of it, with other variables in the place of its own.
    pub async fn examine(&self, doctor: &str, other: &[(&str, &str)]) -> (Finding, String) {
        let words = shell_words(doctor).into_iter().map(Into::into);
        let words = ["connector", "doctor"]
            .map(Into::into)
            .into_iter()
            .chain(words);
        let Some(Command::Doctor(doctor)) = commands::read(words).unwrap() else {
            panic!("not a doctor");
        };
        let variable = |name: &str| {
            let other = other.iter().find(|(known, _)| *known == name);
            let other = other.map(|(_, value)| (*value).to_owned());
            other.or_else(|| self.variables.get(name).cloned())
        };
        let mut output = Vec::new();
        let finding = doctor.run(variable, &mut output).await.unwrap();
        (finding, String::from_utf8(output).unwrap())
    }

    pub fn store(&self) -> Arc<dyn Store> {
        Arc::clone(self.store.as_ref().unwrap())
    }

    /// Makes the bank misbehave at one operation. It does not recognise an
    /// instruction that comes again either, so that the connector has to.
    pub fn bank_fault(&self, operation: &str, fault: &str, times: Option<u32>) {
        self.bank_rule(json!({ "operation": operation, "fault": fault, "times": times }));
    }

    pub fn bank_rule(&self, rule: Value) {
        let faults = json!({ "rules": [rule], "forgetful": true });
        self.bank
            .set_faults(serde_json::from_value(faults).unwrap());
    }

    pub fn bank_recovers(&self) {
        let faults = json!({ "forgetful": true });
        self.bank
            .set_faults(serde_json::from_value(faults).unwrap());
    }

    /// Makes the simulated Mojaloop Connector behave otherwise than usual.
    pub async fn scheme_behaves(&self, behaviour: Value) {
        let path = "/simulator/behaviour";
        let answer = self.simulator.put(path, &behaviour).await;
        assert_eq!(answer.status, 204, "{}", answer.body);
    }

    pub async fn scheme_recovers(&self) {
        self.simulator.delete("/simulator/behaviour").await;
    }

    /// The books balance and hold exactly this.
    #[track_caller]
    pub fn assert_books<const N: usize>(&self, booked: [Booked; N]) {
        books::assert_books(&self.bank, booked);
    }
}

impl Drop for TestConnector {
    fn drop(&mut self) {
        // Of one that has died there are no metrics; a test that fails has said why.
        if self.runtime.is_some() && !std::thread::panicking() {
            secrecy::check(&self.metrics);
        }
        self.die();
        drop(self.simulator_server.stop(false));
    }
}

fn configuration(variables: &HashMap<String, String>) -> Configuration {
    Configuration::read(|name| variables.get(name).cloned()).unwrap()
}

/// The words of a line; those between quotes are one.
fn shell_words(line: &str) -> Vec<String> {
    let parts = line.split('\'').enumerate();
    let words = parts.flat_map(|(index, part)| match index % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    words.collect()
}

struct Running {
    runtime: Runtime,
    backend_url: String,
    dfsp_url: String,
    metrics: String,
}

fn run(
    configuration: Configuration,
    store: Arc<dyn Store>,
    bank: impl CoreBankingSystem + 'static,
) -> Running {
    let listeners = Listeners::bind(&configuration).unwrap();
    let backend_url = format!("http://{}", listeners.backend_address().unwrap());
    let metrics = listeners.metrics_address().unwrap().to_string();
    let dfsp_url = format!("http://{}", listeners.dfsp_address().unwrap());
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let entered = runtime.enter();
    let connector = Connector::start(configuration, listeners, store, Arc::new(bank)).unwrap();
    drop(entered);
    runtime.spawn(connector.serve());
    Running {
        runtime,
        backend_url,
        dfsp_url,
        metrics,
    }
}

/// Waits until something is the case.
pub async fn eventually(what: &str, is_the_case: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_the_case().await {
        assert!(Instant::now() < deadline, "in vain: {what}");
        tokio::time::sleep(PAUSE).await;
    }
}

/// The name of a variable that is about money of the tests' currency.
pub fn variable(name: &str) -> String {
    variable_name(name, currency())
}

/// A rule for the bank or the scheme, until it is told otherwise.
pub fn rule(operation: &str, fault: &str) -> Value {
    json!({ "operation": operation, "fault": fault })
}

/// A rule for the next time alone.
pub fn once(operation: &str, fault: &str) -> Value {
    json!({ "operation": operation, "fault": fault, "times": 1 })
}
