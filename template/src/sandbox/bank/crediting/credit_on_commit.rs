//! What the sandbox bank offers for payments that arrive: it credits a payee at
//! once.

use actix_web::{
    HttpResponse,
    web::{self, Data, Json, ServiceConfig},
};
use async_trait::async_trait;
use serde::Deserialize;

use crate::{
    core_banking::port::{BankError, BookingId, PayeeCredit, PayeePostings},
    domain::{amount::Amount, party::AccountNumber, reference::Reference},
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

const CREDIT_PAYEE: Operation = Operation::new("credit_payee");

/// What a rule about payments that arrive can name.
pub const OPERATIONS: &[Operation] = &[CREDIT_PAYEE];

/// Pays an incoming payment to the payee, from the funding account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CreditPayee {
    /// The payee's.
    pub account: AccountNumber,
    pub funding_account: AccountNumber,
    pub transfer_amount: Amount,
    /// Always the transfer amount less the fee plus the commission.
    pub payee_receives: Amount,
    pub fee: Amount,
    pub commission: Amount,
}

impl Order for CreditPayee {
    fn carry_out(&self, books: &mut Books, reference: &str) -> Result<(), Refusal> {
        books.check_currency(&[
            self.transfer_amount,
            self.payee_receives,
            self.fee,
            self.commission,
        ])?;
        let received = self.transfer_amount.value() - self.fee.value() + self.commission.value();
        if self.transfer_amount.is_zero() || self.payee_receives.value() != received {
            return Err(Refusal::Malformed);
        }
        books.check_credit(&self.account, self.payee_receives)?;
        books.check_funding_account(&self.funding_account, self.transfer_amount.currency())?;
        let entries = vec![
            Entry {
                account: self.funding_account.clone(),
                amount: -self.transfer_amount.value(),
            },
            Entry {
                account: self.account.clone(),
                amount: self.payee_receives.value(),
            },
            Entry {
                account: books.fee_account(self.fee.currency())?.clone(),
                amount: self.fee.value() - self.commission.value(),
            },
        ];
        books
            .post(reference, "incoming payment", entries)
            .map_err(Refusal::by_funding_account)
    }
}

/// The paths for payments that arrive.
pub fn configure(service: &mut ServiceConfig) {
    service.service(resource("/credits", web::post().to(credit_payee)));
}

async fn credit_payee(
    bank: Data<SandboxBank>,
    body: Json<Referenced<CreditPayee>>,
) -> HttpResponse {
    let Referenced { reference, content } = body.into_inner();
    api::instruct(bank, CREDIT_PAYEE, reference, content).await
}

#[async_trait]
impl PayeePostings for SandboxBank {
    async fn credit_payee(
        &self,
        reference: &Reference,
        credit: &PayeeCredit,
    ) -> Result<BookingId, BankError> {
        let charges = credit.terms.payee_charges();
        let order = CreditPayee {
            account: credit.payee.clone(),
            funding_account: credit.funding.clone(),
            transfer_amount: credit.terms.transfer_amount(),
            payee_receives: credit.terms.payee_receives(),
            fee: charges.fee,
            commission: charges.commission,
        };
        self.instruct(CREDIT_PAYEE, reference, order).await
    }
}

#[cfg(test)]
mod tests;
