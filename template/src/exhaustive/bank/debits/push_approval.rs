//! Money is taken when the customer approves on the telephone.

use async_trait::async_trait;

use crate::{
    core_banking::port::{Approval, ApprovalRequest, BankError, BookingId, PayerApprovals},
    domain::{reference::Reference, timestamp::Timestamp},
    exhaustive::{
        bank::{ModelBank, Step, booking_of, unreachable},
        world::World,
    },
};

/// What the bank is instructed to do, of the steps of a debit.
pub const DEBIT_STEPS: &[Step] = &[Step::Reserve, Step::Release];

/// The customer at the telephone. What he does is chosen when somebody looks.
#[derive(Debug, Clone, Default)]
pub struct CustomerAsked {
    /// Until when he can approve, once there is a request.
    until: Option<Timestamp>,
    was_asked: bool,
    answer: Option<Answer>,
}

#[derive(Debug, Clone, Copy)]
enum Answer {
    Approves,
    Declines,
    LetsItExpire,
    HasNotAnswered,
}

#[derive(Debug, Clone, Copy)]
enum Cancelled {
    AndAnswers,
    AndFails,
    CannotBeReached,
}

impl CustomerAsked {
    pub fn was_asked(&self) -> bool {
        self.was_asked
    }

    /// Whether he may have approved, and nobody has looked.
    pub fn is_forgotten(&self) -> bool {
        self.was_asked && self.answer.is_none()
    }
}

impl World {
    /// `false` if the money is not taken by asking.
    pub fn asks_the_customer(&mut self) -> bool {
        let customer = &mut self.situation.bank.customer;
        if customer.until.is_none() {
            return false;
        }
        let twice = std::mem::replace(&mut customer.was_asked, true);
        self.ensure(!twice, "the customer is asked twice");
        true
    }

    fn look_at_customer(&mut self, alternatives: &[Answer]) -> Approval {
        let known = self.situation.bank.customer.answer;
        let answer = known.unwrap_or_else(|| self.either(&"the customer", alternatives));
        if known.is_none() && matches!(answer, Answer::Approves) {
            self.note("bank: takes the money");
            self.situation.bank.done.push(Step::Reserve);
            self.check_books();
        }
        if !matches!(answer, Answer::HasNotAnswered) {
            self.situation.bank.customer.answer = Some(answer);
        }
        match answer {
            Answer::Approves => Approval::Approved(booking_of(Step::Reserve)),
            Answer::Declines => Approval::Declined,
            Answer::LetsItExpire => Approval::Expired,
            Answer::HasNotAnswered => Approval::Pending,
        }
    }
}

#[async_trait]
impl PayerApprovals for ModelBank {
    async fn request_approval(
        &self,
        _: &Reference,
        request: &ApprovalRequest,
    ) -> Result<BookingId, BankError> {
        self.process.world().situation.bank.customer.until = Some(request.expires_at);
        self.instruct(Step::Reserve).await
    }

    async fn find_approval(&self, _: &Reference) -> Result<Option<Approval>, BankError> {
        self.ask("bank: is asked for the approval".to_owned(), |world| {
            let customer = &world.situation.bank.customer;
            if !customer.was_asked {
                return Ok(None);
            }
            let is_over = customer
                .until
                .is_some_and(|until| until <= Timestamp::now());
            Ok(Some(world.look_at_customer(if is_over {
                &[Answer::LetsItExpire, Answer::Approves]
            } else {
                &[Answer::Approves, Answer::Declines, Answer::HasNotAnswered]
            })))
        })
        .await
    }

    async fn cancel_approval(&self, _: &Reference) -> Result<Approval, BankError> {
        let what = "bank: is told to cancel the request";
        self.process.reach(&what).await;
        let mut world = self.process.world();
        let faults = [Cancelled::AndFails, Cancelled::CannotBeReached];
        let chosen = world.usually(&what, Cancelled::AndAnswers, &faults);
        if matches!(chosen, Cancelled::CannotBeReached) {
            return Err(unreachable());
        }
        let answer = world.look_at_customer(&[Answer::LetsItExpire, Answer::Approves]);
        match chosen {
            Cancelled::AndAnswers => Ok(answer),
            _ => Err(BankError::Failed("a fault of the model".to_owned())),
        }
    }

    async fn refund(&self, _: &Reference, _: &Reference) -> Result<BookingId, BankError> {
        self.instruct(Step::Release).await
    }
}
