//! The order in which the history is numbered, of every funding model.

pub mod deposit_withdraw;
pub mod float_account_or_disbursement_collection;

pub use self::float_account_or_disbursement_collection::*;
