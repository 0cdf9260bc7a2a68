//! What the sandbox bank offers for payments that leave: it takes the payer's
//! money at once, and gives it back if it is told to.

use actix_web::{
    HttpResponse,
    web::{self, Data, Json, Path, ServiceConfig},
};
use async_trait::async_trait;
use serde::Deserialize;

use crate::{
    core_banking::port::{BankError, BookingId, PayerDebit, PayerDebits},
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

const DEBIT: Operation = Operation::new("debit");
const REVERSE_DEBIT: Operation = Operation::new("reverse_debit");

/// What a rule about payments that leave can name.
pub const OPERATIONS: &[Operation] = &[DEBIT, REVERSE_DEBIT];

const UNKNOWN_DEBIT: Refusal =
    Refusal::particular("unknown_debit", "nothing was debited under this reference");
const DEBIT_REVERSED: Refusal =
    Refusal::particular("debit_reversed", "the debit has been reversed already");

/// Takes the money of an outgoing payment from the payer's account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Debit {
    /// The payer's.
    pub account: AccountNumber,
    pub funding_account: AccountNumber,
    pub transfer_amount: Amount,
    pub fee: Amount,
}

/// Gives back all that a debit has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reversal {
    pub debit: String,
}

impl Order for Debit {
    fn carry_out(&self, books: &mut Books, reference: &str) -> Result<(), Refusal> {
        books.check_currency(&[self.transfer_amount, self.fee])?;
        let total = self.transfer_amount.plus(self.fee);
        books.check_debit(&self.account, total.map_err(|_| Refusal::Malformed)?)?;
        books.check_funding_account(&self.funding_account, self.transfer_amount.currency())?;
        let entries = self.entries(books)?;
        books.post(reference, "outgoing payment", entries)?;
        // Until it is reversed, which most never are.
        books.keep_open(reference, self.clone(), None)?;
        Ok(())
    }
}

impl Debit {
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
}

impl Order for Reversal {
    /// The payer's status is not asked for: the money is his.
    fn carry_out(&self, books: &mut Books, reference: &str) -> Result<(), Refusal> {
        let debit: Item<Debit> = books.item(&self.debit).ok_or(UNKNOWN_DEBIT)?;
        if debit.state != ItemState::Open {
            return Err(DEBIT_REVERSED);
        }
        let backwards = |entry: Entry| Entry {
            amount: -entry.amount,
            ..entry
        };
        let entries = debit.order.entries(books)?.into_iter().map(backwards);
        let settled = books.settle(&debit, reference, "reversal", entries.collect());
        settled.map_err(Refusal::by_funding_account)
    }
}

/// The paths for payments that leave.
pub fn configure(service: &mut ServiceConfig) {
    service
        .service(resource("/debits", web::post().to(debit)))
        .service(resource(
            "/debits/{debit}/reversal",
            web::post().to(reverse_debit),
        ));
}

async fn debit(bank: Data<SandboxBank>, body: Json<Referenced<Debit>>) -> HttpResponse {
    let Referenced { reference, content } = body.into_inner();
    api::instruct(bank, DEBIT, reference, content).await
}

async fn reverse_debit(
    bank: Data<SandboxBank>,
    debit: Path<String>,
    body: Json<ReferenceAlone>,
) -> HttpResponse {
    let order = Reversal {
        debit: debit.into_inner(),
    };
    let reference = body.into_inner().reference;
    api::instruct(bank, REVERSE_DEBIT, reference, order).await
}

#[async_trait]
impl PayerDebits for SandboxBank {
    async fn debit(
        &self,
        reference: &Reference,
        debit: &PayerDebit,
    ) -> Result<BookingId, BankError> {
        let order = Debit {
            account: debit.payer.clone(),
            funding_account: debit.funding.clone(),
            transfer_amount: debit.transfer_amount,
            fee: debit.payer_fee,
        };
        self.instruct(DEBIT, reference, order).await
    }

    async fn reverse_debit(
        &self,
        reference: &Reference,
        debit: &Reference,
    ) -> Result<BookingId, BankError> {
        let order = Reversal {
            debit: debit.to_string(),
        };
        self.instruct(REVERSE_DEBIT, reference, order).await
    }
}

#[cfg(test)]
mod tests;
