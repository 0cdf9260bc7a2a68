//! The sandbox bank without a network in between: it is a core banking system
//! as the port describes one.
//!
//! With it, what the connector does with money can be tested whatever bank the
//! client is written for.

use std::time::Duration;

use async_trait::async_trait;
use serde::{
    Deserialize,
    de::{IntoDeserializer, value},
};
use tokio::time::timeout;

use super::{
    Reaction, SandboxBank, books::Books, faults::Operation, order::Order,
    refusal::Refusal as Reason,
};
use crate::{
    core_banking::port::{
        BankError, Booking, BookingId, Bookings, CoreBankingSystem, Customers, Refusal,
    },
    domain::{
        amount::Amount,
        identifier::PartyIdentifier,
        party::{AccountNumber, Customer},
        reference::Reference,
    },
};

/// How long a caller waits for the bank's answer.
const PATIENCE: Duration = Duration::from_millis(500);

#[async_trait]
impl Customers for SandboxBank {
    async fn find_customer(
        &self,
        identifier: &PartyIdentifier,
    ) -> Result<Option<Customer>, BankError> {
        let identifier = identifier.clone();
        self.call(Operation::FIND_CUSTOMER, move |books, _| {
            let found = books.find_customer(identifier.id_type(), identifier.canonical());
            found.cloned()
        })
        .await
    }

    async fn check_credit(&self, payee: &AccountNumber, amount: Amount) -> Result<(), BankError> {
        let payee = payee.clone();
        let checked = self.call(Operation::CHECK_CREDIT, move |books, _| {
            books.check_credit(&payee, amount)
        });
        checked.await?.map_err(refused)
    }
}

#[async_trait]
impl Bookings for SandboxBank {
    async fn find_booking(&self, reference: &Reference) -> Result<Option<Booking>, BankError> {
        let reference = reference.to_string();
        let found = self.call(Operation::ENQUIRE, move |books, _| {
            books.enquire(&reference).cloned()
        });
        Ok(found.await?.map(|answer| match answer {
            Ok(booking_id) => Booking::Done(booking_id),
            Err(reason) => Booking::Refused(reason.into()),
        }))
    }
}

impl CoreBankingSystem for SandboxBank {}

impl SandboxBank {
    /// Gives the bank an instruction, and waits for its answer.
    pub async fn instruct<O: Order>(
        &self,
        operation: Operation,
        reference: &Reference,
        order: O,
    ) -> Result<BookingId, BankError> {
        let reference = reference.to_string();
        let answer = self.call(operation, move |books, forgetful| {
            books.instruct(&reference, order, forgetful)
        });
        answer.await?.map_err(refused)
    }

    /// Calls the bank as over a network. One that misbehaves goes on with what it
    /// was asked also when the caller has stopped waiting.
    pub async fn call<T: Send + 'static>(
        &self,
        operation: Operation,
        act: impl FnOnce(&mut Books, bool) -> T + Send + 'static,
    ) -> Result<T, BankError> {
        let Some(fault) = self.next_fault(operation) else {
            return Ok(self.act(act));
        };
        let bank = self.clone();
        let called = tokio::spawn(async move { bank.misbehave(fault, act).await });
        let heard = timeout(PATIENCE, async {
            match called.await {
                Ok(Reaction::Silent) => std::future::pending().await,
                heard => heard,
            }
        });
        match heard.await {
            Ok(Ok(Reaction::Answered(answer))) => Ok(answer),
            Ok(Ok(Reaction::Refused(reason))) => Err(BankError::Refused(told_to_refuse(&reason))),
            Ok(Ok(Reaction::Failed)) => Err(BankError::Failed(
                "the sandbox bank was told to fail".to_owned(),
            )),
            Ok(Ok(Reaction::Silent)) | Err(_) => Err(BankError::NoAnswer(format!(
                "nothing for {} ms",
                PATIENCE.as_millis()
            ))),
            // The bank panicked, or is being ended together with this process.
            Ok(Err(broken)) => Err(BankError::NoAnswer(broken.to_string())),
        }
    }
}

/// A refusal of the bank, in the words of the port.
pub fn refused(reason: Reason) -> BankError {
    BankError::Refused(reason.into())
}

/// The reason that a fault names, in the words of the bank.
fn told_to_refuse(reason: &str) -> Refusal {
    let reason: Result<Reason, value::Error> = Reason::deserialize(reason.into_deserializer());
    reason.map_or(Refusal::Other, Refusal::from)
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::UnknownAccount => Self::UnknownAccount,
            Reason::AccountBlocked => Self::AccountBlocked,
            Reason::AccountClosed => Self::AccountClosed,
            Reason::CurrencyNotSupported => Self::CurrencyNotSupported,
            Reason::LimitExceeded => Self::LimitExceeded,
            Reason::InsufficientFunds => Self::InsufficientFunds,
            Reason::InsufficientLiquidity => Self::InsufficientLiquidity,
            Reason::Malformed
            | Reason::UnknownFundingAccount
            | Reason::ReferenceReused
            | Reason::SandboxFull
            | Reason::Unbalanced
            | Reason::Particular(_) => Self::Other,
        }
    }
}
