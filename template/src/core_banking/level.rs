//! How the money stands that payees are paid from, for whoever watches it.

use rust_decimal::Decimal;

use crate::domain::{amount::Amount, currency::Currency};

/// On which side of its bounds a level is a bad one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadSide {
    /// It must not run dry.
    Below,
    /// It must not grow without end.
    Above,
}

/// A balance or a sum, and what it is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    /// What it is the level of. It names no account.
    pub of: &'static str,
    pub currency: Currency,
    /// `None` if nobody knows it now.
    pub value: Option<Decimal>,
    /// At which the operator is warned.
    pub warning: Decimal,
    /// At which quotes are refused, if any are.
    pub refusal: Option<Decimal>,
    pub bad_side: BadSide,
}

impl Level {
    /// The balance of an account.
    pub fn of_account(of: &'static str, available: Option<Amount>, warning: Amount) -> Self {
        Self {
            of,
            currency: warning.currency(),
            value: available.map(Amount::value),
            warning: warning.value(),
            refusal: None,
            bad_side: BadSide::Below,
        }
    }
}
