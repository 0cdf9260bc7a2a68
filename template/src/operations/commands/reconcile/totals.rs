//! What all of it comes to, for a settlement.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Serialize;

use super::{ours::Ours, settlement::Settled};
use crate::{
    core_banking::port::{PostedTo, Posting},
    operations::commands::record::Way,
};

/// Whose figures they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Journal,
    Bank,
    Hub,
}

impl Source {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Journal => "journal",
            Self::Bank => "bank",
            Self::Hub => "hub",
        }
    }
}

/// Of which figures they are: the bank's are told apart by funding account.
pub type Key = (&'static str, Source, String);

/// The sums of a period in one currency, as one of the three says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Total {
    /// What arrived from the scheme.
    pub incoming: Decimal,
    /// What left for the scheme.
    pub outgoing: Decimal,
    /// What the bank earned by it, commissions taken off.
    pub fees: Decimal,
}

impl Total {
    /// What the scheme owes for it; below zero, what is owed to the scheme.
    pub fn net(&self) -> Decimal {
        self.incoming.saturating_sub(self.outgoing)
    }
}

/// The sums by currency, source and account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals(pub BTreeMap<Key, Total>);

impl Totals {
    fn of(&mut self, currency: &'static str, source: Source, account: &str) -> &mut Total {
        let key = (currency, source, account.to_owned());
        self.0.entry(key).or_default()
    }

    /// Adds a payment as the journal has it.
    pub fn add_ours(&mut self, ours: &Ours) {
        for moved in ours.moved.iter().filter(|_| ours.is_committed) {
            let total = self.of(moved.amount.currency().code(), Source::Journal, "");
            let sum = match moved.way {
                Way::Incoming => &mut total.incoming,
                Way::Outgoing => &mut total.outgoing,
            };
            *sum = sum.saturating_add(moved.amount.value());
            total.fees = total.fees.saturating_add(moved.fees);
        }
    }

    /// Adds a posting. `way` is that of its payment, if it is known: what was
    /// given back then counts against what was taken.
    pub fn add_posting(&mut self, way: Option<Way>, posting: &Posting) {
        let fees = |currency| {
            let entries = posting.entries.iter();
            let fees = entries.filter(|one| one.kind == PostedTo::Fees && one.currency == currency);
            fees.map(|entry| entry.amount).sum::<Decimal>()
        };
        for entry in &posting.entries {
            if entry.kind != PostedTo::Funding {
                continue;
            }
            let code = entry.currency.code();
            let total = self.of(code, Source::Bank, entry.account.as_str());
            let way = way.unwrap_or(match entry.amount.is_sign_negative() {
                true => Way::Incoming,
                false => Way::Outgoing,
            });
            match way {
                Way::Incoming => total.incoming = total.incoming.saturating_sub(entry.amount),
                Way::Outgoing => total.outgoing = total.outgoing.saturating_add(entry.amount),
            }
            total.fees = total.fees.saturating_add(fees(entry.currency));
        }
    }

    /// Adds a line of what the hub settled.
    pub fn add_settled(&mut self, settled: &Settled) {
        if !settled.is_committed() {
            return;
        }
        let total = self.of(settled.amount.currency().code(), Source::Hub, "");
        let sum = match settled.way {
            Way::Incoming => &mut total.incoming,
            Way::Outgoing => &mut total.outgoing,
        };
        *sum = sum.saturating_add(settled.amount.value());
    }
}
