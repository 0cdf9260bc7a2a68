//! `cargo xtask chaos`: a generated connector under load in both directions, between a
//! bank, a scheme, a network, a disk and a database that all misbehave, and killed again
//! and again. Then it is left alone, and every payment is accounted for.
//!
//! The modules are in the order in which one needs them to understand a run.

pub mod command;

mod chance;
mod patterns;
mod plan;

mod cents;
mod ledger;
mod memory;
mod tally;

mod relay;

mod backend_relay;
mod bank_relay;
mod scheme_relay;

mod customers;
mod load;

mod last_will;

mod database;
mod disk;
mod postgresql;
mod replicas;

mod verdict;

mod run;
