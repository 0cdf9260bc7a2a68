//! The simulated FXP: what it gives for an amount of another currency, and
//! where it fails.

use std::time::Duration;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::Deserialize;

use super::behaviour::{is_code, lifetime};
use crate::domain::{
    amount::{Amount, AmountError},
    currency::Currency,
    quote::AmountType,
};

/// The FXP that converts, unless the simulator is told of another one.
pub const FXP: &str = "goldenfx";

/// What it gives for one unit of another currency: 0.0125.
pub const RATE: Decimal = Decimal::from_parts(125, 0, 0, false, 4);

/// A payee whose account is in the currency of another country.
pub const PAYEE_ABROAD: &str = "447700900123";

/// The currency of the payee abroad: never the connector's own.
pub fn currency_abroad(own: Currency) -> Option<Currency> {
    ["GBP", "EUR"]
        .into_iter()
        .filter_map(|code| code.parse().ok())
        .find(|currency| *currency != own)
}

/// How the simulated FXP behaves.
#[derive(Debug, Clone)]
pub(super) struct ConversionBehaviour {
    pub fxp: String,
    /// What one unit of the source currency is worth in the target currency.
    pub rate: Decimal,
    /// What the FXP keeps for itself, in the source currency.
    pub charge: Decimal,
    pub lifetime: Duration,
    pub fault: Option<FxpFault>,
}

impl Default for ConversionBehaviour {
    fn default() -> Self {
        Self {
            fxp: FXP.to_owned(),
            rate: RATE,
            charge: Decimal::ZERO,
            lifetime: Duration::from_secs(60),
            fault: None,
        }
    }
}

/// Where the simulated FXP fails.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum FxpFault {
    /// It does not convert, with this code.
    RefusesToQuote(String),
    /// It quotes, and then does not reserve, with this code.
    RefusesToReserve(String),
    TimesOutOnQuote,
    TimesOutOnReserve,
}

impl FxpFault {
    pub(super) fn code(&self) -> Option<&str> {
        match self {
            Self::RefusesToQuote(code) | Self::RefusesToReserve(code) => Some(code),
            Self::TimesOutOnQuote | Self::TimesOutOnReserve => None,
        }
    }
}

/// What the control API takes in place of how the FXP behaves.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct WantedConversionBehaviour {
    pub fxp: Option<String>,
    pub rate: Option<String>,
    pub charge: Option<String>,
    pub lifetime_ms: Option<u64>,
    pub fault: Option<FxpFault>,
}

impl ConversionBehaviour {
    pub(super) fn wanted(wanted: WantedConversionBehaviour) -> Result<Self, String> {
        let usual = Self::default();
        let number = |name: &str, text: Option<String>, usual| match text {
            Some(text) => {
                Decimal::from_str_exact(&text).map_err(|error| format!("{name}: {error}"))
            }
            None => Ok(usual),
        };
        let rate = number("rate", wanted.rate, usual.rate)?;
        let charge = number("charge", wanted.charge, usual.charge)?;
        if rate <= Decimal::ZERO || charge < Decimal::ZERO {
            return Err("the rate is more than zero, and the charge not less".to_owned());
        }
        let code = wanted.fault.as_ref().and_then(FxpFault::code);
        if code.is_some_and(|code| !is_code(code)) {
            return Err("an FXP refuses with a code of four digits".to_owned());
        }
        Ok(Self {
            fxp: wanted.fxp.unwrap_or(usual.fxp),
            rate,
            charge,
            lifetime: lifetime(wanted.lifetime_ms)?.unwrap_or(usual.lifetime),
            fault: wanted.fault,
        })
    }

    /// Works out the amount that was not asked for.
    pub(super) fn convert(
        &self,
        amount_type: AmountType,
        amount: Amount,
        other: Currency,
    ) -> Result<Conversion, AmountError> {
        match amount_type {
            AmountType::Send => {
                let charge = Amount::new(self.charge, amount.currency())?;
                Ok(Conversion {
                    source: amount,
                    target: self.worth(amount.minus(charge)?, other)?,
                    charge: self.charged(charge, other)?,
                })
            }
            AmountType::Receive => {
                let charge = Amount::new(self.charge, other)?;
                let price = amount
                    .value()
                    .checked_div(self.rate)
                    .ok_or(AmountError::TooLarge)?
                    .round_dp_with_strategy(
                        other.minor_units(),
                        RoundingStrategy::ToPositiveInfinity,
                    );
                Ok(Conversion {
                    source: Amount::new(price, other)?.plus(charge)?,
                    target: amount,
                    charge: self.charged(charge, amount.currency())?,
                })
            }
        }
    }

    /// What an amount is worth in another currency, rounded in the FXP's favour.
    fn worth(&self, amount: Amount, other: Currency) -> Result<Amount, AmountError> {
        let worth = amount
            .value()
            .checked_mul(self.rate)
            .ok_or(AmountError::TooLarge)?
            .round_dp_with_strategy(other.minor_units(), RoundingStrategy::ToZero);
        Amount::new(worth, other)
    }

    fn charged(&self, charge: Amount, other: Currency) -> Result<Option<[Amount; 2]>, AmountError> {
        if charge.is_zero() {
            return Ok(None);
        }
        Ok(Some([charge, self.worth(charge, other)?]))
    }
}

/// What is given, what is got for it, and what of it the FXP keeps, in both currencies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Conversion {
    pub source: Amount,
    pub target: Amount,
    pub charge: Option<[Amount; 2]>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(text: &str, currency: &str) -> Amount {
        Amount::parse(text, currency.parse().unwrap()).unwrap()
    }

    fn fxp(rate: &str, charge: &str) -> ConversionBehaviour {
        ConversionBehaviour::wanted(WantedConversionBehaviour {
            rate: Some(rate.to_owned()),
            charge: Some(charge.to_owned()),
            ..WantedConversionBehaviour::default()
        })
        .unwrap()
    }

    #[test]
    fn rounds_in_the_favour_of_the_fxp() {
        let sent = fxp("0.033", "0")
            .convert(
                AmountType::Send,
                amount("1000.5", "GMD"),
                "EUR".parse().unwrap(),
            )
            .unwrap();
        assert_eq!(sent.target, amount("33.01", "EUR"));
        let received = fxp("0.033", "0")
            .convert(
                AmountType::Receive,
                amount("100", "EUR"),
                "UGX".parse().unwrap(),
            )
            .unwrap();
        assert_eq!(received.source, amount("3031", "UGX"));
        assert_eq!(received.charge, None);
    }

    #[test]
    fn takes_its_charge_out_of_what_is_sent_and_adds_it_to_what_is_received() {
        let eur = "EUR".parse().unwrap();
        let gmd = "GMD".parse().unwrap();
        let fxp = fxp("0.02", "50");
        let charge = Some([amount("50", "GMD"), amount("1", "EUR")]);
        let sent = fxp.convert(AmountType::Send, amount("1000", "GMD"), eur);
        let expected = Conversion {
            source: amount("1000", "GMD"),
            target: amount("19", "EUR"),
            charge,
        };
        assert_eq!(sent, Ok(expected));
        let received = fxp.convert(AmountType::Receive, amount("19", "EUR"), gmd);
        assert_eq!(received, Ok(expected));
        let too_little = fxp.convert(AmountType::Send, amount("49", "GMD"), eur);
        assert_eq!(too_little, Err(AmountError::Negative));
    }

    #[test]
    fn the_payee_abroad_has_another_currency() {
        for own in ["GMD", "GBP"] {
            let own = own.parse().unwrap();
            assert!(currency_abroad(own).is_some_and(|abroad| abroad != own));
        }
    }
}
