#![allow(
    dead_code,
    reason = "only connectors of an FXP have it, and there it is used"
)]

pub mod fxp_or_both;

pub use self::fxp_or_both::*;
