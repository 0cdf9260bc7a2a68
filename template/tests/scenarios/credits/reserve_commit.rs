//! What an incoming payment leaves in the books: the funding account is held,
//! then the payee is paid from it.

use core_connector::domain::{
    quote::Terms,
    reference::{CreditStep, Reference},
    transfer_id::TransferId,
};

use crate::{
    books::Booked,
    customers::{Customer, FEES},
    funding::PAYS_PAYEES,
};

/// The credit is reserved.
pub fn reserved(transfer_id: &TransferId, _payee: Customer, terms: Terms) -> Booked {
    let reference = Reference::of_credit(transfer_id, CreditStep::Reserve);
    let amount = terms.transfer_amount().value();
    Booked::nothing().hold(reference, PAYS_PAYEES.to_owned(), amount)
}

/// The payee has the money.
pub fn committed(transfer_id: &TransferId, payee: Customer, terms: Terms) -> Booked {
    let reference = Reference::of_credit(transfer_id, CreditStep::Commit);
    let charges = terms.payee_charges();
    let entries = [
        (PAYS_PAYEES.to_owned(), -terms.transfer_amount().value()),
        (payee.account(), terms.payee_receives().value()),
        (
            FEES.to_owned(),
            charges.fee.value() - charges.commission.value(),
        ),
    ];
    Booked::nothing().posting(reference, entries)
}

/// There was no payment after all.
pub fn released(_transfer_id: &TransferId, _payee: Customer, _terms: Terms) -> Booked {
    Booked::nothing()
}
