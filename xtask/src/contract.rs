//! What the official documents say, what the connector does, and where the two
//! differ on purpose.

pub mod differences;
pub mod document;
pub mod endpoints;
pub mod page;
pub mod verdict;
