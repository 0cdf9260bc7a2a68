//! The words of the field, as types. Nothing here does any input or output.
//!
//! A value of one of these types has been checked: it was parsed once, at the
//! edge, and is never checked again.

pub mod currency;

pub mod amount;
pub mod channel;
pub mod identifier;
pub mod information;
pub mod party;
// [if payer_steps is one_step]
pub mod payee_name;
// [end]
pub mod period;
pub mod reference;
pub mod timestamp;
pub mod transfer_id;

pub mod error;

// [if use_cases has request_to_pay]
pub mod one_time_password;
pub mod received_request;
pub mod sent_request;

// [end]
// [if use_cases has conversion]
pub mod conversion_offer;
// [end]
pub mod quote;

pub mod promise;

// [if use_cases has bulk]
pub mod bulk;
pub mod bulk_payment;
// [end]
pub mod incoming;
pub mod outgoing;
// [if role is fxp, both]

pub mod currency_conversion;
pub mod rate;
// [end]

pub mod resolution;
