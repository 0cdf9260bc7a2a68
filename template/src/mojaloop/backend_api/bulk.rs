//! Bulk payments, or their refusal.

#![allow(
    dead_code,
    clippy::module_inception,
    reason = "a connector gets one of these"
)]

pub mod bulk;
pub mod no_bulk;

pub use self::bulk::*;
