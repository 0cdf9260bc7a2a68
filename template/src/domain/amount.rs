//! An exact amount of money.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::currency::Currency;

/// More digits than this before the decimal point do not fit Mojaloop's `Amount`.
const MAX_INTEGER_DIGITS: usize = 18;

/// An exact, non-negative amount of one currency, with no more decimals than
/// the currency has minor units.
///
/// It is written in Mojaloop's canonical form: no trailing zeros, no exponent
/// (`150`, not `150.00`), which is the only one that the scheme accepts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "StoredAmount", into = "StoredAmount")]
pub struct Amount {
    value: Decimal,
    currency: Currency,
}

/// Why a text or a result is not an amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    #[error("an amount is a plain decimal number such as 150 or 12.5, without sign or exponent")]
    Malformed,
    #[error("an amount has at most {MAX_INTEGER_DIGITS} digits before the decimal point")]
    TooLarge,
    #[error("an amount of {currency} has at most {minor_units} decimals")]
    TooPrecise {
        currency: Currency,
        minor_units: u32,
    },
    #[error("an amount cannot be negative")]
    Negative,
    #[error("amounts of {0} and {1} cannot be combined")]
    DifferentCurrencies(Currency, Currency),
}

impl Amount {
    /// No money, in the given currency.
    pub fn zero(currency: Currency) -> Self {
        Self {
            value: Decimal::ZERO,
            currency,
        }
    }

    /// Reads a plain decimal number. Trailing zeros are dropped (`150.00` is
    /// `150`); digits that the currency does not have are refused, since
    /// rounding would change the money.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, AmountError> {
        let (integer, fraction) = match text.split_once('.') {
            Some((integer, fraction)) => (integer, Some(fraction)),
            None => (text, None),
        };
        let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let leading_zero = integer.len() > 1 && integer.starts_with('0');
        if !all_digits(integer) || leading_zero || !fraction.is_none_or(all_digits) {
            return Err(AmountError::Malformed);
        }
        if integer.len() > MAX_INTEGER_DIGITS {
            return Err(AmountError::TooLarge);
        }
        let fraction = fraction.unwrap_or_default().trim_end_matches('0');
        let too_precise = AmountError::TooPrecise {
            currency,
            minor_units: currency.minor_units(),
        };
        if fraction.len() > currency.minor_units() as usize {
            return Err(too_precise);
        }
        let value = if fraction.is_empty() {
            integer.parse()
        } else {
            format!("{integer}.{fraction}").parse()
        };
        Self::new(value.map_err(|_| AmountError::Malformed)?, currency)
    }

    /// An amount of exactly this value.
    pub fn new(value: Decimal, currency: Currency) -> Result<Self, AmountError> {
        let value = value.normalize();
        if value.is_sign_negative() && !value.is_zero() {
            return Err(AmountError::Negative);
        }
        if value.scale() > currency.minor_units() {
            return Err(AmountError::TooPrecise {
                currency,
                minor_units: currency.minor_units(),
            });
        }
        if value >= Decimal::from(10_u64.pow(MAX_INTEGER_DIGITS as u32)) {
            return Err(AmountError::TooLarge);
        }
        Ok(Self { value, currency })
    }

    pub fn value(self) -> Decimal {
        self.value
    }

    pub fn currency(self) -> Currency {
        self.currency
    }

    pub fn is_zero(self) -> bool {
        self.value.is_zero()
    }

    /// The sum of two amounts of one currency.
    pub fn plus(self, other: Self) -> Result<Self, AmountError> {
        self.same_currency(other)?;
        Self::new(self.value + other.value, self.currency)
    }

    /// The difference of two amounts of one currency; never below zero.
    pub fn minus(self, other: Self) -> Result<Self, AmountError> {
        self.same_currency(other)?;
        Self::new(self.value - other.value, self.currency)
    }

    /// Whether this is less money than the other.
    pub fn is_less_than(self, other: Self) -> Result<bool, AmountError> {
        self.same_currency(other)?;
        Ok(self.value < other.value)
    }

    fn same_currency(self, other: Self) -> Result<(), AmountError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(AmountError::DifferentCurrencies(
                self.currency,
                other.currency,
            ))
        }
    }
}

/// The number alone, in canonical form.
impl fmt::Display for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.value.normalize())
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self} {}", self.currency)
    }
}

#[derive(Serialize, Deserialize)]
struct StoredAmount {
    amount: String,
    currency: Currency,
}

impl From<Amount> for StoredAmount {
    fn from(amount: Amount) -> Self {
        Self {
            amount: amount.to_string(),
            currency: amount.currency,
        }
    }
}

impl TryFrom<StoredAmount> for Amount {
    type Error = AmountError;

    fn try_from(stored: StoredAmount) -> Result<Self, Self::Error> {
        Self::parse(&stored.amount, stored.currency)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn currency(code: &str) -> Currency {
        code.parse().unwrap()
    }

    #[test]
    fn writes_what_it_reads_in_canonical_form() {
        for (text, canonical) in [
            ("150", "150"),
            ("150.00", "150"),
            ("0.50", "0.5"),
            ("0", "0"),
            ("0.00", "0"),
            ("12.340000", "12.34"),
            ("999999999999999999.99", "999999999999999999.99"),
        ] {
            let amount = Amount::parse(text, currency("KES")).unwrap();
            assert_eq!(amount.to_string(), canonical, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_not_a_plain_decimal_number() {
        for text in [
            "", " ", "1e3", "-1", "+1", ".5", "5.", "1,5", "1 000", "007", "0x10", "NaN", "1.2.3",
            "१२", "1_0",
        ] {
            let error = Amount::parse(text, currency("KES")).unwrap_err();
            assert_eq!(error, AmountError::Malformed, "{text:?}");
        }
        assert_eq!(
            Amount::parse("1000000000000000000", currency("KES")).unwrap_err(),
            AmountError::TooLarge
        );
    }

    #[test]
    fn never_rounds_digits_away() {
        for (text, code) in [
            ("1.005", "KES"),
            ("0.00001", "KES"),
            ("1.5", "UGX"),
            ("1.0005", "TND"),
        ] {
            let error = Amount::parse(text, currency(code)).unwrap_err();
            assert!(
                matches!(error, AmountError::TooPrecise { .. }),
                "{text} {code}"
            );
        }
        assert!(Amount::parse("1.005", currency("TND")).is_ok());
        assert!(Amount::parse("15.00", currency("UGX")).is_ok());
    }

    #[test]
    fn does_not_mix_currencies_and_does_not_go_below_zero() {
        let shillings = Amount::parse("1", currency("KES")).unwrap();
        let dalasi = Amount::parse("1", currency("GMD")).unwrap();
        assert!(matches!(
            shillings.plus(dalasi),
            Err(AmountError::DifferentCurrencies(..))
        ));
        let two = shillings.plus(shillings).unwrap();
        assert_eq!(shillings.minus(two), Err(AmountError::Negative));
    }

    proptest! {
        #[test]
        fn survives_being_written_and_read(minor in 0u64..10_u64.pow(18), code in "KES|UGX|TND") {
            let currency = currency(&code);
            let value = Decimal::from_i128_with_scale(i128::from(minor), currency.minor_units());
            let amount = Amount::new(value, currency).unwrap();
            prop_assert_eq!(Amount::parse(&amount.to_string(), currency).unwrap(), amount);
            let stored = serde_json::to_string(&amount).unwrap();
            prop_assert_eq!(serde_json::from_str::<Amount>(&stored).unwrap(), amount);
        }
    }
}
