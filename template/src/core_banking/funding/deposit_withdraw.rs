//! The funding model: the bank has an operation that deposits money to a
//! customer and one that withdraws it. There is no account to be kept topped up.
//!
//! ```text
//!     behind the deposit operation     behind the withdrawal operation
//!     ──────────────┬──────────────    ──────────────┬──────────────
//!     to payees     │ settled          settled       │ from payers
//!                   │                                │
//! ```
//!
//! The bank's operations do not run dry, so the connector keeps a limit of its
//! own: the exposure, which is what payees have been paid or promised, less what
//! payers have paid. A quote that would take it above its limit is refused.

mod exposure;

use std::{sync::Arc, time::Duration};

use tokio::sync::Mutex;

use self::exposure::Exposure;
use crate::{
    core_banking::{
        insight::Insight,
        level::{BadSide, Level},
    },
    domain::{
        amount::Amount,
        currency::Currency,
        error::{ErrorCode, PaymentError},
        party::AccountNumber,
    },
    environment::{
        Variables,
        currencies::{Currencies, PerCurrency},
    },
    journal::store::Store,
};

/// The operations of each currency, and how far back payments count.
#[derive(Debug, Clone)]
pub struct Settings {
    operations: PerCurrency<Operations>,
    window: Duration,
}

/// The operations of a currency, and the exposures at which to warn and to refuse.
#[derive(Debug, Clone)]
struct Operations {
    /// What the bank's operations are called. The code stands where another
    /// bank has the number of an account.
    deposit: AccountNumber,
    withdrawal: AccountNumber,
    /// A quote that would take the exposure above this is refused.
    limit: Amount,
    /// Above this the operator is warned.
    warning: Amount,
}

impl Settings {
    pub fn read(variables: &mut Variables, currencies: Option<&Currencies>) -> Option<Self> {
        let operations = PerCurrency::read(variables, currencies, |variables, name, currency| {
            let what = "the code of the operation that pays payees";
            let deposit = variables.account(&name("DEPOSIT_OPERATION"), what);
            let what = "the code of the operation that collects from payers";
            let withdrawal = variables.account(&name("WITHDRAWAL_OPERATION"), what);
            let what = "how much payees may be paid before payers have paid it";
            let limit = variables.required(&name("EXPOSURE_LIMIT"), what);
            let limit =
                limit.and_then(|limit| variables.amount(&name("EXPOSURE_LIMIT"), &limit, currency));
            let default = limit.map(|limit| limit.to_string()).unwrap_or_default();
            let warning = match variables.text(&name("EXPOSURE_WARNING")) {
                Some(_) => variables.amount(&name("EXPOSURE_WARNING"), &default, currency),
                None => limit,
            };
            Some(Operations {
                deposit: deposit?,
                withdrawal: withdrawal?,
                limit: limit?,
                warning: warning?,
            })
        });
        let window = variables.milliseconds("EXPOSURE_WINDOW_MS", "86400000");
        Some(Self {
            operations: operations?,
            window: window?,
        })
    }
}

/// The money at the scheme, as the journal knows it.
#[derive(Debug, Clone)]
pub struct Funding {
    operations: PerCurrency<Operations>,
    exposure: Arc<Mutex<Exposure>>,
    journal: Arc<dyn Store>,
}

impl Funding {
    pub fn new(settings: Settings, insight: &Insight) -> Self {
        Self {
            operations: settings.operations,
            exposure: Arc::new(Mutex::new(Exposure::over(settings.window))),
            journal: Arc::clone(&insight.journal),
        }
    }

    /// The operation that incoming payments are paid by.
    pub fn pays_payees_from(&self, currency: Currency) -> Result<&AccountNumber, PaymentError> {
        Ok(&self.operations.of(currency)?.deposit)
    }

    /// The operation that outgoing payments are collected by.
    pub fn collects_from_payers_on(
        &self,
        currency: Currency,
    ) -> Result<&AccountNumber, PaymentError> {
        Ok(&self.operations.of(currency)?.withdrawal)
    }

    /// Refuses an incoming payment that the exposure has no room for. Warns
    /// before that is so.
    pub async fn check(&self, transfer_amount: Amount) -> Result<(), PaymentError> {
        let currency = transfer_amount.currency();
        let operations = self.operations.of(currency)?;
        let mut exposure = self.exposure.lock().await;
        exposure.catch_up(self.journal.as_ref()).await?;
        let then = exposure
            .of(currency)
            .saturating_add(transfer_amount.value());
        if then > operations.limit.value() {
            tracing::error!(exposure = %then, limit = %operations.limit, "exposed too far: quote refused");
            return Err(PaymentError::new(
                ErrorCode::PayeeLacksLiquidity,
                "the payee's FSP cannot fund this payment now",
            ));
        }
        if then > operations.warning.value() {
            let warning = operations.warning;
            tracing::warn!(exposure = %then, %warning, "the exposure comes close to its limit");
        }
        Ok(())
    }

    /// How far this DFSP is exposed, for whoever watches it.
    pub async fn levels(&self, currency: Currency) -> Vec<Level> {
        let Ok(operations) = self.operations.of(currency) else {
            return Vec::new();
        };
        let mut exposure = self.exposure.lock().await;
        let is_known = exposure.catch_up(self.journal.as_ref()).await.is_ok();
        vec![Level {
            of: "exposure",
            currency,
            value: is_known.then(|| exposure.of(currency)),
            warning: operations.warning.value(),
            refusal: Some(operations.limit.value()),
            bad_side: BadSide::Above,
        }]
    }
}

#[cfg(test)]
pub mod example {
    //! What a connector to a real bank has to be told.

    pub const VARIABLES: [(&str, &str); 3] = [
        ("DEPOSIT_OPERATION", "DEPOSIT"),
        ("WITHDRAWAL_OPERATION", "WITHDRAWAL"),
        ("EXPOSURE_LIMIT", "100000"),
    ];
}
