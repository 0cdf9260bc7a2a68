//! What an outgoing payment leaves in the books: the payer's account is held,
//! then the held money is taken.

use core_connector::domain::{
    quote::Terms,
    reference::{DebitStep, Reference},
    transfer_id::TransferId,
};

use crate::{
    books::Booked,
    charges::payer_fee,
    customers::{Customer, FEES},
    funding::COLLECTS_FROM_PAYERS,
};

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
