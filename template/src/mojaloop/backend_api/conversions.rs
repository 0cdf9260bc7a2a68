//! `/fxQuotes` and `/fxTransfers`, for each role.

#![allow(dead_code, reason = "a connector gets one of these")]

pub mod dfsp;
pub mod fxp_or_both;

pub use self::dfsp::*;
