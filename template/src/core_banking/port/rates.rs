mod fxp_or_both;

pub use self::fxp_or_both::*;
