//! Incoming payments: a repayment is posted at once, and reversed if the
//! scheme aborts.

use async_trait::async_trait;
use serde_json::json;

use crate::{
    core_banking::{
        Client,
        port::{BankError, BookingId, LoanRepayment, LoanRepayments},
    },
    domain::reference::Reference,
};

#[async_trait]
impl LoanRepayments for Client {
    /// Replace (incoming): the call that posts a repayment to a loan.
    ///
    /// The bank must keep `reference` with the booking, refuse an account whose
    /// money can be withdrawn, and afterwards be able to reverse: until the
    /// scheme commits, this money may still be taken back.
    async fn post_repayment(
        &self,
        reference: &Reference,
        repayment: &LoanRepayment,
    ) -> Result<BookingId, BankError> {
        let charges = repayment.terms.payee_charges();
        let body = json!({
            "reference": reference.as_str(),
            "account": repayment.loan,
            "funding_account": repayment.funding,
            "transfer_amount": repayment.terms.transfer_amount(),
            "payee_receives": repayment.terms.payee_receives(),
            "fee": charges.fee,
            "commission": charges.commission,
        });
        self.book(&["repayments"], &body).await
    }

    /// Replace (incoming): the call that reverses a repayment.
    ///
    /// The bank must recognise `reference` when it comes again: the scheme
    /// tells of an abort more than once, and a crash repeats it.
    async fn reverse_repayment(
        &self,
        reference: &Reference,
        repayment: &Reference,
    ) -> Result<BookingId, BankError> {
        let path = ["repayments", repayment.as_str(), "reverse"];
        let body = json!({ "reference": reference.as_str() });
        self.book(&path, &body).await
    }
}
