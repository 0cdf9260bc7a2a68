//! What has to be in the bank's books.

use core_connector::{
    core_banking::fees,
    domain::{
        quote::Terms,
        reference::{CreditStep, HoldStep, Reference},
        transfer_id::TransferId,
    },
    sandbox::bank::SandboxBank,
};
use rust_decimal::Decimal;

use crate::customers::{Customer, FEES, FLOAT};

/// A movement of money: the accounts it touches in alphabetical order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Posting {
    reference: String,
    entries: Vec<(String, Decimal)>,
}

/// Money that is set aside.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hold {
    reference: String,
    account: String,
    amount: Decimal,
}

impl Posting {
    fn new<const N: usize>(reference: Reference, entries: [(String, Decimal); N]) -> Self {
        let mut entries: Vec<_> = entries
            .into_iter()
            .filter(|(_, amount)| !amount.is_zero())
            .map(|(account, amount)| (account, amount.normalize()))
            .collect();
        entries.sort();
        Self {
            reference: reference.to_string(),
            entries,
        }
    }

    /// An incoming payment has arrived on the payee's account.
    pub fn to_payee(transfer_id: &TransferId, payee: Customer, terms: Terms) -> Self {
        let charges = terms.payee_charges();
        Self::new(
            Reference::of_credit(transfer_id, CreditStep::Commit),
            [
                (FLOAT.to_owned(), -terms.transfer_amount().value()),
                (payee.account(), terms.payee_receives().value()),
                (
                    FEES.to_owned(),
                    charges.fee.value() - charges.commission.value(),
                ),
            ],
        )
    }

    /// An outgoing payment has left the payer's account.
    pub fn from_payer(transfer_id: &TransferId, payer: Customer, terms: Terms) -> Self {
        let fee = fees::payer_fee(terms).value();
        let transfer_amount = terms.transfer_amount().value();
        Self::new(
            Reference::of_hold(transfer_id, HoldStep::Capture),
            [
                (payer.account(), -transfer_amount - fee),
                (FLOAT.to_owned(), transfer_amount),
                (FEES.to_owned(), fee),
            ],
        )
    }
}

impl Hold {
    /// The credit of an incoming payment is reserved.
    pub fn for_payee(transfer_id: &TransferId, terms: Terms) -> Self {
        Self {
            reference: Reference::of_credit(transfer_id, CreditStep::Reserve).to_string(),
            account: FLOAT.to_owned(),
            amount: terms.transfer_amount().value().normalize(),
        }
    }

    /// The money of an outgoing payment is held.
    pub fn of_payer(transfer_id: &TransferId, payer: Customer, terms: Terms) -> Self {
        let total = terms.transfer_amount().value() + fees::payer_fee(terms).value();
        Self {
            reference: Reference::of_hold(transfer_id, HoldStep::Hold).to_string(),
            account: payer.account(),
            amount: total.normalize(),
        }
    }
}

/// The books balance and hold exactly these postings and open holds, and no
/// instruction that the bank had acted on was given to it again.
#[track_caller]
pub fn assert_books<const P: usize, const H: usize>(
    bank: &SandboxBank,
    mut postings: [Posting; P],
    mut holds: [Hold; H],
) {
    let report = bank.ledger();
    assert!(report.balanced, "{report:#?}");
    let opening = report.postings.first().unwrap().number;
    let mut posted: Vec<_> = report
        .postings
        .into_iter()
        .filter(|posting| posting.number != opening)
        .map(|posting| {
            let entries = posting.entries.into_iter();
            let mut entries: Vec<_> = entries.map(|entry| (entry.account, entry.amount)).collect();
            entries.sort();
            Posting {
                reference: posting.reference,
                entries,
            }
        })
        .collect();
    posted.sort();
    postings.sort();
    assert_eq!(posted, postings, "the postings");
    let open = report.open_holds.into_iter().map(|hold| Hold {
        reference: hold.reference,
        account: hold.account,
        amount: hold.amount,
    });
    let mut open: Vec<_> = open.collect();
    open.sort();
    holds.sort();
    assert_eq!(open, holds, "the open holds");
    assert_eq!(report.repeated_instructions, 0, "instructions given again");
}
