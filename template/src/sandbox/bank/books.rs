//! The sandbox bank without its doors: customers, the ledger, and what has
//! been done under which reference.

use std::collections::{HashMap, hash_map::Entry as Slot};

use rust_decimal::Decimal;
use serde::Serialize;

use super::{
    instruction::{CaptureTerms, HoldFunds, Instruction, Order, ReserveCredit},
    ledger::{AccountKind, Entry, HeldMoney, Ledger, LedgerError, OPENING_ACCOUNT},
    refusal::Refusal,
    report::{AccountReport, EntryReport, LedgerReport, OpenHoldReport, PostingReport},
    seed::{Seed, SeedCustomer},
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
    /// Credits that are reserved and not yet committed.
    pending_credits: Decimal,
}

/// An instruction that the bank has acted on or has refused.
#[derive(Debug)]
struct Handled {
    order: Order,
    answer: Answer,
}

/// Money on hold, and what for.
#[derive(Debug)]
struct Hold {
    reference: String,
    money: HeldMoney,
    purpose: Purpose,
    state: HoldState,
}

#[derive(Debug)]
enum Purpose {
    /// An incoming payment: the money is on the funding account.
    Credit(ReserveCredit),
    /// An outgoing payment: the money is on the payer's account.
    Debit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HoldState {
    Open,
    Settled,
    Released,
}

/// The whole bank.
#[derive(Debug)]
pub struct Books {
    currency: Currency,
    fee_account: AccountNumber,
    customers: HashMap<AccountNumber, CustomerRecord>,
    account_of: HashMap<(IdType, String), AccountNumber>,
    ledger: Ledger,
    holds: Vec<Hold>,
    /// Where the holds of a reference are; more than one only if the bank was
    /// made forgetful.
    holds_of: HashMap<String, Vec<usize>>,
    handled: HashMap<String, Handled>,
    instructions: u64,
    max_instructions: u64,
    repeated_instructions: u64,
}

impl Books {
    /// Opens every account of the seed, with one posting for all that is on them.
    pub fn new(seed: Seed) -> Self {
        let mut books = Self {
            currency: seed.currency,
            fee_account: seed.fee_account.clone(),
            customers: HashMap::new(),
            account_of: HashMap::new(),
            ledger: Ledger::default(),
            holds: Vec::new(),
            holds_of: HashMap::new(),
            handled: HashMap::new(),
            instructions: 0,
            max_instructions: MAX_INSTRUCTIONS,
            repeated_instructions: 0,
        };
        let opening = AccountNumber::new(OPENING_ACCOUNT);
        books.ledger.open(opening.clone(), AccountKind::Opening);
        books.ledger.open(seed.fee_account, AccountKind::Fees);
        books
            .ledger
            .open(seed.float_account.clone(), AccountKind::Float);

        let mut entries = vec![Entry {
            account: seed.float_account,
            amount: seed.float_balance.value(),
        }];
        for customer in seed.customers {
            entries.push(books.admit(customer));
        }
        let total: Decimal = entries.iter().map(|entry| entry.amount).sum();
        entries.push(Entry {
            account: opening,
            amount: -total,
        });
        let posted = books
            .ledger
            .post(OPENING_ACCOUNT, "opening balances", entries, None);
        // The last entry makes the sum zero, and a seed has been checked.
        debug_assert_eq!(posted, Ok(()));
        books
    }

    /// Opens a customer's account; returns what is to be posted to it.
    fn admit(&mut self, seed: SeedCustomer) -> Entry {
        let account = seed.customer.account.clone();
        for identifier in &seed.identifiers {
            let key = (identifier.id_type(), identifier.canonical().to_owned());
            self.account_of.insert(key, account.clone());
        }
        self.ledger.open(account.clone(), AccountKind::Customer);
        let record = CustomerRecord {
            customer: seed.customer,
            transaction_limit: seed.transaction_limit,
            maximum_balance: seed.maximum_balance,
            pending_credits: Decimal::ZERO,
        };
        self.customers.insert(account.clone(), record);
        Entry {
            account,
            amount: seed.balance.value(),
        }
    }

    /// Does what it is told, once: under a reference that is known already it
    /// answers as it did before. A forgetful bank does it again.
    pub fn instruct(&mut self, instruction: Instruction, forgetful: bool) -> Answer {
        let Instruction { reference, order } = instruction;
        if let Some(earlier) = self.handled.get(&reference) {
            if earlier.answer.is_ok() {
                self.repeated_instructions += 1;
            }
            if !forgetful {
                return if earlier.order == order {
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
        let answer = self
            .act(&reference, &order)
            .map(|()| format!("booking-{}", self.instructions));
        let handled = Handled {
            order,
            answer: answer.clone(),
        };
        match self.handled.entry(reference) {
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

    fn act(&mut self, reference: &str, order: &Order) -> Result<(), Refusal> {
        match order {
            Order::ReserveCredit(credit) => self.reserve_credit(reference, credit),
            Order::CommitCredit { reservation } => self.commit_credit(reference, reservation),
            Order::ReleaseCredit { reservation } => {
                self.release(self.open_reservation(reservation)?)
            }
            Order::Hold(funds) => self.hold(reference, funds),
            Order::Capture { hold, terms } => self.capture(reference, hold, terms),
            Order::ReleaseHold { hold } => self.release(self.open_debit(hold)?),
        }
    }

    fn reserve_credit(&mut self, reference: &str, credit: &ReserveCredit) -> Result<(), Refusal> {
        self.check_currency(&[
            credit.transfer_amount,
            credit.payee_receives,
            credit.fee,
            credit.commission,
        ])?;
        let received =
            credit.transfer_amount.value() - credit.fee.value() + credit.commission.value();
        if credit.transfer_amount.is_zero() || credit.payee_receives.value() != received {
            return Err(Refusal::Malformed);
        }
        self.check_credit(&credit.account, credit.payee_receives)?;
        self.check_funding_account(&credit.funding_account)?;
        let money = HeldMoney {
            account: credit.funding_account.clone(),
            amount: credit.transfer_amount.value(),
        };
        self.ledger.hold(&money).map_err(|error| match error {
            LedgerError::Overdrawn => Refusal::InsufficientLiquidity,
            other => other.into(),
        })?;
        if let Some(payee) = self.customers.get_mut(&credit.account) {
            payee.pending_credits += credit.payee_receives.value();
        }
        self.remember_hold(reference, money, Purpose::Credit(credit.clone()));
        Ok(())
    }

    fn commit_credit(&mut self, reference: &str, reservation: &str) -> Result<(), Refusal> {
        let index = self.open_reservation(reservation)?;
        let hold = &self.holds[index];
        let Purpose::Credit(credit) = &hold.purpose else {
            return Err(Refusal::UnknownReservation);
        };
        self.active_customer(&credit.account)?;
        let entries = vec![
            Entry {
                account: credit.funding_account.clone(),
                amount: -credit.transfer_amount.value(),
            },
            Entry {
                account: credit.account.clone(),
                amount: credit.payee_receives.value(),
            },
            Entry {
                account: self.fee_account.clone(),
                amount: credit.fee.value() - credit.commission.value(),
            },
        ];
        self.ledger
            .post(reference, "incoming payment", entries, Some(&hold.money))?;
        self.close(index, HoldState::Settled);
        Ok(())
    }

    fn hold(&mut self, reference: &str, funds: &HoldFunds) -> Result<(), Refusal> {
        self.check_currency(&[funds.amount])?;
        if funds.amount.is_zero() {
            return Err(Refusal::Malformed);
        }
        let payer = self.active_customer(&funds.account)?;
        payer.check_transaction_limit(funds.amount)?;
        let money = HeldMoney {
            account: funds.account.clone(),
            amount: funds.amount.value(),
        };
        self.ledger.hold(&money)?;
        self.remember_hold(reference, money, Purpose::Debit);
        Ok(())
    }

    /// The payer's status is not asked for: held money is taken even if the
    /// account has been blocked since, as the payee's bank was promised it.
    fn capture(
        &mut self,
        reference: &str,
        hold: &str,
        terms: &CaptureTerms,
    ) -> Result<(), Refusal> {
        self.check_currency(&[terms.transfer_amount, terms.fee])?;
        let index = self.open_debit(hold)?;
        self.check_funding_account(&terms.funding_account)?;
        let money = &self.holds[index].money;
        if terms.transfer_amount.value() + terms.fee.value() != money.amount {
            return Err(Refusal::AmountDiffersFromHold);
        }
        let entries = vec![
            Entry {
                account: money.account.clone(),
                amount: -money.amount,
            },
            Entry {
                account: terms.funding_account.clone(),
                amount: terms.transfer_amount.value(),
            },
            Entry {
                account: self.fee_account.clone(),
                amount: terms.fee.value(),
            },
        ];
        self.ledger
            .post(reference, "outgoing payment", entries, Some(money))?;
        self.close(index, HoldState::Settled);
        Ok(())
    }

    fn release(&mut self, index: usize) -> Result<(), Refusal> {
        self.ledger.free(&self.holds[index].money)?;
        self.close(index, HoldState::Released);
        Ok(())
    }

    /// Whether the account takes a credit of this amount now. Nothing moves.
    pub fn check_credit(&self, account: &AccountNumber, amount: Amount) -> Result<(), Refusal> {
        self.check_currency(&[amount])?;
        if amount.is_zero() {
            return Err(Refusal::Malformed);
        }
        let payee = self.active_customer(account)?;
        payee.check_transaction_limit(amount)?;
        let balance = self
            .ledger
            .account(account)
            .map(|account| account.balance)
            .unwrap_or_default();
        let balance_then = balance + payee.pending_credits + amount.value();
        match payee.maximum_balance {
            Some(maximum) if balance_then > maximum.value() => Err(Refusal::LimitExceeded),
            _ => Ok(()),
        }
    }

    fn check_currency(&self, amounts: &[Amount]) -> Result<(), Refusal> {
        let supported = |amount: &Amount| amount.currency() == self.currency;
        if amounts.iter().all(supported) {
            Ok(())
        } else {
            Err(Refusal::CurrencyNotSupported)
        }
    }

    fn check_funding_account(&self, account: &AccountNumber) -> Result<(), Refusal> {
        match self.ledger.account(account) {
            Some(account) if account.kind == AccountKind::Float => Ok(()),
            _ => Err(Refusal::UnknownFundingAccount),
        }
    }

    fn active_customer(&self, account: &AccountNumber) -> Result<&CustomerRecord, Refusal> {
        let record = self.customers.get(account).ok_or(Refusal::UnknownAccount)?;
        match record.customer.status {
            AccountStatus::Active => Ok(record),
            AccountStatus::Blocked => Err(Refusal::AccountBlocked),
            AccountStatus::Closed => Err(Refusal::AccountClosed),
        }
    }

    fn remember_hold(&mut self, reference: &str, money: HeldMoney, purpose: Purpose) {
        let index = self.holds.len();
        self.holds.push(Hold {
            reference: reference.to_owned(),
            money,
            purpose,
            state: HoldState::Open,
        });
        let indexes = self.holds_of.entry(reference.to_owned()).or_default();
        indexes.push(index);
    }

    fn close(&mut self, index: usize, state: HoldState) {
        let hold = &mut self.holds[index];
        hold.state = state;
        if let Purpose::Credit(credit) = &hold.purpose
            && let Some(payee) = self.customers.get_mut(&credit.account)
        {
            payee.pending_credits -= credit.payee_receives.value();
        }
    }

    fn open_reservation(&self, reference: &str) -> Result<usize, Refusal> {
        let is_credit = |hold: &Hold| matches!(hold.purpose, Purpose::Credit(_));
        match self.find_hold(reference, is_credit) {
            None => Err(Refusal::UnknownReservation),
            Some((_, HoldState::Settled)) => Err(Refusal::ReservationCommitted),
            Some((_, HoldState::Released)) => Err(Refusal::ReservationReleased),
            Some((index, HoldState::Open)) => Ok(index),
        }
    }

    fn open_debit(&self, reference: &str) -> Result<usize, Refusal> {
        let is_debit = |hold: &Hold| matches!(hold.purpose, Purpose::Debit);
        match self.find_hold(reference, is_debit) {
            None => Err(Refusal::UnknownHold),
            Some((_, HoldState::Settled)) => Err(Refusal::HoldCaptured),
            Some((_, HoldState::Released)) => Err(Refusal::HoldReleased),
            Some((index, HoldState::Open)) => Ok(index),
        }
    }

    /// A hold of this reference: an open one if there is one.
    fn find_hold(
        &self,
        reference: &str,
        wanted: impl Fn(&Hold) -> bool + Copy,
    ) -> Option<(usize, HoldState)> {
        let indexes = self.holds_of.get(reference)?;
        let mut found = indexes
            .iter()
            .map(|index| (*index, &self.holds[*index]))
            .filter(|(_, hold)| wanted(hold))
            .map(|(index, hold)| (index, hold.state));
        let open = found.clone().find(|(_, state)| *state == HoldState::Open);
        open.or_else(|| found.next())
    }

    /// The customer behind an identifier, in whatever form it is written.
    pub fn find_customer(&self, id_type: IdType, value: &str) -> Option<&Customer> {
        let identifier = PartyIdentifier::parse(id_type, value, None, None).ok()?;
        let key = (id_type, identifier.canonical().to_owned());
        let record = self.customers.get(self.account_of.get(&key)?)?;
        Some(&record.customer)
    }

    /// What is on a customer's account or on the float. The bank's own
    /// earnings are nobody else's business.
    pub fn balance(&self, number: &AccountNumber) -> Option<Balance> {
        let account = self.ledger.account(number)?;
        if !matches!(account.kind, AccountKind::Customer | AccountKind::Float) {
            return None;
        }
        Some(Balance {
            account: number.clone(),
            balance: Amount::new(account.balance, self.currency).ok()?,
            available: Amount::new(account.available(), self.currency).ok()?,
        })
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
        let open_holds = || {
            let is_open = |hold: &&Hold| hold.state == HoldState::Open;
            self.holds.iter().filter(is_open)
        };
        let mut accounts: Vec<_> = self
            .ledger
            .accounts()
            .map(|(number, account)| AccountReport {
                account: number.as_str().to_owned(),
                kind: account.kind,
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
            currency: self.currency,
            balanced: self
                .ledger
                .is_balanced(open_holds().map(|hold| &hold.money)),
            accounts,
            postings: postings.collect(),
            open_holds: open_holds()
                .map(|hold| OpenHoldReport {
                    reference: hold.reference.clone(),
                    account: hold.money.account.as_str().to_owned(),
                    amount: hold.money.amount.normalize(),
                })
                .collect(),
            repeated_instructions: self.repeated_instructions,
        }
    }
}

impl CustomerRecord {
    fn check_transaction_limit(&self, amount: Amount) -> Result<(), Refusal> {
        match self.transaction_limit {
            Some(limit) if amount.value() > limit.value() => Err(Refusal::LimitExceeded),
            _ => Ok(()),
        }
    }
}

impl From<LedgerError> for Refusal {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::UnknownAccount => Self::UnknownAccount,
            LedgerError::Overdrawn => Self::InsufficientFunds,
            LedgerError::Unbalanced | LedgerError::NotHeld => Self::Unbalanced,
        }
    }
}

#[cfg(test)]
mod tests;
