//! What operations need: configuration, logs, the start, and commands for people.

pub mod configuration;
pub mod telemetry;

pub mod startup;

pub mod commands;
