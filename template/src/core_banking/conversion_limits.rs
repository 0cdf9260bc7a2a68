pub mod conversion;

pub use self::conversion::*;
