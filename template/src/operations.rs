//! What operations need: configuration, logs, start and end, and commands for
//! people.

pub mod configuration;
pub mod telemetry;

pub mod ending;
pub mod startup;

pub mod commands;
