//! A payment that became final here, as far as it is compared.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::{
    core_banking::port::PostedTo,
    domain::{currency::Currency, timestamp::Timestamp, transfer_id::TransferId},
    journal::{
        JournalError,
        inspection::{Decision, Ended},
        store::Direction,
    },
    operations::commands::record::{Moved, Record, Way},
};

/// A sum for each kind of account and currency; none of them nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sums(BTreeMap<(PostedTo, &'static str), Decimal>);

impl Sums {
    pub fn add(&mut self, kind: PostedTo, currency: Currency, amount: Decimal) {
        let key = (kind, currency.code());
        let sum = self.0.entry(key).or_default();
        *sum = sum.saturating_add(amount);
        if sum.is_zero() {
            self.0.remove(&key);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn as_json(&self) -> Value {
        let sums = self.0.iter().map(|((kind, currency), amount)| {
            json!({
                "kind": kind,
                "currency": currency,
                "amount": amount.normalize().to_string(),
            })
        });
        sums.collect()
    }

    /// In words: `funding -100 KES, customer 99 KES, fees 1 KES`.
    pub fn in_words(&self) -> String {
        if self.0.is_empty() {
            return "nothing".to_owned();
        }
        let sums = self.0.iter().map(|((kind, currency), amount)| {
            let amount = amount.normalize();
            format!("{} {amount} {currency}", kind.as_str())
        });
        sums.collect::<Vec<_>>().join(", ")
    }
}

/// A payment that became final here.
#[derive(Debug, Clone)]
pub struct Ours {
    pub direction: Direction,
    pub transfer_id: TransferId,
    /// How the hub calls it.
    pub scheme_transfer_id: TransferId,
    pub state: String,
    pub is_committed: bool,
    /// What moves if it is made.
    pub moved: Vec<Moved>,
    pub opened_at: Timestamp,
    pub ended_at: Timestamp,
    /// The person who ended it without the bank, if one did.
    pub ended_by: Option<Decision>,
}

impl Ours {
    pub fn of(ended: Ended) -> Result<Self, JournalError> {
        let record = Record::read(&ended.entry)?;
        Ok(Self {
            direction: ended.entry.direction,
            scheme_transfer_id: record.scheme_transfer_id(&ended.entry.transfer_id),
            transfer_id: ended.entry.transfer_id,
            is_committed: record.is_committed(),
            state: ended.entry.state,
            moved: record.moved(),
            opened_at: ended.opened_at,
            ended_at: ended.ended_at,
            ended_by: ended.decision,
        })
    }

    /// What the bank has to have posted for it, all steps together.
    pub fn expected(&self) -> Sums {
        let mut sums = Sums::default();
        if !self.is_committed {
            return sums;
        }
        for Moved { way, amount, fees } in &self.moved {
            let (currency, amount) = (amount.currency(), amount.value());
            let (of_funding, of_others) = match way {
                // Paid out of what mirrors the scheme.
                Way::Incoming => (-amount, amount - fees),
                Way::Outgoing => (amount, -amount - fees),
            };
            sums.add(PostedTo::Funding, currency, of_funding);
            sums.add(self.others(), currency, of_others);
            sums.add(PostedTo::Fees, currency, *fees);
        }
        sums
    }

    /// Whose the other end of the funding account is.
    fn others(&self) -> PostedTo {
        // [if role is fxp, both]
        if self.direction == Direction::Conversion {
            return PostedTo::Position;
        }
        // [end]
        PostedTo::Customer
    }
}
