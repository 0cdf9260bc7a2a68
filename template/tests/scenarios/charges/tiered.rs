//! What the bank charges in these tests: by tiers of the amount.

use core_connector::domain::{
    amount::Amount,
    quote::{AmountType, PayeeCharges, Terms},
};
use rust_decimal::{Decimal, prelude::ToPrimitive};

use crate::customers::amount as of;

/// What the connector is configured with.
pub const VARIABLES: &[(&str, &str)] = &[
    ("PAYER_FEE_TIERS", "0:1+0%,120:2+1%"),
    ("PAYEE_FEE_TIERS", "0:0+0%,50:1+0%,120:0+1%"),
    ("COMMISSION_TIERS", "0:0+0%,120:1+0%"),
    ("FEE_ROUNDING_MODE", "down"),
];

/// What is charged for an incoming payment of this amount.
pub fn payee_charges(_amount_type: AmountType, amount: Amount) -> PayeeCharges {
    let [fee, commission] = if at_least(120, amount) {
        [hundredth(amount), of("1")]
    } else if at_least(50, amount) {
        [of("1"), of("0")]
    } else {
        [of("0"), of("0")]
    };
    PayeeCharges { fee, commission }
}

/// What a payer is charged on top of the transfer amount.
pub fn payer_fee(terms: Terms) -> Amount {
    let transfer_amount = terms.transfer_amount();
    if at_least(120, transfer_amount) {
        hundredth(transfer_amount).plus(of("2")).unwrap()
    } else {
        of("1")
    }
}

fn at_least(boundary: u32, amount: Amount) -> bool {
    amount.value() >= Decimal::from(boundary)
}

/// Worked out in whole minor units; what is left over is not charged.
fn hundredth(amount: Amount) -> Amount {
    let decimals = amount.currency().minor_units();
    let minor_units = amount.value() * Decimal::from(10_u64.pow(decimals));
    let share = minor_units.to_u64().unwrap() / 100;
    let share = Decimal::from_i128_with_scale(share.into(), decimals);
    Amount::new(share, amount.currency()).unwrap()
}
