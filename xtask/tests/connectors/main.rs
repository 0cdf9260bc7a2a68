//! A generated connector, started as a process and driven over HTTP.
//!
//! One connector is generated and built for all of these tests. Each test
//! starts its own processes on ports of its own.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod site;

mod captures;
mod contract;
mod crashes;
mod doctor;
mod ending;
mod generated;
mod goes_wrong;
mod golden_path;
mod operators;
mod starting;
mod two_currencies;
