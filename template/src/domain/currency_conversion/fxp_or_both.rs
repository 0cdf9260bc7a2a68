//! A conversion that this FXP makes for another participant: quoted first, then
//! promised, and then made or given up with the transfer that it is for.

use serde::{Deserialize, Serialize};

use crate::domain::{
    amount::{Amount, AmountError},
    currency::Currency,
    promise::Promise,
    quote::AmountType,
    rate::Rate,
    timestamp::Timestamp,
    transfer_id::TransferId,
};

/// Who wants which conversion, and for which transfer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversionParties {
    /// The identifier of the conversion, from its quote to its end.
    pub conversion_id: TransferId,
    /// The transfer on whose success the conversion depends, if it is said.
    pub determining_transfer_id: Option<TransferId>,
    pub initiating_fsp: String,
    pub counter_party_fsp: String,
}

/// What a participant wants to know the price of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversionRequest {
    #[serde(flatten)]
    pub parties: ConversionParties,
    /// Which of the two amounts is known: what is sent, or what is received.
    pub amount_type: AmountType,
    pub known: Amount,
    /// The currency of the other amount.
    pub wanted: Currency,
    /// How long the participant wants the terms to hold.
    pub expires_at: Timestamp,
}

impl ConversionRequest {
    pub fn source_currency(&self) -> Currency {
        match self.amount_type {
            AmountType::Send => self.known.currency(),
            AmountType::Receive => self.wanted,
        }
    }

    pub fn target_currency(&self) -> Currency {
        match self.amount_type {
            AmountType::Send => self.wanted,
            AmountType::Receive => self.known.currency(),
        }
    }
}

/// What is given, and what for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConvertedAmounts {
    /// What the participant gives.
    pub source: Amount,
    /// What the FXP gives for it.
    pub target: Amount,
}

impl ConvertedAmounts {
    /// Works out the amount that is not known, rounded in the FXP's favour.
    pub fn of(request: &ConversionRequest, rate: Rate) -> Result<Self, AmountError> {
        let ConversionRequest { known, wanted, .. } = *request;
        Ok(match request.amount_type {
            AmountType::Send => Self {
                source: known,
                target: rate.target_of(known, wanted)?,
            },
            AmountType::Receive => Self {
                source: rate.source_of(known, wanted)?,
                target: known,
            },
        })
    }
}

/// A quote that this FXP gave: the promise that a conversion is held to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversionQuote {
    pub request: ConversionRequest,
    pub rate: Rate,
    pub amounts: ConvertedAmounts,
    pub expires_at: Timestamp,
}

/// The scheme's request to make a conversion that was quoted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversionOrder {
    #[serde(flatten)]
    pub parties: ConversionParties,
    #[serde(flatten)]
    pub amounts: ConvertedAmounts,
}

impl ConversionOrder {
    /// Whether this is the conversion that was quoted. A participant that does
    /// not say which transfer it is for does not contradict the quote.
    pub fn agrees_with(&self, quote: &ConversionQuote) -> bool {
        let mut parties = self.parties.clone();
        let quoted = &quote.request.parties;
        if parties.determining_transfer_id.is_none() {
            parties.determining_transfer_id = quoted.determining_transfer_id.clone();
        }
        parties == *quoted && self.amounts == quote.amounts
    }
}

/// A conversion that was ordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrencyConversion {
    pub order: ConversionOrder,
    /// The transfer on whose success it depends, as the quote or the order says.
    pub determining_transfer_id: Option<TransferId>,
    /// The rate that it was quoted at.
    pub rate: Rate,
    #[serde(flatten)]
    pub promise: Promise,
}

impl CurrencyConversion {
    /// A conversion that is about to be promised.
    pub fn open(order: ConversionOrder, quote: ConversionQuote, now: Timestamp) -> Self {
        Self {
            order,
            determining_transfer_id: quote.request.parties.determining_transfer_id,
            rate: quote.rate,
            promise: Promise::open(now),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quote() -> ConversionQuote {
        let request = ConversionRequest {
            parties: ConversionParties {
                conversion_id: "c-1".parse().unwrap(),
                determining_transfer_id: "t-1".parse().ok(),
                initiating_fsp: "bluebank".to_owned(),
                counter_party_fsp: "fxp".to_owned(),
            },
            amount_type: AmountType::Send,
            known: Amount::parse("1000", "KES".parse().unwrap()).unwrap(),
            wanted: "UGX".parse().unwrap(),
            expires_at: Timestamp::now(),
        };
        let rate = "28.4837".parse().unwrap();
        ConversionQuote {
            amounts: ConvertedAmounts::of(&request, rate).unwrap(),
            expires_at: request.expires_at,
            request,
            rate,
        }
    }

    fn order(quote: &ConversionQuote) -> ConversionOrder {
        ConversionOrder {
            parties: quote.request.parties.clone(),
            amounts: quote.amounts,
        }
    }

    #[test]
    fn an_order_is_held_to_the_amounts_and_the_parties_of_its_quote() {
        let quote = quote();
        let ordered = order(&quote);
        assert!(ordered.agrees_with(&quote));
        let mut silent = ordered.clone();
        silent.parties.determining_transfer_id = None;
        assert!(silent.agrees_with(&quote));

        let mut dearer = ordered.clone();
        dearer.amounts.target = dearer.amounts.target.plus(dearer.amounts.target).unwrap();
        let mut of_another = ordered.clone();
        of_another.parties.initiating_fsp = "redbank".to_owned();
        let mut for_another = ordered;
        for_another.parties.determining_transfer_id = "t-2".parse().ok();
        for other in [dearer, of_another, for_another] {
            assert!(!other.agrees_with(&quote), "{other:?}");
        }
    }

    #[test]
    fn a_conversion_is_read_back_from_the_journal_as_it_was_stored() {
        let quote = quote();
        let conversion = CurrencyConversion::open(order(&quote), quote.clone(), Timestamp::now());
        let stored = serde_json::to_value(&conversion).unwrap();
        assert_eq!(stored["state"], "reserving");
        assert_eq!(
            serde_json::from_value::<CurrencyConversion>(stored).unwrap(),
            conversion
        );
        let stored = serde_json::to_string(&quote).unwrap();
        assert_eq!(
            serde_json::from_str::<ConversionQuote>(&stored).unwrap(),
            quote
        );
    }
}
