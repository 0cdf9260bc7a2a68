//! Outgoing payments: the bank's own channel has reserved the money, and the
//! bank is told what came of the transfer.

use async_trait::async_trait;
use serde_json::json;

use crate::{
    core_banking::{
        Client,
        port::{BankError, BookingId, PaymentReports, ReportedPayment},
    },
    domain::reference::Reference,
};

impl Client {
    async fn report(
        &self,
        reference: &Reference,
        payment: &ReportedPayment,
        transfer_made: bool,
    ) -> Result<BookingId, BankError> {
        let body = json!({
            "reference": reference.as_str(),
            "transfer_made": transfer_made,
            "transfer_id": payment.transfer_id,
            "home_transaction_id": payment.home_transaction_id,
            "account": payment.payer,
            "funding_account": payment.funding,
            "transfer_amount": payment.transfer_amount,
            "fee": payment.payer_fee,
        });
        self.book(&["payment-reports"], &body).await
    }
}

#[async_trait]
impl PaymentReports for Client {
    /// Replace (outgoing): the call that says that the transfer was made.
    ///
    /// The bank must post what its channel has reserved, and recognise
    /// `reference` when it comes again. It cannot refuse: the payee has the
    /// money.
    async fn report_transfer(
        &self,
        reference: &Reference,
        payment: &ReportedPayment,
    ) -> Result<BookingId, BankError> {
        self.report(reference, payment, true).await
    }

    /// Replace (outgoing): the call that says that there is no transfer.
    ///
    /// It comes for every offer that did not become a transfer, also for one
    /// that the customer never agreed to. The bank must free what its channel
    /// has reserved, and accept the report if nothing was.
    async fn report_no_transfer(
        &self,
        reference: &Reference,
        payment: &ReportedPayment,
    ) -> Result<BookingId, BankError> {
        self.report(reference, payment, false).await
    }
}
