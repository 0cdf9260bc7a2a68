pub mod reserve_commit;

pub use self::reserve_commit::*;
