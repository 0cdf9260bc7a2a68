//! Generated connectors as processes, next to a sandbox that outlives them.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::Read,
    net::{Ipv4Addr, TcpListener},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::atomic::{AtomicU16, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

use crate::http::send;

/// How long anything may take that should happen soon. Generous, because the
/// machine may be busy with other tests.
pub const SOON: Duration = Duration::from_secs(30);

const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Ports below those that the operating system gives to outgoing connections,
/// so that a port stays free while its process is being restarted.
const PORTS: std::ops::Range<u16> = 12_000..32_000;

/// Waits until something is there, but not for ever.
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> Result<T> {
    let deadline = Instant::now() + SOON;
    loop {
        if let Some(found) = look() {
            return Ok(found);
        }
        if Instant::now() > deadline {
            bail!("in vain: waited {SOON:?} until {what}");
        }
        thread::sleep(POLL_INTERVAL);
    }
}

/// A port that nobody listens on, and that is given out once.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let range = PORTS.end - PORTS.start;
    // Test processes that run at the same time begin at different places.
    let process = u16::try_from(std::process::id() % u32::from(range)).unwrap_or_default();
    loop {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = PORTS.start + (process.wrapping_mul(37).wrapping_add(number)) % range;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

/// A process whose output goes to a file. It is killed when this is dropped;
/// if that is because a test fails, its output is printed.
pub struct RunningProgram {
    child: Child,
    log: PathBuf,
}

impl RunningProgram {
    /// Starts a program with these variables and no others.
    pub fn start<Name: AsRef<OsStr>, Value: AsRef<OsStr>>(
        program: &Path,
        folder: &Path,
        log: &Path,
        variables: impl IntoIterator<Item = (Name, Value)>,
    ) -> Result<Self> {
        // Its own group is that of this process.
        Self::start_in_group(None, program, folder, log, variables)
    }

    /// As [`start`](Self::start), in another process group.
    pub fn start_in_group<Name: AsRef<OsStr>, Value: AsRef<OsStr>>(
        group: Option<i32>,
        program: &Path,
        folder: &Path,
        log: &Path,
        variables: impl IntoIterator<Item = (Name, Value)>,
    ) -> Result<Self> {
        let output = File::options().create(true).append(true).open(log)?;
        let mut command = Command::new(program);
        if let Some(group) = group {
            command.process_group(group);
        }
        let child = command
            .current_dir(folder)
            .env_clear()
            // Any port that is free: several connectors run on one machine.
            .env("METRICS_SERVER_PORT", "0")
            .envs(variables)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        Ok(Self {
            child,
            log: log.to_owned(),
        })
    }

    /// Waits until `GET /health` is answered on a port.
    pub fn wait_until_healthy(&mut self, port: u16) -> Result<()> {
        self.wait_until_answered(port, "/health")
    }

    /// Waits until a path is answered on a port, or the program has ended.
    pub fn wait_until_answered(&mut self, port: u16, path: &str) -> Result<()> {
        let deadline = Instant::now() + SOON;
        loop {
            if send(port, "GET", path, None).is_ok_and(|answer| answer.status == 200) {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("the program ended: {status}\n{}", self.log()?);
            }
            if Instant::now() > deadline {
                bail!("in vain: waited for {path}\n{}", self.log()?);
            }
            thread::sleep(POLL_INTERVAL);
        }
    }

    /// As `kill -9`: nothing is flushed and nobody is told.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks the program to end, as an orchestrator does.
    pub fn terminate(&self) -> Result<()> {
        self.signal("-TERM")
    }

    /// Sends the program a signal, named as `kill` names it.
    pub fn signal(&self, signal: &str) -> Result<()> {
        let status = Command::new("kill")
            .args([signal, &self.child.id().to_string()])
            .status()
            .context("cannot run kill")?;
        ensure!(status.success(), "kill {signal}: {status}");
        Ok(())
    }

    /// The process's identifier.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn has_ended(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// Waits until the program ends by itself.
    pub fn wait(&mut self) -> Result<ExitStatus> {
        let deadline = Instant::now() + SOON;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if Instant::now() > deadline {
                bail!("the program does not end:\n{}", self.log()?);
            }
            thread::sleep(POLL_INTERVAL);
        }
    }

    /// All that was printed, by this program and by earlier ones with this log.
    pub fn log(&self) -> Result<String> {
        let mut log = String::new();
        File::open(&self.log)?.read_to_string(&mut log)?;
        Ok(log)
    }
}

impl Drop for RunningProgram {
    fn drop(&mut self) {
        let _ = self.kill();
        if thread::panicking() {
            let log = fs::read_to_string(&self.log).unwrap_or_default();
            eprintln!("---- {}\n{log}", self.log.display());
        }
    }
}
