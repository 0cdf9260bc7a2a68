//! The funding model: payees are paid from one account, and payers' money is
//! collected on another.
//!
//! ```text
//!        disbursement account            collection account
//!     ──────────────┬──────────────   ──────────────┬──────────────
//!     to payees     │ topped up       moved on      │ from payers
//!                   │                               │
//! ```
//!
//! Nothing nets by itself: the bank moves money from the collection account to
//! the disbursement account. If the disbursement account runs dry, incoming
//! payments cannot be paid, so a quote that it does not cover is refused. Money
//! that piles up on the collection account is only warned of.

use std::{fmt, sync::Arc};

use crate::{
    core_banking::{
        insight::Insight,
        level::{BadSide, Level},
        port::CoreBankingSystem,
    },
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

/// The two accounts of each currency.
#[derive(Debug, Clone)]
pub struct Settings(PerCurrency<Accounts>);

#[derive(Debug, Clone)]
struct Accounts {
    disbursement: DisbursementAccount,
    collection: CollectionAccount,
}

/// What payees are paid from, and the balances at which to warn and to refuse.
#[derive(Debug, Clone)]
struct DisbursementAccount {
    number: AccountNumber,
    /// A quote that would take the account below this is refused.
    floor: Amount,
    /// Below this the operator is warned.
    warning: Amount,
}

/// What payers' money is collected on.
#[derive(Debug, Clone)]
struct CollectionAccount {
    number: AccountNumber,
    /// Above this the operator is warned. Without it nobody asks for the balance.
    warning: Option<Amount>,
}

impl Settings {
    pub fn read(variables: &mut Variables, currencies: Option<&Currencies>) -> Option<Self> {
        PerCurrency::read(variables, currencies, |variables, name, currency| {
            let what = "the number of the account that payees are paid from";
            let disbursement = variables.account(&name("DISBURSEMENT_ACCOUNT"), what);
            let floor = variables.amount(&name("DISBURSEMENT_FLOOR"), "0", currency);
            let low = variables.amount(&name("DISBURSEMENT_WARNING"), "0", currency);
            let what = "the number of the account that payers' money is collected on";
            let collection = variables.account(&name("COLLECTION_ACCOUNT"), what);
            if disbursement.is_some() && disbursement == collection {
                let problem = "is the disbursement account too: they are two accounts";
                variables.problem(&name("COLLECTION_ACCOUNT"), problem);
            }
            let high = match variables.text(&name("COLLECTION_WARNING")) {
                Some(level) => {
                    Some(variables.amount(&name("COLLECTION_WARNING"), &level, currency)?)
                }
                None => None,
            };
            Some(Accounts {
                disbursement: DisbursementAccount {
                    number: disbursement?,
                    floor: floor?,
                    warning: low?,
                },
                collection: CollectionAccount {
                    number: collection?,
                    warning: high,
                },
            })
        })
        .map(Self)
    }
}

/// The money at the scheme, as the bank's books mirror it.
#[derive(Clone)]
pub struct Funding {
    accounts: PerCurrency<Accounts>,
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
        Ok(&self.accounts.of(currency)?.disbursement.number)
    }

    /// The account that outgoing payments are collected on.
    pub fn collects_from_payers_on(
        &self,
        currency: Currency,
    ) -> Result<&AccountNumber, PaymentError> {
        Ok(&self.accounts.of(currency)?.collection.number)
    }

    /// Refuses an incoming payment that the disbursement account does not
    /// cover. Warns before that is so, and of money that piles up.
    pub async fn check(&self, transfer_amount: Amount) -> Result<(), PaymentError> {
        let currency = transfer_amount.currency();
        let accounts = self.accounts.of(currency)?;
        // Both at once: the payer's side waits for the quote.
        let (available, ()) = tokio::join!(
            self.bank.available(&accounts.disbursement.number, currency),
            self.look_at_collection(&accounts.collection, currency),
        );
        let available = available.map_err(|error| {
            tracing::error!(%error, "the balance of the disbursement account is not known");
            error.of_bank()
        })?;
        accounts.disbursement.covers(available, transfer_amount)
    }

    /// How the accounts stand, for whoever watches them. The bank is asked.
    pub async fn levels(&self, currency: Currency) -> Vec<Level> {
        let Ok(Accounts {
            disbursement,
            collection,
        }) = self.accounts.of(currency)
        else {
            return Vec::new();
        };
        let available = self.bank.available(&disbursement.number, currency).await;
        let level = Level::of_account("disbursement", available.ok(), disbursement.warning);
        let refusal = Some(disbursement.floor.value());
        let mut levels = vec![Level { refusal, ..level }];
        if let Some(warning) = collection.warning {
            let collected = self.bank.available(&collection.number, currency).await;
            let level = Level::of_account("collection", collected.ok(), warning);
            let bad_side = BadSide::Above;
            levels.push(Level { bad_side, ..level });
        }
        levels
    }

    /// No quote depends on it, so nothing is refused if it fails.
    async fn look_at_collection(&self, collection: &CollectionAccount, currency: Currency) {
        let Some(warning) = collection.warning else {
            return;
        };
        match self.bank.available(&collection.number, currency).await {
            Ok(collected) if warning.is_less_than(collected) == Ok(true) => {
                tracing::warn!(%collected, %warning, "money piles up on the collection account");
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "the balance of the collection account is not known");
            }
        }
    }
}

impl DisbursementAccount {
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
            let floor = self.floor;
            tracing::error!(%available, %floor, "disbursement account too low: quote refused");
            return Err(PaymentError::new(
                ErrorCode::PayeeLacksLiquidity,
                "the payee's FSP cannot fund this payment now",
            ));
        }
        let left = available.minus(transfer_amount).map_err(of_currency)?;
        if left.is_less_than(self.warning).map_err(of_currency)? {
            let warning = self.warning;
            tracing::warn!(%available, %warning, "disbursement account is getting low: top it up");
        }
        Ok(())
    }
}

#[cfg(test)]
pub mod example {
    //! What a connector to a real bank has to be told.

    pub const VARIABLES: [(&str, &str); 2] = [
        ("DISBURSEMENT_ACCOUNT", "9000001"),
        ("COLLECTION_ACCOUNT", "9000003"),
    ];
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
        let account = DisbursementAccount {
            number: AccountNumber::new("disbursement"),
            floor: shillings("100"),
            warning: shillings("500"),
        };
        assert_eq!(account.covers(shillings("150"), shillings("50")), Ok(()));
        let error = account
            .covers(shillings("150"), shillings("50.01"))
            .unwrap_err();
        assert_eq!(error.code, ErrorCode::PayeeLacksLiquidity);
    }

    #[test]
    fn the_two_accounts_are_not_one() {
        let one_account = |name: &str| name.contains("_ACCOUNT").then(|| "9000001".to_owned());
        let mut variables = Variables::of(&one_account);
        let currencies = Currencies::read(&mut variables);
        let settings = Settings::read(&mut variables, currencies.as_ref());
        let problems = variables.finish(settings).unwrap_err().to_string();
        assert!(problems.contains("- COLLECTION_ACCOUNT"), "{problems}");
    }
}
