//! The connector's processes. One that has ended is started again, as an orchestrator
//! does.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;

use super::plan::{Interrupted, Interruption, Kill, Whom};
use crate::running::{RunningProgram, free_port};

/// How soon one that has ended by itself is started again.
const PAUSE_BEFORE_RESTART: Duration = Duration::from_millis(300);

const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// One that does not come up for so long is killed without having been up.
const LONGEST_START: Duration = Duration::from_secs(5);

pub struct Replicas {
    program: PathBuf,
    folder: PathBuf,
    variables: Vec<(String, String)>,
    /// The process group of all of them.
    group: i32,
    processes: Mutex<Vec<Replica>>,
}

struct Replica {
    backend_api: u16,
    dfsp_api: u16,
    log: PathBuf,
    process: Option<RunningProgram>,
    starts_at: Instant,
    kills: u64,
    /// It has been asked to end.
    is_replaced: bool,
    ended_by_itself: u64,
}

impl Replicas {
    /// So many, with variables that all of them share; none is started yet.
    pub fn new(
        number: usize,
        program: PathBuf,
        folder: &Path,
        group: i32,
        variables: Vec<(String, String)>,
    ) -> Self {
        let replica = |index: usize| Replica {
            backend_api: free_port(),
            dfsp_api: free_port(),
            log: folder.join(format!("connector-{index}.log")),
            process: None,
            starts_at: Instant::now(),
            kills: 0,
            is_replaced: false,
            ended_by_itself: 0,
        };
        Self {
            program,
            folder: folder.to_owned(),
            variables,
            group,
            processes: Mutex::new((0..number).map(replica).collect()),
        }
    }

    pub fn backend_apis(&self) -> Vec<u16> {
        self.lock().iter().map(|one| one.backend_api).collect()
    }

    pub fn dfsp_apis(&self) -> Vec<u16> {
        self.lock().iter().map(|one| one.dfsp_api).collect()
    }

    /// Waits until all of them answer.
    pub fn wait_until_healthy(&self) -> Result<()> {
        for replica in self.lock().iter_mut() {
            let ports = [replica.backend_api, replica.dfsp_api];
            if let Some(process) = &mut replica.process {
                for port in ports {
                    process.wait_until_healthy(port)?;
                }
            }
        }
        Ok(())
    }

    /// Starts those that are not there and are due.
    pub fn look_after(&self) -> Result<()> {
        for replica in self.lock().iter_mut() {
            if let Some(process) = &mut replica.process
                && process.has_ended()?
            {
                replica.process = None;
                if !std::mem::take(&mut replica.is_replaced) {
                    replica.ended_by_itself += 1;
                }
                replica.starts_at = Instant::now() + PAUSE_BEFORE_RESTART;
            }
            if replica.process.is_none() && replica.starts_at <= Instant::now() {
                let mut variables = self.variables.clone();
                variables.push(("SDK_SERVER_PORT".into(), replica.backend_api.to_string()));
                variables.push(("DFSP_SERVER_PORT".into(), replica.dfsp_api.to_string()));
                replica.process = Some(RunningProgram::start_in_group(
                    Some(self.group),
                    &self.program,
                    &self.folder,
                    &replica.log,
                    variables,
                )?);
            }
        }
        Ok(())
    }

    /// As `kill -9`. One that is down already comes up first.
    pub fn kill(&self, kill: Kill) -> Result<()> {
        let number = self.lock().len();
        let chosen: Vec<usize> = match kill.whom {
            Whom::One(index) => vec![index],
            Whom::All => (0..number).collect(),
        };
        for index in chosen {
            let deadline = Instant::now() + LONGEST_START;
            while self.lock()[index].process.is_none() && Instant::now() < deadline {
                thread::sleep(POLL_INTERVAL);
            }
            let replica = &mut self.lock()[index];
            if let Some(mut process) = replica.process.take() {
                process.kill()?;
                replica.is_replaced = false;
                replica.kills += 1;
                replica.starts_at = Instant::now() + Duration::from_millis(kill.down_ms);
            }
        }
        Ok(())
    }

    /// Freezes or replaces one, if it is there, and waits as long as that takes.
    pub fn interrupt(&self, interruption: Interruption) -> Result<()> {
        let index = interruption.replica;
        match interruption.what {
            Interrupted::Replaced => {
                let replica = &mut self.lock()[index];
                if let Some(process) = &mut replica.process
                    && !process.has_ended()?
                {
                    process.terminate()?;
                    replica.is_replaced = true;
                }
            }
            Interrupted::Frozen { for_ms } => {
                self.signal(index, "-STOP")?;
                thread::sleep(Duration::from_millis(for_ms));
                // One that has been killed and started meanwhile goes on anyway.
                self.signal(index, "-CONT")?;
            }
        }
        Ok(())
    }

    fn signal(&self, index: usize, signal: &str) -> Result<()> {
        if let Some(process) = &mut self.lock()[index].process
            && !process.has_ended()?
        {
            process.signal(signal)?;
        }
        Ok(())
    }

    pub fn kills(&self) -> u64 {
        self.lock().iter().map(|replica| replica.kills).sum()
    }

    pub fn ended_by_themselves(&self) -> u64 {
        self.lock().iter().map(|one| one.ended_by_itself).sum()
    }

    /// Every line of a log that tells of a panic.
    pub fn panics(&self) -> Result<Vec<String>> {
        let mut panics = Vec::new();
        for replica in self.lock().iter() {
            let log = std::fs::read_to_string(&replica.log)?;
            let lines = log.lines().filter(|line| line.contains("panicked"));
            panics.extend(lines.map(str::to_owned));
        }
        Ok(panics)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Replica>> {
        self.processes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
