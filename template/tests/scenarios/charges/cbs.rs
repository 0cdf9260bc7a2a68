//! What the bank charges in these tests: what the sandbox bank's own table says.

use core_connector::domain::{
    amount::Amount,
    quote::{AmountType, PayeeCharges, Terms},
};
use rust_decimal::Decimal;

use crate::customers::amount as of;

/// There is nothing to configure: the bank is asked.
pub const VARIABLES: &[(&str, &str)] = &[];

/// What is charged for an incoming payment of this amount.
pub fn payee_charges(_amount_type: AmountType, amount: Amount) -> PayeeCharges {
    let [fee, commission] = if is_large(amount) {
        ["3", "1"]
    } else {
        ["1", "0"]
    };
    PayeeCharges {
        fee: of(fee),
        commission: of(commission),
    }
}

/// What a payer is charged on top of the transfer amount.
pub fn payer_fee(terms: Terms) -> Amount {
    of(if is_large(terms.transfer_amount()) {
        "5"
    } else {
        "2"
    })
}

fn is_large(amount: Amount) -> bool {
    amount.value() > Decimal::from(500)
}
