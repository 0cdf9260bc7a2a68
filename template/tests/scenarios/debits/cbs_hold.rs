//! What an outgoing payment leaves in the books: the payer's account is held,
//! then the held money is taken.

use core_connector::{
    domain::{
        quote::Terms,
        reference::{DebitStep, Reference},
        transfer_id::TransferId,
    },
    sandbox::bank::LedgerReport,
};
use serde_json::{Value, json};

use crate::{
    books::Booked,
    charges::payer_fee,
    customers::{Customer, FEES},
    funding::COLLECTS_FROM_PAYERS,
};

/// The variables of the environment.
pub const VARIABLES: [(&str, &str); 0] = [];

/// How much is in the books of something.
pub type Count = fn(&LedgerReport) -> usize;

/// What the bank is told of a payment that is made, and how much is in its
/// books of what it does then.
pub const OPERATIONS: [(&str, Count); 2] = [
    ("hold", |ledger| ledger.open_holds.len()),
    ("capture", |ledger| ledger.postings.len()),
];

/// The payer, as a channel names him.
pub fn as_payer(payer: Customer) -> Value {
    json!({ "name": "Joshua Karame", "payerId": payer.id_value() })
}

/// The payer's money is reserved.
pub fn reserved(transfer_id: &TransferId, payer: Customer, terms: Terms) -> Booked {
    let reference = Reference::of_debit(transfer_id, DebitStep::Reserve);
    let total = terms.transfer_amount().value() + payer_fee(terms).value();
    Booked::nothing().hold(reference, payer.account(), total)
}

/// The payer has paid.
pub fn committed(transfer_id: &TransferId, payer: Customer, terms: Terms) -> Booked {
    let reference = Reference::of_debit(transfer_id, DebitStep::Commit);
    let transfer_amount = terms.transfer_amount().value();
    let fee = payer_fee(terms).value();
    let entries = [
        (payer.account(), -transfer_amount - fee),
        (COLLECTS_FROM_PAYERS.to_owned(), transfer_amount),
        (FEES.to_owned(), fee),
    ];
    Booked::nothing().posting(reference, entries)
}

/// The payer has the money back.
pub fn released(_transfer_id: &TransferId, _payer: Customer, _terms: Terms) -> Booked {
    Booked::nothing()
}
