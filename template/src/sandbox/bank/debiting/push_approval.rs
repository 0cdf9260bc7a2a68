//! What the sandbox bank offers for payments that leave: it asks customers on
//! the telephone, takes the money of those who approve, and gives it back if
//! it is told to.

mod phones;

use actix_web::{
    HttpResponse,
    web::{self, Data, Json, Path, ServiceConfig},
};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use phones::Phone;

use crate::{
    core_banking::port::{
        Approval as PortApproval, ApprovalRequest, BankError, BookingId, PayerApprovals,
    },
    domain::{amount::Amount, party::AccountNumber, reference::Reference, timestamp::Timestamp},
    sandbox::bank::{
        SandboxBank,
        api::{self, ReferenceAlone, Referenced, not_found, refused, resource},
        books::Books,
        faults::Operation,
        in_process,
        ledger::Entry,
        open_items::{Item, ItemState},
        order::Order,
        refusal::Refusal,
    },
};

pub use phones::{Answer, CallbackTarget};

const REQUEST_APPROVAL: Operation = Operation::new("request_approval");
const FIND_APPROVAL: Operation = Operation::new("find_approval");
const CANCEL_APPROVAL: Operation = Operation::new("cancel_approval");
const REFUND: Operation = Operation::new("refund");

/// What a rule about payments that leave can name.
pub const OPERATIONS: &[Operation] = &[REQUEST_APPROVAL, FIND_APPROVAL, CANCEL_APPROVAL, REFUND];

const UNKNOWN_APPROVAL: Refusal = Refusal::particular(
    "unknown_approval",
    "nobody was asked for an approval under this reference",
);
const NOT_APPROVED: Refusal =
    Refusal::particular("not_approved", "the customer has not approved, or not paid");
const REFUNDED: Refusal = Refusal::particular("refunded", "the money has been given back already");

/// Asks a customer to pay.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Request {
    pub phone: String,
    /// The payer's.
    pub account: AccountNumber,
    pub funding_account: AccountNumber,
    pub transfer_amount: Amount,
    pub fee: Amount,
    pub expires_at: Timestamp,
}

/// What has become of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Approval {
    Pending,
    Approved { booking_id: String },
    Declined,
    Expired,
}

/// A request that a customer has on the telephone, and how he will answer.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Asked {
    request: Request,
    answer: Answer,
    answers_at: Timestamp,
}

/// Money that an approved request has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Taken {
    request: Request,
}

/// No answer of the customer counts any more.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Expiry {
    request: String,
}

/// Gives back all that an approved request has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    pub request: String,
}

impl Order for Request {
    /// The customer has to have the money now; he can still spend it before
    /// he answers.
    fn carry_out(&self, books: &mut Books, reference: &str) -> Result<(), Refusal> {
        books.check_currency(&[self.transfer_amount, self.fee])?;
        let total = self.transfer_amount.plus(self.fee);
        let total = total.map_err(|_| Refusal::Malformed)?;
        books.check_debit(&self.account, total)?;
        books.check_funding_account(&self.funding_account, self.transfer_amount.currency())?;
        let balance = books.balance(&self.account);
        if balance.is_none_or(|balance| balance.available.value() < total.value()) {
            return Err(Refusal::InsufficientFunds);
        }
        let phone = Phone::of(books, &self.phone);
        let asked = Asked {
            request: self.clone(),
            answer: phone.answer,
            answers_at: Timestamp::now().after(phone.delay()),
        };
        books.keep_open(reference, asked, None)?;
        Ok(())
    }
}

impl Order for Asked {
    /// The customer approves, and pays by that.
    fn carry_out(&self, books: &mut Books, reference: &str) -> Result<(), Refusal> {
        let entries = self.request.entries(books)?;
        books.post(reference, "outgoing payment", entries)?;
        let request = self.request.clone();
        books.keep_open(reference, Taken { request }, None)?;
        Ok(())
    }
}

impl Order for Taken {
    /// The money goes back.
    fn carry_out(&self, books: &mut Books, reference: &str) -> Result<(), Refusal> {
        let backwards = |entry: Entry| Entry {
            amount: -entry.amount,
            ..entry
        };
        let entries = self.request.entries(books)?.into_iter().map(backwards);
        let posted = books.post(reference, "refund", entries.collect());
        posted.map_err(Refusal::by_funding_account)
    }
}

impl Order for Expiry {
    fn carry_out(&self, books: &mut Books, _reference: &str) -> Result<(), Refusal> {
        let asked: Item<Asked> = books.item(&self.request).ok_or(UNKNOWN_APPROVAL)?;
        books.release(&asked)?;
        books.keep_open(&self.request, self.clone(), None)?;
        Ok(())
    }
}

impl Order for Refund {
    /// The payer's status is not asked for: the money is his.
    fn carry_out(&self, books: &mut Books, reference: &str) -> Result<(), Refusal> {
        let taken: Item<Taken> = books.item(&self.request).ok_or(NOT_APPROVED)?;
        if taken.state != ItemState::Open {
            return Err(REFUNDED);
        }
        taken.order.carry_out(books, reference)?;
        books.release(&taken)?;
        Ok(())
    }
}

impl Request {
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

/// What has become of a request. The bank looks at the telephone only when
/// somebody asks, so a customer's answer is in the books from then on.
fn find(books: &mut Books, request: &str) -> Option<Approval> {
    let mut asked: Item<Asked> = books.item(request)?;
    if asked.state == ItemState::Open {
        look_at_phone(books, request, &asked);
        asked = books.item(request)?;
    }
    if asked.state == ItemState::Open {
        return Some(Approval::Pending);
    }
    if books.item::<Taken>(request).is_some() {
        let booking_id = books.enquire(request)?.clone().ok()?;
        return Some(Approval::Approved { booking_id });
    }
    if books.item::<Expiry>(request).is_some() {
        return Some(Approval::Expired);
    }
    Some(Approval::Declined)
}

fn look_at_phone(books: &mut Books, request: &str, asked: &Item<Asked>) {
    let Asked {
        answer, answers_at, ..
    } = asked.order;
    let now = Timestamp::now();
    let expires_at = asked.order.request.expires_at;
    let has_answered = answer != Answer::Never && answers_at <= now && answers_at < expires_at;
    let done = if has_answered {
        let approved = answer == Answer::Approve;
        // Who cannot pay any more has not approved.
        let paid = approved && asked.order.carry_out(books, request).is_ok();
        tracing::debug!(request, paid, "a customer has answered");
        books.release(asked).map_err(Refusal::from)
    } else if expires_at <= now {
        expire(books, request)
    } else {
        Ok(())
    };
    // What is released or expired here was open a moment ago.
    debug_assert_eq!(done, Ok(()));
}

fn expire(books: &mut Books, request: &str) -> Result<(), Refusal> {
    let expiry = Expiry {
        request: request.to_owned(),
    };
    expiry.carry_out(books, request)
}

fn cancel(books: &mut Books, request: &str) -> Result<Approval, Refusal> {
    let found = find(books, request).ok_or(UNKNOWN_APPROVAL)?;
    if found != Approval::Pending {
        return Ok(found);
    }
    expire(books, request)?;
    Ok(Approval::Expired)
}

/// The paths for payments that leave, and for the customers who approve them.
pub fn configure(service: &mut ServiceConfig) {
    let on_request = |step: &str| format!("/approvals/{{request}}{step}");
    service
        .service(resource("/approvals", web::post().to(request_approval)))
        .service(resource(&on_request(""), web::get().to(find_approval)))
        .service(resource(
            &on_request("/cancel"),
            web::post().to(cancel_approval),
        ))
        .service(resource(&on_request("/refund"), web::post().to(refund)))
        .configure(phones::configure);
}

async fn request_approval(
    bank: Data<SandboxBank>,
    body: Json<Referenced<Request>>,
) -> HttpResponse {
    let Referenced { reference, content } = body.into_inner();
    let asking = SandboxBank::clone(&bank);
    api::respond(bank, REQUEST_APPROVAL, move |books, forgetful| {
        match ask(asking, books, forgetful, &reference, content) {
            Ok(booking_id) => {
                HttpResponse::Ok().json(serde_json::json!({ "booking_id": booking_id }))
            }
            Err(refusal) => refused(refusal),
        }
    })
    .await
}

/// The customer's telephone rings, also if the caller never hears of it.
fn ask(
    bank: SandboxBank,
    books: &mut Books,
    forgetful: bool,
    reference: &str,
    request: Request,
) -> Result<String, Refusal> {
    let booking_id = books.instruct(reference, request, forgetful)?;
    if let Some(asked) = books.item::<Asked>(reference) {
        phones::call_back_later(bank, books, reference, asked.order.answers_at);
    }
    Ok(booking_id)
}

async fn find_approval(bank: Data<SandboxBank>, request: Path<String>) -> HttpResponse {
    api::respond(bank, FIND_APPROVAL, move |books, _| {
        match find(books, &request) {
            Some(approval) => HttpResponse::Ok().json(approval),
            None => not_found("unknown_approval", "nobody was asked for this approval"),
        }
    })
    .await
}

async fn cancel_approval(bank: Data<SandboxBank>, request: Path<String>) -> HttpResponse {
    api::respond(bank, CANCEL_APPROVAL, move |books, _| {
        match cancel(books, &request) {
            Ok(approval) => HttpResponse::Ok().json(approval),
            Err(refusal) => refused(refusal),
        }
    })
    .await
}

async fn refund(
    bank: Data<SandboxBank>,
    request: Path<String>,
    body: Json<ReferenceAlone>,
) -> HttpResponse {
    let order = Refund {
        request: request.into_inner(),
    };
    let reference = body.into_inner().reference;
    api::instruct(bank, REFUND, reference, order).await
}

impl From<Approval> for PortApproval {
    fn from(approval: Approval) -> Self {
        match approval {
            Approval::Pending => Self::Pending,
            Approval::Approved { booking_id } => Self::Approved(booking_id),
            Approval::Declined => Self::Declined,
            Approval::Expired => Self::Expired,
        }
    }
}

#[async_trait]
impl PayerApprovals for SandboxBank {
    async fn request_approval(
        &self,
        reference: &Reference,
        request: &ApprovalRequest,
    ) -> Result<BookingId, BankError> {
        let reference = reference.to_string();
        let order = Request {
            phone: request.phone.canonical().to_owned(),
            account: request.payer.clone(),
            funding_account: request.funding.clone(),
            transfer_amount: request.transfer_amount,
            fee: request.payer_fee,
            expires_at: request.expires_at,
        };
        let asking = self.clone();
        let asked = self.call(REQUEST_APPROVAL, move |books, forgetful| {
            ask(asking, books, forgetful, &reference, order)
        });
        asked.await?.map_err(in_process::refused)
    }

    async fn find_approval(&self, request: &Reference) -> Result<Option<PortApproval>, BankError> {
        let request = request.to_string();
        let found = self.call(FIND_APPROVAL, move |books, _| find(books, &request));
        Ok(found.await?.map(PortApproval::from))
    }

    async fn cancel_approval(&self, request: &Reference) -> Result<PortApproval, BankError> {
        let request = request.to_string();
        let cancelled = self.call(CANCEL_APPROVAL, move |books, _| cancel(books, &request));
        let cancelled = cancelled.await?.map_err(in_process::refused)?;
        Ok(cancelled.into())
    }

    async fn refund(
        &self,
        reference: &Reference,
        request: &Reference,
    ) -> Result<BookingId, BankError> {
        let order = Refund {
            request: request.to_string(),
        };
        self.instruct(REFUND, reference, order).await
    }
}

#[cfg(test)]
mod tests;
