//! What the sandbox bank says of the money that payees are paid from.

use async_trait::async_trait;

use crate::{
    core_banking::port::{BankError, Liquidity, Refusal},
    domain::{amount::Amount, currency::Currency, party::AccountNumber},
    sandbox::bank::{SandboxBank, faults::Operation},
};

#[async_trait]
impl Liquidity for SandboxBank {
    async fn available(
        &self,
        account: &AccountNumber,
        currency: Currency,
    ) -> Result<Amount, BankError> {
        let account = account.clone();
        let balance = self.call(Operation::BALANCE, move |books, _| books.balance(&account));
        match balance.await? {
            Some(balance) if balance.available.currency() == currency => Ok(balance.available),
            Some(_) => Err(BankError::Refused(Refusal::CurrencyNotSupported)),
            None => Err(BankError::Refused(Refusal::UnknownAccount)),
        }
    }
}
