pub mod several;
pub mod single;

pub use self::single::*;
