//! Outgoing payments: the payer's money is held, then captured or released.

use async_trait::async_trait;
use serde_json::json;

use crate::{
    core_banking::{
        Client,
        port::{BankError, BookingId, PayerCapture, PayerHolds},
    },
    domain::{amount::Amount, party::AccountNumber, reference::Reference},
};

#[async_trait]
impl PayerHolds for Client {
    /// Replace (outgoing): the call that puts a hold (a lien, a block) on an account.
    ///
    /// The bank must check funds, limits and the account's status here, and
    /// keep the hold until it is captured or released: a hold that lapses by
    /// itself must outlive the quote by hours.
    async fn hold(
        &self,
        reference: &Reference,
        payer: &AccountNumber,
        amount: Amount,
    ) -> Result<BookingId, BankError> {
        let body = json!({
            "reference": reference.as_str(),
            "account": payer,
            "amount": amount,
        });
        self.book(&["holds"], &body).await
    }

    /// Replace (outgoing): the call that turns a hold into a posting.
    ///
    /// The bank must recognise `reference` when it comes again.
    async fn capture(
        &self,
        reference: &Reference,
        hold: &Reference,
        capture: &PayerCapture,
    ) -> Result<BookingId, BankError> {
        let body = json!({
            "reference": reference.as_str(),
            "funding_account": capture.funding,
            "transfer_amount": capture.transfer_amount,
            "fee": capture.payer_fee,
        });
        self.book(&["holds", hold.as_str(), "capture"], &body).await
    }

    /// Replace (outgoing): the call that lifts a hold.
    async fn release_hold(
        &self,
        reference: &Reference,
        hold: &Reference,
    ) -> Result<BookingId, BankError> {
        let path = ["holds", hold.as_str(), "release"];
        let body = json!({ "reference": reference.as_str() });
        self.book(&path, &body).await
    }
}
