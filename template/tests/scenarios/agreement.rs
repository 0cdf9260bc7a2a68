mod two_steps;

pub use self::two_steps::*;
