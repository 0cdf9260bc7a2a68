//! What the bank charges in these tests: a fixed amount for each payment.

use core_connector::domain::{
    amount::Amount,
    quote::{AmountType, PayeeCharges, Terms},
};

use crate::customers::amount;

/// What the connector is configured with.
pub const VARIABLES: &[(&str, &str)] = &[
    ("PAYER_FEE_FLAT", "3"),
    ("PAYEE_FEE_FLAT", "2"),
    ("COMMISSION_FLAT", "1"),
];

/// What is charged for an incoming payment of this amount.
pub fn payee_charges(_amount_type: AmountType, _amount: Amount) -> PayeeCharges {
    PayeeCharges {
        fee: amount("2"),
        commission: amount("1"),
    }
}

/// What a payer is charged on top of the transfer amount.
pub fn payer_fee(_terms: Terms) -> Amount {
    amount("3")
}
