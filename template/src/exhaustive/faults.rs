//! How far is explored, and what is said of it.

use super::search::Explored;

/// How many faults a run has at most.
const FAULTS: u32 = 1;

/// With more, it takes its time: CI does it.
pub fn faults() -> u32 {
    let text = std::env::var("EXHAUSTIVE_FAULTS").ok();
    text.map_or(FAULTS, |text| {
        text.parse().expect("EXHAUSTIVE_FAULTS is a number")
    })
}

/// Prints how much was explored, or ends with how what must not happen did.
pub fn report(name: &str, explored: Result<Explored, String>) {
    match explored {
        Ok(Explored { situations, runs }) => {
            println!("{name}: {situations} situations, {runs} runs");
        }
        Err(trace) => panic!("{name}:\n{trace}"),
    }
}
