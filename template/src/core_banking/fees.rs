pub mod cbs;
pub mod flat;
pub mod none;
pub mod percent;
pub mod tiered;

pub use self::none::*;
