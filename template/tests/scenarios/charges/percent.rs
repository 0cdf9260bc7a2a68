//! What the bank charges in these tests: a share of each payment.

use core_connector::domain::{
    amount::Amount,
    quote::{AmountType, PayeeCharges, Terms},
};
use rust_decimal::{Decimal, prelude::ToPrimitive};

/// What the connector is configured with.
pub const VARIABLES: &[(&str, &str)] = &[
    ("PAYER_FEE_PERCENT", "1.5"),
    ("PAYER_FEE_MINIMUM", "1"),
    ("PAYER_FEE_MAXIMUM", "20"),
    ("PAYEE_FEE_PERCENT", "0.75"),
    ("COMMISSION_PERCENT", "0.25"),
    ("FEE_ROUNDING_MODE", "half_up"),
];

/// What is charged for an incoming payment of this amount.
pub fn payee_charges(_amount_type: AmountType, amount: Amount) -> PayeeCharges {
    PayeeCharges {
        fee: ten_thousandths(75, amount),
        commission: ten_thousandths(25, amount),
    }
}

/// What a payer is charged on top of the transfer amount.
pub fn payer_fee(terms: Terms) -> Amount {
    let share = ten_thousandths(150, terms.transfer_amount());
    let charged = share.value().clamp(Decimal::ONE, Decimal::from(20));
    Amount::new(charged, terms.currency()).unwrap()
}

/// Worked out in whole minor units; a half is rounded up.
fn ten_thousandths(number: u64, amount: Amount) -> Amount {
    let decimals = amount.currency().minor_units();
    let minor_units = amount.value() * Decimal::from(10_u64.pow(decimals));
    let share = (minor_units.to_u64().unwrap() * number + 5_000) / 10_000;
    let share = Decimal::from_i128_with_scale(share.into(), decimals);
    Amount::new(share, amount.currency()).unwrap()
}
