//! Rounding what a rate comes to, to an amount that can be charged.

use std::{fmt, str::FromStr};

use rust_decimal::Decimal;

use crate::{
    domain::{
        amount::{Amount, AmountError},
        currency::Currency,
    },
    environment::Variables,
};

/// More decimals than this make a product that is not exact any more.
const MAX_DECIMALS: usize = 4;

/// A share of an amount, written in percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    percent: Decimal,
}

/// The text is not a rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a rate is a number from 0 to 100, with at most {MAX_DECIMALS} decimals, such as 1.25")]
pub struct NotARate;

impl FromStr for Rate {
    type Err = NotARate;

    /// Reads the number alone, without the percent sign.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (integer, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !all_digits(integer) || !all_digits(fraction) || fraction.len() > MAX_DECIMALS {
            return Err(NotARate);
        }
        let percent: Decimal = text.parse().map_err(|_| NotARate)?;
        if percent > Decimal::ONE_HUNDRED {
            return Err(NotARate);
        }
        Ok(Self { percent })
    }
}

impl Rate {
    /// The share, exactly: it may have more decimals than the currency.
    pub fn of(self, amount: Amount) -> Decimal {
        // The rate is divided and not the product, since it has fewer digits.
        amount.value() * (self.percent / Decimal::ONE_HUNDRED)
    }
}

/// Where to round to when a value lies between two steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// To the nearest; from the middle to the even one.
    HalfEven,
    /// To the nearest; from the middle up.
    HalfUp,
    Up,
    Down,
}

/// The text is not a mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownMode;

impl fmt::Display for UnknownMode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("it is half_even, half_up, up or down")
    }
}

impl FromStr for Mode {
    type Err = UnknownMode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "half_even" => Ok(Self::HalfEven),
            "half_up" => Ok(Self::HalfUp),
            "up" => Ok(Self::Up),
            "down" => Ok(Self::Down),
            _ => Err(UnknownMode),
        }
    }
}

/// How charges in a currency are rounded: to whole steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rounding {
    step: Amount,
    mode: Mode,
}

impl Rounding {
    /// Reads step and mode. `name` gives the name that a variable has for the
    /// currency.
    pub fn read(
        variables: &mut Variables,
        name: &dyn Fn(&str) -> String,
        currency: Option<Currency>,
    ) -> Option<Self> {
        let mode = variables.parsed(&name("FEE_ROUNDING_MODE"), "half_even");
        let step_name = name("FEE_ROUNDING_STEP");
        let minor_unit = Decimal::new(1, currency.map_or(0, Currency::minor_units));
        let step = variables.amount(&step_name, &minor_unit.to_string(), currency);
        if step.is_some_and(Amount::is_zero) {
            variables.problem(&step_name, "has to be more than 0");
            return None;
        }
        Some(Self {
            step: step?,
            mode: mode?,
        })
    }

    /// The value in whole steps.
    pub fn round(self, value: Decimal) -> Result<Amount, AmountError> {
        let step = self.step.value();
        let over = value % step;
        let below = value - over;
        let goes_up = match self.mode {
            Mode::Up => !over.is_zero(),
            Mode::Down => false,
            Mode::HalfUp => over + over >= step,
            Mode::HalfEven if over + over == step => !is_even(below / step),
            Mode::HalfEven => over + over > step,
        };
        let rounded = if goes_up { below + step } else { below };
        Amount::new(rounded, self.step.currency())
    }
}

fn is_even(whole: Decimal) -> bool {
    (whole % Decimal::TWO).is_zero()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rounding(step: &str, mode: &str, code: &str) -> Rounding {
        Rounding {
            step: Amount::parse(step, code.parse().unwrap()).unwrap(),
            mode: mode.parse().unwrap(),
        }
    }

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn rounds_to_whole_steps_as_the_mode_says() {
        for (step, value, [half_even, half_up, up, down]) in [
            ("0.01", "1.005", ["1", "1.01", "1.01", "1"]),
            ("0.01", "1.015", ["1.02", "1.02", "1.02", "1.01"]),
            ("0.01", "1.0151", ["1.02", "1.02", "1.02", "1.01"]),
            ("0.01", "1.01", ["1.01"; 4]),
            ("0.05", "1.025", ["1", "1.05", "1.05", "1"]),
            ("0.05", "1.075", ["1.1", "1.1", "1.1", "1.05"]),
            ("0.03", "1", ["0.99", "0.99", "1.02", "0.99"]),
            ("1", "0.5", ["0", "1", "1", "0"]),
            ("5", "7.5", ["10", "10", "10", "5"]),
            ("0.01", "0", ["0"; 4]),
        ] {
            let expected = [
                ("half_even", half_even),
                ("half_up", half_up),
                ("up", up),
                ("down", down),
            ];
            for (mode, expected) in expected {
                let rounded = rounding(step, mode, "KES").round(decimal(value)).unwrap();
                assert_eq!(rounded.to_string(), expected, "{value} {step} {mode}");
            }
        }
    }

    #[test]
    fn a_rate_is_a_plain_number_of_percent() {
        let hundred = Amount::parse("100", "KES".parse().unwrap()).unwrap();
        for (text, share) in [
            ("0", "0"),
            ("1.25", "1.25"),
            ("100", "100"),
            ("0.0001", "0.0001"),
        ] {
            let rate: Rate = text.parse().unwrap();
            assert_eq!(rate.of(hundred), decimal(share), "{text}");
        }
        for text in [
            "", "-1", "+1", "1%", "100.1", "1,5", ".5", "5.", "1e2", "0.00001", "1.2.3",
        ] {
            assert_eq!(text.parse::<Rate>(), Err(NotARate), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_share_is_exact_and_is_moved_by_less_than_a_step(
            minor in 0u64..10_u64.pow(18),
            percent in 0u32..=1_000_000,
            step in 1u32..10_000,
            code in "UGX|KES|TND",
            mode in "half_even|half_up|up|down",
        ) {
            let currency: Currency = code.parse().unwrap();
            let of_minor = |minor: i128| {
                let value = Decimal::from_i128_with_scale(minor, currency.minor_units());
                Amount::new(value, currency).unwrap()
            };
            let amount = of_minor(minor.into());
            let rate: Rate = Decimal::new(percent.into(), 4).to_string().parse().unwrap();
            let share = rate.of(amount);
            // In units of which a share is always a whole number.
            let unit = Decimal::new(1, currency.minor_units() + 6);
            prop_assert_eq!(share, unit * Decimal::from(u128::from(minor) * u128::from(percent)));

            let rounding = Rounding { step: of_minor(step.into()), mode: mode.parse().unwrap() };
            let step = rounding.step.value();
            let rounded = rounding.round(share).unwrap().value();
            prop_assert!((rounded % step).is_zero());
            prop_assert!((rounded - share).abs() < step);
            match mode.as_str() {
                "up" => prop_assert!(rounded >= share),
                "down" => prop_assert!(rounded <= share),
                _ => prop_assert!((rounded - share).abs() * Decimal::TWO <= step),
            }
        }
    }
}
