//! The customers' telephones: who approves, who declines, who never answers,
//! and who is told of it.

use std::time::Duration;

use actix_web::{
    HttpResponse,
    web::{self, Data, Json, Path, ServiceConfig},
};
use ring::hmac;
use serde::Deserialize;
use serde_json::json;

use crate::{
    domain::timestamp::Timestamp,
    sandbox::bank::{
        SandboxBank,
        api::{refused, resource},
        books::Books,
        open_items::Item,
        order::Order,
        refusal::Refusal,
    },
};

/// How long a customer takes who was not told otherwise.
const USUAL_DELAY_MS: u64 = 100;

/// How long the bank waits for whoever it calls back.
const CALLBACK_TIMEOUT: Duration = Duration::from_secs(5);

/// The bank calls one place back.
const CALLBACK_TARGET: &str = "callback target";

/// What a customer does when the telephone rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Approve,
    Decline,
    Never,
}

/// How a customer answers from now on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phone {
    pub answer: Answer,
    #[serde(default = "usual_delay_ms")]
    pub delay_ms: u64,
}

fn usual_delay_ms() -> u64 {
    USUAL_DELAY_MS
}

/// Where the bank says that a customer has answered.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallbackTarget {
    pub url: String,
    /// It signs with this.
    pub secret: String,
}

impl Phone {
    /// Approves after a moment, unless it was told otherwise.
    pub fn of(books: &Books, msisdn: &str) -> Self {
        let told: Option<Item<Self>> = books.item(&kept_as(msisdn));
        told.map_or(
            Self {
                answer: Answer::Approve,
                delay_ms: USUAL_DELAY_MS,
            },
            |told| told.order,
        )
    }

    pub fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms)
    }
}

fn kept_as(msisdn: &str) -> String {
    format!("phone {msisdn}")
}

/// It counts from now on, and replaces what counted before.
fn replace<O: Order>(books: &mut Books, kept_as: &str, order: O) -> Result<(), Refusal> {
    if let Some(earlier) = books.item::<O>(kept_as) {
        books.release(&earlier)?;
    }
    books.keep_open(kept_as, order, None)?;
    Ok(())
}

impl Order for Phone {
    fn carry_out(&self, books: &mut Books, reference: &str) -> Result<(), Refusal> {
        replace(books, reference, self.clone())
    }
}

impl Order for CallbackTarget {
    fn carry_out(&self, books: &mut Books, reference: &str) -> Result<(), Refusal> {
        replace(books, reference, self.clone())
    }
}

impl SandboxBank {
    /// Tells a customer how to answer from now on.
    pub fn set_phone(&self, msisdn: &str, answer: Answer, delay: Duration) -> Result<(), Refusal> {
        let phone = Phone {
            answer,
            delay_ms: u64::try_from(delay.as_millis()).unwrap_or(u64::MAX),
        };
        self.act(|books, _| phone.carry_out(books, &kept_as(msisdn)))
    }

    /// Tells the bank whom to call back from now on.
    pub fn set_callback_target(&self, target: CallbackTarget) -> Result<(), Refusal> {
        self.act(|books, _| target.carry_out(books, CALLBACK_TARGET))
    }
}

/// The paths that are there for those who try things out.
pub fn configure(service: &mut ServiceConfig) {
    service
        .service(resource("/phones/{msisdn}", web::put().to(set_phone)))
        .service(resource("/callback-target", web::put().to(set_target)));
}

async fn set_phone(
    bank: Data<SandboxBank>,
    msisdn: Path<String>,
    phone: Json<Phone>,
) -> HttpResponse {
    let phone = phone.into_inner();
    answer(bank.set_phone(&msisdn, phone.answer, phone.delay()))
}

async fn set_target(bank: Data<SandboxBank>, target: Json<CallbackTarget>) -> HttpResponse {
    answer(bank.set_callback_target(target.into_inner()))
}

fn answer(done: Result<(), Refusal>) -> HttpResponse {
    match done {
        Ok(()) => HttpResponse::NoContent().finish(),
        Err(refusal) => refused(refusal),
    }
}

/// Calls back when the customer has answered, if anybody is to be called.
pub fn call_back_later(bank: SandboxBank, books: &Books, request: &str, answers_at: Timestamp) {
    let Some(target) = books.item::<CallbackTarget>(CALLBACK_TARGET) else {
        return;
    };
    let reference = request.to_owned();
    tokio::spawn(async move {
        let delay = answers_at.since(Timestamp::now()).unwrap_or_default();
        tokio::time::sleep(delay).await;
        let found = bank.act(|books, _| super::find(books, &reference));
        if found != Some(super::Approval::Pending)
            && let Err(error) = call_back(&target.order, &reference).await
        {
            tracing::warn!(%error, "the sandbox bank called back in vain");
        }
    });
}

async fn call_back(target: &CallbackTarget, reference: &str) -> Result<(), reqwest::Error> {
    let body = json!({ "reference": reference }).to_string();
    let client = reqwest::Client::builder()
        .timeout(CALLBACK_TIMEOUT)
        .no_proxy();
    let called = client
        .build()?
        .post(&target.url)
        .header("X-Approval-Signature", signature(target, body.as_bytes()))
        .body(body)
        .send();
    called.await?.error_for_status()?;
    Ok(())
}

/// HMAC-SHA256 of the body, in hexadecimal digits.
fn signature(target: &CallbackTarget, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, target.secret.as_bytes());
    let tag = hmac::sign(&key, body);
    tag.as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
