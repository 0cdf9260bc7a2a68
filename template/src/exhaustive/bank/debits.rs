#![allow(
    dead_code,
    reason = "here one variant is used, in a connector only that one is"
)]

pub mod cbs_hold;
pub mod debit_then_reverse;
pub mod dfsp_debits;
pub mod push_approval;

pub use self::{cbs_hold::*, push_approval::CustomerAsked};
