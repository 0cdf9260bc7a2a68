//! What Mojaloop asks. Nothing here needs to be touched by an integrator.
//!
//! The use cases (`payee`, `payer`) know no HTTP. The two APIs translate
//! requests into their words and answers out of them.

pub mod extensions;

pub mod admission;
pub mod callers;
pub mod connector;
pub mod progress;
pub mod promises;
pub mod readiness;
pub mod steps;
pub mod tasks;
pub mod turns;

// [if use_cases has bulk]
pub mod bulk_payee;
pub mod bulk_payer;
// [end]
// [if role is fxp, both]
pub mod fxp;
// [end]
pub mod payee;
pub mod payer;
pub mod recovery;

pub mod http;
#[macro_use]
pub mod openapi;

pub mod backend_api;
pub mod dfsp_api;
