pub mod credit_on_commit;
pub mod loan_repayment;
pub mod reserve_commit;
