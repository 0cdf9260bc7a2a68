//! What the bank charges. This one charges nothing.

use crate::domain::{
    amount::Amount,
    quote::{AmountType, PayeeCharges, Terms},
};

/// What is charged to a payee of this bank, and given back to the payer's FSP,
/// for an incoming payment of this amount.
pub fn payee_charges(_amount_type: AmountType, amount: Amount) -> PayeeCharges {
    let nothing = Amount::zero(amount.currency());
    PayeeCharges {
        fee: nothing,
        commission: nothing,
    }
}

/// What is charged to a payer of this bank on top of the transfer amount.
pub fn payer_fee(terms: Terms) -> Amount {
    Amount::zero(terms.transfer_amount().currency())
}
