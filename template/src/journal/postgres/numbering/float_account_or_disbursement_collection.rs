//! The order in which the history is numbered.
//!
//! Nobody reads along the whole of it, so writes need not wait for each other.

/// What a write does first.
pub const FIRST: &str = "";

/// The values of a new payment.
pub const VALUES: &str = "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

/// What a replacement depends on.
pub const FROM: &str = "";
