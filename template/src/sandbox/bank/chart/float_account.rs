//! The bank's own accounts: a float that mirrors the money at the scheme, and
//! what the bank earns.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    domain::{amount::Amount, currency::Currency, party::AccountNumber},
    sandbox::bank::seed::TableReader,
};

/// Whose money is on an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    Customer,
    Float,
    Fees,
    // [if role is fxp, both]
    Position,
    Scheme,
    // [end]
    Opening,
}

impl AccountKind {
    /// Whether more can be taken than there is: the bank may spend more on
    /// commissions than it earns in fees.
    pub fn may_be_overdrawn(self) -> bool {
        match self {
            // [if role is fxp, both]
            Self::Position => false,
            Self::Scheme => true,
            // [end]
            Self::Customer | Self::Float => false,
            Self::Fees | Self::Opening => true,
        }
    }

    /// Whether payments may be funded from such an account, and collected on it.
    pub fn funds_payments(self) -> bool {
        self == Self::Float
    }
}

/// The float of one currency.
#[derive(Debug, Clone)]
pub struct Funding {
    account: AccountNumber,
    balance: Amount,
}

impl Funding {
    /// Reads what the seed says of one currency.
    pub fn read(bank: &mut TableReader<'_>, currency: Option<Currency>) -> Option<Self> {
        let account = bank.own_account("float_account");
        let balance = bank.needed("float_balance", |bank, key| bank.amount(key, currency));
        Some(Self {
            account: account?,
            balance: balance?,
        })
    }

    /// The accounts, and what is on them at the opening.
    pub fn accounts(&self) -> Vec<(&AccountNumber, AccountKind, Decimal)> {
        vec![(&self.account, AccountKind::Float, self.balance.value())]
    }

    /// What a connector to this bank has to be configured with.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        vec![("FLOAT_ACCOUNT", self.account.as_str().to_owned())]
    }
}

#[cfg(test)]
pub mod example {
    //! The accounts of a bank to test with.

    pub const PAYS_PAYEES: &str = "float";
    pub const COLLECTS_FROM_PAYERS: &str = PAYS_PAYEES;

    pub const SEED: &str = "float_account = \"float\"\nfloat_balance = 1000\n";

    /// What is on all of them together at the opening.
    pub const TOTAL: i64 = 1_000;
}

#[cfg(test)]
mod tests;
