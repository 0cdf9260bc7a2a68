pub mod cbs;

pub use self::cbs::*;
