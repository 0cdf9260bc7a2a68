//! A PostgreSQL server of this run's own, from the programs that Debian installs.

use std::{
    fs::{self, Permissions},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

use crate::running::{SOON, free_port};

/// Whom the server runs as if this process is root, which it refuses to be.
const SYSTEM_USER: &str = "postgres";

const DATABASE_USER: &str = "chaos";
const DATABASE: &str = "connector";

/// Between the fields of a row that `psql` prints.
const SEPARATOR: char = '\u{1f}';

const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// The server. It is stopped when this is dropped, also because of a panic.
#[derive(Debug)]
pub struct Server {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
    group: i32,
    process: Mutex<Option<Child>>,
}

impl Server {
    /// Makes a cluster in this folder and starts it, in a process group.
    pub fn start(folder: &Path, group: i32) -> Result<Self> {
        let programs = programs()?;
        if is_root()? {
            // It has to be able to write there.
            fs::set_permissions(folder, Permissions::from_mode(0o777))?;
        }
        let server = Self {
            programs,
            folder: folder.to_owned(),
            port: free_port(),
            group,
            process: Mutex::new(None),
        };
        let initialized = server
            .command("initdb")?
            .arg("-D")
            .arg(server.data())
            .args(["-U", DATABASE_USER, "-A", "trust", "-E", "UTF8"])
            .args(["--locale", "C"])
            .output()
            .context("cannot run initdb")?;
        ensure!(
            initialized.status.success(),
            "initdb: {}",
            String::from_utf8_lossy(&initialized.stderr)
        );
        server.resume()?;
        server.wait_until_ready()?;
        server.query_in("postgres", &format!("CREATE DATABASE {DATABASE}"))?;
        Ok(server)
    }

    /// What a connector is told of it.
    pub fn url(&self) -> String {
        format!(
            "postgres://{DATABASE_USER}@127.0.0.1:{}/{DATABASE}",
            self.port
        )
    }

    /// Starts it again, unless it runs.
    pub fn resume(&self) -> Result<()> {
        let mut process = self.process();
        if let Some(running) = process.as_mut()
            && running.try_wait()?.is_none()
        {
            return Ok(());
        }
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.folder.with_extension("log"))?;
        // What an earlier one has left behind.
        let _ = fs::remove_file(self.data().join("postmaster.pid"));
        let started = self
            .command("postgres")?
            .arg("-D")
            .arg(self.data())
            .args(["-p", &self.port.to_string()])
            .args(["-c", "listen_addresses=127.0.0.1"])
            .args(["-c", "max_wal_size=64MB"])
            .arg("-c")
            .arg(format!("unix_socket_directories={}", self.folder.display()))
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("cannot run postgres")?;
        *process = Some(started);
        Ok(())
    }

    /// As a crash: connections break, and nothing is written in order.
    pub fn crash(&self) -> Result<()> {
        self.signal("-QUIT")
    }

    /// Ends every connection.
    pub fn end_connections(&self) -> Result<()> {
        self.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
        )
        .map(|_| ())
    }

    /// Takes no writes from now on, or takes them again.
    pub fn refuse_writes(&self, refuse: bool) -> Result<()> {
        let setting = if refuse { "on" } else { "off" };
        self.query(&format!(
            "ALTER SYSTEM SET default_transaction_read_only = {setting}"
        ))?;
        self.query("SELECT pg_reload_conf()").map(|_| ())
    }

    pub fn wait_until_ready(&self) -> Result<()> {
        let deadline = Instant::now() + SOON;
        loop {
            match self.query_in("postgres", "SELECT 1") {
                Ok(_) => return Ok(()),
                Err(error) if Instant::now() > deadline => {
                    return Err(error.context("the server does not begin to answer"));
                }
                Err(_) => thread::sleep(POLL_INTERVAL),
            }
        }
    }

    /// The rows that a query gives, with all fields as text.
    pub fn query(&self, query: &str) -> Result<Vec<Vec<String>>> {
        self.query_in(DATABASE, query)
    }

    fn query_in(&self, database: &str, query: &str) -> Result<Vec<Vec<String>>> {
        let answer = Command::new(self.programs.join("psql"))
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"])
            .args(["-F", &SEPARATOR.to_string()])
            .args(["-h", "127.0.0.1", "-p", &self.port.to_string()])
            .args(["-U", DATABASE_USER, "-d", database, "-c", query])
            .env("PGCONNECT_TIMEOUT", "3")
            .env("PGOPTIONS", "-c default_transaction_read_only=off")
            .stdin(Stdio::null())
            .output()
            .context("cannot run psql")?;
        ensure!(
            answer.status.success(),
            "psql: {}",
            String::from_utf8_lossy(&answer.stderr).trim()
        );
        let text = String::from_utf8(answer.stdout)?;
        let row = |line: &str| line.split(SEPARATOR).map(str::to_owned).collect();
        Ok(text.lines().map(row).collect())
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn command(&self, program: &str) -> Result<Command> {
        let program = self.programs.join(program);
        let mut command = if is_root()? {
            // Becomes the program, so that signals reach it.
            let mut command = Command::new("setpriv");
            command
                .args(["--reuid", SYSTEM_USER, "--regid", SYSTEM_USER])
                .args(["--init-groups", "--"])
                .arg(program);
            command
        } else {
            Command::new(program)
        };
        command
            .current_dir(&self.folder)
            .process_group(self.group)
            .stdin(Stdio::null());
        Ok(command)
    }

    fn signal(&self, signal: &str) -> Result<()> {
        let mut process = self.process();
        let Some(mut running) = process.take() else {
            return Ok(());
        };
        Command::new("kill")
            .args([signal, &running.id().to_string()])
            .status()
            .context("cannot run kill")?;
        let deadline = Instant::now() + SOON;
        while running.try_wait()?.is_none() {
            if Instant::now() > deadline {
                running.kill()?;
                running.wait()?;
                bail!("the server did not end on {signal}");
            }
            thread::sleep(POLL_INTERVAL);
        }
        Ok(())
    }

    fn process(&self) -> MutexGuard<'_, Option<Child>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(error) = self.signal("-INT") {
            eprintln!("{error:#}");
        }
    }
}

/// Where the newest of the installed versions lies.
fn programs() -> Result<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .filter(|(_, programs)| programs.join("initdb").exists())
        .collect();
    versions.sort();
    let newest = versions.pop().map(|(_, programs)| programs);
    newest.context("there is no PostgreSQL under /usr/lib/postgresql: apt-get install postgresql")
}

fn is_root() -> Result<bool> {
    let id = Command::new("id")
        .arg("-u")
        .output()
        .context("cannot run id")?;
    Ok(id.stdout.trim_ascii() == b"0")
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    const OWN_GROUP: i32 = 0;

    /// Nothing that tempfile makes can be entered by another user.
    fn folder() -> TempDir {
        let folder = TempDir::new().unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        fs::create_dir(folder.path().join("server")).unwrap();
        folder
    }

    #[test]
    fn a_server_that_has_crashed_comes_back_with_what_it_had() {
        let folder = folder();
        let server = Server::start(&folder.path().join("server"), OWN_GROUP).unwrap();
        server.query("CREATE TABLE kept (number INTEGER)").unwrap();
        server.query("INSERT INTO kept VALUES (7)").unwrap();
        server.crash().unwrap();
        assert!(server.query("SELECT number FROM kept").is_err());
        server.resume().unwrap();
        server.wait_until_ready().unwrap();
        let rows = server.query("SELECT number, 'x' FROM kept").unwrap();
        assert_eq!(rows, [["7", "x"]]);
    }

    #[test]
    fn nothing_listens_any_more_when_the_server_is_dropped() {
        let folder = folder();
        let server = Server::start(&folder.path().join("server"), OWN_GROUP).unwrap();
        let port = server.port;
        assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
        drop(server);
        assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
    }
}
