//! What the bank charges: a share of each payment, with a minimum and a
//! maximum if there is to be one.
//!
//! | charge | whose | a share of |
//! | --- | --- | --- |
//! | payer fee | a payer of this bank pays it, on top | the transfer amount |
//! | payee fee | a payee of this bank pays it | what was asked to be sent or to be received |
//! | commission | the payer's FSP gets it | the same |

use crate::{
    core_banking::{
        insight::Insight,
        rounding::{Rate, Rounding},
    },
    domain::{
        amount::{Amount, AmountError},
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
    payer_fee: Charge,
    payee_fee: Charge,
    commission: Charge,
    rounding: Rounding,
}

/// A share that is never less than the minimum and never more than the maximum.
#[derive(Debug, Clone)]
struct Charge {
    rate: Rate,
    minimum: Amount,
    maximum: Option<Amount>,
}

impl Settings {
    /// A rate that is not set is a problem: that nothing is charged has to be
    /// said, with 0.
    pub fn read(variables: &mut Variables, currencies: Option<&Currencies>) -> Option<Self> {
        PerCurrency::read(variables, currencies, |variables, name, currency| {
            let payer_fee = Charge::read(variables, name, "PAYER_FEE", currency);
            let payee_fee = Charge::read(variables, name, "PAYEE_FEE", currency);
            let commission = Charge::read(variables, name, "COMMISSION", currency);
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

impl Charge {
    fn read(
        variables: &mut Variables,
        name: &dyn Fn(&str) -> String,
        charge: &str,
        currency: Option<Currency>,
    ) -> Option<Self> {
        let rate_name = name(&format!("{charge}_PERCENT"));
        let what = "a number of percent such as 1.25; 0 charges nothing";
        let rate = variables
            .required(&rate_name, what)
            .and_then(|_| variables.parsed(&rate_name, "0"));
        let minimum = variables.amount(&name(&format!("{charge}_MINIMUM")), "0", currency);
        let maximum_name = name(&format!("{charge}_MAXIMUM"));
        let maximum = match variables.text(&maximum_name) {
            Some(_) => Some(variables.amount(&maximum_name, "0", currency)?),
            None => None,
        };
        let minimum = minimum?;
        if maximum.is_some_and(|maximum| maximum.value() < minimum.value()) {
            variables.problem(&maximum_name, "is less than the minimum");
        }
        Some(Self {
            rate: rate?,
            minimum,
            maximum,
        })
    }

    /// Minimum and maximum are charged as they are, whatever is rounded to.
    fn on(&self, amount: Amount, rounding: Rounding) -> Result<Amount, PaymentError> {
        let share = rounding
            .round(self.rate.of(amount))
            .map_err(not_chargeable)?;
        if share.is_less_than(self.minimum).map_err(not_chargeable)? {
            return Ok(self.minimum);
        }
        match self.maximum {
            Some(maximum) if maximum.is_less_than(share).map_err(not_chargeable)? => Ok(maximum),
            _ => Ok(share),
        }
    }
}

fn not_chargeable(error: AmountError) -> PaymentError {
    PaymentError::new(ErrorCode::Internal, "the charges cannot be worked out").with_detail(error)
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
    use rust_decimal::Decimal;

    use super::*;
    use crate::environment::Problems;

    /// Reads the charge X. The variables are text such as `X_PERCENT=1 X_MINIMUM=2`.
    fn read(code: &str, text: &str) -> Result<(Charge, Rounding), Problems> {
        let lookup = |name: &str| {
            let mut assignments = text.split(' ').filter_map(|one| one.split_once('='));
            let found = assignments.find(|(key, _)| *key == name);
            found.map(|(_, value)| value.to_owned())
        };
        let mut variables = Variables::of(&lookup);
        let currency = code.parse().ok();
        let charge = Charge::read(&mut variables, &str::to_owned, "X", currency);
        let rounding = Rounding::read(&mut variables, &str::to_owned, currency);
        variables.finish(charge.zip(rounding))
    }

    #[test]
    fn charges_a_share_between_minimum_and_maximum() {
        let text = "X_PERCENT=1.5 X_MINIMUM=2 X_MAXIMUM=30.01 FEE_ROUNDING_STEP=0.05";
        let (charge, rounding) = read("KES", text).unwrap();
        for (amount, expected) in [
            ("1", "2"),
            ("133.33", "2"),
            ("136", "2.05"),
            ("1001", "15"),
            ("2000", "30"),
            ("5000", "30.01"),
        ] {
            let amount = Amount::parse(amount, "KES".parse().unwrap()).unwrap();
            let charged = charge.on(amount, rounding).unwrap();
            assert_eq!(charged.to_string(), expected, "{amount}");
        }
    }

    #[test]
    fn every_problem_is_named() {
        for (text, name) in [
            ("", "X_PERCENT"),
            ("X_PERCENT=1%", "X_PERCENT"),
            ("X_PERCENT=101", "X_PERCENT"),
            ("X_PERCENT=1 X_MINIMUM=1.005", "X_MINIMUM"),
            ("X_PERCENT=1 X_MAXIMUM=a", "X_MAXIMUM"),
            ("X_PERCENT=1 X_MINIMUM=2 X_MAXIMUM=1", "X_MAXIMUM"),
            ("X_PERCENT=1 FEE_ROUNDING_STEP=0", "FEE_ROUNDING_STEP"),
            ("X_PERCENT=1 FEE_ROUNDING_STEP=0.001", "FEE_ROUNDING_STEP"),
            ("X_PERCENT=1 FEE_ROUNDING_MODE=even", "FEE_ROUNDING_MODE"),
        ] {
            let problems = read("KES", text).unwrap_err().to_string();
            assert!(problems.contains(&format!("- {name} ")), "{problems}");
        }
    }

    proptest! {
        #[test]
        fn the_amounts_of_a_quote_balance_to_the_minor_unit(
            minor in 1u64..10_u64.pow(15),
            [fee_percent, commission_percent] in [0u32..1_000_000, 0u32..1_000_000],
            minimum in 0u32..100,
            step in 1u32..100,
            code in "UGX|KES|TND",
            mode in "half_even|half_up|up|down",
            send in any::<bool>(),
        ) {
            let currency: Currency = code.parse().unwrap();
            let of_minor = |minor: u64| Decimal::new(minor as i64, currency.minor_units());
            let amount = Amount::new(of_minor(minor), currency).unwrap();
            let charge = |percent: u32| {
                let text = format!(
                    "X_PERCENT={} X_MINIMUM={} FEE_ROUNDING_STEP={} FEE_ROUNDING_MODE={mode}",
                    Decimal::new(percent.into(), 4), of_minor(minimum.into()), of_minor(step.into()),
                );
                let (charge, rounding) = read(&code, &text).unwrap();
                charge.on(amount, rounding).unwrap()
            };
            let charges = PayeeCharges {
                fee: charge(fee_percent),
                commission: charge(commission_percent),
            };
            let amount_type = if send { AmountType::Send } else { AmountType::Receive };
            if let Ok(terms) = Terms::of(amount_type, amount, charges) {
                let [fee, commission] = [charges.fee, charges.commission].map(Amount::value);
                let transferred = terms.transfer_amount().value();
                prop_assert_eq!(terms.payee_receives().value(), transferred - fee + commission);
                let asked = if send { transferred + commission } else { transferred - fee + commission };
                prop_assert_eq!(amount.value(), asked);
            }
        }
    }
}
