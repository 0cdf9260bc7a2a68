//! The journal in PostgreSQL, and what replicas may expect of it.
//!
//! These tests need a server, on which each makes a database of its own:
//!
//! ```sh
//! TEST_POSTGRES_URL=postgres://postgres@127.0.0.1:5432/postgres \
//!     cargo test --test postgres -- --ignored
//! ```

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod server;

mod leases;
mod records;
mod schema;
mod watching;
