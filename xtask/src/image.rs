//! `cargo xtask image`: the image of a generated connector is built for real, run
//! as in production, and carries payments.

pub mod bases;
pub mod command;
pub mod container;
pub mod engine;
pub mod rehearsal;
pub mod size;
