//! Incoming payments: a credit is reserved, then committed or released.

use async_trait::async_trait;
use serde_json::json;

use crate::{
    core_banking::{
        Client,
        port::{BankError, BookingId, CreditReservation, PayeeCredits},
    },
    domain::reference::Reference,
};

#[async_trait]
impl PayeeCredits for Client {
    /// Replace (incoming): the call that reserves a credit, or blocks the funding account.
    ///
    /// The bank must keep `reference` with the booking, and afterwards be able
    /// to commit: a refusal after this is a payment that the payer has made
    /// and the payee has not got.
    async fn reserve_credit(
        &self,
        reference: &Reference,
        credit: &CreditReservation,
    ) -> Result<BookingId, BankError> {
        let charges = credit.terms.payee_charges();
        let body = json!({
            "reference": reference.as_str(),
            "account": credit.payee,
            "funding_account": credit.funding,
            "transfer_amount": credit.terms.transfer_amount(),
            "payee_receives": credit.terms.payee_receives(),
            "fee": charges.fee,
            "commission": charges.commission,
        });
        self.book(&["credit-reservations"], &body).await
    }

    /// Replace (incoming): the call that posts what was reserved.
    ///
    /// The bank must recognise `reference` when it comes again: the scheme
    /// tells of a commit more than once, and a crash repeats it.
    async fn commit_credit(
        &self,
        reference: &Reference,
        reservation: &Reference,
    ) -> Result<BookingId, BankError> {
        let path = ["credit-reservations", reservation.as_str(), "commit"];
        let body = json!({ "reference": reference.as_str() });
        self.book(&path, &body).await
    }

    /// Replace (incoming): the call that frees what was reserved.
    async fn release_credit(
        &self,
        reference: &Reference,
        reservation: &Reference,
    ) -> Result<BookingId, BankError> {
        let path = ["credit-reservations", reservation.as_str(), "release"];
        let body = json!({ "reference": reference.as_str() });
        self.book(&path, &body).await
    }
}
