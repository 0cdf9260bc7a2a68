//! Incoming payments: the payee is credited once the scheme has committed.

use async_trait::async_trait;
use serde_json::json;

use crate::{
    core_banking::{
        Client,
        port::{BankError, BookingId, PayeeCredit, PayeePostings},
    },
    domain::reference::Reference,
};

#[async_trait]
impl PayeePostings for Client {
    /// Replace (incoming): the call that credits a payee from the funding account.
    ///
    /// The bank must keep `reference` with the booking, and recognise it when
    /// it comes again: the scheme tells of a commit more than once, and a crash
    /// repeats it. What it refuses here is a payment that the payer has made
    /// and the payee has not got, so `check_credit` has to refuse it before.
    async fn credit_payee(
        &self,
        reference: &Reference,
        credit: &PayeeCredit,
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
        self.book(&["credits"], &body).await
    }
}
