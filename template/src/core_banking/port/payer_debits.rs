pub mod cbs_hold;
pub mod debit_then_reverse;
pub mod dfsp_debits;
pub mod push_approval;

pub use self::{cbs_hold::*, debit_then_reverse::*, dfsp_debits::*, push_approval::*};
