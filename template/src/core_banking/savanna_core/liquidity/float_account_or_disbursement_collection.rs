//! What is left to pay payees from.

use async_trait::async_trait;
use serde::Deserialize;

use crate::{
    core_banking::{
        Client,
        port::{BankError, Liquidity, Refusal},
    },
    domain::{amount::Amount, currency::Currency, party::AccountNumber},
};

#[async_trait]
impl Liquidity for Client {
    /// Replace (quote): the call that asks for a balance.
    ///
    /// The bank must subtract what is reserved, or quotes promise money twice.
    async fn available(
        &self,
        account: &AccountNumber,
        currency: Currency,
    ) -> Result<Amount, BankError> {
        #[derive(Deserialize)]
        struct Balance {
            available: Amount,
        }
        let path = ["accounts", account.as_str(), "balance"];
        let balance: Option<Balance> = self.ask(&path, "unknown_account").await?;
        match balance {
            Some(Balance { available }) if available.currency() == currency => Ok(available),
            Some(_) => Err(BankError::Refused(Refusal::CurrencyNotSupported)),
            None => Err(BankError::Refused(Refusal::UnknownAccount)),
        }
    }
}
