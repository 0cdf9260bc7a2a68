//! What is charged where the sandbox bank stands in and nothing is configured.

use crate::environment::{
    Variables,
    currencies::{Currencies, variable_name},
};

/// In each currency. They are whole numbers, which every currency has.
const CHARGES: [(&str, &str); 3] = [
    ("PAYER_FEE_FLAT", "3"),
    ("PAYEE_FEE_FLAT", "2"),
    ("COMMISSION_FLAT", "1"),
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
