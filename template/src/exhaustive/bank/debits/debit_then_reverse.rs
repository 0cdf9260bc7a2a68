//! Money is taken, and given back if there is no transfer.

use async_trait::async_trait;

use crate::{
    core_banking::port::{BankError, BookingId, PayerDebit, PayerDebits},
    domain::reference::Reference,
    exhaustive::bank::{ModelBank, Step},
};

/// What the bank is instructed to do, of the steps of a debit.
pub const DEBIT_STEPS: &[Step] = &[Step::Reserve, Step::Release];

#[async_trait]
impl PayerDebits for ModelBank {
    async fn debit(&self, _: &Reference, _: &PayerDebit) -> Result<BookingId, BankError> {
        self.instruct(Step::Reserve).await
    }

    async fn reverse_debit(&self, _: &Reference, _: &Reference) -> Result<BookingId, BankError> {
        self.instruct(Step::Release).await
    }
}
