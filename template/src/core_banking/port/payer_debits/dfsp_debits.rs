//! Money that leaves: the bank's own channel has reserved it, and is told what
//! came of the transfer.

use async_trait::async_trait;

use crate::{
    core_banking::port::{BankError, BookingId},
    domain::{amount::Amount, party::AccountNumber, reference::Reference, transfer_id::TransferId},
};

/// The payment that a report is about.
#[derive(Debug, Clone)]
pub struct ReportedPayment {
    pub transfer_id: TransferId,
    /// What the channel calls the payment, if it gave it a name.
    pub home_transaction_id: Option<String>,
    pub payer: AccountNumber,
    /// The account that the money goes to, as the funding model has it.
    pub funding: AccountNumber,
    pub transfer_amount: Amount,
    pub payer_fee: Amount,
}

/// What the bank is told of a payment whose money it takes itself.
#[async_trait]
pub trait PaymentReports: Send + Sync {
    /// There was a transfer, so the bank posts: payer to funding account, and
    /// the fee to itself. The payee has the money, so a refusal here is a
    /// reconciliation error.
    async fn report_transfer(
        &self,
        reference: &Reference,
        payment: &ReportedPayment,
    ) -> Result<BookingId, BankError>;

    /// There is no transfer, and there will be none: the bank frees what it
    /// has reserved. It may have reserved nothing.
    async fn report_no_transfer(
        &self,
        reference: &Reference,
        payment: &ReportedPayment,
    ) -> Result<BookingId, BankError>;
}
