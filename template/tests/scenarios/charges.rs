pub mod none;

pub use self::none::*;
