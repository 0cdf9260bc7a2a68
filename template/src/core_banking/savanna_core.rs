//! The core banking system, over its REST API. **This is the file to fill in.**
//!
//! As generated it speaks the REST API of the sandbox bank, so that everything
//! works before the first line is changed. Go through the methods one by one:
//! each says what to replace and what the bank has to guarantee. What is below
//! the methods (time budget, connection pool, authentication, the meaning of
//! an HTTP status) can mostly stay.

use std::{error::Error, time::Duration};

use async_trait::async_trait;
use reqwest::{Method, RequestBuilder, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::json;

use super::port::{
    BankError, Booking, BookingId, Bookings, CreditReservation, Customers, Liquidity, PayeeCredits,
    PayerCapture, PayerHolds, Refusal,
};
use crate::domain::{
    amount::Amount,
    currency::Currency,
    identifier::PartyIdentifier,
    party::{AccountNumber, Customer},
    reference::Reference,
};

/// An answer that is longer is not one of the bank's.
const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// Where the core banking system is, and how it is talked to.
#[derive(Debug, Clone)]
pub struct Settings {
    pub base_url: Url,
    /// The value of the `Authorization` header, if the bank wants one.
    pub authorization: Option<SecretString>,
    /// How long one request may take, connecting included.
    pub timeout: Duration,
    pub max_idle_connections: usize,
}

/// The client of the core banking system.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    settings: Settings,
}

impl Client {
    pub fn new(settings: Settings) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .timeout(settings.timeout)
            .pool_max_idle_per_host(settings.max_idle_connections)
            // An instruction is never sent twice behind the connector's back.
            .retry(reqwest::retry::never())
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        Ok(Self { http, settings })
    }
}

#[async_trait]
impl Customers for Client {
    /// Replace: the path, and the fields of `Customer`.
    ///
    /// `identifier.canonical()` is the connector's form (an MSISDN as digits
    /// in international form, without a plus sign). If the bank stores another
    /// form, convert it here and nowhere else.
    ///
    /// The bank must answer "there is nobody" differently from "I failed":
    /// a payment to nobody is refused for good.
    async fn find_customer(
        &self,
        identifier: &PartyIdentifier,
    ) -> Result<Option<Customer>, BankError> {
        let id_type = identifier.id_type().as_str();
        let path = ["customers", id_type, identifier.canonical()];
        self.ask(&path, "unknown_customer").await
    }
}

#[async_trait]
impl PayeeCredits for Client {
    /// Replace: the call that validates an account for a credit. If the bank
    /// has none, look up the account and compare status, currency and limits.
    ///
    /// The bank must not reserve anything here: quotes are free.
    async fn check_credit(&self, payee: &AccountNumber, amount: Amount) -> Result<(), BankError> {
        let body = json!({ "account": payee, "amount": amount });
        self.instruct::<serde::de::IgnoredAny>(&["credit-checks"], &body)
            .await
            .map(|_| ())
    }

    /// Replace: the call that reserves a credit, or blocks the funding account.
    ///
    /// The bank must keep `reference` with the booking, and afterwards be able
    /// to commit: a refusal after this is a payment that the payer has made
    /// and the payee has not got.
    async fn reserve_credit(
        &self,
        reference: &Reference,
        credit: &CreditReservation,
    ) -> Result<BookingId, BankError> {
        let charges = credit.terms.payee_charges();
        let body = json!({
            "reference": reference.as_str(),
            "account": credit.payee,
            "funding_account": credit.funding,
            "transfer_amount": credit.terms.transfer_amount(),
            "payee_receives": credit.terms.payee_receives(),
            "fee": charges.fee,
            "commission": charges.commission,
        });
        self.book(&["credit-reservations"], &body).await
    }

    /// Replace: the call that posts what was reserved.
    ///
    /// The bank must recognise `reference` when it comes again: the scheme
    /// tells of a commit more than once, and a crash repeats it.
    async fn commit_credit(
        &self,
        reference: &Reference,
        reservation: &Reference,
    ) -> Result<BookingId, BankError> {
        let path = ["credit-reservations", reservation.as_str(), "commit"];
        let body = json!({ "reference": reference.as_str() });
        self.book(&path, &body).await
    }

    /// Replace: the call that frees what was reserved.
    async fn release_credit(
        &self,
        reference: &Reference,
        reservation: &Reference,
    ) -> Result<BookingId, BankError> {
        let path = ["credit-reservations", reservation.as_str(), "release"];
        let body = json!({ "reference": reference.as_str() });
        self.book(&path, &body).await
    }
}

#[async_trait]
impl PayerHolds for Client {
    /// Replace: the call that puts a hold (a lien, a block) on an account.
    ///
    /// The bank must check funds, limits and the account's status here, and
    /// keep the hold until it is captured or released: a hold that lapses by
    /// itself must outlive the quote by hours.
    async fn hold(
        &self,
        reference: &Reference,
        payer: &AccountNumber,
        amount: Amount,
    ) -> Result<BookingId, BankError> {
        let body = json!({
            "reference": reference.as_str(),
            "account": payer,
            "amount": amount,
        });
        self.book(&["holds"], &body).await
    }

    /// Replace: the call that turns a hold into a posting.
    ///
    /// The bank must recognise `reference` when it comes again.
    async fn capture(
        &self,
        reference: &Reference,
        hold: &Reference,
        capture: &PayerCapture,
    ) -> Result<BookingId, BankError> {
        let body = json!({
            "reference": reference.as_str(),
            "funding_account": capture.funding,
            "transfer_amount": capture.transfer_amount,
            "fee": capture.payer_fee,
        });
        self.book(&["holds", hold.as_str(), "capture"], &body).await
    }

    /// Replace: the call that lifts a hold.
    async fn release_hold(
        &self,
        reference: &Reference,
        hold: &Reference,
    ) -> Result<BookingId, BankError> {
        let path = ["holds", hold.as_str(), "release"];
        let body = json!({ "reference": reference.as_str() });
        self.book(&path, &body).await
    }
}

#[async_trait]
impl Liquidity for Client {
    /// Replace: the call that asks for a balance.
    ///
    /// The bank must subtract what is reserved, or quotes promise money twice.
    async fn available(
        &self,
        account: &AccountNumber,
        currency: Currency,
    ) -> Result<Amount, BankError> {
        #[derive(Deserialize)]
        struct Balance {
            available: Amount,
        }
        let path = ["accounts", account.as_str(), "balance"];
        let balance: Option<Balance> = self.ask(&path, "unknown_account").await?;
        match balance {
            Some(Balance { available }) if available.currency() == currency => Ok(available),
            Some(_) => Err(BankError::Refused(Refusal::CurrencyNotSupported)),
            None => Err(BankError::Refused(Refusal::UnknownAccount)),
        }
    }
}

#[async_trait]
impl Bookings for Client {
    /// Replace: the call that finds a booking by our reference.
    ///
    /// This is the one that money depends on. The bank must find a booking as
    /// soon as it is made, and answer "there is none" only if that is certain.
    async fn find_booking(&self, reference: &Reference) -> Result<Option<Booking>, BankError> {
        #[derive(Deserialize)]
        #[serde(tag = "outcome", rename_all = "snake_case")]
        enum Found {
            Done { booking_id: String },
            Refused { reason: String },
        }
        let path = ["bookings", reference.as_str()];
        let found: Option<Found> = self.ask(&path, "unknown_reference").await?;
        Ok(found.map(|found| match found {
            Found::Done { booking_id } => Booking::Done(booking_id),
            Found::Refused { reason } => Booking::Refused(refusal(&reason)),
        }))
    }
}

/// The bank's reasons in the connector's words. Replace: the left-hand side.
fn refusal(reason: &str) -> Refusal {
    match reason {
        "unknown_account" => Refusal::UnknownAccount,
        "account_blocked" => Refusal::AccountBlocked,
        "account_closed" => Refusal::AccountClosed,
        "currency_not_supported" => Refusal::CurrencyNotSupported,
        "insufficient_funds" => Refusal::InsufficientFunds,
        "insufficient_liquidity" => Refusal::InsufficientLiquidity,
        "limit_exceeded" => Refusal::LimitExceeded,
        _ => Refusal::Other,
    }
}

/// A negative answer in the bank's own words. A gateway does not know them.
#[derive(Deserialize)]
struct BankAnswer {
    reason: String,
}

#[derive(Deserialize)]
struct BookingAnswer {
    booking_id: String,
}

impl Client {
    /// Asks a question. A 404 with the bank's own word for it means that there
    /// is no such thing; another one comes from something in between.
    async fn ask<T: DeserializeOwned>(
        &self,
        path: &[&str],
        nothing: &str,
    ) -> Result<Option<T>, BankError> {
        let request = self.request(Method::GET, path)?;
        let (status, body) = self.send(request).await?;
        match status {
            StatusCode::NOT_FOUND if said_by_the_bank(&body, nothing) => Ok(None),
            status if status.is_success() => parsed(&body).map(Some),
            status => Err(failure(status, &body)),
        }
    }

    /// Gives an instruction that makes a booking.
    async fn book<T: Serialize + Sync>(
        &self,
        path: &[&str],
        body: &T,
    ) -> Result<BookingId, BankError> {
        let answer: BookingAnswer = self.instruct(path, body).await?;
        Ok(answer.booking_id)
    }

    /// Gives an instruction. 422 in the bank's own words means that the bank
    /// refused it and has not acted; of every other failure that is not certain.
    async fn instruct<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &(impl Serialize + Sync),
    ) -> Result<T, BankError> {
        let request = self.request(Method::POST, path)?.json(body);
        let (status, body) = self.send(request).await?;
        match status {
            StatusCode::UNPROCESSABLE_ENTITY => {
                let answer: BankAnswer = parsed(&body)?;
                Err(BankError::Refused(refusal(&answer.reason)))
            }
            status if status.is_success() => parsed(&body),
            status => Err(failure(status, &body)),
        }
    }

    fn request(&self, method: Method, path: &[&str]) -> Result<RequestBuilder, BankError> {
        let mut url = self.settings.base_url.clone();
        // Segment by segment, so that an identifier cannot change the path.
        url.path_segments_mut()
            .map_err(|()| BankError::Unreachable("CBS_BASE_URL cannot have a path".to_owned()))?
            .pop_if_empty()
            .extend(path);
        let request = self.http.request(method, url);
        Ok(match &self.settings.authorization {
            Some(authorization) => request.header("Authorization", authorization.expose_secret()),
            None => request,
        })
    }

    async fn send(&self, request: RequestBuilder) -> Result<(StatusCode, Vec<u8>), BankError> {
        let mut answer = request.send().await.map_err(|error| {
            if error.is_connect() || error.is_builder() {
                BankError::Unreachable(reason(error))
            } else {
                BankError::NoAnswer(reason(error))
            }
        })?;
        let status = answer.status();
        let mut body = Vec::new();
        loop {
            let chunk = answer.chunk().await;
            match chunk.map_err(|error| BankError::NoAnswer(reason(error)))? {
                None => return Ok((status, body)),
                Some(chunk) if body.len() + chunk.len() <= MAX_ANSWER_BYTES => {
                    body.extend_from_slice(&chunk);
                }
                Some(_) => return Err(BankError::NoAnswer("the answer is too long".to_owned())),
            }
        }
    }
}

/// Why there is no answer. The URL stays out of it: it holds identifiers.
fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

/// What an HTTP status that is neither a success nor a refusal says.
///
/// Replace: a bank that says itself that it failed has stopped working on the
/// instruction. Whether yours says so, and how, is in its documentation. What
/// a gateway says (502, 503, 504, or 500 in other words) proves nothing: the
/// bank may still be at work behind it.
fn failure(status: StatusCode, body: &[u8]) -> BankError {
    let stopped = said_by_the_bank(body, "internal_error");
    if status == StatusCode::INTERNAL_SERVER_ERROR && stopped {
        BankError::Failed(format!("HTTP {status}"))
    } else {
        BankError::NoAnswer(format!("HTTP {status}"))
    }
}

/// Whether the answer gives this reason, which is a word of the bank's own.
fn said_by_the_bank(body: &[u8], reason: &str) -> bool {
    parsed::<BankAnswer>(body).is_ok_and(|answer| answer.reason == reason)
}

/// The bank's words stay out of the error: they may hold personal data.
fn parsed<T: DeserializeOwned>(body: &[u8]) -> Result<T, BankError> {
    serde_json::from_slice(body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        BankError::NoAnswer(format!(
            "the answer is not understood (line {line}, column {column})"
        ))
    })
}
