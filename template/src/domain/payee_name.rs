pub mod one_step;

pub use self::one_step::*;
