//! What the bank charges in these tests: nothing.

use core_connector::domain::{
    amount::Amount,
    quote::{AmountType, PayeeCharges, Terms},
};

/// There is nothing to configure.
pub const VARIABLES: &[(&str, &str)] = &[];

/// What is charged for an incoming payment of this amount.
pub fn payee_charges(_amount_type: AmountType, amount: Amount) -> PayeeCharges {
    let nothing = Amount::zero(amount.currency());
    PayeeCharges {
        fee: nothing,
        commission: nothing,
    }
}

/// What a payer is charged on top of the transfer amount.
pub fn payer_fee(terms: Terms) -> Amount {
    Amount::zero(terms.transfer_amount().currency())
}
