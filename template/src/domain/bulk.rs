#![allow(clippy::module_inception, reason = "a connector has one of these")]

pub mod bulk;

pub use self::bulk::*;
