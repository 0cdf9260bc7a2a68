//! What the sandbox bank offers for payments that arrive: it posts the repayment
//! of a loan, and reverses it again.

use actix_web::{
    HttpResponse,
    web::{self, Data, Json, Path, ServiceConfig},
};
use async_trait::async_trait;
use serde::Deserialize;

use crate::{
    core_banking::port::{BankError, BookingId, LoanRepayment, LoanRepayments},
    domain::{amount::Amount, party::AccountNumber, reference::Reference},
    sandbox::bank::{
        SandboxBank,
        api::{self, ReferenceAlone, Referenced, resource},
        books::Books,
        faults::Operation,
        ledger::Entry,
        open_items::{Item, ItemState},
        order::Order,
        refusal::Refusal,
    },
};

const POST_REPAYMENT: Operation = Operation::new("post_repayment");
const REVERSE_REPAYMENT: Operation = Operation::new("reverse_repayment");

/// What a rule about payments that arrive can name.
pub const OPERATIONS: &[Operation] = &[POST_REPAYMENT, REVERSE_REPAYMENT];

const UNKNOWN_REPAYMENT: Refusal = Refusal::particular(
    "unknown_repayment",
    "no repayment was posted under this reference",
);
const REPAYMENT_REVERSED: Refusal = Refusal::particular(
    "repayment_reversed",
    "the repayment has been reversed already",
);

/// Repays a loan from the funding account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PostRepayment {
    /// That of the loan.
    pub account: AccountNumber,
    pub funding_account: AccountNumber,
    pub transfer_amount: Amount,
    /// Always the transfer amount less the fee plus the commission.
    pub payee_receives: Amount,
    pub fee: Amount,
    pub commission: Amount,
}

/// Posts the opposite of a repayment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReverseRepayment {
    pub repayment: String,
}

impl PostRepayment {
    fn entries(&self, books: &Books) -> Result<Vec<Entry>, Refusal> {
        Ok(vec![
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
        ])
    }
}

impl Order for PostRepayment {
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
        let entries = self.entries(books)?;
        books
            .post(reference, "loan repayment", entries)
            .map_err(Refusal::by_funding_account)?;
        // Holds nothing: the money is on the loan already.
        books.keep_open(reference, self.clone(), None)?;
        Ok(())
    }
}

impl Order for ReverseRepayment {
    fn carry_out(&self, books: &mut Books, reference: &str) -> Result<(), Refusal> {
        let repayment: Item<PostRepayment> =
            books.item(&self.repayment).ok_or(UNKNOWN_REPAYMENT)?;
        if repayment.state != ItemState::Open {
            return Err(REPAYMENT_REVERSED);
        }
        books.check_active(&repayment.order.account)?;
        let mut entries = repayment.order.entries(books)?;
        for entry in &mut entries {
            entry.amount = -entry.amount;
        }
        books.settle(
            &repayment,
            reference,
            "reversal of a loan repayment",
            entries,
        )?;
        Ok(())
    }
}

/// The paths for payments that arrive.
pub fn configure(service: &mut ServiceConfig) {
    service
        .service(resource("/repayments", web::post().to(post_repayment)))
        .service(resource(
            "/repayments/{repayment}/reverse",
            web::post().to(reverse_repayment),
        ));
}

async fn post_repayment(
    bank: Data<SandboxBank>,
    body: Json<Referenced<PostRepayment>>,
) -> HttpResponse {
    let Referenced { reference, content } = body.into_inner();
    api::instruct(bank, POST_REPAYMENT, reference, content).await
}

async fn reverse_repayment(
    bank: Data<SandboxBank>,
    repayment: Path<String>,
    body: Json<ReferenceAlone>,
) -> HttpResponse {
    let order = ReverseRepayment {
        repayment: repayment.into_inner(),
    };
    let reference = body.into_inner().reference;
    api::instruct(bank, REVERSE_REPAYMENT, reference, order).await
}

#[async_trait]
impl LoanRepayments for SandboxBank {
    async fn post_repayment(
        &self,
        reference: &Reference,
        repayment: &LoanRepayment,
    ) -> Result<BookingId, BankError> {
        let charges = repayment.terms.payee_charges();
        let order = PostRepayment {
            account: repayment.loan.clone(),
            funding_account: repayment.funding.clone(),
            transfer_amount: repayment.terms.transfer_amount(),
            payee_receives: repayment.terms.payee_receives(),
            fee: charges.fee,
            commission: charges.commission,
        };
        self.instruct(POST_REPAYMENT, reference, order).await
    }

    async fn reverse_repayment(
        &self,
        reference: &Reference,
        repayment: &Reference,
    ) -> Result<BookingId, BankError> {
        let order = ReverseRepayment {
            repayment: repayment.to_string(),
        };
        self.instruct(REVERSE_REPAYMENT, reference, order).await
    }
}

#[cfg(test)]
mod tests;
