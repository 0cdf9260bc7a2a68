//! What operations need: configuration, logs and the start.

pub mod answers;
pub mod configuration;
pub mod telemetry;

pub mod startup;
