//! What an outgoing payment leaves in the books: the payer pays
//! by approving, and gets the money back if there is no transfer.

use core_connector::{
    domain::{
        identifier::IdType,
        quote::Terms,
        reference::{DebitStep, Reference},
        transfer_id::TransferId,
    },
    environment::answers,
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
pub const VARIABLES: [(&str, &str); 2] = [
    ("SUPPORTED_ID_TYPE", answers::SUPPORTED_ID_TYPE),
    ("APPROVAL_POLL_MS", "20"),
];

/// How much is in the books of something.
pub type Count = fn(&LedgerReport) -> usize;

/// What the bank is told of a payment that is made, and how much is in its
/// books of what it does then.
pub const OPERATIONS: [(&str, Count); 1] = [("request_approval", |ledger| ledger.postings.len())];

/// The payer, as a channel names him: by the telephone.
pub fn as_payer(payer: Customer) -> Value {
    json!({
        "name": "Joshua Karame",
        "payerIdType": IdType::Msisdn,
        "payerId": payer.id_value_of(IdType::Msisdn),
    })
}

/// The payer's money is reserved: it is taken already.
pub fn reserved(transfer_id: &TransferId, payer: Customer, terms: Terms) -> Booked {
    let reference = Reference::of_debit(transfer_id, DebitStep::Reserve);
    let transfer_amount = terms.transfer_amount().value();
    let fee = payer_fee(terms).value();
    let entries = [
        (payer.account(), -transfer_amount - fee),
        (COLLECTS_FROM_PAYERS.to_owned(), transfer_amount),
        (FEES.to_owned(), fee),
    ];
    Booked::nothing().posting(reference, entries)
}

/// The payer has paid, which is nothing new.
pub fn committed(transfer_id: &TransferId, payer: Customer, terms: Terms) -> Booked {
    reserved(transfer_id, payer, terms)
}

/// The payer has the money back: what was taken was also given back.
pub fn released(transfer_id: &TransferId, payer: Customer, terms: Terms) -> Booked {
    let reference = Reference::of_debit(transfer_id, DebitStep::Release);
    let transfer_amount = terms.transfer_amount().value();
    let fee = payer_fee(terms).value();
    let entries = [
        (payer.account(), transfer_amount + fee),
        (COLLECTS_FROM_PAYERS.to_owned(), -transfer_amount),
        (FEES.to_owned(), -fee),
    ];
    reserved(transfer_id, payer, terms).posting(reference, entries)
}
