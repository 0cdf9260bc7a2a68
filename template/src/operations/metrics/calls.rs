//! Calls of the core banking system and of the Mojaloop Connector.

use std::{sync::Arc, time::Duration};

use super::Metrics;
use crate::remote::{Ended, NotSent, Watcher};

/// Counts the calls of one system.
#[derive(Debug)]
pub struct WatchedCalls {
    to: &'static str,
    metrics: Arc<Metrics>,
}

impl WatchedCalls {
    pub fn new(to: &'static str, metrics: Arc<Metrics>) -> Arc<Self> {
        Arc::new(Self { to, metrics })
    }
}

impl Watcher for WatchedCalls {
    fn ended(&self, operation: &str, how: Ended, took: Duration) {
        let to = ("to", self.to.into());
        let operation = ("operation", operation.to_owned().into());
        let outcome = match how {
            Ended::Answered => "answered",
            Ended::Failed => "failed",
            Ended::NotSent(NotSent::Away) => "not sent: away",
            Ended::NotSent(NotSent::TooMany) => "not sent: too many",
            Ended::GivenUp => "given up",
        };
        if !matches!(how, Ended::NotSent(_)) {
            let durations = &self.metrics.call_duration;
            let duration = durations.get_or_create(&[to.clone(), operation.clone()]);
            duration.observe(took.as_secs_f64());
        }
        let labels = [to, operation, ("outcome", outcome.into())];
        self.metrics.calls.get_or_create(&labels).inc();
    }
}
