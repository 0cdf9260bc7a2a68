//! Credits are posted when the scheme has committed.

use async_trait::async_trait;

use crate::{
    core_banking::port::{BankError, BookingId, PayeeCredit, PayeePostings},
    domain::reference::Reference,
    exhaustive::bank::{ModelBank, Step},
};

/// What the bank is instructed to do, of the steps of a credit.
pub const CREDIT_STEPS: &[Step] = &[Step::Commit];

#[async_trait]
impl PayeePostings for ModelBank {
    async fn credit_payee(&self, _: &Reference, _: &PayeeCredit) -> Result<BookingId, BankError> {
        self.instruct(Step::Commit).await
    }
}
