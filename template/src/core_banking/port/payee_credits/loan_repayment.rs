//! Money that arrives for a loan: posted at once, and reversed if the scheme
//! aborts.

use async_trait::async_trait;

use crate::{
    core_banking::port::{BankError, BookingId},
    domain::{party::AccountNumber, quote::Terms, reference::Reference},
};

/// A repayment of a loan.
#[derive(Debug, Clone)]
pub struct LoanRepayment {
    /// The loan account that is repaid.
    pub loan: AccountNumber,
    /// The account that the money comes from, as the funding model has it.
    pub funding: AccountNumber,
    pub terms: Terms,
}

/// Money that arrives for a loan: posted at once, and reversed if need be.
#[async_trait]
pub trait LoanRepayments: Send + Sync {
    /// Posts a repayment: funding account to loan. The scheme has not committed
    /// yet, so nobody may be able to withdraw this money. Every check that
    /// could refuse it happens here.
    async fn post_repayment(
        &self,
        reference: &Reference,
        repayment: &LoanRepayment,
    ) -> Result<BookingId, BankError>;

    /// Posts the opposite of a repayment: the scheme has aborted the transfer.
    /// A refusal here is a reconciliation error.
    async fn reverse_repayment(
        &self,
        reference: &Reference,
        repayment: &Reference,
    ) -> Result<BookingId, BankError>;
}
