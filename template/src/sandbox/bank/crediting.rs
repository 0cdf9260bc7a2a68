//! What the sandbox bank offers for payments that arrive.

pub mod credit_on_commit;
pub mod loan_repayment;
pub mod reserve_commit;

pub use reserve_commit::*;
