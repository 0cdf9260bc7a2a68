pub mod percent_or_tiered;

pub use self::percent_or_tiered::*;
