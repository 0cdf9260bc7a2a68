pub mod deposit_withdraw;
pub mod disbursement_collection;
pub mod float_account;

pub use self::float_account::*;
