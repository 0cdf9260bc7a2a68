#![allow(
    dead_code,
    reason = "here one variant is used, in a connector only that one is"
)]

pub mod credit_on_commit;
pub mod loan_repayment;
pub mod reserve_commit;

pub use self::reserve_commit::*;
