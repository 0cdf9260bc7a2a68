//! What a process takes of its machine, as Linux tells it.

use std::{fs, time::Duration};

use anyhow::{Context, Result};

/// The unit of processor times in `/proc`.
const TICK: Duration = Duration::from_millis(10);

/// The processor time that a process has taken.
pub fn processor_time(process: u32) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name, in parentheses, may hold spaces.
    let (_, numbers) = stat.rsplit_once(") ").context("not a stat of a process")?;
    let numbers: Vec<&str> = numbers.split(' ').collect();
    let ticks = [11, 12].map(|at| numbers.get(at).and_then(|ticks| ticks.parse::<u32>().ok()));
    let [Some(user), Some(system)] = ticks else {
        anyhow::bail!("/proc/{process}/stat is not understood");
    };
    Ok(TICK * (user + system))
}

/// The memory that a process has resident, in MiB.
pub fn resident_memory(process: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u32>().ok());
    Ok(f64::from(kilobytes.context("no VmRSS")?) / 1024.0)
}
