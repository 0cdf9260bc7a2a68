//! Credits are reserved, then committed or released.

use async_trait::async_trait;

use crate::{
    core_banking::port::{BankError, BookingId, CreditReservation, PayeeCredits},
    domain::reference::Reference,
    exhaustive::bank::{ModelBank, Step},
};

/// What the bank is instructed to do, of the steps of a credit.
pub const CREDIT_STEPS: &[Step] = &[Step::Reserve, Step::Commit, Step::Release];

#[async_trait]
impl PayeeCredits for ModelBank {
    async fn reserve_credit(
        &self,
        _: &Reference,
        _: &CreditReservation,
    ) -> Result<BookingId, BankError> {
        self.instruct(Step::Reserve).await
    }

    async fn commit_credit(&self, _: &Reference, _: &Reference) -> Result<BookingId, BankError> {
        self.instruct(Step::Commit).await
    }

    async fn release_credit(&self, _: &Reference, _: &Reference) -> Result<BookingId, BankError> {
        self.instruct(Step::Release).await
    }
}
