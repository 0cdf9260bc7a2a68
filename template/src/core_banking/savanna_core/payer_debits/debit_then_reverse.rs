//! Outgoing payments: the payer is debited at once, and the debit is reversed
//! if there is no transfer.

use async_trait::async_trait;
use serde_json::json;

use crate::{
    core_banking::{
        Client,
        port::{BankError, BookingId, PayerDebit, PayerDebits},
    },
    domain::reference::Reference,
};

#[async_trait]
impl PayerDebits for Client {
    /// Replace (outgoing): the call that moves the payer's money.
    ///
    /// The bank must check funds, limits and the account's status here, post
    /// both the amount and the fee or neither, and keep `reference` with the
    /// posting.
    async fn debit(
        &self,
        reference: &Reference,
        debit: &PayerDebit,
    ) -> Result<BookingId, BankError> {
        let body = json!({
            "reference": reference.as_str(),
            "account": debit.payer,
            "funding_account": debit.funding,
            "transfer_amount": debit.transfer_amount,
            "fee": debit.payer_fee,
        });
        self.book(&["debits"], &body).await
    }

    /// Replace (outgoing): the call that reverses a debit, amount and fee.
    ///
    /// The bank must take the money back from the funding account also if the
    /// payer's account has been blocked since, and recognise `reference` when
    /// it comes again.
    async fn reverse_debit(
        &self,
        reference: &Reference,
        debit: &Reference,
    ) -> Result<BookingId, BankError> {
        let path = ["debits", debit.as_str(), "reversal"];
        let body = json!({ "reference": reference.as_str() });
        self.book(&path, &body).await
    }
}
