//! Money is held, then captured or released.

use async_trait::async_trait;

use crate::{
    core_banking::port::{BankError, BookingId, PayerCapture, PayerHolds},
    domain::{amount::Amount, party::AccountNumber, reference::Reference},
    exhaustive::bank::{ModelBank, Step},
};

/// What the bank is instructed to do, of the steps of a debit.
pub const DEBIT_STEPS: &[Step] = &[Step::Reserve, Step::Commit, Step::Release];

#[async_trait]
impl PayerHolds for ModelBank {
    async fn hold(
        &self,
        _: &Reference,
        _: &AccountNumber,
        _: Amount,
    ) -> Result<BookingId, BankError> {
        self.instruct(Step::Reserve).await
    }

    async fn capture(
        &self,
        _: &Reference,
        _: &Reference,
        _: &PayerCapture,
    ) -> Result<BookingId, BankError> {
        self.instruct(Step::Commit).await
    }

    async fn release_hold(&self, _: &Reference, _: &Reference) -> Result<BookingId, BankError> {
        self.instruct(Step::Release).await
    }
}
