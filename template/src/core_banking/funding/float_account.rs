//! The funding model: one float account mirrors the money at the scheme.
//!
//! ```text
//!            float account                 payer's account
//!     ──────────────┬──────────────   ──────────────┬──────────────
//!     to payees     │ from payers     to the float  │ ...
//!                   │
//! ```
//!
//! An outgoing payment moves money from the payer's account to the float, an
//! incoming one from the float to the payee's account; both directions net on
//! the one balance. If it runs dry, incoming payments cannot be paid, so a
//! quote that the float does not cover is refused.

use std::{fmt, sync::Arc};

use crate::{
    core_banking::{insight::Insight, level::Level, port::CoreBankingSystem},
    domain::{
        amount::{Amount, AmountError},
        currency::Currency,
        error::{ErrorCode, PaymentError},
        party::AccountNumber,
    },
    environment::{
        Variables,
        currencies::{Currencies, PerCurrency},
    },
};

/// The float account of each currency.
#[derive(Debug, Clone)]
pub struct Settings(PerCurrency<FloatAccount>);

/// A float account, and the balances at which to warn and to refuse.
#[derive(Debug, Clone)]
struct FloatAccount {
    number: AccountNumber,
    /// A quote that would take the float below this is refused.
    floor: Amount,
    /// Below this the operator is warned.
    warning: Amount,
}

impl Settings {
    pub fn read(variables: &mut Variables, currencies: Option<&Currencies>) -> Option<Self> {
        PerCurrency::read(variables, currencies, |variables, name, currency| {
            let what = "the number of the float account";
            let number = variables.account(&name("FLOAT_ACCOUNT"), what);
            let floor = variables.amount(&name("FLOAT_FLOOR"), "0", currency);
            let warning = variables.amount(&name("FLOAT_WARNING"), "0", currency);
            Some(FloatAccount {
                number: number?,
                floor: floor?,
                warning: warning?,
            })
        })
        .map(Self)
    }
}

/// The money at the scheme, as the bank's books mirror it.
#[derive(Clone)]
pub struct Funding {
    accounts: PerCurrency<FloatAccount>,
    bank: Arc<dyn CoreBankingSystem>,
}

impl fmt::Debug for Funding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.accounts.fmt(formatter)
    }
}

impl Funding {
    pub fn new(settings: Settings, insight: &Insight) -> Self {
        Self {
            accounts: settings.0,
            bank: Arc::clone(&insight.bank),
        }
    }

    /// The account that incoming payments are paid from.
    pub fn pays_payees_from(&self, currency: Currency) -> Result<&AccountNumber, PaymentError> {
        Ok(&self.accounts.of(currency)?.number)
    }

    /// The account that outgoing payments are collected on.
    pub fn collects_from_payers_on(
        &self,
        currency: Currency,
    ) -> Result<&AccountNumber, PaymentError> {
        Ok(&self.accounts.of(currency)?.number)
    }

    /// Refuses an incoming payment that the float does not cover. Warns before
    /// that is so.
    pub async fn check(&self, transfer_amount: Amount) -> Result<(), PaymentError> {
        let currency = transfer_amount.currency();
        let float = self.accounts.of(currency)?;
        let available = self.bank.available(&float.number, currency).await;
        let available = available.map_err(|error| {
            tracing::error!(%error, "the balance of the float account is not known");
            error.of_bank()
        })?;
        float.covers(available, transfer_amount)
    }

    /// How the float stands, for whoever watches it. The bank is asked.
    pub async fn levels(&self, currency: Currency) -> Vec<Level> {
        let Ok(float) = self.accounts.of(currency) else {
            return Vec::new();
        };
        let available = self.bank.available(&float.number, currency).await;
        let level = Level::of_account("float", available.ok(), float.warning);
        let refusal = Some(float.floor.value());
        vec![Level { refusal, ..level }]
    }
}

impl FloatAccount {
    fn covers(&self, available: Amount, transfer_amount: Amount) -> Result<(), PaymentError> {
        let of_currency = |error: AmountError| {
            PaymentError::new(
                ErrorCode::CurrencyRefused,
                "the payee's FSP has no funding in this currency",
            )
            .with_detail(error)
        };
        let needed = self.floor.plus(transfer_amount).map_err(of_currency)?;
        if available.is_less_than(needed).map_err(of_currency)? {
            tracing::error!(%available, floor = %self.floor, "float too low: quote refused");
            return Err(PaymentError::new(
                ErrorCode::PayeeLacksLiquidity,
                "the payee's FSP cannot fund this payment now",
            ));
        }
        let left = available.minus(transfer_amount).map_err(of_currency)?;
        if left.is_less_than(self.warning).map_err(of_currency)? {
            tracing::warn!(%available, warning = %self.warning, "float is getting low: top it up");
        }
        Ok(())
    }
}

#[cfg(test)]
pub mod example {
    //! What a connector to a real bank has to be told.

    pub const VARIABLES: [(&str, &str); 1] = [("FLOAT_ACCOUNT", "9000001")];
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shillings(text: &str) -> Amount {
        let currency: Currency = "KES".parse().unwrap();
        Amount::parse(text, currency).unwrap()
    }

    #[test]
    fn covers_a_payment_down_to_the_floor_and_no_further() {
        let float = FloatAccount {
            number: AccountNumber::new("float"),
            floor: shillings("100"),
            warning: shillings("500"),
        };
        assert_eq!(float.covers(shillings("150"), shillings("50")), Ok(()));
        let error = float
            .covers(shillings("150"), shillings("50.01"))
            .unwrap_err();
        assert_eq!(error.code, ErrorCode::PayeeLacksLiquidity);
    }
}
