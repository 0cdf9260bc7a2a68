#![allow(dead_code, reason = "a connector gets one of these")]

pub mod three_steps;
pub mod two_steps_or_one_step;

pub use self::two_steps_or_one_step::*;
