//! The order in which the history is numbered.
//!
//! The exposure is counted by reading along the history. A number that became
//! visible after a higher one would be passed by, so writes wait for each other
//! until they are committed, and get their numbers in that order.

/// What a write does first.
pub const FIRST: &str =
    "my_turn AS MATERIALIZED (SELECT pg_advisory_xact_lock(5_203_114) AS taken),";

/// The values of a new payment.
pub const VALUES: &str = "SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 FROM my_turn";

/// What a replacement depends on.
pub const FROM: &str = "FROM my_turn";
