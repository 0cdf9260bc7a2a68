//! The bank's own accounts: one that pays payees, one that collects from
//! payers, and what the bank earns.

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
    Disbursement,
    Collection,
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
            Self::Customer | Self::Disbursement | Self::Collection => false,
            Self::Fees | Self::Opening => true,
        }
    }

    /// Whether payments may be funded from such an account, or collected on it.
    pub fn funds_payments(self) -> bool {
        matches!(self, Self::Disbursement | Self::Collection)
    }
}

/// The two accounts of one currency.
#[derive(Debug, Clone)]
pub struct Funding {
    disbursement: (AccountNumber, Amount),
    collection: (AccountNumber, Amount),
}

impl Funding {
    /// Reads what the seed says of one currency.
    pub fn read(bank: &mut TableReader<'_>, currency: Option<Currency>) -> Option<Self> {
        let disbursement = bank.own_account("disbursement_account");
        let disbursement_balance = bank.needed("disbursement_balance", |bank, key| {
            bank.amount(key, currency)
        });
        let collection = bank.own_account("collection_account");
        let collection_balance =
            bank.needed("collection_balance", |bank, key| bank.amount(key, currency));
        Some(Self {
            disbursement: (disbursement?, disbursement_balance?),
            collection: (collection?, collection_balance?),
        })
    }

    /// The accounts, and what is on them at the opening.
    pub fn accounts(&self) -> Vec<(&AccountNumber, AccountKind, Decimal)> {
        let (disbursement, disbursement_balance) = &self.disbursement;
        let (collection, collection_balance) = &self.collection;
        vec![
            (
                disbursement,
                AccountKind::Disbursement,
                disbursement_balance.value(),
            ),
            (
                collection,
                AccountKind::Collection,
                collection_balance.value(),
            ),
        ]
    }

    /// What a connector to this bank has to be configured with.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let (disbursement, _) = &self.disbursement;
        let (collection, _) = &self.collection;
        vec![
            ("DISBURSEMENT_ACCOUNT", disbursement.as_str().to_owned()),
            ("COLLECTION_ACCOUNT", collection.as_str().to_owned()),
        ]
    }
}

#[cfg(test)]
pub mod example {
    //! The accounts of a bank to test with.

    pub const PAYS_PAYEES: &str = "disbursement";
    pub const COLLECTS_FROM_PAYERS: &str = "collection";

    pub const SEED: &str = "disbursement_account = \"disbursement\"\n\
                            disbursement_balance = 1000\n\
                            collection_account = \"collection\"\n\
                            collection_balance = 1000\n";

    /// What is on all of them together at the opening.
    pub const TOTAL: i64 = 2_000;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::bank::seed::read_table;

    #[test]
    fn a_seed_names_both_accounts_and_says_what_is_on_them() {
        let kes: Option<Currency> = "KES".parse().ok();
        let (funding, problems) = read_table(example::SEED, |bank| Funding::read(bank, kes));
        assert!(problems.is_empty(), "{problems:?}");
        let funding = funding.unwrap();
        let accounts = funding.accounts();
        let total: Decimal = accounts.iter().map(|(_, _, balance)| balance).sum();
        assert_eq!(total, example::TOTAL.into());
        for (number, kind) in [
            (example::PAYS_PAYEES, AccountKind::Disbursement),
            (example::COLLECTS_FROM_PAYERS, AccountKind::Collection),
        ] {
            let mut accounts = accounts.iter();
            assert!(accounts.any(|one| one.0.as_str() == number && one.1 == kind));
            assert!(kind.funds_payments() && !kind.may_be_overdrawn());
        }
        assert_eq!(funding.variables().len(), 2);

        let (funding, problems) = read_table("", |bank| Funding::read(bank, kes));
        assert!(funding.is_none());
        assert_eq!(problems.len(), 4, "{problems:?}");
    }
}
