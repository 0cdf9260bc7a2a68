//! Money that arrives: reserved on the payee's account, then committed or released.

use async_trait::async_trait;

use crate::{
    core_banking::port::{BankError, BookingId},
    domain::{party::AccountNumber, quote::Terms, reference::Reference},
};

/// A credit to a payee that is to be reserved.
#[derive(Debug, Clone)]
pub struct CreditReservation {
    pub payee: AccountNumber,
    /// The account that the money comes from, as the funding model has it.
    pub funding: AccountNumber,
    pub terms: Terms,
}

/// Money that arrives: reserved first, then committed or released.
#[async_trait]
pub trait PayeeCredits: Send + Sync {
    /// Makes sure that the credit can be committed later, whatever happens in
    /// between. Every check that could refuse it happens here.
    async fn reserve_credit(
        &self,
        reference: &Reference,
        credit: &CreditReservation,
    ) -> Result<BookingId, BankError>;

    /// Posts a reserved credit: funding account to payee. The scheme has
    /// committed, so a refusal here is a reconciliation error.
    async fn commit_credit(
        &self,
        reference: &Reference,
        reservation: &Reference,
    ) -> Result<BookingId, BankError>;

    /// Frees a reservation that will not be committed.
    async fn release_credit(
        &self,
        reference: &Reference,
        reservation: &Reference,
    ) -> Result<BookingId, BankError>;
}
