//! Repayments are posted at once, and reversed if the scheme aborts.

use async_trait::async_trait;

use crate::{
    core_banking::port::{BankError, BookingId, LoanRepayment, LoanRepayments},
    domain::reference::Reference,
    exhaustive::bank::{ModelBank, Step},
};

/// What the bank is instructed to do, of the steps of a credit.
pub const CREDIT_STEPS: &[Step] = &[Step::Reserve, Step::Release];

#[async_trait]
impl LoanRepayments for ModelBank {
    async fn post_repayment(
        &self,
        _: &Reference,
        _: &LoanRepayment,
    ) -> Result<BookingId, BankError> {
        self.instruct(Step::Reserve).await
    }

    async fn reverse_repayment(
        &self,
        _: &Reference,
        _: &Reference,
    ) -> Result<BookingId, BankError> {
        self.instruct(Step::Release).await
    }
}
