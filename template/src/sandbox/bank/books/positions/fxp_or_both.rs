//! The bank's position in each currency that it deals in, and its account with
//! the scheme there.
//!
//! A conversion moves the source amount from the scheme to the bank's position
//! in the source currency, and the target amount from its position in the target
//! currency to the scheme. So each currency balances for itself. What is on the
//! accounts with the scheme nets until the bank settles with it.

use rust_decimal::Decimal;

use crate::{
    domain::{amount::Amount, currency::Currency, party::AccountNumber},
    sandbox::bank::{
        books::Books,
        chart::AccountKind,
        ledger::{Entry, OPENING_ACCOUNT},
    },
};

/// What is on each position at the opening.
const OPENING_POSITION: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);

/// The bank's own money in a currency, to sell and to buy.
pub fn position(currency: Currency) -> AccountNumber {
    AccountNumber::new(format!("position-{currency}"))
}

/// What the bank has at the scheme in a currency, by its conversions.
pub fn with_the_scheme(currency: Currency) -> AccountNumber {
    AccountNumber::new(format!("scheme-{currency}"))
}

impl Books {
    /// Opens the accounts in these currencies; returns what is to be posted to
    /// them.
    pub fn open_positions(&mut self, currencies: impl Iterator<Item = Currency>) -> Vec<Entry> {
        let mut balances = Vec::new();
        for currency in currencies {
            let opening = AccountNumber::new(format!("{OPENING_ACCOUNT}-position-{currency}"));
            for (account, kind, amount) in [
                (position(currency), AccountKind::Position, OPENING_POSITION),
                (
                    with_the_scheme(currency),
                    AccountKind::Scheme,
                    Decimal::ZERO,
                ),
                (opening, AccountKind::Opening, -OPENING_POSITION),
            ] {
                self.ledger.open(account.clone(), kind, currency);
                balances.push(Entry { account, amount });
            }
        }
        balances
    }

    /// How much of a currency is left to sell; `None` if the bank does not deal
    /// in it.
    pub fn left_to_sell(&self, currency: Currency) -> Option<Amount> {
        let position = self.ledger.account(&position(currency))?;
        Amount::new(position.available(), currency).ok()
    }
}
