//! How often what has gone wrong.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// What was done to the connector, counted.
#[derive(Debug, Default)]
pub struct Tally {
    counts: Mutex<BTreeMap<&'static str, u64>>,
}

impl Tally {
    pub fn count(&self, what: &'static str) {
        *self.lock().entry(what).or_default() += 1;
    }

    pub fn total(&self) -> u64 {
        self.lock().values().sum()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, u64>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One after the other, with commas between.
impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.lock();
        let counts = counts.iter().map(|(what, count)| format!("{what} {count}"));
        formatter.write_str(&counts.collect::<Vec<_>>().join(", "))
    }
}
