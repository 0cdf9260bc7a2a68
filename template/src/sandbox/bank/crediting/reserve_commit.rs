//! What the sandbox bank offers for payments that arrive: it reserves a
//! credit, and then pays it to the payee or gives it up.

use actix_web::{
    HttpResponse,
    web::{self, Data, Json, Path, ServiceConfig},
};
use async_trait::async_trait;
use serde::Deserialize;

use crate::{
    core_banking::port::{BankError, BookingId, CreditReservation, PayeeCredits},
    domain::{amount::Amount, party::AccountNumber, reference::Reference},
    sandbox::bank::{
        SandboxBank,
        api::{self, ReferenceAlone, Referenced, resource},
        books::Books,
        faults::Operation,
        ledger::{Entry, HeldMoney},
        open_items::{Item, ItemState},
        order::Order,
        refusal::Refusal,
    },
};

const RESERVE_CREDIT: Operation = Operation::new("reserve_credit");
const COMMIT_CREDIT: Operation = Operation::new("commit_credit");
const RELEASE_CREDIT: Operation = Operation::new("release_credit");

/// What a rule about payments that arrive can name.
pub const OPERATIONS: &[Operation] = &[RESERVE_CREDIT, COMMIT_CREDIT, RELEASE_CREDIT];

const UNKNOWN_RESERVATION: Refusal = Refusal::particular(
    "unknown_reservation",
    "no credit was reserved under this reference",
);
const RESERVATION_COMMITTED: Refusal = Refusal::particular(
    "reservation_committed",
    "the reserved credit has been committed",
);
const RESERVATION_RELEASED: Refusal = Refusal::particular(
    "reservation_released",
    "the reserved credit has been released",
);

/// Holds the money of an incoming payment on the funding account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ReserveCredit {
    /// The payee's.
    pub account: AccountNumber,
    pub funding_account: AccountNumber,
    pub transfer_amount: Amount,
    /// Always the transfer amount less the fee plus the commission.
    pub payee_receives: Amount,
    pub fee: Amount,
    pub commission: Amount,
}

/// Pays a reserved credit to the payee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitCredit {
    pub reservation: String,
}

/// Gives up a reserved credit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseCredit {
    pub reservation: String,
}

impl Order for ReserveCredit {
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
        let money = HeldMoney {
            account: self.funding_account.clone(),
            amount: self.transfer_amount.value(),
        };
        books
            .keep_open(reference, self.clone(), Some(money))
            .map_err(Refusal::by_funding_account)?;
        books.expect_credit(&self.account, self.payee_receives);
        Ok(())
    }
}

impl Order for CommitCredit {
    fn carry_out(&self, books: &mut Books, reference: &str) -> Result<(), Refusal> {
        let reservation = open_reservation(books, &self.reservation)?;
        let credit = &reservation.order;
        books.check_active(&credit.account)?;
        let entries = vec![
            Entry {
                account: credit.funding_account.clone(),
                amount: -credit.transfer_amount.value(),
            },
            Entry {
                account: credit.account.clone(),
                amount: credit.payee_receives.value(),
            },
            Entry {
                account: books.fee_account(credit.fee.currency())?.clone(),
                amount: credit.fee.value() - credit.commission.value(),
            },
        ];
        books.settle(&reservation, reference, "incoming payment", entries)?;
        books.expect_credit_no_longer(&credit.account, credit.payee_receives);
        Ok(())
    }
}

impl Order for ReleaseCredit {
    fn carry_out(&self, books: &mut Books, _reference: &str) -> Result<(), Refusal> {
        let reservation = open_reservation(books, &self.reservation)?;
        let credit = &reservation.order;
        books.release(&reservation)?;
        books.expect_credit_no_longer(&credit.account, credit.payee_receives);
        Ok(())
    }
}

fn open_reservation(books: &Books, reference: &str) -> Result<Item<ReserveCredit>, Refusal> {
    let reservation: Item<ReserveCredit> = books.item(reference).ok_or(UNKNOWN_RESERVATION)?;
    match reservation.state {
        ItemState::Open => Ok(reservation),
        ItemState::Settled => Err(RESERVATION_COMMITTED),
        ItemState::Released => Err(RESERVATION_RELEASED),
    }
}

/// The paths for payments that arrive.
pub fn configure(service: &mut ServiceConfig) {
    let reservation = |step: &str| format!("/credit-reservations/{{reservation}}/{step}");
    service
        .service(resource(
            "/credit-reservations",
            web::post().to(reserve_credit),
        ))
        .service(resource(
            &reservation("commit"),
            web::post().to(commit_credit),
        ))
        .service(resource(
            &reservation("release"),
            web::post().to(release_credit),
        ));
}

async fn reserve_credit(
    bank: Data<SandboxBank>,
    body: Json<Referenced<ReserveCredit>>,
) -> HttpResponse {
    let Referenced { reference, content } = body.into_inner();
    api::instruct(bank, RESERVE_CREDIT, reference, content).await
}

async fn commit_credit(
    bank: Data<SandboxBank>,
    reservation: Path<String>,
    body: Json<ReferenceAlone>,
) -> HttpResponse {
    let order = CommitCredit {
        reservation: reservation.into_inner(),
    };
    let reference = body.into_inner().reference;
    api::instruct(bank, COMMIT_CREDIT, reference, order).await
}

async fn release_credit(
    bank: Data<SandboxBank>,
    reservation: Path<String>,
    body: Json<ReferenceAlone>,
) -> HttpResponse {
    let order = ReleaseCredit {
        reservation: reservation.into_inner(),
    };
    let reference = body.into_inner().reference;
    api::instruct(bank, RELEASE_CREDIT, reference, order).await
}

#[async_trait]
impl PayeeCredits for SandboxBank {
    async fn reserve_credit(
        &self,
        reference: &Reference,
        credit: &CreditReservation,
    ) -> Result<BookingId, BankError> {
        let charges = credit.terms.payee_charges();
        let order = ReserveCredit {
            account: credit.payee.clone(),
            funding_account: credit.funding.clone(),
            transfer_amount: credit.terms.transfer_amount(),
            payee_receives: credit.terms.payee_receives(),
            fee: charges.fee,
            commission: charges.commission,
        };
        self.instruct(RESERVE_CREDIT, reference, order).await
    }

    async fn commit_credit(
        &self,
        reference: &Reference,
        reservation: &Reference,
    ) -> Result<BookingId, BankError> {
        let order = CommitCredit {
            reservation: reservation.to_string(),
        };
        self.instruct(COMMIT_CREDIT, reference, order).await
    }

    async fn release_credit(
        &self,
        reference: &Reference,
        reservation: &Reference,
    ) -> Result<BookingId, BankError> {
        let order = ReleaseCredit {
            reservation: reservation.to_string(),
        };
        self.instruct(RELEASE_CREDIT, reference, order).await
    }
}

#[cfg(test)]
mod tests;
