//! A connector with both roles and all use cases, whose every exchange is noted.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tempfile::TempDir;
use xtask::{
    http::{Answer, send},
    recording::{RecordedRequest, RecordingServer},
    running::{RunningProgram, wait_for},
};

use super::converting::{ABROAD, RATE};
use crate::site::{BOTH_ROLES, CURRENCY, Ports, connector_variables};

/// A request and its answer.
#[derive(Debug, Clone)]
pub struct Exchange {
    pub method: String,
    pub path: String,
    pub body: Value,
    pub status: u16,
    pub text: String,
}

type Exchanges = Arc<Mutex<Vec<Exchange>>>;

/// The connector, its bank and its Mojaloop Connector. What the two APIs of the
/// Mojaloop Connector are about goes through a recording proxy.
pub struct Scene {
    // In this order: processes end before their folder goes.
    _connector: RunningProgram,
    _sandbox: RunningProgram,
    _folder: TempDir,
    ports: Ports,
    answered: Exchanges,
    asked: Exchanges,
}

impl Scene {
    pub fn start() -> Self {
        let ports = Ports::free();
        let folder = TempDir::new().unwrap();
        let (answered, backend_api) = recorded(ports.backend_api);
        let (asked, outbound_api) = recorded(ports.simulator);

        let mut of_sandbox = connector_variables(ports, &folder);
        of_sandbox.extend(
            ports
                .variables()
                .map(|(name, value)| (name.to_owned(), value)),
        );
        let port = backend_api.base_url().rsplit(':').next().map(str::to_owned);
        of_sandbox.push(("SDK_SERVER_PORT".to_owned(), port.unwrap()));
        let log = folder.path().join("sandbox.log");
        let mut sandbox =
            RunningProgram::start(&BOTH_ROLES.sandbox(), folder.path(), &log, of_sandbox).unwrap();
        sandbox.wait_until_answered(ports.bank, "/ledger").unwrap();

        let mut of_connector = connector_variables(ports, &folder);
        of_connector.push(("SDK_BASE_URL".to_owned(), outbound_api.base_url()));
        let rates = format!("{CURRENCY}/{ABROAD}:{RATE}");
        of_connector.push(("CONVERSION_PROVIDERS".to_owned(), "goldenfx".to_owned()));
        of_connector.push(("CONVERSION_RATES".to_owned(), rates));
        let log = folder.path().join("connector.log");
        let mut connector =
            RunningProgram::start(&BOTH_ROLES.connector(), folder.path(), &log, of_connector)
                .unwrap();
        connector.wait_until_healthy(ports.backend_api).unwrap();
        connector.wait_until_healthy(ports.dfsp_api).unwrap();
        Self {
            _connector: connector,
            _sandbox: sandbox,
            _folder: folder,
            ports,
            answered,
            asked,
        }
    }

    /// What the connector has answered on the backend API so far.
    pub fn answered(&self) -> Vec<Exchange> {
        self.answered.lock().unwrap().clone()
    }

    /// What it has asked of the Mojaloop Connector so far.
    pub fn asked(&self) -> Vec<Exchange> {
        self.asked.lock().unwrap().clone()
    }

    /// Asks as the Mojaloop Connector does.
    pub fn backend(&self, method: &str, path: &str, body: &Value) -> Answer {
        let sent = Some(body).filter(|body| !body.is_null());
        let answer = send(self.ports.backend_api, method, path, sent).unwrap();
        let request = RecordedRequest {
            method: method.to_owned(),
            path: path.to_owned(),
            body: body.clone(),
        };
        note(&self.answered, &request, &answer);
        answer
    }

    /// As [`backend`](Self::backend), for what has to succeed.
    #[track_caller]
    pub fn backend_ok(&self, method: &str, path: &str, body: &Value) -> Answer {
        let answer = self.backend(method, path, body);
        assert!(answer.status < 300, "{method} {path}: {}", answer.text);
        answer
    }

    /// Asks as the bank's channels do.
    pub fn dfsp(&self, method: &str, path: &str, body: &Value) -> Answer {
        let sent = Some(body).filter(|body| !body.is_null());
        send(self.ports.dfsp_api, method, path, sent).unwrap()
    }

    #[track_caller]
    pub fn dfsp_ok(&self, method: &str, path: &str, body: &Value) -> Answer {
        let answer = self.dfsp(method, path, body);
        assert!(answer.status < 300, "{method} {path}: {}", answer.text);
        answer
    }

    /// Steers the simulated Mojaloop Connector.
    #[track_caller]
    pub fn simulator(&self, method: &str, path: &str, body: &Value) -> Answer {
        let answer = send(self.ports.simulator, method, path, Some(body)).unwrap();
        assert!(answer.status < 300, "{method} {path}: {}", answer.text);
        answer
    }

    /// The bank does not answer, as long as something is done.
    pub fn while_the_bank_is_away(&self, what: impl FnOnce()) {
        let faults = |rules: Value| {
            let faults = json!({ "rules": rules });
            let answer = send(self.ports.bank, "PUT", "/faults", Some(&faults)).unwrap();
            assert_eq!(answer.status, 204, "{}", answer.text);
        };
        faults(json!([{ "operation": "any", "fault": "fail" }]));
        what();
        faults(json!([]));
    }

    pub fn assert_books_balance(&self) {
        let balanced = wait_for("the books balance and nothing is on its way", || {
            let answer = send(self.ports.bank, "GET", "/ledger", None).ok()?;
            (answer.json()["balanced"] == true).then_some(())
        });
        balanced.unwrap();
    }
}

/// A proxy in front of a port, and what passes through it.
fn recorded(port: u16) -> (Exchanges, RecordingServer) {
    let exchanges = Exchanges::default();
    let noted = exchanges.clone();
    let proxy = RecordingServer::start(move |request| {
        let body = Some(&request.body).filter(|body| !body.is_null());
        let answer = send(port, &request.method, &request.path, body);
        // What is not there, as a real proxy says it.
        let answer = answer.unwrap_or(Answer {
            status: 502,
            text: String::new(),
        });
        note(&noted, request, &answer);
        answer
    });
    (exchanges, proxy.unwrap())
}

fn note(exchanges: &Exchanges, request: &RecordedRequest, answer: &Answer) {
    exchanges.lock().unwrap().push(Exchange {
        method: request.method.clone(),
        path: request.path.clone(),
        body: request.body.clone(),
        status: answer.status,
        text: answer.text.clone(),
    });
}
