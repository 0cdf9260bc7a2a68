#![allow(
    dead_code,
    reason = "here one variant is used, in a connector only that one is"
)]

pub mod one_step;
pub mod three_steps;
pub mod two_steps;

pub use self::two_steps::*;
