//! Money that leaves: taken from the payer's account, and given back if there
//! is no transfer.

use async_trait::async_trait;

use crate::{
    core_banking::port::{BankError, BookingId},
    domain::{amount::Amount, party::AccountNumber, reference::Reference},
};

/// What is taken from a payer.
#[derive(Debug, Clone)]
pub struct PayerDebit {
    pub payer: AccountNumber,
    /// The account that the money goes to, as the funding model has it.
    pub funding: AccountNumber,
    pub transfer_amount: Amount,
    pub payer_fee: Amount,
}

/// Money that leaves: taken first, and given back if there is no transfer.
#[async_trait]
pub trait PayerDebits: Send + Sync {
    /// Posts at once: payer to funding account, and the fee to the bank. Every
    /// check that could refuse it happens here.
    async fn debit(
        &self,
        reference: &Reference,
        debit: &PayerDebit,
    ) -> Result<BookingId, BankError>;

    /// Posts all of a debit backwards. The payer is owed the money, so a
    /// refusal here is a reconciliation error.
    async fn reverse_debit(
        &self,
        reference: &Reference,
        debit: &Reference,
    ) -> Result<BookingId, BankError>;
}
