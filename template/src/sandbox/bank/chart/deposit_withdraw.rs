//! The bank's own accounts: a clearing account behind each of the two
//! operations, and what the bank earns.
//!
//! A clearing account has the code of its operation as its number. It has no
//! money of its own: what was deposited to customers stands on it as a negative
//! balance, what was withdrawn from them as a positive one, until the bank
//! settles with the scheme.

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
    Clearing,
    Fees,
    // [if role is fxp, both]
    Position,
    Scheme,
    // [end]
    Opening,
}

impl AccountKind {
    /// Whether more can be taken than there is. The operations always can; and
    /// the bank may spend more on commissions than it earns in fees.
    pub fn may_be_overdrawn(self) -> bool {
        match self {
            // [if role is fxp, both]
            Self::Position => false,
            Self::Scheme => true,
            // [end]
            Self::Customer => false,
            Self::Clearing | Self::Fees | Self::Opening => true,
        }
    }

    /// Whether payments may be booked by the operation behind such an account.
    pub fn funds_payments(self) -> bool {
        self == Self::Clearing
    }
}

/// The two operations of one currency.
#[derive(Debug, Clone)]
pub struct Funding {
    deposit: AccountNumber,
    withdrawal: AccountNumber,
    /// What is on either clearing account at the opening.
    balance: Decimal,
    /// What a connector may be exposed with. The bank itself does not ask.
    exposure_limit: Amount,
}

impl Funding {
    /// Reads what the seed says of one currency.
    pub fn read(bank: &mut TableReader<'_>, currency: Option<Currency>) -> Option<Self> {
        let deposit = bank.own_account("deposit_operation");
        let withdrawal = bank.own_account("withdrawal_operation");
        let balance = bank.amount("clearing_balance", currency);
        let exposure_limit = bank.needed("exposure_limit", |bank, key| bank.amount(key, currency));
        Some(Self {
            exposure_limit: exposure_limit?,
            deposit: deposit?,
            withdrawal: withdrawal?,
            balance: balance.map(Amount::value).unwrap_or_default(),
        })
    }

    /// The accounts, and what is on them at the opening.
    pub fn accounts(&self) -> Vec<(&AccountNumber, AccountKind, Decimal)> {
        [&self.deposit, &self.withdrawal]
            .map(|account| (account, AccountKind::Clearing, self.balance))
            .to_vec()
    }

    /// What a connector to this bank has to be configured with.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        vec![
            ("DEPOSIT_OPERATION", self.deposit.as_str().to_owned()),
            ("WITHDRAWAL_OPERATION", self.withdrawal.as_str().to_owned()),
            ("EXPOSURE_LIMIT", self.exposure_limit.to_string()),
        ]
    }
}

#[cfg(test)]
pub mod example {
    //! The accounts of a bank to test with.

    pub const PAYS_PAYEES: &str = "deposit";
    pub const COLLECTS_FROM_PAYERS: &str = "withdrawal";

    pub const SEED: &str = "deposit_operation = \"deposit\"\n\
                            withdrawal_operation = \"withdrawal\"\n\
                            clearing_balance = 1000\n\
                            exposure_limit = 100000\n";

    /// What is on all of them together at the opening.
    pub const TOTAL: i64 = 2_000;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::bank::seed::read_table;

    #[test]
    fn a_seed_names_both_operations() {
        let kes: Option<Currency> = "KES".parse().ok();
        let (funding, problems) = read_table(example::SEED, |bank| Funding::read(bank, kes));
        assert!(problems.is_empty(), "{problems:?}");
        let funding = funding.unwrap();
        let accounts = funding.accounts();
        let total: Decimal = accounts.iter().map(|(_, _, balance)| balance).sum();
        assert_eq!(total, example::TOTAL.into());
        for number in [example::PAYS_PAYEES, example::COLLECTS_FROM_PAYERS] {
            assert!(accounts.iter().any(|one| one.0.as_str() == number));
        }
        assert_eq!(funding.variables().len(), 3);

        let (funding, problems) = read_table("", |bank| Funding::read(bank, kes));
        assert!(funding.is_none());
        assert_eq!(problems.len(), 3, "{problems:?}");
    }

    #[test]
    fn the_operations_do_not_run_out_of_money() {
        assert!(AccountKind::Clearing.funds_payments());
        assert!(AccountKind::Clearing.may_be_overdrawn());
        assert!(!AccountKind::Customer.may_be_overdrawn());
    }
}
