//! Double-entry book-keeping: accounts, postings and holds.
//!
//! A positive entry is money that arrives on an account, a negative one money
//! that leaves it; the entries of a posting sum to zero in every currency, and
//! so do all the balances. What a customer has and what the bank earned are
//! positive balances; the counterpart of what they started with is the negative
//! balance of an account of the kind `opening`.
//!
//! A hold takes money out of what is available and leaves the balance alone.

use std::collections::HashMap;

use rust_decimal::Decimal;

use super::chart::AccountKind;
use crate::domain::{currency::Currency, party::AccountNumber, timestamp::Timestamp};

/// The counterpart of the opening balances in the bank's first currency. No
/// other account has this number.
pub const OPENING_ACCOUNT: &str = "opening";

/// An account and what is on it.
#[derive(Debug, Clone)]
pub struct Account {
    pub kind: AccountKind,
    pub currency: Currency,
    pub balance: Decimal,
    pub held: Decimal,
}

impl Account {
    /// What can be taken or held now.
    pub fn available(&self) -> Decimal {
        self.balance - self.held
    }

    /// Whether it has less than it has to have.
    fn is_overdrawn(&self) -> bool {
        !self.kind.may_be_overdrawn() && self.available() < Decimal::ZERO
    }
}

/// A change of the balance of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub account: AccountNumber,
    pub amount: Decimal,
}

/// Money of an account that is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldMoney {
    pub account: AccountNumber,
    pub amount: Decimal,
}

/// A movement of money that is in the books and stays there.
#[derive(Debug, Clone)]
pub struct Posting {
    pub number: u64,
    pub reference: String,
    pub description: &'static str,
    pub posted_at: Timestamp,
    pub entries: Vec<Entry>,
}

/// Why the ledger does not take a posting or a hold. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    #[error("there is no such account")]
    UnknownAccount,
    #[error("the entries do not sum to zero")]
    Unbalanced,
    #[error("the account does not have that much available")]
    Overdrawn,
    #[error("the account has less on hold than is to be freed")]
    NotHeld,
}

/// The books.
///
/// No sum leaves the range of `Decimal`: an amount has at most 21 digits, and
/// the bank bounds how many instructions it takes.
#[derive(Debug, Default)]
pub struct Ledger {
    accounts: HashMap<AccountNumber, Account>,
    postings: Vec<Posting>,
}

impl Ledger {
    /// Opens an account with nothing on it.
    pub fn open(&mut self, account: AccountNumber, kind: AccountKind, currency: Currency) {
        self.accounts.entry(account).or_insert(Account {
            kind,
            currency,
            balance: Decimal::ZERO,
            held: Decimal::ZERO,
        });
    }

    pub fn account(&self, account: &AccountNumber) -> Option<&Account> {
        self.accounts.get(account)
    }

    pub fn accounts(&self) -> impl Iterator<Item = (&AccountNumber, &Account)> {
        self.accounts.iter()
    }

    pub fn postings(&self) -> &[Posting] {
        &self.postings
    }

    /// Moves money, all of it or none. `settles` is what was held for this
    /// movement and is freed by it. Entries of zero are left out.
    pub fn post(
        &mut self,
        reference: &str,
        description: &'static str,
        entries: Vec<Entry>,
        settles: Option<&HeldMoney>,
    ) -> Result<(), LedgerError> {
        if !self.sums_to_zero(&entries)? {
            return Err(LedgerError::Unbalanced);
        }
        // The accounts as they will be, put in place when all is checked.
        let mut changed: HashMap<&AccountNumber, Account> = HashMap::new();
        for number in entries
            .iter()
            .map(|entry| &entry.account)
            .chain(settles.map(|held| &held.account))
        {
            let account = self
                .accounts
                .get(number)
                .ok_or(LedgerError::UnknownAccount)?;
            changed.insert(number, account.clone());
        }
        if let Some(held) = settles
            && let Some(account) = changed.get_mut(&held.account)
        {
            free(account, held.amount)?;
        }
        for entry in &entries {
            if let Some(account) = changed.get_mut(&entry.account) {
                account.balance += entry.amount;
            }
        }
        if changed.values().any(Account::is_overdrawn) {
            return Err(LedgerError::Overdrawn);
        }
        for (number, account) in changed {
            self.accounts.insert(number.clone(), account);
        }
        self.postings.push(Posting {
            number: self.postings.len() as u64 + 1,
            reference: reference.to_owned(),
            description,
            posted_at: Timestamp::now(),
            entries: entries
                .into_iter()
                .filter(|entry| !entry.amount.is_zero())
                .collect(),
        });
        Ok(())
    }

    /// Takes money out of what is available.
    pub fn hold(&mut self, money: &HeldMoney) -> Result<(), LedgerError> {
        let account = self.account_mut(&money.account)?;
        account.held += money.amount;
        if account.is_overdrawn() {
            account.held -= money.amount;
            return Err(LedgerError::Overdrawn);
        }
        Ok(())
    }

    /// Makes held money available again.
    pub fn free(&mut self, money: &HeldMoney) -> Result<(), LedgerError> {
        free(self.account_mut(&money.account)?, money.amount)
    }

    /// Whether these entries balance, in each currency by itself.
    fn sums_to_zero(&self, entries: &[Entry]) -> Result<bool, LedgerError> {
        let mut sums: HashMap<Currency, Decimal> = HashMap::new();
        for entry in entries {
            let account = self.account(&entry.account);
            let currency = account.ok_or(LedgerError::UnknownAccount)?.currency;
            *sums.entry(currency).or_default() += entry.amount;
        }
        Ok(sums.values().all(Decimal::is_zero))
    }

    fn account_mut(&mut self, account: &AccountNumber) -> Result<&mut Account, LedgerError> {
        self.accounts
            .get_mut(account)
            .ok_or(LedgerError::UnknownAccount)
    }

    /// Works everything out again from the postings and from the holds that
    /// are open, and compares: whether the books are in order.
    pub fn is_balanced<'a>(&self, open_holds: impl Iterator<Item = &'a HeldMoney>) -> bool {
        let mut balances: HashMap<&AccountNumber, Decimal> = HashMap::new();
        let mut every_posting_sums_to_zero = true;
        for posting in &self.postings {
            every_posting_sums_to_zero &= self.sums_to_zero(&posting.entries) == Ok(true);
            for entry in &posting.entries {
                *balances.entry(&entry.account).or_default() += entry.amount;
            }
        }
        let mut held: HashMap<&AccountNumber, Decimal> = HashMap::new();
        for money in open_holds {
            *held.entry(&money.account).or_default() += money.amount;
        }
        let agrees = |(number, account): (&AccountNumber, &Account)| {
            account.balance == balances.get(number).copied().unwrap_or_default()
                && account.held == held.get(number).copied().unwrap_or_default()
        };
        let mut totals: HashMap<Currency, Decimal> = HashMap::new();
        for account in self.accounts.values() {
            *totals.entry(account.currency).or_default() += account.balance;
        }
        every_posting_sums_to_zero
            && totals.values().all(Decimal::is_zero)
            && self.accounts.iter().all(agrees)
    }
}

fn free(account: &mut Account, amount: Decimal) -> Result<(), LedgerError> {
    if account.held < amount {
        return Err(LedgerError::NotHeld);
    }
    account.held -= amount;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(account: &str) -> AccountNumber {
        AccountNumber::new(account)
    }

    fn entry(account: &str, amount: i64) -> Entry {
        Entry {
            account: number(account),
            amount: amount.into(),
        }
    }

    fn held(account: &str, amount: i64) -> HeldMoney {
        HeldMoney {
            account: number(account),
            amount: amount.into(),
        }
    }

    fn ledger_with_100() -> Ledger {
        let mut ledger = Ledger::default();
        let kes: Currency = "KES".parse().unwrap();
        ledger.open(number("customer"), AccountKind::Customer, kes);
        ledger.open(number("other"), AccountKind::Customer, kes);
        ledger.open(number(OPENING_ACCOUNT), AccountKind::Opening, kes);
        let entries = vec![entry("customer", 100), entry(OPENING_ACCOUNT, -100)];
        ledger.post("start", "opening", entries, None).unwrap();
        ledger
    }

    fn balance(ledger: &Ledger, account: &str) -> Decimal {
        ledger.account(&number(account)).unwrap().balance
    }

    #[test]
    fn a_posting_that_does_not_balance_or_overdraws_changes_nothing() {
        let mut ledger = ledger_with_100();
        for (entries, error) in [
            (
                vec![entry("customer", -10), entry("other", 11)],
                LedgerError::Unbalanced,
            ),
            (
                vec![entry("customer", -10), entry("nobody", 10)],
                LedgerError::UnknownAccount,
            ),
            (
                vec![entry("customer", -101), entry("other", 101)],
                LedgerError::Overdrawn,
            ),
        ] {
            assert_eq!(ledger.post("r", "test", entries, None), Err(error));
        }
        assert_eq!(balance(&ledger, "customer"), 100.into());
        assert_eq!(balance(&ledger, "other"), Decimal::ZERO);
        assert_eq!(ledger.postings().len(), 1);
        assert!(ledger.is_balanced([].iter()));
    }

    #[test]
    fn every_currency_balances_by_itself() {
        let mut ledger = ledger_with_100();
        ledger.open(
            number("abroad"),
            AccountKind::Customer,
            "UGX".parse().unwrap(),
        );
        let entries = vec![entry("customer", -10), entry("abroad", 10)];
        let posted = ledger.post("r", "test", entries, None);
        assert_eq!(posted, Err(LedgerError::Unbalanced));
        assert!(ledger.is_balanced([].iter()));
    }

    #[test]
    fn held_money_is_not_available_to_another_posting() {
        let mut ledger = ledger_with_100();
        let money = held("customer", 60);
        ledger.hold(&money).unwrap();
        assert_eq!(
            ledger.hold(&held("customer", 41)),
            Err(LedgerError::Overdrawn)
        );
        let payment = |amount: i64| vec![entry("customer", -amount), entry("other", amount)];
        assert_eq!(
            ledger.post("r", "test", payment(60), None),
            Err(LedgerError::Overdrawn)
        );
        ledger.post("r", "test", payment(60), Some(&money)).unwrap();
        let customer = ledger.account(&number("customer")).unwrap();
        assert_eq!(customer.available(), 40.into());
        assert_eq!(customer.held, Decimal::ZERO);
        assert_eq!(ledger.free(&money), Err(LedgerError::NotHeld));
    }

    #[test]
    fn books_whose_holds_or_balances_were_lost_are_not_in_order() {
        let mut ledger = ledger_with_100();
        let money = held("customer", 60);
        ledger.hold(&money).unwrap();
        assert!(ledger.is_balanced([&money].into_iter()));
        assert!(!ledger.is_balanced([].iter()));
        ledger.free(&money).unwrap();
        ledger.postings.pop();
        assert!(!ledger.is_balanced([].iter()));
    }
}
