pub mod float_account_or_disbursement_collection;

pub use self::float_account_or_disbursement_collection::*;
