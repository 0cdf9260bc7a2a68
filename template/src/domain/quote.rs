//! The terms of a payment, and the equations that hold between its amounts.
//!
//! | the payer fixed | transfer amount |
//! | --- | --- |
//! | what the payee receives (`RECEIVE`) | amount + payee fee - payee commission |
//! | what the payer sends (`SEND`) | amount - payee commission |
//!
//! And always: payee receives = transfer amount - payee fee + payee commission.

use serde::{Deserialize, Serialize};

use super::{
    amount::{Amount, AmountError},
    currency::Currency,
    identifier::PartyIdentifier,
    information::PayerInformation,
    party::Counterparty,
    timestamp::Timestamp,
    transfer_id::{QuoteId, TransferId},
};

/// Which end of the payment the amount of a quote request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AmountType {
    Send,
    Receive,
}

impl AmountType {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Send => "SEND",
            Self::Receive => "RECEIVE",
        }
    }
}

/// What the payee's FSP charges the payee, and what it gives back to the payer's FSP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayeeCharges {
    pub fee: Amount,
    pub commission: Amount,
}

/// The amounts of a payment, which always balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "StoredTerms")]
pub struct Terms {
    amount_type: AmountType,
    amount: Amount,
    transfer_amount: Amount,
    payee_receives: Amount,
    payee_charges: PayeeCharges,
}

/// Why amounts are not the terms of a payment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TermsError {
    #[error("the amount of a payment is more than zero")]
    NoMoney,
    #[error("fee and commission leave nothing to transfer or to receive")]
    ChargesExceedAmount,
    #[error("the amounts of the quote do not add up")]
    DoNotAddUp,
    #[error(transparent)]
    Amount(#[from] AmountError),
}

impl Terms {
    /// Works out the amounts from what was asked for and what is charged.
    pub fn of(
        amount_type: AmountType,
        amount: Amount,
        payee_charges: PayeeCharges,
    ) -> Result<Self, TermsError> {
        if amount.is_zero() {
            return Err(TermsError::NoMoney);
        }
        let PayeeCharges { fee, commission } = payee_charges;
        let too_much = |error| match error {
            AmountError::Negative => TermsError::ChargesExceedAmount,
            other => TermsError::Amount(other),
        };
        let transfer_amount = match amount_type {
            AmountType::Send => amount.minus(commission).map_err(too_much)?,
            AmountType::Receive => amount.plus(fee)?.minus(commission).map_err(too_much)?,
        };
        let payee_receives = transfer_amount
            .plus(commission)?
            .minus(fee)
            .map_err(too_much)?;
        if transfer_amount.is_zero() || payee_receives.is_zero() {
            return Err(TermsError::ChargesExceedAmount);
        }
        Ok(Self {
            amount_type,
            amount,
            transfer_amount,
            payee_receives,
            payee_charges,
        })
    }

    /// Takes terms that another participant stated, if they add up.
    /// `payee_receives` may have been left unsaid.
    pub fn stated(
        amount_type: AmountType,
        amount: Amount,
        transfer_amount: Amount,
        payee_receives: Option<Amount>,
        payee_charges: PayeeCharges,
    ) -> Result<Self, TermsError> {
        let terms = Self::of(amount_type, amount, payee_charges)?;
        let receives = payee_receives.unwrap_or(terms.payee_receives);
        if terms.transfer_amount != transfer_amount || terms.payee_receives != receives {
            return Err(TermsError::DoNotAddUp);
        }
        Ok(terms)
    }

    pub fn amount_type(self) -> AmountType {
        self.amount_type
    }

    /// What the payer asked to send, or the payee to receive.
    pub fn amount(self) -> Amount {
        self.amount
    }

    /// The one that all the amounts are of.
    pub fn currency(self) -> Currency {
        self.amount.currency()
    }

    /// What moves between the two FSPs.
    pub fn transfer_amount(self) -> Amount {
        self.transfer_amount
    }

    /// What arrives on the payee's account.
    pub fn payee_receives(self) -> Amount {
        self.payee_receives
    }

    pub fn payee_charges(self) -> PayeeCharges {
        self.payee_charges
    }
}

/// Terms as they lie in the journal, before they have been checked again.
#[derive(Deserialize)]
struct StoredTerms {
    amount_type: AmountType,
    amount: Amount,
    transfer_amount: Amount,
    payee_receives: Amount,
    payee_charges: PayeeCharges,
}

impl TryFrom<StoredTerms> for Terms {
    type Error = TermsError;

    fn try_from(stored: StoredTerms) -> Result<Self, Self::Error> {
        Self::stated(
            stored.amount_type,
            stored.amount,
            stored.transfer_amount,
            Some(stored.payee_receives),
            stored.payee_charges,
        )
    }
}

/// A request for a quote, as the payee's FSP gets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteRequest {
    pub quote_id: QuoteId,
    pub transaction_id: TransferId,
    pub payee: PartyIdentifier,
    pub payer: Counterparty,
    /// Kept with the quote, and not asked for again.
    #[serde(default)]
    pub payer_information: PayerInformation,
    pub amount_type: AmountType,
    pub amount: Amount,
}

/// A quote that this connector gave: the promise that a transfer is held to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    pub request: QuoteRequest,
    pub terms: Terms,
    pub expires_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    use super::*;
    use crate::domain::currency::Currency;

    fn amounts() -> impl Strategy<Value = (Currency, [Amount; 3])> {
        let code = prop_oneof![Just("UGX"), Just("KES"), Just("TND")];
        (
            code,
            1u64..1_000_000_000_000,
            0u64..1_000_000,
            0u64..1_000_000,
        )
            .prop_map(|(code, amount, fee, commission)| {
                let currency: Currency = code.parse().unwrap();
                let of_minor_units = |minor: u64| {
                    let value =
                        Decimal::from_i128_with_scale(i128::from(minor), currency.minor_units());
                    Amount::new(value, currency).unwrap()
                };
                (currency, [amount, fee, commission].map(of_minor_units))
            })
    }

    proptest! {
        #[test]
        fn the_equations_hold_to_the_minor_unit(
            (_, [amount, fee, commission]) in amounts(),
            send in any::<bool>(),
        ) {
            let amount_type = if send { AmountType::Send } else { AmountType::Receive };
            let charges = PayeeCharges { fee, commission };
            let Ok(terms) = Terms::of(amount_type, amount, charges) else {
                // Refused only if nothing would be left.
                let left = amount.value() + if send { Decimal::ZERO } else { fee.value() }
                    - commission.value();
                let received = left - fee.value() + commission.value();
                prop_assert!(left <= Decimal::ZERO || received <= Decimal::ZERO);
                return Ok(());
            };
            let [amount, fee, commission] = [amount, fee, commission].map(Amount::value);
            let expected = if send { amount - commission } else { amount + fee - commission };
            prop_assert_eq!(terms.transfer_amount().value(), expected);
            prop_assert_eq!(
                terms.payee_receives().value(),
                terms.transfer_amount().value() - fee + commission
            );
            if !send {
                prop_assert_eq!(terms.payee_receives(), terms.amount());
            }
        }

        #[test]
        fn terms_that_were_worked_out_are_accepted_when_stated_and_no_others(
            (currency, [amount, fee, commission]) in amounts(),
            send in any::<bool>(),
        ) {
            let amount_type = if send { AmountType::Send } else { AmountType::Receive };
            let charges = PayeeCharges { fee, commission };
            if let Ok(terms) = Terms::of(amount_type, amount, charges) {
                let transfer_amount = terms.transfer_amount();
                let receives = Some(terms.payee_receives());
                let state = |transfer_amount| {
                    Terms::stated(amount_type, amount, transfer_amount, receives, charges)
                };
                prop_assert_eq!(state(transfer_amount), Ok(terms));
                let one_minor_unit =
                    Amount::new(Decimal::new(1, currency.minor_units()), currency).unwrap();
                let more = transfer_amount.plus(one_minor_unit).unwrap();
                prop_assert_eq!(state(more), Err(TermsError::DoNotAddUp));
                let stored = serde_json::to_string(&terms).unwrap();
                prop_assert_eq!(serde_json::from_str::<Terms>(&stored).unwrap(), terms);
            }
        }
    }

    #[test]
    fn no_payment_is_of_nothing() {
        let currency: Currency = "KES".parse().unwrap();
        let nothing = Amount::zero(currency);
        let charges = PayeeCharges {
            fee: nothing,
            commission: nothing,
        };
        assert_eq!(
            Terms::of(AmountType::Send, nothing, charges),
            Err(TermsError::NoMoney)
        );
        let one = Amount::parse("1", currency).unwrap();
        let charges = PayeeCharges {
            fee: one,
            commission: nothing,
        };
        assert_eq!(
            Terms::of(AmountType::Send, one, charges),
            Err(TermsError::ChargesExceedAmount)
        );
    }
}
