pub mod cbs_hold;

pub use self::cbs_hold::*;
