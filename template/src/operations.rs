//! What operations need: configuration, logs and the start.

pub mod configuration;
pub mod telemetry;

pub mod startup;
