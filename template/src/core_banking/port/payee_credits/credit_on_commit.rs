//! Money that arrives: credited to the payee once the scheme has committed.

use async_trait::async_trait;

use crate::{
    core_banking::port::{BankError, BookingId},
    domain::{party::AccountNumber, quote::Terms, reference::Reference},
};

/// A credit to a payee.
#[derive(Debug, Clone)]
pub struct PayeeCredit {
    pub payee: AccountNumber,
    /// The account that the money comes from, as the funding model has it.
    pub funding: AccountNumber,
    pub terms: Terms,
}

/// Money that arrives: one posting, which cannot be taken back.
#[async_trait]
pub trait PayeePostings: Send + Sync {
    /// Posts a credit: funding account to payee. The scheme has committed, so
    /// a refusal here is a reconciliation error.
    async fn credit_payee(
        &self,
        reference: &Reference,
        credit: &PayeeCredit,
    ) -> Result<BookingId, BankError>;
}
