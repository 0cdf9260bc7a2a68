mod float_account;

pub use self::float_account::*;
