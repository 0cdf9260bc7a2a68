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
    Reaction, SandboxBank,
    books::Books,
    faults::Operation,
    instruction::{CaptureTerms, HoldFunds, Instruction, Order, ReserveCredit},
    refusal::Refusal as Reason,
};
use crate::{
    core_banking::port::{
        BankError, Booking, BookingId, Bookings, CoreBankingSystem, CreditReservation, Customers,
        Liquidity, PayeeCredits, PayerCapture, PayerHolds, Refusal,
    },
    domain::{
        amount::Amount,
        currency::Currency,
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
        self.call(Operation::FindCustomer, move |books, _| {
            let found = books.find_customer(identifier.id_type(), identifier.canonical());
            found.cloned()
        })
        .await
    }

    async fn check_credit(&self, payee: &AccountNumber, amount: Amount) -> Result<(), BankError> {
        let payee = payee.clone();
        let checked = self.call(Operation::CheckCredit, move |books, _| {
            books.check_credit(&payee, amount)
        });
        checked.await?.map_err(refused)
    }
}

#[async_trait]
impl PayeeCredits for SandboxBank {
    async fn reserve_credit(
        &self,
        reference: &Reference,
        credit: &CreditReservation,
    ) -> Result<BookingId, BankError> {
        let charges = credit.terms.payee_charges();
        let order = Order::ReserveCredit(ReserveCredit {
            account: credit.payee.clone(),
            funding_account: credit.funding.clone(),
            transfer_amount: credit.terms.transfer_amount(),
            payee_receives: credit.terms.payee_receives(),
            fee: charges.fee,
            commission: charges.commission,
        });
        self.instruct(Operation::ReserveCredit, reference, order)
            .await
    }

    async fn commit_credit(
        &self,
        reference: &Reference,
        reservation: &Reference,
    ) -> Result<BookingId, BankError> {
        let order = Order::CommitCredit {
            reservation: reservation.to_string(),
        };
        self.instruct(Operation::CommitCredit, reference, order)
            .await
    }

    async fn release_credit(
        &self,
        reference: &Reference,
        reservation: &Reference,
    ) -> Result<BookingId, BankError> {
        let order = Order::ReleaseCredit {
            reservation: reservation.to_string(),
        };
        self.instruct(Operation::ReleaseCredit, reference, order)
            .await
    }
}

#[async_trait]
impl PayerHolds for SandboxBank {
    async fn hold(
        &self,
        reference: &Reference,
        payer: &AccountNumber,
        amount: Amount,
    ) -> Result<BookingId, BankError> {
        let order = Order::Hold(HoldFunds {
            account: payer.clone(),
            amount,
        });
        self.instruct(Operation::Hold, reference, order).await
    }

    async fn capture(
        &self,
        reference: &Reference,
        hold: &Reference,
        capture: &PayerCapture,
    ) -> Result<BookingId, BankError> {
        let order = Order::Capture {
            hold: hold.to_string(),
            terms: CaptureTerms {
                funding_account: capture.funding.clone(),
                transfer_amount: capture.transfer_amount,
                fee: capture.payer_fee,
            },
        };
        self.instruct(Operation::Capture, reference, order).await
    }

    async fn release_hold(
        &self,
        reference: &Reference,
        hold: &Reference,
    ) -> Result<BookingId, BankError> {
        let order = Order::ReleaseHold {
            hold: hold.to_string(),
        };
        self.instruct(Operation::ReleaseHold, reference, order)
            .await
    }
}

#[async_trait]
impl Liquidity for SandboxBank {
    async fn available(
        &self,
        account: &AccountNumber,
        currency: Currency,
    ) -> Result<Amount, BankError> {
        let account = account.clone();
        let balance = self.call(Operation::Balance, move |books, _| books.balance(&account));
        match balance.await? {
            Some(balance) if balance.available.currency() == currency => Ok(balance.available),
            Some(_) => Err(BankError::Refused(Refusal::CurrencyNotSupported)),
            None => Err(BankError::Refused(Refusal::UnknownAccount)),
        }
    }
}

#[async_trait]
impl Bookings for SandboxBank {
    async fn find_booking(&self, reference: &Reference) -> Result<Option<Booking>, BankError> {
        let reference = reference.to_string();
        let found = self.call(Operation::Enquire, move |books, _| {
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
    async fn instruct(
        &self,
        operation: Operation,
        reference: &Reference,
        order: Order,
    ) -> Result<BookingId, BankError> {
        let instruction = Instruction {
            reference: reference.to_string(),
            order,
        };
        let answer = self.call(operation, move |books, forgetful| {
            books.instruct(instruction, forgetful)
        });
        answer.await?.map_err(refused)
    }

    /// Calls the bank as over a network: it goes on with what it was asked
    /// also when the caller has stopped waiting.
    async fn call<T: Send + 'static>(
        &self,
        operation: Operation,
        act: impl FnOnce(&mut Books, bool) -> T + Send + 'static,
    ) -> Result<T, BankError> {
        let bank = self.clone();
        let called = tokio::spawn(async move { bank.react(operation, act).await });
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

fn refused(reason: Reason) -> BankError {
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
            | Reason::UnknownReservation
            | Reason::ReservationCommitted
            | Reason::ReservationReleased
            | Reason::UnknownHold
            | Reason::HoldCaptured
            | Reason::HoldReleased
            | Reason::AmountDiffersFromHold
            | Reason::ReferenceReused
            | Reason::SandboxFull
            | Reason::Unbalanced => Self::Other,
        }
    }
}
