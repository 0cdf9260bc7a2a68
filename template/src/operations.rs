//! What operations need: configuration, logs, the journal and the start.

pub mod answers;
pub mod configuration;
pub mod telemetry;

pub mod journal;
pub mod tasks;

pub mod startup;
