//! What one currency costs in another.

use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::{
    amount::{Amount, AmountError},
    currency::Currency,
};

/// With more digits, a product with the largest amount would not fit.
const MAX_DIGITS: u32 = 16;

/// More decimals than this no market has.
const MAX_DECIMALS: u32 = 12;

/// How much of the target currency one unit of the source currency buys.
///
/// The product with an amount is worked out in whole numbers, and rounded once,
/// in favour of whoever offers the rate: what is sold is rounded down, what is
/// taken for it is rounded up, each to the minor unit of its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rate(Decimal);

/// The number is not a rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a rate is a plain number above 0 such as 28.5, \
     with at most {MAX_DIGITS} digits, {MAX_DECIMALS} of them decimals"
)]
pub struct NotARate;

impl Rate {
    pub fn new(value: Decimal) -> Result<Self, NotARate> {
        let value = value.normalize();
        let too_long = value.mantissa() >= 10_i128.pow(MAX_DIGITS);
        if value <= Decimal::ZERO || value.scale() > MAX_DECIMALS || too_long {
            return Err(NotARate);
        }
        Ok(Self(value))
    }

    /// What this much of the source currency buys; never more than it is worth.
    pub fn target_of(self, source: Amount, target: Currency) -> Result<Amount, AmountError> {
        let (multiplied, divided) = self.powers_of_ten(source.currency(), target);
        let product = times(times(minor_units(source), self.mantissa())?, multiplied)?;
        of_minor_units(product / divided, target)
    }

    /// What has to be given of the source currency for this much of the target
    /// currency; never less than it is worth.
    pub fn source_of(self, target: Amount, source: Currency) -> Result<Amount, AmountError> {
        let (multiplied, divided) = self.powers_of_ten(source, target.currency());
        let product = times(minor_units(target), divided)?;
        of_minor_units(
            product.div_ceil(times(self.mantissa(), multiplied)?),
            source,
        )
    }

    fn mantissa(self) -> u128 {
        self.0.mantissa().unsigned_abs()
    }

    /// By what the minor units of the source, times the rate's digits, are to be
    /// multiplied and divided to be minor units of the target. One of them is 1.
    fn powers_of_ten(self, source: Currency, target: Currency) -> (u128, u128) {
        let down = source.minor_units() + self.0.scale();
        let up = target.minor_units();
        let power = |exponent| 10_u128.pow(exponent);
        if up > down {
            (power(up - down), 1)
        } else {
            (1, power(down - up))
        }
    }
}

fn times(one: u128, other: u128) -> Result<u128, AmountError> {
    one.checked_mul(other).ok_or(AmountError::TooLarge)
}

fn minor_units(amount: Amount) -> u128 {
    let value = amount.value().normalize();
    let missing = amount.currency().minor_units() - value.scale();
    // An amount has at most 18 digits before the decimal point.
    value.mantissa().unsigned_abs() * 10_u128.pow(missing)
}

fn of_minor_units(minor_units: u128, currency: Currency) -> Result<Amount, AmountError> {
    let whole = i128::try_from(minor_units).map_err(|_| AmountError::TooLarge)?;
    let value = Decimal::try_from_i128_with_scale(whole, currency.minor_units());
    Amount::new(value.map_err(|_| AmountError::TooLarge)?, currency)
}

impl FromStr for Rate {
    type Err = NotARate;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |byte: u8| byte.is_ascii_digit() || byte == b'.';
        if !text.bytes().all(plain) {
            return Err(NotARate);
        }
        Self::new(Decimal::from_str_exact(text).map_err(|_| NotARate)?)
    }
}

impl TryFrom<String> for Rate {
    type Error = NotARate;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Rate> for String {
    fn from(rate: Rate) -> Self {
        rate.0.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn amount(text: &str, code: &str) -> Amount {
        Amount::parse(text, code.parse().unwrap()).unwrap()
    }

    #[test]
    fn what_is_sold_is_rounded_down_and_what_is_taken_for_it_up() {
        for (rate, source, target) in [
            ("0.033", ("1000", "KES"), ("33", "TND")),
            ("28.4837", ("1", "KES"), ("28", "UGX")),
            ("0.0351", ("1", "UGX"), ("0.03", "KES")),
            ("3.1", ("0.01", "KES"), ("0.031", "TND")),
            ("0.3333", ("0.01", "KES"), ("0", "UGX")),
        ] {
            let (rate, source): (Rate, _) = (rate.parse().unwrap(), amount(source.0, source.1));
            let target = amount(target.0, target.1);
            assert_eq!(rate.target_of(source, target.currency()), Ok(target));
        }
        for (rate, target, source) in [
            ("0.033", ("33", "TND"), ("1000", "KES")),
            ("28.4837", ("28", "UGX"), ("0.99", "KES")),
            ("28.4837", ("1000", "KES"), ("36", "UGX")),
            ("3.1", ("0.001", "TND"), ("0.01", "KES")),
        ] {
            let (rate, target): (Rate, _) = (rate.parse().unwrap(), amount(target.0, target.1));
            let source = amount(source.0, source.1);
            assert_eq!(rate.source_of(target, source.currency()), Ok(source));
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let largest = amount("999999999999999999.999", "TND");
        let rate: Rate = "9999.999999999999".parse().unwrap();
        let code: Currency = "UGX".parse().unwrap();
        assert_eq!(rate.target_of(largest, code), Err(AmountError::TooLarge));
        let rate: Rate = "0.000000000001".parse().unwrap();
        assert_eq!(rate.source_of(largest, code), Err(AmountError::TooLarge));
    }

    #[test]
    fn a_rate_is_a_plain_number_above_zero() {
        for text in [
            "0",
            "-1",
            "+1",
            "1e2",
            "",
            ".",
            "1,5",
            "NaN",
            "0.0000000000001",
            "99999999999999999",
        ] {
            assert_eq!(text.parse::<Rate>(), Err(NotARate), "{text:?}");
        }
        for text in ["1", "0.000000000001", "28.50", "9999999999999999"] {
            assert!(text.parse::<Rate>().is_ok(), "{text}");
        }
    }

    fn decimals(code: &str) -> u32 {
        code.parse::<Currency>().unwrap().minor_units()
    }

    proptest! {
        /// Small enough that `Decimal` holds each product exactly.
        #[test]
        fn a_conversion_is_off_by_less_than_a_minor_unit_and_never_to_the_fxps_loss(
            minor in 1u64..1_000_000_000,
            digits in 1u64..1_000_000_000,
            scale in 0u32..9,
            (source, target) in ("UGX|KES|TND", "UGX|KES|TND"),
        ) {
            let value = Decimal::from_i128_with_scale(i128::from(digits), scale);
            let rate = Rate::new(value).unwrap();
            let known = |code: &str| {
                let value = Decimal::from_i128_with_scale(i128::from(minor), decimals(code));
                Amount::new(value, code.parse().unwrap()).unwrap()
            };
            let unit = |code: &str| Decimal::new(1, decimals(code));

            let sent = known(&source);
            let exact = sent.value() * value;
            let converted = rate.target_of(sent, target.parse().unwrap()).unwrap().value();
            prop_assert!(converted <= exact);
            prop_assert!(exact - converted < unit(&target));

            let received = known(&target);
            if let Ok(needed) = rate.source_of(received, source.parse().unwrap()) {
                let needed = needed.value();
                prop_assert!(needed * value >= received.value());
                prop_assert!((needed - unit(&source)) * value < received.value());
            }
        }

        #[test]
        fn nobody_gains_by_converting_there_and_asking_what_it_costs(
            minor in 1u64..1_000_000_000,
            digits in 1u64..1_000_000_000,
            scale in 0u32..9,
        ) {
            let value = Decimal::from_i128_with_scale(i128::from(digits), scale);
            let rate = Rate::new(value).unwrap();
            let [source, target]: [Currency; 2] = ["KES", "TND"].map(|code| code.parse().unwrap());
            let value = Decimal::from_i128_with_scale(i128::from(minor), source.minor_units());
            let sent = Amount::new(value, source).unwrap();
            let bought = rate.target_of(sent, target).unwrap();
            let cost = rate.source_of(bought, source).unwrap();
            prop_assert!(!sent.is_less_than(cost).unwrap());
        }
    }
}
