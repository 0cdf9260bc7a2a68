//! The words of the field, as types. Nothing here does any input or output.
//!
//! A value of one of these types has been checked: it was parsed once, at the
//! edge, and is never checked again.

pub mod currency;

pub mod amount;
pub mod identifier;
pub mod party;
// [if payer_steps is one_step]
pub mod payee_name;
// [end]
pub mod reference;
pub mod timestamp;
pub mod transfer_id;

pub mod error;

pub mod quote;

pub mod promise;

// [if use_cases has bulk]
pub mod bulk;
// [end]
pub mod incoming;
// [if use_cases has bulk]
pub mod bulk_payment;
// [end]
pub mod outgoing;
