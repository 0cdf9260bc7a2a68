//! The channel has taken the money; the bank is told what came of the transfer.

use async_trait::async_trait;

use crate::{
    core_banking::port::{BankError, BookingId, PaymentReports, ReportedPayment},
    domain::reference::Reference,
    exhaustive::bank::{ModelBank, Step},
};

/// What the bank is instructed to do, of the steps of a debit.
pub const DEBIT_STEPS: &[Step] = &[Step::Commit, Step::Release];

#[async_trait]
impl PaymentReports for ModelBank {
    async fn report_transfer(
        &self,
        _: &Reference,
        _: &ReportedPayment,
    ) -> Result<BookingId, BankError> {
        self.instruct(Step::Commit).await
    }

    async fn report_no_transfer(
        &self,
        _: &Reference,
        _: &ReportedPayment,
    ) -> Result<BookingId, BankError> {
        self.instruct(Step::Release).await
    }
}
