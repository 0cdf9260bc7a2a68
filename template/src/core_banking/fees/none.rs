//! What the bank charges: nothing.

use crate::{
    core_banking::insight::Insight,
    domain::{
        amount::Amount,
        error::PaymentError,
        party::AccountNumber,
        quote::{AmountType, PayeeCharges, Terms},
    },
    environment::{Variables, currencies::Currencies},
};

/// There is nothing to configure.
#[derive(Debug, Clone)]
pub struct Settings;

impl Settings {
    pub fn read(_: &mut Variables, _: Option<&Currencies>) -> Option<Self> {
        Some(Self)
    }
}

/// The bank's charges.
#[derive(Debug, Clone)]
pub struct Fees;

impl Fees {
    pub fn new(_: Settings, _: &Insight) -> Self {
        Self
    }

    /// What is charged to a payee of this bank, and given back to the payer's
    /// FSP, for an incoming payment of this amount.
    pub async fn payee_charges(
        &self,
        _payee: &AccountNumber,
        _amount_type: AmountType,
        amount: Amount,
    ) -> Result<PayeeCharges, PaymentError> {
        let nothing = Amount::zero(amount.currency());
        Ok(PayeeCharges {
            fee: nothing,
            commission: nothing,
        })
    }

    /// What is charged to a payer of this bank on top of the transfer amount.
    pub async fn payer_fee(
        &self,
        _payer: &AccountNumber,
        terms: Terms,
    ) -> Result<Amount, PaymentError> {
        Ok(Amount::zero(terms.transfer_amount().currency()))
    }
}
