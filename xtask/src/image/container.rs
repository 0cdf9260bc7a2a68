//! A connector in a container, hardened, with a volume for its journal.

use std::{fs, path::Path, time::Duration};

use anyhow::{Context, Result, ensure};

use super::engine::Engine;
use crate::{
    http::send,
    programs::{Finished, run_within},
    running::wait_for,
};

/// Where a container finds its secrets: where the chart mounts them, too.
const SECRETS: &str = "/run/secrets/connector";

/// A little more than the connector takes to end.
const STOP_SECONDS: &str = "40";

const SOON: Duration = Duration::from_secs(120);

/// A container, which is removed with its volume when this goes out of scope.
pub struct Container<'a> {
    engine: &'a Engine,
    image: &'a str,
    name: String,
    volume: String,
    program: String,
    ports: Ports,
    secrets: &'a Path,
}

/// The ports of the connector that are asked whether it is there.
#[derive(Clone, Copy)]
pub struct Ports {
    pub backend_api: u16,
    pub metrics: u16,
}

impl<'a> Container<'a> {
    /// A container, not started yet, with a new volume, and with a folder of secrets.
    pub fn new(
        engine: &'a Engine,
        image: &'a str,
        program: &str,
        ports: Ports,
        secrets: &'a Path,
    ) -> Self {
        let name = format!("{program}-{}", std::process::id());
        Self {
            engine,
            image,
            volume: format!("{name}-data"),
            name,
            program: format!("/usr/local/bin/{program}"),
            ports,
            secrets,
        }
    }

    /// Starts a new container, with the volume that the one before it left.
    pub fn start(&self, variables: &[(String, String)]) -> Result<()> {
        let _ = self.engine.run(&["rm", "--force", &self.name]);
        let mut command = self.engine.command();
        command.args(["run", "--detach", "--name", &self.name]);
        command.args(["--network", "host"]);
        command.args(["--volume", &format!("{}:/data", self.volume)]);
        let secrets = format!("{}:{SECRETS}:ro", self.secrets.display());
        command.args(["--volume", &secrets]);
        command.args(["--env", &format!("SECRETS_DIR={SECRETS}")]);
        // Where secrets may come late, the journal has to be named.
        command.args(["--env", "DATABASE_URL=sqlite:/data/journal.db"]);
        command.args(self.engine.hardened());
        for (name, value) in variables {
            command.args(["--env", &format!("{name}={value}")]);
        }
        run_within(command.arg(self.image), SOON)?.expect_success("the container")?;
        Ok(())
    }

    /// Waits until the connector serves, is ready, and is measured.
    pub fn wait_until_it_serves(&self) -> Result<()> {
        let Ports {
            backend_api,
            metrics,
        } = self.ports;
        for (port, path) in [
            (backend_api, "/health"),
            (backend_api, "/ready"),
            (metrics, "/metrics"),
        ] {
            let answered = wait_for(&format!("GET {path} is answered"), || {
                let answer = send(port, "GET", path, None).ok()?;
                (answer.status == 200).then_some(())
            });
            answered.with_context(|| format!("its log:\n{}", self.log().unwrap_or_default()))?;
        }
        // What the image's own check runs.
        self.command(&["health"])?.expect_success("health")?;
        Ok(())
    }

    /// Runs a command of the connector beside it, in the container.
    pub fn command(&self, arguments: &[&str]) -> Result<Finished> {
        let mut command = self.engine.command();
        command
            .args(["exec", &self.name, &self.program])
            .args(arguments);
        run_within(&mut command, SOON)
    }

    /// Stops it as an orchestrator does, with SIGTERM, and returns its exit code.
    pub fn stop(&self) -> Result<String> {
        self.engine
            .run(&["stop", "--time", STOP_SECONDS, &self.name])?;
        let format = "{{.State.ExitCode}}";
        let code = self
            .engine
            .run(&["inspect", "--format", format, &self.name])?;
        Ok(code.trim().to_owned())
    }

    /// All that it has printed.
    pub fn log(&self) -> Result<String> {
        self.engine.run(&["logs", &self.name])
    }

    /// Resident memory in KiB, now and at its highest, and whose process it is.
    pub fn memory(&self) -> Result<(u64, u64)> {
        let format = "{{.State.Pid}}";
        let process = self
            .engine
            .run(&["inspect", "--format", format, &self.name])?;
        let status = fs::read_to_string(format!("/proc/{}/status", process.trim()))?;
        let line = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.with_context(|| format!("no {name} in:\n{status}"))
        };
        let number = |name: &str| -> Result<u64> {
            let first = line(name)?.split_whitespace().next();
            Ok(first.unwrap_or_default().parse()?)
        };
        ensure!(number("Uid:")? == 65_532, "it runs as another user");
        ensure!(
            line("CapEff:")?.trim().bytes().all(|digit| digit == b'0'),
            "it has capabilities"
        );
        Ok((number("VmRSS:")?, number("VmHWM:")?))
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        let _ = self.engine.run(&["rm", "--force", &self.name]);
        let _ = self.engine.run(&["volume", "rm", "--force", &self.volume]);
    }
}
