//! What is left to pay payees from.

use async_trait::async_trait;

use crate::{
    core_banking::port::BankError,
    domain::{amount::Amount, currency::Currency, party::AccountNumber},
};

/// What is left of the money that incoming payments are paid from.
#[async_trait]
pub trait Liquidity: Send + Sync {
    /// What the account has, less what is reserved on it; zero if it is overdrawn.
    async fn available(
        &self,
        account: &AccountNumber,
        currency: Currency,
    ) -> Result<Amount, BankError>;
}
