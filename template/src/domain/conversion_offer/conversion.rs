//! A conversion of currencies as the payer's side sees it: the FXP takes an
//! amount in the payer's currency from the payer's FSP, and pays an amount in
//! the payee's currency to the payee's FSP.
//!
//! The two amounts are all that moves. What the FXP charges is in the
//! difference already, and stated so that it can be judged.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::domain::{
    amount::{Amount, AmountError},
    error::{ErrorCode, PaymentError},
    quote::{AmountType, PayeeCharges, Terms},
    timestamp::Timestamp,
    transfer_id::TransferId,
};

/// FSPIOP allows no more charges in one conversion.
const MAX_CHARGES: usize = 16;

/// The terms under which an FXP converts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversionTerms {
    /// The FXP's transfer in the payer's currency goes under this identifier.
    pub conversion_id: TransferId,
    /// The FXP.
    pub provider: String,
    /// What the payer's FSP pays.
    pub source: Amount,
    /// What the payee's FSP gets.
    pub target: Amount,
    pub charges: Vec<ConversionCharge>,
    pub expires_at: Timestamp,
}

/// What an FXP charges, in the currency or the currencies that it was stated in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversionCharge {
    pub source: Option<Amount>,
    pub target: Option<Amount>,
}

/// A conversion that the payer can be offered: its amounts are of two
/// currencies, and its charges of the same two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ConversionTerms", into = "ConversionTerms")]
pub struct ConversionOffer(ConversionTerms);

/// Why terms are not those of a conversion.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAConversion {
    #[error("nothing is converted into its own currency")]
    OneCurrency,
    #[error("both amounts of a conversion are more than zero")]
    NoMoney,
    #[error("a conversion has at most {MAX_CHARGES} charges")]
    TooManyCharges,
    #[error("a charge is stated in another currency, or in none")]
    UnknownCharge,
}

impl TryFrom<ConversionTerms> for ConversionOffer {
    type Error = NotAConversion;

    fn try_from(terms: ConversionTerms) -> Result<Self, Self::Error> {
        let (source, target) = (terms.source, terms.target);
        if source.currency() == target.currency() {
            return Err(NotAConversion::OneCurrency);
        }
        if source.is_zero() || target.is_zero() {
            return Err(NotAConversion::NoMoney);
        }
        if terms.charges.len() > MAX_CHARGES {
            return Err(NotAConversion::TooManyCharges);
        }
        let is_of = |charge: Option<Amount>, side: Amount| {
            charge.is_none_or(|charge| charge.currency() == side.currency())
        };
        let all_known = terms.charges.iter().all(|charge| {
            let is_stated = charge.source.is_some() || charge.target.is_some();
            is_stated && is_of(charge.source, source) && is_of(charge.target, target)
        });
        if !all_known {
            return Err(NotAConversion::UnknownCharge);
        }
        Ok(Self(terms))
    }
}

impl From<ConversionOffer> for ConversionTerms {
    fn from(offer: ConversionOffer) -> Self {
        offer.0
    }
}

impl ConversionOffer {
    pub fn conversion_id(&self) -> &TransferId {
        &self.0.conversion_id
    }

    /// The FXP.
    pub fn provider(&self) -> &str {
        &self.0.provider
    }

    /// What the payer's FSP pays, in the payer's currency.
    pub fn source(&self) -> Amount {
        self.0.source
    }

    /// What the payee's FSP gets, in the payee's currency.
    pub fn target(&self) -> Amount {
        self.0.target
    }

    pub fn expires_at(&self) -> Timestamp {
        self.0.expires_at
    }

    /// The terms of the payment as the payer's own bank sees them: the source
    /// amount leaves for the FXP.
    pub fn terms_of_payer(&self) -> Result<Terms, PaymentError> {
        let nothing = Amount::zero(self.source().currency());
        let charges = PayeeCharges {
            fee: nothing,
            commission: nothing,
        };
        let terms = Terms::of(AmountType::Send, self.source(), charges);
        terms.map_err(|error| PaymentError::new(ErrorCode::Internal, error.to_string()))
    }

    /// What the FXP charges altogether, in the payer's currency. What it does not
    /// state at all cannot be counted: the rate has a limit of its own.
    pub fn charged(&self) -> Result<Amount, AmountError> {
        let nothing = Amount::zero(self.source().currency());
        let mut charges = self.0.charges.iter();
        charges.try_fold(nothing, |sum, charge| {
            let charge = match (charge.source, charge.target) {
                (Some(source), Some(target)) if source.is_zero() => self.in_source(target)?,
                (Some(source), _) => source,
                (None, Some(target)) => self.in_source(target)?,
                (None, None) => nothing,
            };
            sum.plus(charge)
        })
    }

    /// What an amount of either currency is in the payer's, at the rate of this
    /// conversion. A part of a minor unit counts as a whole one.
    pub fn in_source(&self, amount: Amount) -> Result<Amount, AmountError> {
        let (source, target) = (self.source(), self.target());
        if amount.currency() == source.currency() {
            return Ok(amount);
        }
        if amount.currency() != target.currency() {
            let (one, other) = (amount.currency(), target.currency());
            return Err(AmountError::DifferentCurrencies(one, other));
        }
        let minor_units = minor_units(amount)
            .checked_mul(minor_units(source))
            .ok_or(AmountError::TooLarge)?;
        let whole = minor_units / self::minor_units(target);
        let rest = minor_units % self::minor_units(target);
        let rounded_up = whole + i128::from(rest > 0);
        let scale = source.currency().minor_units();
        let value = Decimal::try_from_i128_with_scale(rounded_up, scale)
            .map_err(|_| AmountError::TooLarge)?;
        Amount::new(value, source.currency())
    }
}

/// An amount as a whole number of its currency's minor units.
pub fn minor_units(amount: Amount) -> i128 {
    let value = amount.value();
    // An amount has no more decimals than its currency.
    let missing = amount
        .currency()
        .minor_units()
        .saturating_sub(value.scale());
    value.mantissa() * 10_i128.pow(missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(text: &str, code: &str) -> Amount {
        Amount::parse(text, code.parse().unwrap()).unwrap()
    }

    /// 1000 KES for 28000 UGX.
    fn terms() -> ConversionTerms {
        ConversionTerms {
            conversion_id: "01M7ZY3T8Y9H8BB2YK1F0BHK4E".parse().unwrap(),
            provider: "fxp1".to_owned(),
            source: amount("1000", "KES"),
            target: amount("28000", "UGX"),
            charges: Vec::new(),
            expires_at: Timestamp::now(),
        }
    }

    fn charge(source: Option<&str>, target: Option<&str>) -> ConversionCharge {
        ConversionCharge {
            source: source.map(|text| amount(text, "KES")),
            target: target.map(|text| amount(text, "UGX")),
        }
    }

    #[test]
    fn amounts_of_one_currency_and_nothing_are_not_converted() {
        let mut one_currency = terms();
        one_currency.target = amount("28000", "KES");
        let refused = ConversionOffer::try_from(one_currency);
        assert_eq!(refused, Err(NotAConversion::OneCurrency));

        for (source, target) in [("0", "28000"), ("1000", "0")] {
            let mut nothing = terms();
            nothing.source = amount(source, "KES");
            nothing.target = amount(target, "UGX");
            let refused = ConversionOffer::try_from(nothing);
            assert_eq!(refused, Err(NotAConversion::NoMoney));
        }
    }

    #[test]
    fn a_charge_is_stated_in_one_of_the_two_currencies() {
        let mut nowhere = terms();
        nowhere.charges = vec![charge(None, None)];
        let mut elsewhere = terms();
        elsewhere.charges = vec![ConversionCharge {
            source: Some(amount("1", "TZS")),
            ..charge(None, None)
        }];
        for terms in [nowhere, elsewhere] {
            let refused = ConversionOffer::try_from(terms);
            assert_eq!(refused, Err(NotAConversion::UnknownCharge));
        }
        let mut many = terms();
        many.charges = vec![charge(Some("1"), None); MAX_CHARGES + 1];
        let refused = ConversionOffer::try_from(many);
        assert_eq!(refused, Err(NotAConversion::TooManyCharges));
    }

    #[test]
    fn charges_are_added_up_in_the_payers_currency() {
        let mut terms = terms();
        // 15 UGX are 0.5357... KES.
        terms.charges = vec![
            charge(Some("2.5"), Some("70")),
            charge(None, Some("15")),
            charge(Some("0"), Some("15")),
        ];
        let offer = ConversionOffer::try_from(terms).unwrap();
        assert_eq!(offer.charged(), Ok(amount("3.58", "KES")));
    }

    #[test]
    fn what_does_not_fit_is_not_rounded_away() {
        let mut terms = terms();
        terms.source = amount("999999999999999999.99", "KES");
        terms.target = amount("1", "UGX");
        let offer = ConversionOffer::try_from(terms).unwrap();
        let too_large = offer.in_source(amount("999999999999999999", "UGX"));
        assert_eq!(too_large, Err(AmountError::TooLarge));
    }

    #[test]
    fn the_journal_gives_back_what_it_was_given_and_no_other_terms() {
        let offer = ConversionOffer::try_from(terms()).unwrap();
        let mut stored = serde_json::to_value(&offer).unwrap();
        let read: ConversionOffer = serde_json::from_value(stored.clone()).unwrap();
        assert_eq!(read, offer);
        stored["target"] = stored["source"].clone();
        assert!(serde_json::from_value::<ConversionOffer>(stored).is_err());
    }
}
