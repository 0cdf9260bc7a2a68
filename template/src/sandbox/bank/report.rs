//! The books of the sandbox bank, for people and for tests to look at.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::chart::AccountKind;
use crate::domain::{currency::Currency, timestamp::Timestamp};

/// Everything that is in the books. Amounts have a sign, and are of the currency
/// of their account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerReport {
    /// Whether every posting sums to zero in every currency, all balances
    /// together too, and every account agrees with its postings and its open
    /// holds.
    pub balanced: bool,
    pub accounts: Vec<AccountReport>,
    pub postings: Vec<PostingReport>,
    /// Reserved credits and holds that are neither settled nor released.
    pub open_holds: Vec<OpenHoldReport>,
    /// How many instructions came under a reference that had been acted on.
    pub repeated_instructions: u64,
}

/// What is on one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountReport {
    pub account: String,
    pub kind: AccountKind,
    pub currency: Currency,
    pub balance: Decimal,
    pub held: Decimal,
    pub available: Decimal,
}

/// One movement of money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostingReport {
    pub number: u64,
    pub reference: String,
    pub description: String,
    pub posted_at: Timestamp,
    pub entries: Vec<EntryReport>,
}

/// The change of one account by a posting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryReport {
    pub account: String,
    pub amount: Decimal,
}

/// Money that is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenHoldReport {
    pub reference: String,
    /// The account that the money is on: of a reserved credit, the funding account.
    pub account: String,
    pub amount: Decimal,
}

impl LedgerReport {
    /// One account of the report.
    pub fn account(&self, number: &str) -> Option<&AccountReport> {
        self.accounts.iter().find(|one| one.account == number)
    }

    /// The postings made under one reference.
    pub fn postings_of(&self, reference: &str) -> Vec<&PostingReport> {
        let of_reference = |posting: &&PostingReport| posting.reference == reference;
        self.postings.iter().filter(of_reference).collect()
    }
}
