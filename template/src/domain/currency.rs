//! A currency of ISO 4217 that payments can be made in.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// ISO 4217 does not say how many decimals the code reserved for testing has.
const DECIMALS_OF_TESTS: u16 = 2;

/// A currency with its number of minor units (0, 2 or 3 decimals; ISO 4217).
///
/// Codes that no payment can be made in (gold, no currency at all) do not parse.
/// The code reserved for testing does, since schemes are tested with it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency {
    code: iso_currency::Currency,
    minor_units: u32,
}

impl Currency {
    /// The three letters of ISO 4217, such as `KES`.
    pub fn code(self) -> &'static str {
        self.code.code()
    }

    /// How many decimals an amount of this currency has at the most.
    pub fn minor_units(self) -> u32 {
        self.minor_units
    }
}

/// The text is not a currency that payments can be made in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a currency of ISO 4217 that payments can be made in")]
pub struct UnknownCurrency(pub String);

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownCurrency(text.chars().take(8).collect());
        let code = iso_currency::Currency::from_code(text).ok_or_else(unknown)?;
        let minor_units = match code {
            iso_currency::Currency::XTS => DECIMALS_OF_TESTS,
            code => code.exponent().ok_or_else(unknown)?,
        };
        Ok(Self {
            code,
            minor_units: u32::from(minor_units),
        })
    }
}

impl TryFrom<String> for Currency {
    type Error = UnknownCurrency;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_minor_units_of_iso_4217() {
        for (code, minor_units) in [("KES", 2), ("UGX", 0), ("TND", 3), ("GMD", 2), ("XTS", 2)] {
            let currency: Currency = code.parse().unwrap();
            assert_eq!(currency.minor_units(), minor_units, "{code}");
        }
    }

    #[test]
    fn refuses_what_no_payment_can_be_made_in() {
        for code in ["XXX", "XAU", "ABC", "kes", "KE", "", "KESS"] {
            assert!(code.parse::<Currency>().is_err(), "{code}");
        }
    }
}
