#![allow(dead_code, reason = "a connector gets one of these")]

pub mod one_step;
pub mod three_steps;
pub mod two_steps;

pub use self::two_steps::*;
