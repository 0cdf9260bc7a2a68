pub mod credit_on_commit;
pub mod loan_repayment;
pub mod reserve_commit;

pub use self::{credit_on_commit::*, loan_repayment::*, reserve_commit::*};
