//! What the sandbox bank offers for payments that leave.

pub mod cbs_hold;

pub use cbs_hold::*;
