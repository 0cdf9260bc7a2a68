//! What the bank charges: what the core banking system says.

use std::{fmt, future::Future, sync::Arc, time::Duration};

use tokio::time::timeout;

use crate::{
    core_banking::{
        insight::Insight,
        port::{BankError, CoreBankingSystem},
    },
    domain::{
        amount::Amount,
        currency::Currency,
        error::{ErrorCode, PaymentError},
        party::AccountNumber,
        quote::{AmountType, PayeeCharges, Terms},
    },
    environment::{Variables, currencies::Currencies},
};

/// How long the bank is given to say what it charges.
#[derive(Debug, Clone)]
pub struct Settings {
    longest_wait: Duration,
}

impl Settings {
    pub fn read(variables: &mut Variables, _: Option<&Currencies>) -> Option<Self> {
        let longest_wait = variables.milliseconds("CBS_PRICING_TIMEOUT_MS", "5000")?;
        Some(Self { longest_wait })
    }
}

/// The bank's charges. If they are not known, there is no quote and no offer.
#[derive(Clone)]
pub struct Fees {
    bank: Arc<dyn CoreBankingSystem>,
    longest_wait: Duration,
}

impl fmt::Debug for Fees {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Fees").finish_non_exhaustive()
    }
}

impl Fees {
    pub fn new(settings: Settings, insight: &Insight) -> Self {
        Self {
            bank: Arc::clone(&insight.bank),
            longest_wait: settings.longest_wait,
        }
    }

    /// What is charged to a payee of this bank, and given back to the payer's
    /// FSP, for an incoming payment of this amount.
    pub async fn payee_charges(
        &self,
        payee: &AccountNumber,
        amount_type: AmountType,
        amount: Amount,
    ) -> Result<PayeeCharges, PaymentError> {
        let asked = self.bank.payee_charges(payee, amount_type, amount);
        let charges = self.answer(asked).await;
        let charges = charges.map_err(|error| error.about_payee())?;
        let currency = amount.currency();
        Ok(PayeeCharges {
            fee: charged_in(currency, charges.fee)?,
            commission: charged_in(currency, charges.commission)?,
        })
    }

    /// What is charged to a payer of this bank on top of the transfer amount.
    pub async fn payer_fee(
        &self,
        payer: &AccountNumber,
        terms: Terms,
    ) -> Result<Amount, PaymentError> {
        let fee = self.answer(self.bank.payer_fee(payer, terms)).await;
        let fee = fee.map_err(|error| error.about_payer())?;
        charged_in(terms.currency(), fee)
    }

    async fn answer<T>(
        &self,
        asked: impl Future<Output = Result<T, BankError>>,
    ) -> Result<T, BankError> {
        timeout(self.longest_wait, asked).await.unwrap_or_else(|_| {
            let waited = self.longest_wait.as_millis();
            Err(BankError::NoAnswer(format!("no charges after {waited} ms")))
        })
    }
}

fn charged_in(currency: Currency, charge: Amount) -> Result<Amount, PaymentError> {
    if charge.currency() == currency {
        return Ok(charge);
    }
    Err(PaymentError::new(
        ErrorCode::Internal,
        "the core banking system charges in another currency",
    )
    .with_detail(format!(
        "charged in {}, paid in {currency}",
        charge.currency()
    )))
}
