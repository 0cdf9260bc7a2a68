//! What the sandbox bank offers for payments that leave: it holds money of the
//! payer, and then takes it or gives it back.

use actix_web::{
    HttpResponse,
    web::{self, Data, Json, Path, ServiceConfig},
};
use async_trait::async_trait;
use serde::Deserialize;

use crate::{
    core_banking::port::{BankError, BookingId, PayerCapture, PayerHolds},
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

const HOLD: Operation = Operation::new("hold");
const CAPTURE: Operation = Operation::new("capture");
const RELEASE_HOLD: Operation = Operation::new("release_hold");

/// What a rule about payments that leave can name.
pub const OPERATIONS: &[Operation] = &[HOLD, CAPTURE, RELEASE_HOLD];

const UNKNOWN_HOLD: Refusal =
    Refusal::particular("unknown_hold", "nothing was held under this reference");
const HOLD_CAPTURED: Refusal = Refusal::particular("hold_captured", "the hold has been captured");
const HOLD_RELEASED: Refusal = Refusal::particular("hold_released", "the hold has been released");
const AMOUNT_DIFFERS_FROM_HOLD: Refusal = Refusal::particular(
    "amount_differs_from_hold",
    "transfer amount and fee are not exactly what is held",
);

/// Holds the money of an outgoing payment on the payer's account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Hold {
    /// The payer's.
    pub account: AccountNumber,
    pub amount: Amount,
}

/// Takes held money for an outgoing payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    pub hold: String,
    pub terms: CaptureTerms,
}

/// Where held money goes: together it is all that was held.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CaptureTerms {
    pub funding_account: AccountNumber,
    pub transfer_amount: Amount,
    pub fee: Amount,
}

/// Gives held money back to the payer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseHold {
    pub hold: String,
}

impl Order for Hold {
    fn carry_out(&self, books: &mut Books, reference: &str) -> Result<(), Refusal> {
        books.check_debit(&self.account, self.amount)?;
        let money = HeldMoney {
            account: self.account.clone(),
            amount: self.amount.value(),
        };
        books.keep_open(reference, self.clone(), Some(money))?;
        Ok(())
    }
}

impl Order for Capture {
    /// The payer's status is not asked for: held money is taken even if the
    /// account has been blocked since, as the payee's bank was promised it.
    fn carry_out(&self, books: &mut Books, reference: &str) -> Result<(), Refusal> {
        let terms = &self.terms;
        books.check_currency(&[terms.transfer_amount, terms.fee])?;
        let hold = open_hold(books, &self.hold)?;
        books.check_funding_account(&terms.funding_account, terms.transfer_amount.currency())?;
        let held = hold.order.amount.value();
        if terms.transfer_amount.value() + terms.fee.value() != held {
            return Err(AMOUNT_DIFFERS_FROM_HOLD);
        }
        let entries = vec![
            Entry {
                account: hold.order.account.clone(),
                amount: -held,
            },
            Entry {
                account: terms.funding_account.clone(),
                amount: terms.transfer_amount.value(),
            },
            Entry {
                account: books.fee_account(terms.fee.currency())?.clone(),
                amount: terms.fee.value(),
            },
        ];
        books.settle(&hold, reference, "outgoing payment", entries)?;
        Ok(())
    }
}

impl Order for ReleaseHold {
    fn carry_out(&self, books: &mut Books, _reference: &str) -> Result<(), Refusal> {
        let hold = open_hold(books, &self.hold)?;
        books.release(&hold)?;
        Ok(())
    }
}

fn open_hold(books: &Books, reference: &str) -> Result<Item<Hold>, Refusal> {
    let hold: Item<Hold> = books.item(reference).ok_or(UNKNOWN_HOLD)?;
    match hold.state {
        ItemState::Open => Ok(hold),
        ItemState::Settled => Err(HOLD_CAPTURED),
        ItemState::Released => Err(HOLD_RELEASED),
    }
}

/// The paths for payments that leave.
pub fn configure(service: &mut ServiceConfig) {
    let on_hold = |step: &str| format!("/holds/{{hold}}/{step}");
    service
        .service(resource("/holds", web::post().to(hold)))
        .service(resource(&on_hold("capture"), web::post().to(capture)))
        .service(resource(&on_hold("release"), web::post().to(release_hold)));
}

async fn hold(bank: Data<SandboxBank>, body: Json<Referenced<Hold>>) -> HttpResponse {
    let Referenced { reference, content } = body.into_inner();
    api::instruct(bank, HOLD, reference, content).await
}

async fn capture(
    bank: Data<SandboxBank>,
    hold: Path<String>,
    body: Json<Referenced<CaptureTerms>>,
) -> HttpResponse {
    let Referenced { reference, content } = body.into_inner();
    let order = Capture {
        hold: hold.into_inner(),
        terms: content,
    };
    api::instruct(bank, CAPTURE, reference, order).await
}

async fn release_hold(
    bank: Data<SandboxBank>,
    hold: Path<String>,
    body: Json<ReferenceAlone>,
) -> HttpResponse {
    let order = ReleaseHold {
        hold: hold.into_inner(),
    };
    let reference = body.into_inner().reference;
    api::instruct(bank, RELEASE_HOLD, reference, order).await
}

#[async_trait]
impl PayerHolds for SandboxBank {
    async fn hold(
        &self,
        reference: &Reference,
        payer: &AccountNumber,
        amount: Amount,
    ) -> Result<BookingId, BankError> {
        let order = Hold {
            account: payer.clone(),
            amount,
        };
        self.instruct(HOLD, reference, order).await
    }

    async fn capture(
        &self,
        reference: &Reference,
        hold: &Reference,
        capture: &PayerCapture,
    ) -> Result<BookingId, BankError> {
        let order = Capture {
            hold: hold.to_string(),
            terms: CaptureTerms {
                funding_account: capture.funding.clone(),
                transfer_amount: capture.transfer_amount,
                fee: capture.payer_fee,
            },
        };
        self.instruct(CAPTURE, reference, order).await
    }

    async fn release_hold(
        &self,
        reference: &Reference,
        hold: &Reference,
    ) -> Result<BookingId, BankError> {
        let order = ReleaseHold {
            hold: hold.to_string(),
        };
        self.instruct(RELEASE_HOLD, reference, order).await
    }
}

#[cfg(test)]
mod tests;
