//! What is charged where the sandbox bank stands in and nothing is configured.

use crate::environment::{
    Variables,
    currencies::{Currencies, variable_name},
};

/// In each currency. They are whole numbers, which every currency has.
const CHARGES: [(&str, &str); 3] = [
    ("PAYER_FEE_TIERS", "0:1+0%,100:0+1%,1000:5+0.5%"),
    ("PAYEE_FEE_TIERS", "0:0+0%,100:1+0%"),
    ("COMMISSION_TIERS", "0:0+0%,1000:1+0%"),
];

/// What a connector is configured with, in the currencies that `variable` names.
pub fn variables(variable: &dyn Fn(&str) -> Option<String>) -> Vec<(String, String)> {
    // Currencies that cannot be read are a problem of their own.
    let currencies = Currencies::read(&mut Variables::of(variable));
    let all: Vec<_> = currencies.iter().flat_map(Currencies::all).collect();
    let charges_in = |currency| CHARGES.map(|(name, value)| (variable_name(name, currency), value));
    all.into_iter()
        .flat_map(charges_in)
        .map(|(name, value)| (name, value.to_owned()))
        .collect()
}
