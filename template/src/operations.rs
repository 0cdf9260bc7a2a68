//! What operations need: configuration, logs, the journal, start and recovery.

pub mod answers;
pub mod configuration;
pub mod telemetry;

pub mod journal;
pub mod tasks;

pub mod recovery;
pub mod startup;
