//! What the bank charges for a payment.

use async_trait::async_trait;

use crate::{
    core_banking::port::BankError,
    domain::{
        amount::Amount,
        party::AccountNumber,
        quote::{AmountType, PayeeCharges, Terms},
    },
};

/// The bank's charges, as the bank works them out. Nothing is charged by asking.
#[async_trait]
pub trait Pricing: Send + Sync {
    /// What is charged to the payee, and given back to the payer's FSP, for an
    /// incoming payment. The amount is what the payer wants to send or the
    /// payee to receive.
    async fn payee_charges(
        &self,
        payee: &AccountNumber,
        amount_type: AmountType,
        amount: Amount,
    ) -> Result<PayeeCharges, BankError>;

    /// What is charged to the payer on top of the transfer amount.
    async fn payer_fee(&self, payer: &AccountNumber, terms: Terms) -> Result<Amount, BankError>;
}
