//! A bank that keeps to what the port asks of it, and to nothing more: it does
//! not recognise an instruction that comes twice, and everything that can come
//! of a call comes of it in some run.

mod credits;
mod debits;

use std::time::Duration;

use async_trait::async_trait;

pub use self::{credits::CREDIT_STEPS, debits::DEBIT_STEPS};
use super::{
    connector::configuration,
    world::{Process, Situation, World},
};
// [if use_cases has request_to_pay]
use crate::domain::one_time_password::OneTimePassword;
// [end]
use crate::{
    core_banking::port::{
        BankError, Booking, BookingId, Bookings, CoreBankingSystem, Customers, PageOfPostings,
        Postings, Refusal,
    },
    domain::{
        amount::Amount,
        identifier::PartyIdentifier,
        party::{AccountNumber, AccountStatus, Customer},
        period::Period,
        reference::Reference,
        timestamp::Timestamp,
    },
};

/// What an instruction is for, in either direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Reserve,
    Commit,
    Release,
}

/// The books, as far as they are about one payment.
#[derive(Debug, Clone, Default)]
pub struct Bank {
    /// What was done, in this order.
    pub done: Vec<Step>,
    /// What was refused.
    pub refused: Vec<Step>,
    /// What was not answered, and is still acted on before this moment.
    late: Vec<(Step, Timestamp)>,
    // [if payer_debit is push_approval]
    pub customer: debits::CustomerAsked,
    // [end]
}

impl Bank {
    pub fn has_done(&self, step: Step) -> bool {
        self.done.contains(&step)
    }

    /// Whether the money is where it was, and nothing is set aside.
    pub fn is_as_before(&self, steps: &[Step]) -> bool {
        let reserves = steps.contains(&Step::Reserve);
        !self.has_done(Step::Commit)
            && (!reserves || self.has_done(Step::Reserve) == self.has_done(Step::Release))
    }

    /// Whether the payment is in the books, once.
    pub fn has_paid(&self, steps: &[Step]) -> bool {
        let needed = steps.iter().filter(|step| **step != Step::Release);
        let mut needed = needed.copied();
        needed.all(|step| self.has_done(step)) && !self.has_done(Step::Release)
    }

    pub fn deadlines(&self) -> impl Iterator<Item = Timestamp> {
        self.late.iter().map(|(_, by)| *by)
    }
}

#[derive(Debug, Clone, Copy)]
enum Instructed {
    ActsAndAnswers,
    Refuses,
    ActsAndFails,
    FailsWithoutActing,
    CannotBeReached,
    ActsAndDoesNotAnswer,
    NeitherActsNorAnswers,
    ActsLater,
    ActsAndTheConnectorDies,
    ActsLaterAndTheConnectorDies,
}

#[derive(Debug, Clone, Copy)]
enum Asked {
    Answers,
    AnswersSlowly,
    CannotBeReached,
}

#[derive(Debug, Clone, Copy)]
enum Late {
    NotYet,
    ActsNow,
}

impl World {
    /// What was not answered may be acted on now, and has to be by its time.
    fn act_late(&mut self) {
        let now = Timestamp::now();
        for (step, by) in std::mem::take(&mut self.situation.bank.late) {
            let what = format!("bank: the late {step:?}");
            if by <= now
                || matches!(
                    self.either(&what, &[Late::NotYet, Late::ActsNow]),
                    Late::ActsNow
                )
            {
                self.bank_does(step);
            } else {
                self.situation.bank.late.push((step, by));
            }
        }
    }

    /// What was to be acted on by now is.
    pub fn act_late_at_last(&mut self) {
        let now = Timestamp::now();
        for (step, by) in std::mem::take(&mut self.situation.bank.late) {
            if by <= now {
                self.bank_does(step);
            } else {
                self.situation.bank.late.push((step, by));
            }
        }
    }

    fn bank_does(&mut self, step: Step) {
        self.note(format_args!("bank: does {step:?}"));
        // [if payer_debit is push_approval]
        if step == Step::Reserve && self.asks_the_customer() {
            return;
        }
        // [end]
        let twice = self.situation.bank.has_done(step);
        self.ensure(!twice, format_args!("the bank has done {step:?} twice"));
        self.situation.bank.done.push(step);
        self.check_books();
    }

    /// What holds of the books and of the scheme at every moment.
    pub fn check_books(&mut self) {
        let Situation { bank, scheme, .. } = &self.situation;
        let (commits, releases) = (bank.has_done(Step::Commit), bank.has_done(Step::Release));
        let is_committed = scheme.is_committed();
        self.ensure(
            !commits || is_committed,
            "money was posted of which the scheme has not said that it is committed",
        );
        self.ensure(
            !releases || !is_committed,
            "money was given back of a payment that is committed",
        );
        self.ensure(
            !(commits && releases),
            "money was posted and given back as well",
        );
    }
}

/// The bank as one process of the connector sees it.
#[derive(Debug)]
pub struct ModelBank {
    pub process: Process,
}

impl ModelBank {
    /// An instruction: any of what can come of it.
    async fn instruct(&self, step: Step) -> Result<BookingId, BankError> {
        let what = format!("bank: is told to {step:?}");
        self.process.reach(&what).await;
        let chosen = {
            let mut world = self.process.world();
            world.act_late();
            if world.situation.bank.refused.contains(&step) {
                return Err(BankError::Refused(Refusal::Other));
            }
            let faults = [
                Instructed::Refuses,
                Instructed::ActsAndFails,
                Instructed::FailsWithoutActing,
                Instructed::CannotBeReached,
                Instructed::ActsAndDoesNotAnswer,
                Instructed::NeitherActsNorAnswers,
                Instructed::ActsLater,
                Instructed::ActsAndTheConnectorDies,
                Instructed::ActsLaterAndTheConnectorDies,
            ];
            let chosen = world.usually(&what, Instructed::ActsAndAnswers, &faults);
            match chosen {
                Instructed::ActsAndAnswers
                | Instructed::ActsAndFails
                | Instructed::ActsAndDoesNotAnswer
                | Instructed::ActsAndTheConnectorDies => world.bank_does(step),
                Instructed::Refuses => world.situation.bank.refused.push(step),
                Instructed::ActsLater => {
                    let gives_up_at = Timestamp::now().after(longest_call());
                    let by = gives_up_at.after(settles_after());
                    world.situation.bank.late.push((step, by));
                }
                Instructed::ActsLaterAndTheConnectorDies => {
                    let by = Timestamp::now().after(settles_after());
                    world.situation.bank.late.push((step, by));
                }
                Instructed::FailsWithoutActing
                | Instructed::CannotBeReached
                | Instructed::NeitherActsNorAnswers => {}
            }
            chosen
        };
        match chosen {
            Instructed::ActsAndAnswers => Ok(booking_of(step)),
            Instructed::Refuses => Err(BankError::Refused(Refusal::Other)),
            Instructed::ActsAndFails | Instructed::FailsWithoutActing => {
                Err(BankError::Failed("a fault of the model".to_owned()))
            }
            Instructed::CannotBeReached => Err(unreachable()),
            Instructed::ActsAndDoesNotAnswer
            | Instructed::NeitherActsNorAnswers
            | Instructed::ActsLater => {
                tokio::time::sleep(longest_call()).await;
                self.process.go_on_if_alive().await;
                Err(BankError::NoAnswer("a fault of the model".to_owned()))
            }
            Instructed::ActsAndTheConnectorDies | Instructed::ActsLaterAndTheConnectorDies => {
                self.process.die().await
            }
        }
    }

    /// A question: it is answered, or it is not.
    async fn ask<T: Send>(
        &self,
        what: String,
        answer: impl FnOnce(&mut World) -> Result<T, BankError> + Send,
    ) -> Result<T, BankError> {
        self.process.reach(&what).await;
        let (chosen, answer) = {
            let mut world = self.process.world();
            world.act_late();
            let faults = [Asked::AnswersSlowly, Asked::CannotBeReached];
            match world.usually(&what, Asked::Answers, &faults) {
                Asked::CannotBeReached => return Err(unreachable()),
                chosen => (chosen, answer(&mut world)),
            }
        };
        if matches!(chosen, Asked::AnswersSlowly) {
            // Almost too late, with what was so when it was asked.
            tokio::time::sleep(longest_call()).await;
            self.process.go_on_if_alive().await;
        }
        answer
    }
}

fn longest_call() -> Duration {
    configuration().cbs_timeout
}

fn settles_after() -> Duration {
    configuration().cbs_settles_after
}

fn booking_of(step: Step) -> BookingId {
    format!("booking of {step:?}")
}

fn unreachable() -> BankError {
    BankError::Unreachable("a fault of the model".to_owned())
}

#[async_trait]
impl Bookings for ModelBank {
    async fn find_booking(&self, reference: &Reference) -> Result<Option<Booking>, BankError> {
        let step = match reference.as_str().rsplit(':').next() {
            Some("reserve-credit" | "reserve-debit") => Step::Reserve,
            Some("commit-credit" | "commit-debit") => Step::Commit,
            _ => Step::Release,
        };
        self.ask(format!("bank: is asked for the {step:?}"), |world| {
            let bank = &world.situation.bank;
            let has_done = bank.has_done(step);
            // [if payer_debit is push_approval]
            let has_done = has_done || (step == Step::Reserve && bank.customer.was_asked());
            // [end]
            let found = if has_done {
                Some(Booking::Done(booking_of(step)))
            } else if bank.refused.contains(&step) {
                Some(Booking::Refused(Refusal::Other))
            } else {
                None
            };
            world.note(format_args!("bank: answers {found:?}"));
            Ok(found)
        })
        .await
    }
}

#[async_trait]
impl Customers for ModelBank {
    async fn find_customer(&self, _: &PartyIdentifier) -> Result<Option<Customer>, BankError> {
        self.ask("bank: is asked for the customer".to_owned(), |_| {
            Ok(Some(Customer {
                account: AccountNumber::new("1"),
                status: AccountStatus::Active,
                currency: configuration().currencies.first(),
                first_name: None,
                middle_name: None,
                last_name: None,
                date_of_birth: None,
                merchant_classification_code: None,
                address: None,
            }))
        })
        .await
    }

    async fn check_credit(&self, _: &AccountNumber, _: Amount) -> Result<(), BankError> {
        self.ask(
            "bank: is asked whether it takes the credit".to_owned(),
            |_| Ok(()),
        )
        .await
    }
}

// [if funding_model is not deposit_withdraw]
#[async_trait]
impl crate::core_banking::port::Liquidity for ModelBank {
    async fn available(
        &self,
        _: &AccountNumber,
        currency: crate::domain::currency::Currency,
    ) -> Result<Amount, BankError> {
        Ok(Amount::parse("1000000", currency).unwrap())
    }
}

// [end]
// [if fees is cbs]
#[async_trait]
impl crate::core_banking::port::Pricing for ModelBank {
    async fn payee_charges(
        &self,
        _: &AccountNumber,
        _: crate::domain::quote::AmountType,
        amount: Amount,
    ) -> Result<crate::domain::quote::PayeeCharges, BankError> {
        let nothing = Amount::zero(amount.currency());
        Ok(crate::domain::quote::PayeeCharges {
            fee: nothing,
            commission: nothing,
        })
    }

    async fn payer_fee(
        &self,
        _: &AccountNumber,
        terms: crate::domain::quote::Terms,
    ) -> Result<Amount, BankError> {
        Ok(Amount::zero(terms.currency()))
    }
}

// [end]
// [if use_cases has request_to_pay]
#[async_trait]
impl crate::core_banking::port::OneTimePasswords for ModelBank {
    async fn find_one_time_password(
        &self,
        _: &crate::domain::transfer_id::TransferId,
    ) -> Result<Option<OneTimePassword>, BankError> {
        Ok(None)
    }
}

// [end]
// [if role is fxp, both]
#[async_trait]
impl crate::core_banking::port::Rates for ModelBank {
    async fn offer_rate(
        &self,
        _: crate::domain::currency::Currency,
        _: crate::domain::currency::Currency,
    ) -> Result<crate::core_banking::port::RateOffer, BankError> {
        Err(unreachable())
    }
}

#[async_trait]
impl crate::core_banking::port::Conversions for ModelBank {
    async fn reserve_conversion(
        &self,
        _: &Reference,
        _: &crate::domain::currency_conversion::ConvertedAmounts,
    ) -> Result<BookingId, BankError> {
        Err(unreachable())
    }

    async fn commit_conversion(
        &self,
        _: &Reference,
        _: &Reference,
    ) -> Result<BookingId, BankError> {
        Err(unreachable())
    }

    async fn release_conversion(
        &self,
        _: &Reference,
        _: &Reference,
    ) -> Result<BookingId, BankError> {
        Err(unreachable())
    }
}

// [end]
#[async_trait]
impl Postings for ModelBank {
    async fn postings(&self, _: Period, _: Option<&str>) -> Result<PageOfPostings, BankError> {
        Err(unreachable())
    }
}

impl CoreBankingSystem for ModelBank {}
