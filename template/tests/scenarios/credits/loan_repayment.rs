//! What an incoming payment leaves in the books: the repayment from the
//! beginning, and its reversal if the scheme aborts.

use core_connector::domain::{
    quote::Terms,
    reference::{CreditStep, Reference},
    transfer_id::TransferId,
};
use rust_decimal::Decimal;

use crate::{
    books::Booked,
    customers::{Customer, FEES},
    funding::PAYS_PAYEES,
};

/// The loan is repaid; the scheme may still abort.
pub fn reserved(transfer_id: &TransferId, payee: Customer, terms: Terms) -> Booked {
    let reference = Reference::of_credit(transfer_id, CreditStep::Reserve);
    Booked::nothing().posting(reference, repayment(payee, terms))
}

/// The loan is repaid for good.
pub fn committed(transfer_id: &TransferId, payee: Customer, terms: Terms) -> Booked {
    reserved(transfer_id, payee, terms)
}

/// There was no payment after all.
pub fn released(transfer_id: &TransferId, payee: Customer, terms: Terms) -> Booked {
    let reference = Reference::of_credit(transfer_id, CreditStep::Release);
    let reversal = repayment(payee, terms).map(|(account, amount)| (account, -amount));
    reserved(transfer_id, payee, terms).posting(reference, reversal)
}

fn repayment(payee: Customer, terms: Terms) -> [(String, Decimal); 3] {
    let charges = terms.payee_charges();
    [
        (PAYS_PAYEES.to_owned(), -terms.transfer_amount().value()),
        (payee.account(), terms.payee_receives().value()),
        (
            FEES.to_owned(),
            charges.fee.value() - charges.commission.value(),
        ),
    ]
}
