//! What the bank charges for a payment.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::json;

use crate::{
    core_banking::{
        Client,
        port::{BankError, Pricing},
    },
    domain::{
        amount::Amount,
        party::AccountNumber,
        quote::{AmountType, PayeeCharges, Terms},
    },
};

#[async_trait]
impl Pricing for Client {
    /// Replace (quote): the call that asks what an incoming payment costs.
    ///
    /// The bank must charge what it says here when the payment is booked: the
    /// quote promises it. It must not book anything: quotes are free.
    async fn payee_charges(
        &self,
        payee: &AccountNumber,
        amount_type: AmountType,
        amount: Amount,
    ) -> Result<PayeeCharges, BankError> {
        let body = json!({
            "account": payee,
            "amount_type": amount_type,
            "amount": amount,
        });
        self.instruct(&["prices", "incoming"], &body).await
    }

    /// Replace (quote): the call that asks what an outgoing payment costs.
    ///
    /// The same holds: the payer agrees to this fee, and it is taken later.
    async fn payer_fee(&self, payer: &AccountNumber, terms: Terms) -> Result<Amount, BankError> {
        #[derive(Deserialize)]
        struct Price {
            fee: Amount,
        }
        let body = json!({
            "account": payer,
            "transfer_amount": terms.transfer_amount(),
        });
        let price: Price = self.instruct(&["prices", "outgoing"], &body).await?;
        Ok(price.fee)
    }
}
