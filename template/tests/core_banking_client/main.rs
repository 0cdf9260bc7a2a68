//! The client of the core banking system against the bank that it is written
//! for: here the REST API of the sandbox bank.
//!
//! **Replace these files together with the client's.** What these tests say is
//! needed of every client; how the bank is started and made to misbehave is
//! the bank's own affair.

#![cfg(feature = "sandbox")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bank;
mod funding;

mod customers;

mod payee_credits;
mod payer_debits;

// [if funding_model is not deposit_withdraw]
mod liquidity;

// [end]
// [if fees is cbs]
mod pricing;

// [end]
// [if use_cases has request_to_pay]
mod one_time_passwords;

// [end]
// [if role is fxp, both]
mod conversions;

// [end]
// [if cbs_auth is not none]
mod authentication;
// [end]
mod calls;
mod postings;
