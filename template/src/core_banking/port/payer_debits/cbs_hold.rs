//! Money that leaves: held on the payer's account, then captured or released.

use async_trait::async_trait;

use crate::{
    core_banking::port::{BankError, BookingId},
    domain::{amount::Amount, party::AccountNumber, reference::Reference},
};

/// What a payer owes for a payment that has been committed.
#[derive(Debug, Clone)]
pub struct PayerCapture {
    /// The account that the money goes to, as the funding model has it.
    pub funding: AccountNumber,
    pub transfer_amount: Amount,
    pub payer_fee: Amount,
}

/// Money that leaves: held first, then captured or released.
#[async_trait]
pub trait PayerHolds: Send + Sync {
    /// Sets money of the payer aside.
    async fn hold(
        &self,
        reference: &Reference,
        payer: &AccountNumber,
        amount: Amount,
    ) -> Result<BookingId, BankError>;

    /// Posts held money: payer to funding account, and the fee to the bank.
    async fn capture(
        &self,
        reference: &Reference,
        hold: &Reference,
        capture: &PayerCapture,
    ) -> Result<BookingId, BankError>;

    /// Gives held money back.
    async fn release_hold(
        &self,
        reference: &Reference,
        hold: &Reference,
    ) -> Result<BookingId, BankError>;
}
