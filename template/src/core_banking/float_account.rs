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

use crate::domain::{
    amount::{Amount, AmountError},
    error::{ErrorCode, PaymentError},
    party::AccountNumber,
};

/// The float account and the balances at which to warn and to refuse.
#[derive(Debug, Clone)]
pub struct FloatAccount {
    pub account: AccountNumber,
    /// A quote that would take the float below this is refused.
    pub floor: Amount,
    /// Below this the operator is warned.
    pub warning: Amount,
}

impl FloatAccount {
    /// The account that incoming payments are paid from.
    pub fn pays_payees_from(&self) -> &AccountNumber {
        &self.account
    }

    /// The account that outgoing payments are collected on.
    pub fn collects_from_payers_on(&self) -> &AccountNumber {
        &self.account
    }

    /// Whether the float, of which this much is available, covers one more
    /// incoming payment. Warns before it no longer does.
    pub fn covers(&self, available: Amount, transfer_amount: Amount) -> Result<(), PaymentError> {
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
mod tests {
    use super::*;
    use crate::domain::currency::Currency;

    fn shillings(text: &str) -> Amount {
        let currency: Currency = "KES".parse().unwrap();
        Amount::parse(text, currency).unwrap()
    }

    #[test]
    fn covers_a_payment_down_to_the_floor_and_no_further() {
        let float = FloatAccount {
            account: AccountNumber::new("float"),
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
