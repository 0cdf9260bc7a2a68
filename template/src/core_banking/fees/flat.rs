//! What the bank charges: a fixed amount for each payment.
//!
//! | charge | whose | on top of, or out of |
//! | --- | --- | --- |
//! | payer fee | a payer of this bank pays it | on top of the transfer amount |
//! | payee fee | a payee of this bank pays it | out of what is sent, on top of what is to be received |
//! | commission | the payer's FSP gets it | out of the transfer amount |

use crate::{
    core_banking::insight::Insight,
    domain::{
        amount::Amount,
        error::PaymentError,
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
    payer_fee: Amount,
    payee_fee: Amount,
    commission: Amount,
}

impl Settings {
    /// A charge that is not set is a problem: that nothing is charged has to be
    /// said, with 0.
    pub fn read(variables: &mut Variables, currencies: Option<&Currencies>) -> Option<Self> {
        PerCurrency::read(variables, currencies, |variables, name, currency| {
            let mut charge = |name: &str| {
                variables.required(name, "an amount such as 10; 0 charges nothing");
                variables.amount(name, "0", currency)
            };
            let payer_fee = charge(&name("PAYER_FEE_FLAT"));
            let payee_fee = charge(&name("PAYEE_FEE_FLAT"));
            let commission = charge(&name("COMMISSION_FLAT"));
            Some(Charges {
                payer_fee: payer_fee?,
                payee_fee: payee_fee?,
                commission: commission?,
            })
        })
        .map(Self)
    }
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
            fee: charges.payee_fee,
            commission: charges.commission,
        })
    }

    /// What is charged to a payer of this bank on top of the transfer amount.
    pub async fn payer_fee(
        &self,
        _payer: &AccountNumber,
        terms: Terms,
    ) -> Result<Amount, PaymentError> {
        Ok(self.0.of(terms.currency())?.payer_fee)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Problems;

    fn read(payer_fee: &str, commission: &str) -> Result<Settings, Problems> {
        let lookup = |name: &str| match name {
            name if name.starts_with("PAYER_FEE_FLAT") => Some(payer_fee.to_owned()),
            name if name.starts_with("PAYEE_FEE_FLAT") => Some("2".to_owned()),
            name if name.starts_with("COMMISSION_FLAT") => Some(commission.to_owned()),
            _ => None,
        };
        let mut variables = Variables::of(&lookup);
        let currencies = Currencies::read(&mut variables);
        let settings = Settings::read(&mut variables, currencies.as_ref());
        variables.finish(settings)
    }

    #[test]
    fn a_charge_has_to_be_said_and_to_be_an_amount() {
        assert!(read("0", "1").is_ok());
        for (payer_fee, commission, name) in [
            ("", "1", "PAYER_FEE_FLAT"),
            ("-1", "1", "PAYER_FEE_FLAT"),
            ("0", "1%", "COMMISSION_FLAT"),
            ("0", "0.00001", "COMMISSION_FLAT"),
        ] {
            let problems = read(payer_fee, commission).unwrap_err().to_string();
            assert!(problems.contains(&format!("- {name}")), "{problems}");
        }
    }
}
