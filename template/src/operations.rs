//! What operations need: configuration, logs, start and end.

pub mod configuration;
pub mod telemetry;

pub mod ending;
pub mod startup;
