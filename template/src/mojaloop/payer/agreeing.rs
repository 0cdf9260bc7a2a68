pub mod one_step;
pub mod three_steps;
pub mod two_steps;

pub use self::one_step::*;
