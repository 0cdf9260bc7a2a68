pub mod deposit_withdraw;

pub use self::deposit_withdraw::*;
