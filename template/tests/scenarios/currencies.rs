mod single;

pub use self::single::*;
