//! A connector as a process of its own, for what a process has only once: its
//! logs, its traces and its end.
//!
//! Bank and Mojaloop Connector stand in within it, with the accounts that come
//! with the connector, and it is told where to listen by the system.

use std::{
    fs::{self, File},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    process::{Child, Command},
    time::timeout,
};

use crate::{caller::Caller, customers::id_type, journal::TestJournal, test_connector::eventually};

/// Longer than it takes to end, also on a busy machine.
const LONGEST_END: Duration = Duration::from_secs(60);

const LOG: &str = "connector.log";

pub struct ConnectorProcess {
    /// What the Mojaloop Connector calls.
    pub backend: Caller,
    /// What the channels of the bank call.
    pub dfsp: Caller,
    // In this order: the process ends before its folder goes.
    process: Child,
    _folder: Folder,
}

/// Where the process works, with what it logs.
struct Folder(TempDir);

impl ConnectorProcess {
    /// Starts one. The variables are those of the environment, which is empty
    /// otherwise.
    pub async fn start(variables: &[(&str, &str)]) -> Self {
        let folder = Folder(TempDir::new().unwrap());
        let journal = TestJournal::new(&folder.0).await;
        let log = File::create(folder.0.path().join(LOG)).unwrap();
        let id_type = id_type().to_string();
        let usual = [
            ("SDK_SERVER_PORT", "0"),
            ("DFSP_SERVER_PORT", "0"),
            ("METRICS_SERVER_HOST", "127.0.0.1"),
            ("METRICS_SERVER_PORT", "0"),
            ("SANDBOX_BANK", "in_process"),
            ("SANDBOX_BANK_PORT", "0"),
            ("SANDBOX_SDK_PORT", "0"),
            ("SUPPORTED_ID_TYPE", &id_type),
            ("DATABASE_URL", journal.url()),
            ("LOG_FORMAT", "json"),
        ];
        let program = env!(concat!("CARGO_BIN_EXE_", env!("CARGO_PKG_NAME")));
        let process = Command::new(program)
            .current_dir(folder.0.path())
            .env_clear()
            .envs(usual)
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        eventually("the connector starts", async || folder.start().is_some()).await;
        let start = folder.start().unwrap();
        let url = |name: &str| format!("http://{}", start[name].as_str().unwrap());
        Self {
            backend: Caller::of(url("backend_api")),
            dfsp: Caller::with_key(url("dfsp_api")),
            process,
            _folder: folder,
        }
    }

    /// Tells it to end as an orchestrator does, and waits until it has.
    pub async fn end(&mut self) -> ExitStatus {
        let id = self
            .process
            .id()
            .and_then(|id| Pid::from_raw(id.cast_signed()));
        kill_process(id.unwrap(), Signal::TERM).unwrap();
        let ended = timeout(LONGEST_END, self.process.wait()).await;
        ended.unwrap().unwrap()
    }
}

impl Folder {
    fn log(&self) -> String {
        fs::read_to_string(self.0.path().join(LOG)).unwrap_or_default()
    }

    /// The line that says where the process listens, once it is there.
    fn start(&self) -> Option<Value> {
        let log = self.log();
        let mut lines = log
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        lines.find(|line: &Value| line["message"] == "the connector starts")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("---- {LOG}\n{}", self.log());
        }
    }
}
