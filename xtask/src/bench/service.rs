//! The services that are compared: a connector with its bank in the same process,
//! one with its bank in another, and a service that does nothing.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use crate::{
    generated::Snapshot,
    http::{KEYS, send},
    repository,
    running::{RunningProgram, SOON, free_port},
    workshop::Workshop,
};

pub const PAYEE: &str = "265998571175";
pub const CURRENCY: &str = "GMD";

const FLOAT: &str = "float_balance = 100000";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    InProcess,
    OverHttp,
    Bare,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::InProcess, Self::OverHttp, Self::Bare];

    pub fn name(self) -> &'static str {
        match self {
            Self::InProcess => "bank in-process",
            Self::OverHttp => "bank over HTTP",
            Self::Bare => "bare service",
        }
    }
}

/// The programs, built as for production, but for the sandbox.
pub struct Programs {
    connector: PathBuf,
    sandbox: PathBuf,
    bare: PathBuf,
    accounts: String,
}

impl Programs {
    pub fn build() -> Result<Self> {
        let answers = [
            ("cbs_name", "Harbour Core"),
            ("fsp_id", "harbourbank"),
            ("currency", CURRENCY),
        ];
        let name = "harbour-bench";
        let workshop = Workshop::open(&Snapshot::take()?, name, &answers)?;
        workshop.cargo(&["build", "--release", "--bin", name, "--bin", "sandbox"])?;
        build_bare_service()?;
        let accounts = fs::read_to_string(workshop.folder().join("sandbox/accounts.toml"))?;
        let release = repository().join("target/generated/release");
        // Where this program itself was built.
        let own = env::current_exe()?;
        let target = own.parent().and_then(Path::parent);
        Ok(Self {
            connector: release.join(name),
            sandbox: release.join("sandbox"),
            bare: target
                .context("no target directory")?
                .join("release/bare-service"),
            // As much as all these payments may come to.
            accounts: accounts.replace(FLOAT, "float_balance = 100000000"),
        })
    }

    /// Starts a service with an empty journal, and says how long that took.
    pub fn start(&self, kind: Kind) -> Result<Service> {
        let folder = TempDir::new()?;
        let path = |name: &str| folder.path().join(name);
        fs::write(path("accounts.toml"), &self.accounts)?;
        let [api, dfsp, bank, simulator] = [(); 4].map(|()| free_port());
        let mut variables = vec![
            ("SDK_SERVER_PORT", api.to_string()),
            ("DFSP_SERVER_PORT", dfsp.to_string()),
            ("SANDBOX_BANK_PORT", bank.to_string()),
            ("SANDBOX_SDK_PORT", simulator.to_string()),
            (
                "SANDBOX_ACCOUNTS",
                path("accounts.toml").display().to_string(),
            ),
            (
                "DATABASE_URL",
                format!("sqlite:{}", path("journal.db").display()),
            ),
        ];
        let mut sandbox = None;
        match kind {
            Kind::InProcess => variables.push(("SANDBOX_BANK", "in_process".to_owned())),
            Kind::OverHttp => {
                let log = path("sandbox.log");
                let own = variables.clone();
                let mut started = RunningProgram::start(&self.sandbox, folder.path(), &log, own)?;
                started.wait_until_answered(bank, "/ledger")?;
                sandbox = Some(started);
                variables.extend([
                    ("CBS_BASE_URL", format!("http://127.0.0.1:{bank}")),
                    ("SDK_BASE_URL", format!("http://127.0.0.1:{simulator}")),
                    ("FLOAT_ACCOUNT", "9000001".to_owned()),
                    (KEYS.0, KEYS.1.to_owned()),
                ]);
            }
            Kind::Bare => {}
        }
        let program = match kind {
            Kind::Bare => &self.bare,
            _ => &self.connector,
        };
        let log = path("service.log");
        let started_at = Instant::now();
        let mut program = RunningProgram::start(program, folder.path(), &log, variables)?;
        let started_in = first_answer(&mut program, api, started_at)?;
        Ok(Service {
            program,
            _sandbox: sandbox,
            _folder: folder,
            port: api,
            started_in,
        })
    }
}

fn build_bare_service() -> Result<()> {
    let built = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--release", "--package", "bare-service"])
        .current_dir(repository())
        .status()
        .context("cannot run cargo")?;
    ensure!(built.success(), "the bare service cannot be built");
    Ok(())
}

/// A service that runs.
pub struct Service {
    // In this order: processes end before their folder goes.
    program: RunningProgram,
    _sandbox: Option<RunningProgram>,
    _folder: TempDir,
    pub port: u16,
    /// From its start to its first answer.
    pub started_in: Duration,
}

impl Service {
    pub fn process(&self) -> u32 {
        self.program.id()
    }
}

/// Asks until there is an answer, more often than it matters.
fn first_answer(program: &mut RunningProgram, port: u16, started_at: Instant) -> Result<Duration> {
    loop {
        if send(port, "GET", "/health", None).is_ok_and(|answer| answer.status == 200) {
            return Ok(started_at.elapsed());
        }
        if program.has_ended()? || started_at.elapsed() > SOON {
            bail!("the service does not start:\n{}", program.log()?);
        }
        thread::sleep(Duration::from_millis(1));
    }
}
