//! What the participants owe each other: the net position of each FSP in each currency.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::domain::amount::Amount;

/// Net positions. Every movement adds to one what it takes from another, so
/// that all positions of a currency together are always nothing.
#[derive(Debug, Default)]
pub(super) struct Positions {
    by_fsp_and_currency: BTreeMap<(String, &'static str), Decimal>,
}

impl Positions {
    /// One FSP now owes another one more.
    pub(super) fn transfer(&mut self, from: &str, to: &str, amount: Amount) {
        for (fsp, value) in [(from, -amount.value()), (to, amount.value())] {
            let key = (fsp.to_owned(), amount.currency().code());
            *self.by_fsp_and_currency.entry(key).or_default() += value;
        }
    }

    pub(super) fn report(&self) -> Value {
        self.by_fsp_and_currency
            .iter()
            .map(|((fsp, currency), value)| {
                json!({
                    "fspId": fsp,
                    "currency": currency,
                    "amount": value.normalize().to_string(),
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_gains_another_one_loses() {
        let mut positions = Positions::default();
        let amount = |text: &str| Amount::parse(text, "GMD".parse().unwrap()).unwrap();
        positions.transfer("a", "b", amount("10.5"));
        positions.transfer("b", "a", amount("0.25"));
        let expected = json!([
            { "fspId": "a", "currency": "GMD", "amount": "-10.25" },
            { "fspId": "b", "currency": "GMD", "amount": "10.25" },
        ]);
        assert_eq!(positions.report(), expected);
    }
}
