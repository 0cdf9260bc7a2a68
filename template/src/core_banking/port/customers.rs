//! The customers, and what their accounts can take.

use async_trait::async_trait;

use super::BankError;
use crate::domain::{
    amount::Amount,
    identifier::PartyIdentifier,
    party::{AccountNumber, Customer},
};

/// Finding customers by the identifiers that the scheme knows them by.
#[async_trait]
pub trait Customers: Send + Sync {
    /// The customer behind an identifier, also one whose account is blocked
    /// or closed; `None` if there is nobody.
    async fn find_customer(
        &self,
        identifier: &PartyIdentifier,
    ) -> Result<Option<Customer>, BankError>;

    /// Says whether the account could take this credit now: its status, its
    /// currency, its limits. Nothing is reserved by it.
    async fn check_credit(&self, payee: &AccountNumber, amount: Amount) -> Result<(), BankError>;
}
