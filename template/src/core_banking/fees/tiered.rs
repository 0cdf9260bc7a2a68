//! What the bank charges: by tiers of the amount.
//!
//! | charge | whose | the tier is that of |
//! | --- | --- | --- |
//! | payer fee | a payer of this bank pays it, on top | the transfer amount |
//! | payee fee | a payee of this bank pays it | what was asked to be sent or to be received |
//! | commission | the payer's FSP gets it | the same |
//!
//! A table is written as `from:flat+percent%`, tier by tier, with commas
//! between. With `0:1.50+0%,1000:0+1%`, amounts below 1000 are charged 1.50, and
//! those from 1000 on 1 %, of the whole amount and not of what is above 1000.

use rust_decimal::Decimal;

use crate::{
    core_banking::{
        insight::Insight,
        rounding::{Rate, Rounding},
    },
    domain::{
        amount::Amount,
        currency::Currency,
        error::{ErrorCode, PaymentError},
        party::AccountNumber,
        quote::{AmountType, PayeeCharges, Terms},
    },
    environment::{
        Variables,
        currencies::{Currencies, PerCurrency},
    },
};

/// What is charged in each currency.
#[derive(Debug, Clone)]
pub struct Settings(PerCurrency<Charges>);

#[derive(Debug, Clone)]
struct Charges {
    payer_fee: Tiers,
    payee_fee: Tiers,
    commission: Tiers,
    rounding: Rounding,
}

/// A table: the first tier is from 0, and each is from more than the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Tiers(Vec<Tier>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Tier {
    from: Amount,
    flat: Amount,
    rate: Rate,
}

/// Why a text is not a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum NotTiers {
    #[error("'{0}' is not a tier such as 1000:1.50+0.5%")]
    NotATier(String),
    #[error("in '{tier}', {problem}")]
    Wrong { tier: String, problem: String },
    #[error("the first tier has to be from 0")]
    NotFromZero,
    #[error("'{0}' has to be from more than the tier before it")]
    NotAscending(String),
}

impl Settings {
    /// A table that is not set is a problem: that nothing is charged has to be
    /// said, with `0:0+0%`.
    pub fn read(variables: &mut Variables, currencies: Option<&Currencies>) -> Option<Self> {
        PerCurrency::read(variables, currencies, |variables, name, currency| {
            let payer_fee = Tiers::read(variables, &name("PAYER_FEE_TIERS"), currency);
            let payee_fee = Tiers::read(variables, &name("PAYEE_FEE_TIERS"), currency);
            let commission = Tiers::read(variables, &name("COMMISSION_TIERS"), currency);
            let rounding = Rounding::read(variables, name, currency);
            Some(Charges {
                payer_fee: payer_fee?,
                payee_fee: payee_fee?,
                commission: commission?,
                rounding: rounding?,
            })
        })
        .map(Self)
    }
}

impl Tiers {
    fn read(variables: &mut Variables, name: &str, currency: Option<Currency>) -> Option<Self> {
        let what = "a table such as 0:1.50+0%,1000:0+1%; 0:0+0% charges nothing";
        let text = variables.required(name, what)?;
        Self::parse(&text, currency?)
            .map_err(|error| variables.problem(name, &format!("is not usable: {error}")))
            .ok()
    }

    fn parse(text: &str, currency: Currency) -> Result<Self, NotTiers> {
        let mut tiers: Vec<Tier> = Vec::new();
        for text in text.split(',') {
            let text = text.trim();
            let tier = Tier::parse(text, currency)?;
            match tiers.last() {
                None if !tier.from.is_zero() => return Err(NotTiers::NotFromZero),
                Some(last) if tier.from.value() <= last.from.value() => {
                    return Err(NotTiers::NotAscending(text.to_owned()));
                }
                _ => tiers.push(tier),
            }
        }
        Ok(Self(tiers))
    }

    fn on(&self, amount: Amount, rounding: Rounding) -> Result<Amount, PaymentError> {
        let mut reached = self.0.iter().rev();
        let tier = reached.find(|tier| tier.from.value() <= amount.value());
        let charge = tier.map_or(Decimal::ZERO, |tier| {
            tier.flat.value() + tier.rate.of(amount)
        });
        rounding.round(charge).map_err(|error| {
            PaymentError::new(ErrorCode::Internal, "the charges cannot be worked out")
                .with_detail(error)
        })
    }
}

impl Tier {
    fn parse(text: &str, currency: Currency) -> Result<Self, NotTiers> {
        let (from, charge) = text.split_once(':').ok_or_else(|| not_a_tier(text))?;
        let (flat, percent) = charge.split_once('+').ok_or_else(|| not_a_tier(text))?;
        let percent = percent.strip_suffix('%').ok_or_else(|| not_a_tier(text))?;
        let wrong = |problem: String| NotTiers::Wrong {
            tier: text.to_owned(),
            problem,
        };
        let amount = |text| Amount::parse(text, currency).map_err(|error| wrong(error.to_string()));
        Ok(Self {
            from: amount(from)?,
            flat: amount(flat)?,
            rate: percent
                .parse::<Rate>()
                .map_err(|error| wrong(error.to_string()))?,
        })
    }
}

fn not_a_tier(text: &str) -> NotTiers {
    NotTiers::NotATier(text.to_owned())
}

/// The bank's charges.
#[derive(Debug, Clone)]
pub struct Fees(PerCurrency<Charges>);

impl Fees {
    pub fn new(settings: Settings, _: &Insight) -> Self {
        Self(settings.0)
    }

    /// What is charged to a payee of this bank, and given back to the payer's
    /// FSP, for an incoming payment of this amount.
    pub async fn payee_charges(
        &self,
        _payee: &AccountNumber,
        _amount_type: AmountType,
        amount: Amount,
    ) -> Result<PayeeCharges, PaymentError> {
        let charges = self.0.of(amount.currency())?;
        Ok(PayeeCharges {
            fee: charges.payee_fee.on(amount, charges.rounding)?,
            commission: charges.commission.on(amount, charges.rounding)?,
        })
    }

    /// What is charged to a payer of this bank on top of the transfer amount.
    pub async fn payer_fee(
        &self,
        _payer: &AccountNumber,
        terms: Terms,
    ) -> Result<Amount, PaymentError> {
        let charges = self.0.of(terms.currency())?;
        charges
            .payer_fee
            .on(terms.transfer_amount(), charges.rounding)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn currency(code: &str) -> Currency {
        code.parse().unwrap()
    }

    fn shillings(text: &str) -> Amount {
        Amount::parse(text, currency("KES")).unwrap()
    }

    fn rounding(code: &str, mode: &str) -> Rounding {
        let lookup = |name: &str| (name == "FEE_ROUNDING_MODE").then(|| mode.to_owned());
        let mut variables = Variables::of(&lookup);
        Rounding::read(&mut variables, &str::to_owned, Some(currency(code))).unwrap()
    }

    #[test]
    fn the_highest_tier_that_an_amount_reaches_counts_for_all_of_it() {
        let table = "0:1.50+0%, 1000:0+1%, 5000:10+0.5%";
        let tiers = Tiers::parse(table, currency("KES")).unwrap();
        for (amount, expected) in [
            ("0.01", "1.5"),
            ("999.99", "1.5"),
            ("1000", "10"),
            ("1000.5", "10"),
            ("4999.99", "50"),
            ("5000", "35"),
            ("10000", "60"),
        ] {
            let charged = tiers.on(shillings(amount), rounding("KES", "half_even"));
            assert_eq!(charged.unwrap().to_string(), expected, "{amount}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_table_is_said() {
        for (table, problem) in [
            ("1.50", "'1.50' is not a tier"),
            ("0:1.50", "'0:1.50' is not a tier"),
            ("0:1+1", "'0:1+1' is not a tier"),
            ("0:1+1%,", "'' is not a tier"),
            ("0:1+1%;10:2+1%", "in '0:1+1%;10:2+1%', a rate is"),
            ("0:1.005+1%", "in '0:1.005+1%', an amount of KES"),
            ("0:-1+1%", "in '0:-1+1%', an amount is"),
            ("0:1+101%", "in '0:1+101%', a rate is"),
            ("1:1+1%", "the first tier has to be from 0"),
            ("0:1+1%,10:2+1%,10:3+1%", "'10:3+1%' has to be from more"),
        ] {
            let error = Tiers::parse(table, currency("KES")).unwrap_err();
            assert!(error.to_string().starts_with(problem), "{error}");
        }
    }

    proptest! {
        #[test]
        fn the_amounts_of_a_quote_balance_to_the_minor_unit(
            minor in 1u64..10_u64.pow(15),
            boundary in 1u64..10_u64.pow(15),
            flat in 0u32..1_000,
            percent in 0u32..1_000_000,
            code in "UGX|KES|TND",
            mode in "half_even|half_up|up|down",
            send in any::<bool>(),
        ) {
            let currency = currency(&code);
            let of_minor = |minor: u64| Decimal::new(minor as i64, currency.minor_units());
            let amount = Amount::new(of_minor(minor), currency).unwrap();
            let flat = of_minor(flat.into());
            let percent = Decimal::new(percent.into(), 4);
            let boundary = of_minor(boundary);
            let table = format!("0:{flat}+0%,{boundary}:0+{percent}%");
            let tiers = Tiers::parse(&table, currency).unwrap();
            let charge = tiers.on(amount, rounding(&code, &mode)).unwrap();
            let exact = if amount.value() < boundary {
                flat
            } else {
                amount.value() * percent / Decimal::ONE_HUNDRED
            };
            let minor_unit = Decimal::new(1, currency.minor_units());
            prop_assert!((charge.value() - exact).abs() < minor_unit);

            let amount_type = if send { AmountType::Send } else { AmountType::Receive };
            let charges = PayeeCharges { fee: charge, commission: Amount::zero(currency) };
            if let Ok(terms) = Terms::of(amount_type, amount, charges) {
                let transferred = terms.transfer_amount().value();
                prop_assert_eq!(terms.payee_receives().value(), transferred - charge.value());
                let asked = if send { transferred } else { transferred - charge.value() };
                prop_assert_eq!(amount.value(), asked);
            }
        }
    }
}
