//! Builds generated connectors, so that tests can start them.

use std::{
    env,
    fs::{self, File},
    hash::{DefaultHasher, Hash, Hasher},
    io::{Read, Seek},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    generated::{GeneratedConnector, Snapshot, generate},
    repository,
    template::files,
};

/// The tests of a connector wait now and then: more of them at once than there are
/// processors end sooner.
const TEST_THREADS: &str = "4";

/// A build of everything on a slow machine takes less.
const LONGEST_COMMAND: Duration = Duration::from_secs(20 * 60);

const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// A generated connector whose programs can be built and started.
///
/// It lies in the same place at every run, and a file that has not changed is
/// not written again: so only what has changed is built. (The place is not in
/// the repository, whose workspace would claim it.)
pub struct Workshop {
    name: String,
    folder: PathBuf,
}

impl Workshop {
    /// Generates a connector.
    pub fn open(snapshot: &Snapshot, name: &str, answers: &[(&str, &str)]) -> Result<Self> {
        Self::furnish(name, &generate(snapshot, name, answers)?)
    }

    /// Puts a connector into its place.
    pub fn furnish(name: &str, generated: &GeneratedConnector) -> Result<Self> {
        let mut hasher = DefaultHasher::new();
        repository().hash(&mut hasher);
        let folder = env::temp_dir()
            .join(format!("generated-connectors-{:x}", hasher.finish()))
            .join(name);
        let _turn = take_turn()?;
        make_equal(generated.folder(), &folder)?;
        Ok(Self {
            name: name.to_owned(),
            folder,
        })
    }

    /// What the connector and its program are called.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Builds the connector and the sandbox.
    pub fn build(&self) -> Result<()> {
        let _turn = take_turn()?;
        self.cargo_shown(&["build", "--bins"])?;
        self.keep(&self.name, &self.name)?;
        self.keep("sandbox", "sandbox")
    }

    /// Builds the connector as for production, apart from the optimisations.
    pub fn build_without_sandbox(&self) -> Result<PathBuf> {
        let kept_as = format!("{}-without-sandbox", self.name);
        let _turn = take_turn()?;
        self.cargo_shown(&["build", "--no-default-features", "--bin", &self.name])?;
        self.keep(&self.name, &kept_as)?;
        Ok(self.program(&kept_as))
    }

    /// The connector that [`build`](Self::build) has built.
    pub fn connector(&self) -> PathBuf {
        self.program(&self.name)
    }

    /// The sandbox that [`build`](Self::build) has built.
    pub fn sandbox(&self) -> PathBuf {
        self.program("sandbox")
    }

    /// Runs cargo in the connector's folder, shows what it says on the way, and
    /// returns what it says in the end.
    pub fn cargo(&self, arguments: &[&str]) -> Result<String> {
        let _turn = take_turn()?;
        show(&self.name, arguments);
        let output = self
            .command(arguments)
            .stderr(Stdio::inherit())
            .output()
            .context("cannot run cargo")?;
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        ensure!(output.status.success(), "cargo {arguments:?}:\n{printed}");
        Ok(printed)
    }

    /// As [`cargo`](Self::cargo), for what is done many times: shows nothing,
    /// keeps no parts of a build (the next connector differs so much that they
    /// cost more than they save), and does not wait for ever.
    pub fn cargo_quietly(&self, arguments: &[&str]) -> Result<String> {
        let _turn = take_turn()?;
        let mut printed = tempfile::tempfile()?;
        let mut cargo = self
            .command(arguments)
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_TERM_COLOR", "never")
            .env("RUST_TEST_THREADS", TEST_THREADS)
            .stdout(printed.try_clone()?)
            .stderr(printed.try_clone()?)
            .spawn()
            .context("cannot run cargo")?;
        let deadline = Instant::now() + LONGEST_COMMAND;
        let status = loop {
            if let Some(status) = cargo.try_wait()? {
                break Some(status);
            }
            if Instant::now() > deadline {
                cargo.kill()?;
                cargo.wait()?;
                break None;
            }
            thread::sleep(POLL_INTERVAL);
        };
        printed.rewind()?;
        let mut text = String::new();
        printed.read_to_string(&mut text)?;
        match status {
            Some(status) if status.success() => Ok(text),
            Some(_) => bail!("cargo {}:\n{text}", arguments.join(" ")),
            None => bail!(
                "cargo {} did not end within {LONGEST_COMMAND:?}:\n{text}",
                arguments.join(" ")
            ),
        }
    }

    /// The connector, where the last build has put it.
    pub fn built(&self) -> PathBuf {
        target().join("debug").join(&self.name)
    }

    fn cargo_shown(&self, arguments: &[&str]) -> Result<()> {
        show(&self.name, arguments);
        let status = self.command(arguments).status()?;
        ensure!(status.success(), "cargo {arguments:?} failed");
        Ok(())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command
            .args(arguments)
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", target())
            .stdin(Stdio::null());
        command
    }

    fn programs(&self) -> PathBuf {
        target().join("programs").join(&self.name)
    }

    fn program(&self, name: &str) -> PathBuf {
        self.programs().join(name)
    }

    /// Puts a program that was just built where no other build replaces it.
    fn keep(&self, built: &str, kept_as: &str) -> Result<()> {
        let kept = self.program(kept_as);
        fs::create_dir_all(self.programs())?;
        // One that is running can be removed, but not overwritten.
        let _ = fs::remove_file(&kept);
        fs::copy(target().join("debug").join(built), &kept)
            .with_context(|| format!("cannot keep {}", kept.display()))?;
        Ok(())
    }
}

/// All generated connectors share it, so that their dependencies are built once.
fn target() -> PathBuf {
    repository().join("target/generated")
}

/// Says what is going on: a first build takes minutes.
fn show(name: &str, arguments: &[&str]) {
    eprintln!("{name}: cargo {}", arguments.join(" "));
}

/// Keeps everybody else, in other processes too, from working in the place of
/// this name for as long as what is returned lives.
pub fn claim(name: &str) -> Result<File> {
    lock(&format!("{name}.lock"))
}

/// One at a time, also among test processes that run at the same time: in the
/// target directory, the programs of one build replace those of another.
fn take_turn() -> Result<File> {
    lock("workshop.lock")
}

fn lock(name: &str) -> Result<File> {
    fs::create_dir_all(target())?;
    let turn = File::create(target().join(name))?;
    turn.lock()?;
    Ok(turn)
}

/// Makes a folder hold what another one holds.
fn make_equal(source: &Path, destination: &Path) -> Result<()> {
    fs::create_dir_all(destination)?;
    let wanted = files(source)?;
    for file in files(destination)?.difference(&wanted) {
        fs::remove_file(destination.join(file))?;
    }
    for file in &wanted {
        let content = fs::read(source.join(file))?;
        let path = destination.join(file);
        if fs::read(&path).is_ok_and(|present| present == content) {
            continue;
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, content)?;
    }
    Ok(())
}
