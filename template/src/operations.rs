//! What operations need: configuration, logs, traces, metrics, start and end, and
//! commands for people.

pub mod server_tls;

pub mod configuration;
pub mod metrics;
pub mod telemetry;

pub mod ending;
pub mod startup;

pub mod commands;
