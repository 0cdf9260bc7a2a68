//! The sandbox bank without its doors: customers, the ledger, and what has
//! been done under which reference.

use std::{
    any::Any,
    collections::{HashMap, hash_map::Entry as Slot},
};

use rust_decimal::Decimal;
use serde::Serialize;

// [if role is fxp, both]
use super::conversions;
// [end]
use super::{
    chart::AccountKind,
    ledger::{Account, Entry, HeldMoney, Ledger, LedgerError, OPENING_ACCOUNT, Posting},
    open_items::{Item, ItemState, OpenItems},
    order::Order,
    refusal::Refusal,
    report::{AccountReport, EntryReport, LedgerReport, OpenHoldReport, PostingReport},
    seed::{OwnAccounts, Seed, SeedCustomer},
};
use crate::domain::{
    amount::Amount,
    currency::Currency,
    identifier::{IdType, PartyIdentifier},
    party::{AccountNumber, AccountStatus, Customer},
};

/// Everything is kept in memory, so there is an end to it.
const MAX_INSTRUCTIONS: u64 = 1_000_000;

/// A longer reference is not one of a connector.
const MAX_REFERENCE_LENGTH: usize = 128;

/// What the bank answers to an instruction: the number of the booking, or why
/// there is none.
pub type Answer = Result<String, Refusal>;

/// What is on an account, and how much of it can be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Balance {
    pub account: AccountNumber,
    pub balance: Amount,
    pub available: Amount,
}

/// A customer, and what the account may do.
#[derive(Debug)]
struct CustomerRecord {
    customer: Customer,
    transaction_limit: Option<Amount>,
    maximum_balance: Option<Amount>,
    /// Credits that have been promised and are not posted yet.
    expected_credits: Decimal,
}

/// An order that the bank has carried out or has refused.
#[derive(Debug)]
struct Handled {
    order: Box<dyn Any + Send>,
    answer: Answer,
}

/// The whole bank.
#[derive(Debug)]
pub struct Books {
    fee_accounts: HashMap<Currency, AccountNumber>,
    customers: HashMap<AccountNumber, CustomerRecord>,
    account_of: HashMap<(IdType, String), AccountNumber>,
    ledger: Ledger,
    open_items: OpenItems,
    handled: HashMap<String, Handled>,
    instructions: u64,
    max_instructions: u64,
    repeated_instructions: u64,
}

impl Books {
    /// Opens every account of the seed, with one posting for all that is on them.
    pub fn new(seed: Seed) -> Self {
        let mut books = Self {
            fee_accounts: HashMap::new(),
            customers: HashMap::new(),
            account_of: HashMap::new(),
            ledger: Ledger::default(),
            open_items: OpenItems::default(),
            handled: HashMap::new(),
            instructions: 0,
            max_instructions: MAX_INSTRUCTIONS,
            repeated_instructions: 0,
        };
        let mut entries = Vec::new();
        for (index, own) in seed.own_accounts.into_iter().enumerate() {
            // The counterpart of all that is there in this currency.
            let opening = match index {
                0 => AccountNumber::new(OPENING_ACCOUNT),
                _ => AccountNumber::new(format!("{OPENING_ACCOUNT}-{}", own.currency)),
            };
            let mut balances = books.open_own_accounts(&own);
            let customers = seed.customers.iter();
            let customers = customers.filter(|one| one.customer.currency == own.currency);
            balances.extend(customers.map(|customer| books.admit(customer.clone())));
            let total: Decimal = balances.iter().map(|entry| entry.amount).sum();
            let ledger = &mut books.ledger;
            ledger.open(opening.clone(), AccountKind::Opening, own.currency);
            entries.extend(balances);
            entries.push(Entry {
                account: opening,
                amount: -total,
            });
        }
        // [if role is fxp, both]
        entries.extend(books.open_positions(conversions::currencies()));
        // [end]
        let posted = books
            .ledger
            .post(OPENING_ACCOUNT, "opening balances", entries, None);
        // Each currency sums to zero, and a seed has been checked.
        debug_assert_eq!(posted, Ok(()));
        books
    }

    /// Opens the bank's own accounts in a currency; returns what is to be
    /// posted to them.
    fn open_own_accounts(&mut self, own: &OwnAccounts) -> Vec<Entry> {
        let fee_account = own.fee_account.clone();
        self.ledger
            .open(fee_account.clone(), AccountKind::Fees, own.currency);
        self.fee_accounts.insert(own.currency, fee_account);
        let mut balances = Vec::new();
        for (account, kind, amount) in own.funding.accounts() {
            self.ledger.open(account.clone(), kind, own.currency);
            balances.push(Entry {
                account: account.clone(),
                amount,
            });
        }
        balances
    }

    /// Opens a customer's account; returns what is to be posted to it.
    fn admit(&mut self, seed: SeedCustomer) -> Entry {
        let account = seed.customer.account.clone();
        for identifier in &seed.identifiers {
            let key = (identifier.id_type(), identifier.canonical().to_owned());
            self.account_of.insert(key, account.clone());
        }
        let currency = seed.customer.currency;
        self.ledger
            .open(account.clone(), AccountKind::Customer, currency);
        let record = CustomerRecord {
            customer: seed.customer,
            transaction_limit: seed.transaction_limit,
            maximum_balance: seed.maximum_balance,
            expected_credits: Decimal::ZERO,
        };
        self.customers.insert(account.clone(), record);
        Entry {
            account,
            amount: seed.balance.value(),
        }
    }

    /// Does what it is told, once: under a reference that is known already it
    /// answers as it did before. A forgetful bank does it again.
    pub fn instruct<O: Order>(&mut self, reference: &str, order: O, forgetful: bool) -> Answer {
        if let Some(earlier) = self.handled.get(reference) {
            if earlier.answer.is_ok() {
                self.repeated_instructions += 1;
            }
            if !forgetful {
                return if earlier.order.downcast_ref() == Some(&order) {
                    earlier.answer.clone()
                } else {
                    Err(Refusal::ReferenceReused)
                };
            }
        }
        if reference.is_empty() || reference.len() > MAX_REFERENCE_LENGTH {
            return Err(Refusal::Malformed);
        }
        if self.instructions >= self.max_instructions {
            return Err(Refusal::SandboxFull);
        }
        self.instructions += 1;
        let answer = order
            .carry_out(self, reference)
            .map(|()| format!("booking-{}", self.instructions));
        let handled = Handled {
            order: Box::new(order),
            answer: answer.clone(),
        };
        match self.handled.entry(reference.to_owned()) {
            Slot::Vacant(slot) => {
                slot.insert(handled);
            }
            // What was done stays done, whatever came of doing it again.
            Slot::Occupied(mut slot) if slot.get().answer.is_err() => {
                slot.insert(handled);
            }
            Slot::Occupied(_) => {}
        }
        answer
    }

    /// Whether the account takes a credit of this amount now. Nothing moves.
    pub fn check_credit(&self, account: &AccountNumber, amount: Amount) -> Result<(), Refusal> {
        let payee = self.check_payment(account, amount)?;
        let balance = self
            .ledger
            .account(account)
            .map(|account| account.balance)
            .unwrap_or_default();
        let balance_then = balance + payee.expected_credits + amount.value();
        match payee.maximum_balance {
            Some(maximum) if balance_then > maximum.value() => Err(Refusal::LimitExceeded),
            _ => Ok(()),
        }
    }

    /// Whether the account may be debited with this amount now, if it has the
    /// funds: that is for the ledger to say. Nothing moves.
    pub fn check_debit(&self, account: &AccountNumber, amount: Amount) -> Result<(), Refusal> {
        self.check_payment(account, amount).map(|_| ())
    }

    /// What a payer's account and a payee's are both asked.
    fn check_payment(
        &self,
        account: &AccountNumber,
        amount: Amount,
    ) -> Result<&CustomerRecord, Refusal> {
        self.check_currency(&[amount])?;
        if amount.is_zero() {
            return Err(Refusal::Malformed);
        }
        let customer = self.active_customer(account)?;
        if customer.customer.currency != amount.currency() {
            return Err(Refusal::CurrencyNotSupported);
        }
        match customer.transaction_limit {
            Some(limit) if amount.value() > limit.value() => Err(Refusal::LimitExceeded),
            _ => Ok(customer),
        }
    }

    /// Whether these amounts are all of one currency that the bank keeps
    /// accounts in.
    pub fn check_currency(&self, amounts: &[Amount]) -> Result<(), Refusal> {
        let first = amounts.first().map(|amount| amount.currency());
        let supported = |amount: &Amount| {
            Some(amount.currency()) == first && self.fee_accounts.contains_key(&amount.currency())
        };
        if amounts.iter().all(supported) {
            Ok(())
        } else {
            Err(Refusal::CurrencyNotSupported)
        }
    }

    /// Whether payments of this currency may be funded from this account, or
    /// collected on it.
    pub fn check_funding_account(
        &self,
        account: &AccountNumber,
        currency: Currency,
    ) -> Result<(), Refusal> {
        match self.ledger.account(account) {
            Some(account) if account.kind.funds_payments() && account.currency == currency => {
                Ok(())
            }
            _ => Err(Refusal::UnknownFundingAccount),
        }
    }

    /// Whether this is a customer's account that is neither blocked nor closed.
    pub fn check_active(&self, account: &AccountNumber) -> Result<(), Refusal> {
        self.active_customer(account).map(|_| ())
    }

    fn active_customer(&self, account: &AccountNumber) -> Result<&CustomerRecord, Refusal> {
        let record = self.customers.get(account).ok_or(Refusal::UnknownAccount)?;
        match record.customer.status {
            AccountStatus::Active => Ok(record),
            AccountStatus::Blocked => Err(Refusal::AccountBlocked),
            AccountStatus::Closed => Err(Refusal::AccountClosed),
        }
    }

    /// The account of what the bank earns in a currency.
    pub fn fee_account(&self, currency: Currency) -> Result<&AccountNumber, Refusal> {
        self.fee_accounts
            .get(&currency)
            .ok_or(Refusal::CurrencyNotSupported)
    }

    /// Counts a credit that has been promised towards the account's maximum
    /// balance, until it is posted or given up.
    pub fn expect_credit(&mut self, account: &AccountNumber, amount: Amount) {
        if let Some(payee) = self.customers.get_mut(account) {
            payee.expected_credits += amount.value();
        }
    }

    /// Counts a promised credit no longer: it has been posted or given up.
    pub fn expect_credit_no_longer(&mut self, account: &AccountNumber, amount: Amount) {
        if let Some(payee) = self.customers.get_mut(account) {
            payee.expected_credits -= amount.value();
        }
    }

    /// Moves money at once, all of it or none.
    pub fn post(
        &mut self,
        reference: &str,
        description: &'static str,
        entries: Vec<Entry>,
    ) -> Result<(), LedgerError> {
        self.ledger.post(reference, description, entries, None)
    }

    /// Keeps an order open until it is settled or released, and holds this
    /// money meanwhile, if any.
    pub fn keep_open<O: Order>(
        &mut self,
        reference: &str,
        order: O,
        held: Option<HeldMoney>,
    ) -> Result<(), LedgerError> {
        if let Some(money) = &held {
            self.ledger.hold(money)?;
        }
        self.open_items.keep(reference, order, held);
        Ok(())
    }

    /// The order of this kind that was kept open under this reference, and
    /// what has become of it.
    pub fn item<O: Order>(&self, reference: &str) -> Option<Item<O>> {
        self.open_items.find(reference)
    }

    /// Settles an open item: moves money, of which what was held is a part.
    pub fn settle<O: Order>(
        &mut self,
        item: &Item<O>,
        reference: &str,
        description: &'static str,
        entries: Vec<Entry>,
    ) -> Result<(), LedgerError> {
        let held = self.open_items.held(item);
        self.ledger.post(reference, description, entries, held)?;
        self.open_items.close(item, ItemState::Settled);
        Ok(())
    }

    /// Gives up an open item: what was held for it is available again.
    pub fn release<O: Order>(&mut self, item: &Item<O>) -> Result<(), LedgerError> {
        if let Some(money) = self.open_items.held(item) {
            self.ledger.free(money)?;
        }
        self.open_items.close(item, ItemState::Released);
        Ok(())
    }

    /// The customer behind an identifier, in whatever form it is written.
    pub fn find_customer(&self, id_type: IdType, value: &str) -> Option<&Customer> {
        let identifier = PartyIdentifier::parse(id_type, value, None, None).ok()?;
        let key = (id_type, identifier.canonical().to_owned());
        let record = self.customers.get(self.account_of.get(&key)?)?;
        Some(&record.customer)
    }

    /// What is on a customer's account, or on one that funds payments. The
    /// bank's own earnings are nobody else's business.
    pub fn balance(&self, number: &AccountNumber) -> Option<Balance> {
        let account = self.ledger.account(number)?;
        if account.kind != AccountKind::Customer && !account.kind.funds_payments() {
            return None;
        }
        Some(Balance {
            account: number.clone(),
            balance: Amount::new(account.balance, account.currency).ok()?,
            available: Amount::new(account.available(), account.currency).ok()?,
        })
    }

    /// Everything that was posted, in that order.
    pub fn ledger_postings(&self) -> impl Iterator<Item = &Posting> {
        self.ledger.postings().iter()
    }

    /// Any account of the bank.
    pub fn ledger_account(&self, number: &AccountNumber) -> Option<&Account> {
        self.ledger.account(number)
    }

    /// What became of the instruction of this reference, if one came.
    pub fn enquire(&self, reference: &str) -> Option<&Answer> {
        self.handled.get(reference).map(|handled| &handled.answer)
    }

    /// Blocks, closes or reopens a customer's account.
    pub fn set_status(
        &mut self,
        account: &AccountNumber,
        status: AccountStatus,
    ) -> Result<(), Refusal> {
        let record = self.customers.get_mut(account);
        record.ok_or(Refusal::UnknownAccount)?.customer.status = status;
        Ok(())
    }

    /// Everything that is in the books.
    pub fn report(&self) -> LedgerReport {
        let mut accounts: Vec<_> = self
            .ledger
            .accounts()
            .map(|(number, account)| AccountReport {
                account: number.as_str().to_owned(),
                kind: account.kind,
                currency: account.currency,
                balance: account.balance.normalize(),
                held: account.held.normalize(),
                available: account.available().normalize(),
            })
            .collect();
        accounts.sort_by(|one, other| (one.kind, &one.account).cmp(&(other.kind, &other.account)));
        let postings = self.ledger.postings().iter().map(|posting| PostingReport {
            number: posting.number,
            reference: posting.reference.clone(),
            description: posting.description.to_owned(),
            posted_at: posting.posted_at,
            entries: posting
                .entries
                .iter()
                .map(|entry| EntryReport {
                    account: entry.account.as_str().to_owned(),
                    amount: entry.amount.normalize(),
                })
                .collect(),
        });
        LedgerReport {
            balanced: self
                .ledger
                .is_balanced(self.open_items.holds().map(|hold| hold.money)),
            accounts,
            postings: postings.collect(),
            open_holds: self
                .open_items
                .holds()
                .map(|hold| OpenHoldReport {
                    reference: hold.reference.to_owned(),
                    account: hold.money.account.as_str().to_owned(),
                    amount: hold.money.amount.normalize(),
                })
                .collect(),
            repeated_instructions: self.repeated_instructions,
        }
    }
}

// [if role is fxp, both]
pub mod positions;

// [end]
#[cfg(test)]
pub mod example;
#[cfg(test)]
mod tests;
