//! The client of the Mojaloop Connector's outbound API.
//!
//! For every call there are three outcomes: it happened, it did not, or that
//! is not known. The types of this module keep them apart, because the payer's
//! money depends on it: it is spent on a proven commit, freed on a proven
//! failure, and kept in every other case.

// [if use_cases has bulk]
pub mod bulk_transactions;
// [end]
pub mod parties;
// [if use_cases has request_to_pay]
pub mod requests_to_pay;
// [end]
mod resources;
pub mod terms;
pub mod transport;
mod wire;

use std::{sync::Arc, time::Duration};

use reqwest::{Method, StatusCode, Url};
use serde_json::Value;

// [if use_cases has conversion]
use crate::domain::conversion_offer::ConversionOffer;
// [end]
use crate::{
    domain::{
        currency::Currency,
        error::{ErrorCode, PaymentError},
        identifier::PartyIdentifier,
        incoming::FinalState,
        outgoing::{Offer, OutgoingPayment, PayeeDetails},
        party::Customer,
        quote::Terms,
        timestamp::Timestamp,
        transfer_id::TransferId,
    },
    journal::work::InVain,
    remote::Remote,
};

use self::transport::{Answer, Http, NoAnswer, Transport};

/// Where the Mojaloop Connector is, and who this DFSP is to it.
#[derive(Debug, Clone)]
pub struct Settings {
    pub base_url: Url,
    /// How long one request may take. One request can span two stages of the
    /// Mojaloop Connector, each of 10 to 30 s.
    pub timeout: Duration,
    pub fsp_id: String,
}

/// The client of the Mojaloop Connector.
#[derive(Debug, Clone)]
pub struct MojaloopConnector {
    transport: Arc<dyn Transport>,
    fsp_id: String,
}

/// Where a transfer pauses to wait for this DFSP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Paused {
    /// It wants to know whether this is the right payee.
    AtParty(Box<PayeeDetails>),
    // [if use_cases has conversion]
    /// It wants to know whether one half of the terms is agreed to, before it
    /// asks for the other.
    Halfway(Box<terms::HalfOfTerms>),
    // [end]
    /// It wants to know whether these terms are agreed to.
    AtQuote(Box<QuotedTerms>),
    /// The same, and they are not, whatever the payer says.
    AtRefused(PaymentError),
    /// It does not pause: the transfer has been made.
    Not,
}

/// What the payee's FSP offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotedTerms {
    pub payee: PayeeDetails,
    pub terms: Terms,
    // [if use_cases has conversion]
    /// What the terms cost the payer, if he pays in another currency.
    pub conversion: Option<ConversionOffer>,
    // [end]
    pub expires_at: Timestamp,
}

/// What came of accepting the terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acceptance {
    /// The transfer is committed, and is the one that was offered, where that
    /// is said.
    Committed,
    /// The transfer is committed, and is another one.
    CommittedOtherwise,
    /// There is no transfer, and there will be none.
    Failed(PaymentError),
    /// It may be committed now or later.
    Unknown(String),
}

/// What came of rejecting a transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    Rejected,
    /// It was too late: the transfer is committed.
    Committed,
    Unknown(String),
}

/// What the hub says of a transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HubView {
    Final(FinalState),
    /// The hub has never seen it.
    NotKnown,
    /// It is on its way, or the answer does not say.
    Undecided(InVain),
}

impl HubView {
    pub fn undecided(reason: impl Into<String>) -> Self {
        Self::Undecided(InVain::Tried(reason.into()))
    }
}

impl MojaloopConnector {
    pub fn new(settings: Settings, remote: Remote) -> Result<Self, reqwest::Error> {
        let transport = Arc::new(Http::new(settings.base_url, settings.timeout, remote)?);
        Ok(Self::over(transport, settings.fsp_id))
    }

    /// A client whose requests go another way than by HTTP.
    pub fn over(transport: Arc<dyn Transport>, fsp_id: String) -> Self {
        Self { transport, fsp_id }
    }

    /// Asks for payee and terms. No money is at stake yet, so a failure of any
    /// kind can be told to the caller.
    pub async fn request_transfer(
        &self,
        payment: &OutgoingPayment,
        payer: &Customer,
    ) -> Result<Paused, PaymentError> {
        let (resource, body) = resources::first_request(payment, payer, &self.fsp_id);
        let answer = self.send(Method::POST, &[resource], Some(&body)).await;
        read_pause(answer, payment)
    }

    /// Says that this is the right payee.
    pub async fn accept_party(&self, payment: &OutgoingPayment) -> Result<Paused, PaymentError> {
        let path = resources::of_going_on(payment);
        let body = serde_json::json!({ "acceptParty": true });
        let answer = self.send(Method::PUT, &path, Some(&body)).await;
        read_pause(answer, payment)
    }

    // [if use_cases has conversion]
    /// Agrees to one half of the terms, so that it goes on to the other.
    pub async fn accept_half(
        &self,
        payment: &OutgoingPayment,
        half: &terms::HalfOfTerms,
    ) -> Result<Paused, PaymentError> {
        let path = resources::of_going_on(payment);
        let body = half.agreement();
        let answer = self.send(Method::PUT, &path, Some(&body)).await;
        read_pause(answer, payment)
    }

    // [end]
    /// Agrees to the terms: the transfer is made.
    pub async fn accept_offer(&self, payment: &OutgoingPayment, offer: &Offer) -> Acceptance {
        let path = resources::of_going_on(payment);
        let body = terms::decision(payment, true);
        match self.send(Method::PUT, &path, Some(&body)).await {
            Ok(answer) => read_acceptance(&answer, offer),
            Err(no_answer) => Acceptance::Unknown(no_answer.reason()),
        }
    }

    /// Says that there will be no transfer.
    pub async fn reject(&self, payment: &OutgoingPayment) -> Rejection {
        let path = resources::of_going_on(payment);
        let body = terms::decision(payment, false);
        let answer = match self.send(Method::PUT, &path, Some(&body)).await {
            Ok(answer) => answer,
            Err(no_answer) => return Rejection::Unknown(no_answer.reason()),
        };
        let state = wire::TransferAnswer::read(&answer.body);
        match (answer.status, state) {
            (StatusCode::NO_CONTENT, _) => Rejection::Rejected,
            (StatusCode::OK, Some(state)) if state.is_rejected() => Rejection::Rejected,
            (StatusCode::OK, Some(state)) if state.current_state() == Some("COMPLETED") => {
                Rejection::Committed
            }
            (status, _) => Rejection::Unknown(format!("HTTP {status}")),
        }
    }

    /// Asks the hub what has become of a transfer, of either direction.
    pub async fn find_out(&self, transfer_id: &TransferId) -> HubView {
        let path = ["transfers", transfer_id.as_str()];
        match self.send(Method::GET, &path, None).await {
            Ok(answer) => read_hub_view(&answer),
            Err(no_answer) => HubView::Undecided(no_answer.in_vain()),
        }
    }

    /// Tells the scheme's directory that these identifiers are customers here.
    pub async fn create_accounts(
        &self,
        accounts: &[(PartyIdentifier, Option<Currency>)],
    ) -> Result<Value, PaymentError> {
        let body = wire::accounts_request(accounts);
        let answer = self.send(Method::POST, &["accounts"], Some(&body)).await;
        read_directory_answer(answer)
    }

    /// Tells the scheme's directory that this identifier is no customer any more.
    pub async fn delete_account(&self, account: &PartyIdentifier) -> Result<Value, PaymentError> {
        let mut path = vec!["accounts", account.id_type().as_str(), account.canonical()];
        path.extend(account.sub_value());
        let answer = self.send(Method::DELETE, &path, None).await;
        read_directory_answer(answer)
    }

    /// Whatever is sent goes through here. Only a PUT tells it to do something
    /// with money: to go on, or not to.
    async fn send(
        &self,
        method: Method,
        path: &[&str],
        body: Option<&Value>,
    ) -> Result<Answer, NoAnswer> {
        self.transport.send(method, path, body).await
    }
}

fn unusable(reason: NoAnswer) -> PaymentError {
    match reason {
        NoAnswer::Unreachable(reason) => PaymentError::new(
            ErrorCode::ServiceUnavailable,
            "the Mojaloop Connector cannot be reached",
        )
        .with_detail(reason),
        NoAnswer::NotSent(not_sent) => PaymentError::new(
            ErrorCode::ServiceUnavailable,
            "the Mojaloop Connector cannot be used now",
        )
        .with_detail(not_sent),
        NoAnswer::Lost(reason) => PaymentError::new(
            ErrorCode::Timeout,
            "the Mojaloop Connector did not answer in time",
        )
        .with_detail(reason),
    }
}

fn not_understood() -> PaymentError {
    PaymentError::new(
        ErrorCode::Internal,
        "the Mojaloop Connector's answer is not understood",
    )
}

fn read_pause(
    answer: Result<Answer, NoAnswer>,
    payment: &OutgoingPayment,
) -> Result<Paused, PaymentError> {
    let answer = answer.map_err(unusable)?;
    if answer.status != StatusCode::OK {
        return Err(wire::ErrorAnswer::read(&answer.body).before_acceptance(answer.status));
    }
    let state = wire::TransferAnswer::read(&answer.body).ok_or_else(not_understood)?;
    match state.current_state() {
        Some("WAITING_FOR_PARTY_ACCEPTANCE") => Ok(Paused::AtParty(Box::new(state.payee()))),
        Some("WAITING_FOR_QUOTE_ACCEPTANCE" | "WAITING_FOR_CONVERSION_ACCEPTANCE") => {
            Ok(terms::read_paused(&state, payment))
        }
        Some("COMPLETED") => Ok(Paused::Not),
        _ => Err(not_understood().with_detail("unknown currentState")),
    }
}

fn read_acceptance(answer: &Answer, offer: &Offer) -> Acceptance {
    if answer.status == StatusCode::OK {
        let Some(state) = wire::TransferAnswer::read(&answer.body) else {
            return Acceptance::Unknown("the answer is not understood".to_owned());
        };
        return match (state.current_state(), state.fulfilled_state()) {
            (Some("COMPLETED"), Some("COMMITTED")) if terms::is_as_offered(&state, offer) => {
                Acceptance::Committed
            }
            (Some("COMPLETED"), Some("COMMITTED")) => Acceptance::CommittedOtherwise,
            (Some("ABORTED"), _) | (Some("COMPLETED"), Some("ABORTED")) => Acceptance::Failed(
                PaymentError::new(ErrorCode::PayeeError, "the transfer was aborted"),
            ),
            _ => Acceptance::Unknown("the answer proves no final state".to_owned()),
        };
    }
    match wire::ErrorAnswer::read(&answer.body).proven_failure(answer.status) {
        Some(error) => Acceptance::Failed(error),
        None => Acceptance::Unknown(format!("HTTP {}", answer.status)),
    }
}

fn read_hub_view(answer: &Answer) -> HubView {
    if answer.status == StatusCode::OK {
        let state = wire::TransferAnswer::read(&answer.body);
        // `currentState` only says that the question was answered.
        return match state
            .as_ref()
            .and_then(wire::TransferAnswer::fulfilled_state)
        {
            Some("COMMITTED") => HubView::Final(FinalState::Committed),
            Some("ABORTED") => HubView::Final(FinalState::Aborted),
            _ => HubView::undecided("the hub has no final state"),
        };
    }
    if wire::ErrorAnswer::read(&answer.body).is_transfer_not_found() {
        return HubView::NotKnown;
    }
    HubView::undecided(format!("HTTP {}", answer.status))
}

fn read_directory_answer(answer: Result<Answer, NoAnswer>) -> Result<Value, PaymentError> {
    let answer = answer.map_err(unusable)?;
    if answer.status == StatusCode::OK {
        return serde_json::from_slice(&answer.body).map_err(|_| not_understood());
    }
    Err(wire::ErrorAnswer::read(&answer.body).of_directory(answer.status))
}
