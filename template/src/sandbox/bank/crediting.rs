//! What the sandbox bank offers for payments that arrive.

pub mod reserve_commit;

pub use reserve_commit::*;
