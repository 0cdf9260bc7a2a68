//! What the sandbox bank offers for payments that leave: it is told what came
//! of them, and takes the payer's money if there was a transfer.
//!
//! Its channel is supposed to have looked at the account before; the sandbox
//! has no channel, so a payer without the money is found out only here.

use actix_web::{
    HttpResponse,
    web::{self, Data, Json, ServiceConfig},
};
use async_trait::async_trait;
use serde::Deserialize;

use crate::{
    core_banking::port::{BankError, BookingId, PaymentReports, ReportedPayment},
    domain::{amount::Amount, party::AccountNumber, reference::Reference, transfer_id::TransferId},
    sandbox::bank::{
        SandboxBank,
        api::{self, Referenced, resource},
        books::Books,
        faults::Operation,
        ledger::Entry,
        order::Order,
        refusal::Refusal,
    },
};

const REPORT_TRANSFER: Operation = Operation::new("report_transfer");
const REPORT_NO_TRANSFER: Operation = Operation::new("report_no_transfer");

/// What a rule about payments that leave can name.
pub const OPERATIONS: &[Operation] = &[REPORT_TRANSFER, REPORT_NO_TRANSFER];

const TRANSFER_REPORTED: Refusal = Refusal::particular(
    "transfer_reported",
    "it was reported already that this transfer was made",
);
const NO_TRANSFER_REPORTED: Refusal = Refusal::particular(
    "no_transfer_reported",
    "it was reported already that there is no such transfer",
);

/// Says what came of an outgoing payment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Report {
    pub transfer_made: bool,
    pub transfer_id: TransferId,
    pub home_transaction_id: Option<String>,
    /// The payer's.
    pub account: AccountNumber,
    pub funding_account: AccountNumber,
    pub transfer_amount: Amount,
    pub fee: Amount,
}

impl Order for Report {
    /// The payer's status and limits are not asked for: the channel has let
    /// the payment pass, and the payee has the money.
    fn carry_out(&self, books: &mut Books, reference: &str) -> Result<(), Refusal> {
        books.check_currency(&[self.transfer_amount, self.fee])?;
        let subject = format!("payment {}", self.transfer_id);
        let earlier = books.item::<Self>(&subject);
        match earlier.map(|earlier| earlier.order.transfer_made) {
            Some(true) if !self.transfer_made => return Err(TRANSFER_REPORTED),
            Some(false) if self.transfer_made => return Err(NO_TRANSFER_REPORTED),
            _ => {}
        }
        let account = books
            .balance(&self.account)
            .ok_or(Refusal::UnknownAccount)?;
        if account.balance.currency() != self.transfer_amount.currency() {
            return Err(Refusal::CurrencyNotSupported);
        }
        if self.transfer_made {
            books.check_funding_account(&self.funding_account, self.transfer_amount.currency())?;
            let entries = self.entries(books)?;
            books.post(reference, "outgoing payment", entries)?;
        }
        books.keep_open(&subject, self.clone(), None)?;
        Ok(())
    }
}

impl Report {
    fn entries(&self, books: &Books) -> Result<Vec<Entry>, Refusal> {
        Ok(vec![
            Entry {
                account: self.account.clone(),
                amount: -self.transfer_amount.value() - self.fee.value(),
            },
            Entry {
                account: self.funding_account.clone(),
                amount: self.transfer_amount.value(),
            },
            Entry {
                account: books.fee_account(self.fee.currency())?.clone(),
                amount: self.fee.value(),
            },
        ])
    }

    fn operation(&self) -> Operation {
        match self.transfer_made {
            true => REPORT_TRANSFER,
            false => REPORT_NO_TRANSFER,
        }
    }

    fn of(payment: &ReportedPayment, transfer_made: bool) -> Self {
        Self {
            transfer_made,
            transfer_id: payment.transfer_id.clone(),
            home_transaction_id: payment.home_transaction_id.clone(),
            account: payment.payer.clone(),
            funding_account: payment.funding.clone(),
            transfer_amount: payment.transfer_amount,
            fee: payment.payer_fee,
        }
    }
}

/// The paths for payments that leave.
pub fn configure(service: &mut ServiceConfig) {
    service.service(resource("/payment-reports", web::post().to(report)));
}

async fn report(bank: Data<SandboxBank>, body: Json<Referenced<Report>>) -> HttpResponse {
    let Referenced { reference, content } = body.into_inner();
    api::instruct(bank, content.operation(), reference, content).await
}

#[async_trait]
impl PaymentReports for SandboxBank {
    async fn report_transfer(
        &self,
        reference: &Reference,
        payment: &ReportedPayment,
    ) -> Result<BookingId, BankError> {
        let order = Report::of(payment, true);
        self.instruct(REPORT_TRANSFER, reference, order).await
    }

    async fn report_no_transfer(
        &self,
        reference: &Reference,
        payment: &ReportedPayment,
    ) -> Result<BookingId, BankError> {
        let order = Report::of(payment, false);
        self.instruct(REPORT_NO_TRANSFER, reference, order).await
    }
}

#[cfg(test)]
mod tests;
