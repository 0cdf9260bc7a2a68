#![allow(dead_code, reason = "a connector gets one of these")]

pub mod conversion;
pub mod no_conversion;

pub use self::conversion::*;
