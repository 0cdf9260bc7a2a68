//! Conversions for other participants: the target amount is reserved, then sold
//! or freed.

use async_trait::async_trait;
use serde_json::json;

use crate::{
    core_banking::{
        Client,
        port::{BankError, BookingId, Conversions},
    },
    domain::{currency_conversion::ConvertedAmounts, reference::Reference},
};

#[async_trait]
impl Conversions for Client {
    /// Replace (conversion): the call that reserves what is to be sold.
    ///
    /// The bank must keep `reference` with the booking, and afterwards be able
    /// to commit: a refusal after this is a payment whose payer has paid and
    /// whose payee's FSP has not been.
    async fn reserve_conversion(
        &self,
        reference: &Reference,
        amounts: &ConvertedAmounts,
    ) -> Result<BookingId, BankError> {
        let body = json!({
            "reference": reference.as_str(),
            "source": amounts.source,
            "target": amounts.target,
        });
        self.book(&["conversion-reservations"], &body).await
    }

    /// Replace (conversion): the call that posts what was reserved.
    ///
    /// The bank must recognise `reference` when it comes again: the scheme
    /// tells of a commit more than once, and a crash repeats it.
    async fn commit_conversion(
        &self,
        reference: &Reference,
        reservation: &Reference,
    ) -> Result<BookingId, BankError> {
        let path = ["conversion-reservations", reservation.as_str(), "commit"];
        let body = json!({ "reference": reference.as_str() });
        self.book(&path, &body).await
    }

    /// Replace (conversion): the call that frees what was reserved.
    async fn release_conversion(
        &self,
        reference: &Reference,
        reservation: &Reference,
    ) -> Result<BookingId, BankError> {
        let path = ["conversion-reservations", reservation.as_str(), "release"];
        let body = json!({ "reference": reference.as_str() });
        self.book(&path, &body).await
    }
}
