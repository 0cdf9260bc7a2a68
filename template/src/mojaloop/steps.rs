//! One step with the core banking system, carried out once.
//!
//! The first attempt, a repeated one and the one after a restart all come
//! through here. An attempt that is not certainly the first asks what came of
//! the earlier ones before it gives the instruction again.

use std::{future::Future, time::Duration};

use crate::{
    core_banking::port::{BankError, Booking, BookingId, Bookings, Refusal},
    domain::{reference::Reference, timestamp::Timestamp},
};

/// Where the work on a payment begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// With an intent that was stored a moment ago, by whoever works on it.
    Fresh,
    /// With an intent that an earlier attempt may have acted on.
    Again,
}

/// Whether an earlier attempt may have reached the bank. Each knows since when
/// the journal says that somebody is at work, by which others tell when it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// By whoever stored the intent, and nobody before.
    First { intended_at: Timestamp },
    /// The last attempt before this one can have instructed until `since`, which
    /// may be yet to come; this one begins then, or when it was claimed.
    Again {
        since: Timestamp,
        begins_at: Timestamp,
    },
}

impl Attempt {
    /// When the others began to wait for its end.
    fn began_at(self) -> Timestamp {
        match self {
            Self::First { intended_at } => intended_at,
            Self::Again { begins_at, .. } => begins_at,
        }
    }
}

/// What came of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The payment can go on. There is no booking if nothing was needed of the
    /// bank.
    Done(Option<BookingId>),
    Refused(Refusal),
    /// It was not done, and it is not wanted any more.
    NotDone,
    /// It has to be found out later.
    Unknown(BankError),
}

impl From<Booking> for Outcome {
    fn from(booking: Booking) -> Self {
        match booking {
            Booking::Done(booking_id) => Self::Done(Some(booking_id)),
            Booking::Refused(refusal) => Self::Refused(refusal),
        }
    }
}

/// How a core banking system is dealt with when it does not answer.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// An instruction that was not answered can still be acted on for this
    /// long. Only after it does "there is no such booking" prove anything.
    pub settles_after: Duration,
    /// No call takes longer.
    pub longest_call: Duration,
}

impl Patience {
    /// How long an attempt can take from its claim to the end of its last
    /// instruction: it waits, asks, instructs, asks and instructs.
    pub fn longest_attempt(self) -> Duration {
        self.settles_after
            .saturating_add(self.longest_call.saturating_mul(5))
    }

    /// How long after its record an attempt may still give an instruction, so
    /// that it is over when everybody else believes it to be.
    fn may_instruct_for(self) -> Duration {
        self.longest_attempt().saturating_sub(self.longest_call)
    }
}

/// Carries out one step under its reference.
///
/// If the bank failed, it is asked at once whether it had acted, and the
/// instruction is given once more if it had not. If the bank did not answer,
/// it may still act, so the instruction is not given again here: the outcome
/// is unknown until the bank has had its time.
///
/// A process that was halted since its intent or claim was stored (a frozen
/// container, a moved machine) gives no instruction any more: another one may
/// have taken its place.
pub async fn carry_out<Instruction, Answer>(
    bank: &(impl Bookings + ?Sized),
    patience: Patience,
    attempt: Attempt,
    reference: &Reference,
    instruct: Instruction,
) -> Outcome
where
    Instruction: Fn() -> Answer + Send + Sync,
    Answer: Future<Output = Result<BookingId, BankError>> + Send,
{
    let instruct_by = attempt.began_at().after(patience.may_instruct_for());
    let in_time = || Timestamp::now() <= instruct_by;
    if let Attempt::Again { since, .. } = attempt {
        match booked_after_settling(bank, patience, since, reference).await {
            Ok(Some(booking)) => return booking.into(),
            Ok(None) => {}
            Err(error) => return Outcome::Unknown(error),
        }
    }
    if !in_time() {
        return Outcome::Unknown(halted());
    }
    let failure = match instruct().await {
        Ok(booking_id) => return Outcome::Done(Some(booking_id)),
        Err(BankError::Refused(refusal)) => return Outcome::Refused(refusal),
        // There is nothing to ask about.
        Err(not_asked @ BankError::NotAsked(_)) => return Outcome::Unknown(not_asked),
        Err(failure) => failure,
    };
    tracing::warn!(%reference, error = %failure, "outcome unknown, asking the bank");
    match (bank.find_booking(reference).await, &failure) {
        (Ok(Some(booking)), _) => booking.into(),
        (Ok(None), BankError::Failed(_)) if in_time() => match instruct().await {
            Ok(booking_id) => Outcome::Done(Some(booking_id)),
            Err(BankError::Refused(refusal)) => Outcome::Refused(refusal),
            Err(again) => Outcome::Unknown(again),
        },
        (Ok(None) | Err(BankError::NotAsked(_)), _) => Outcome::Unknown(failure),
        (Err(still_unknown), _) => Outcome::Unknown(still_unknown),
    }
}

fn halted() -> BankError {
    BankError::Unreachable("this process was halted for too long to instruct it".to_owned())
}

/// Finds out what came of a step that is not wanted any more, and does not
/// carry it out.
pub async fn find_out_only(
    bank: &(impl Bookings + ?Sized),
    patience: Patience,
    since: Timestamp,
    reference: &Reference,
) -> Outcome {
    match booked_after_settling(bank, patience, since, reference).await {
        Ok(Some(booking)) => booking.into(),
        Ok(None) => Outcome::NotDone,
        Err(error) => Outcome::Unknown(error),
    }
}

/// What was booked by an attempt at `since` or before; `None` only if it is
/// certain that nothing was, and nothing will be.
async fn booked_after_settling(
    bank: &(impl Bookings + ?Sized),
    patience: Patience,
    since: Timestamp,
    reference: &Reference,
) -> Result<Option<Booking>, BankError> {
    // What counts is the time of the question: an instruction can be acted on
    // while the answer is on its way.
    let asked_at = Timestamp::now();
    if let Some(booking) = bank.find_booking(reference).await? {
        return Ok(Some(booking));
    }
    let settled_at = since.after(patience.settles_after);
    let Some(wait) = settled_at.since(asked_at) else {
        return Ok(None);
    };
    // Bounded even if the clock was set back, or one replica after the other was
    // cut off from its lease. What was not waited for proves nothing.
    let longest = patience.longest_attempt() + patience.settles_after;
    tokio::time::sleep(wait.min(longest)).await;
    match bank.find_booking(reference).await? {
        None if wait > longest => Err(not_settled()),
        found => Ok(found),
    }
}

fn not_settled() -> BankError {
    BankError::Unreachable("an earlier attempt may still be acted on".to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;

    use super::*;
    use crate::{
        domain::{reference::DebitStep, transfer_id::TransferId},
        remote::NotSent,
    };

    /// A bank that answers from a script and notes what it was asked.
    #[derive(Default)]
    struct Scripted {
        instructions: Mutex<Vec<Result<BookingId, BankError>>>,
        enquiries: Mutex<Vec<Result<Option<Booking>, BankError>>>,
        asked: Mutex<Vec<&'static str>>,
        /// How long nothing goes on here before it answers an enquiry.
        halts_for: Duration,
    }

    impl Scripted {
        fn new(
            instructions: Vec<Result<BookingId, BankError>>,
            enquiries: Vec<Result<Option<Booking>, BankError>>,
        ) -> Self {
            Self {
                instructions: Mutex::new(instructions),
                enquiries: Mutex::new(enquiries),
                ..Self::default()
            }
        }

        async fn instruct(&self) -> Result<BookingId, BankError> {
            self.asked.lock().unwrap().push("instruct");
            self.instructions.lock().unwrap().remove(0)
        }

        async fn run(&self, attempt: Attempt) -> (Outcome, Vec<&'static str>) {
            let patience = Patience {
                settles_after: Duration::from_millis(20),
                longest_call: Duration::from_millis(20),
            };
            let transfer_id: TransferId = "t-1".parse().unwrap();
            let reference = Reference::of_debit(&transfer_id, DebitStep::Reserve);
            let outcome = carry_out(self, patience, attempt, &reference, || self.instruct()).await;
            (outcome, self.asked.lock().unwrap().clone())
        }
    }

    #[async_trait]
    impl Bookings for Scripted {
        async fn find_booking(&self, _: &Reference) -> Result<Option<Booking>, BankError> {
            self.asked.lock().unwrap().push("enquire");
            std::thread::sleep(self.halts_for);
            self.enquiries.lock().unwrap().remove(0)
        }
    }

    fn first() -> Attempt {
        Attempt::First {
            intended_at: Timestamp::now(),
        }
    }

    fn again() -> Attempt {
        let now = Timestamp::now();
        Attempt::Again {
            since: now,
            begins_at: now,
        }
    }

    fn done() -> Outcome {
        Outcome::Done(Some("b-1".to_owned()))
    }

    #[tokio::test]
    async fn a_first_attempt_that_is_answered_needs_no_enquiry() {
        let bank = Scripted::new(vec![Ok("b-1".into())], vec![]);
        assert_eq!(bank.run(first()).await, (done(), vec!["instruct"]));
    }

    #[tokio::test]
    async fn a_bank_that_acted_and_failed_is_not_instructed_again() {
        let failed = Err(BankError::Failed("500".into()));
        let booked = Ok(Some(Booking::Done("b-1".into())));
        let bank = Scripted::new(vec![failed], vec![booked]);
        let (outcome, asked) = bank.run(first()).await;
        assert_eq!((outcome, asked), (done(), vec!["instruct", "enquire"]));
    }

    #[tokio::test]
    async fn a_bank_that_failed_without_acting_is_instructed_once_more() {
        let failed = || Err(BankError::Failed("500".into()));
        let bank = Scripted::new(vec![failed(), Ok("b-1".into())], vec![Ok(None)]);
        let (outcome, asked) = bank.run(first()).await;
        assert_eq!(outcome, done());
        assert_eq!(asked, ["instruct", "enquire", "instruct"]);
    }

    #[tokio::test]
    async fn a_bank_that_did_not_answer_may_still_act_so_it_is_not_instructed_again() {
        let silent = BankError::NoAnswer("timeout".into());
        let bank = Scripted::new(vec![Err(silent.clone())], vec![Ok(None)]);
        let (outcome, asked) = bank.run(first()).await;
        assert_eq!(outcome, Outcome::Unknown(silent));
        assert_eq!(asked, ["instruct", "enquire"]);
    }

    #[tokio::test]
    async fn a_later_attempt_asks_first_and_believes_no_before_the_bank_has_settled() {
        let bank = Scripted::new(
            vec![],
            vec![Ok(None), Ok(Some(Booking::Done("b-1".into())))],
        );
        let (outcome, asked) = bank.run(again()).await;
        assert_eq!(outcome, done());
        assert_eq!(asked, ["enquire", "enquire"]);
    }

    #[tokio::test]
    async fn a_later_attempt_instructs_when_it_is_certain_that_nothing_was_booked() {
        let bank = Scripted::new(vec![Ok("b-1".into())], vec![Ok(None), Ok(None)]);
        let (outcome, asked) = bank.run(again()).await;
        assert_eq!(outcome, done());
        assert_eq!(asked, ["enquire", "enquire", "instruct"]);
    }

    #[tokio::test]
    async fn a_bank_that_was_not_asked_is_not_asked_about_it_either() {
        let away = BankError::NotAsked(NotSent::Away);
        let bank = Scripted::new(vec![Err(away.clone())], vec![]);
        let (outcome, asked) = bank.run(first()).await;
        assert_eq!(outcome, Outcome::Unknown(away));
        assert_eq!(asked, ["instruct"]);
    }

    #[tokio::test]
    async fn an_instruction_that_was_given_stays_so_if_the_bank_is_not_asked_about_it() {
        let silent = BankError::NoAnswer("timeout".into());
        let away = Err(BankError::NotAsked(NotSent::Away));
        let bank = Scripted::new(vec![Err(silent.clone())], vec![away]);
        let (outcome, asked) = bank.run(first()).await;
        assert_eq!(outcome, Outcome::Unknown(silent));
        assert_eq!(asked, ["instruct", "enquire"]);
    }

    #[tokio::test]
    async fn a_process_that_was_halted_while_it_asked_does_not_instruct() {
        let bank = Scripted {
            halts_for: Duration::from_millis(300),
            ..Scripted::new(vec![Ok("b-1".into())], vec![Ok(None), Ok(None)])
        };
        let (outcome, asked) = bank.run(again()).await;
        assert_eq!(outcome, Outcome::Unknown(halted()));
        assert!(!asked.contains(&"instruct"), "{asked:?}");
    }

    #[tokio::test]
    async fn a_process_that_was_halted_after_its_intent_does_not_instruct() {
        let bank = Scripted::new(vec![Ok("b-1".into())], vec![]);
        let attempt = Attempt::First {
            intended_at: Timestamp::now().before(Duration::from_millis(300)),
        };
        let (outcome, asked) = bank.run(attempt).await;
        assert_eq!(outcome, Outcome::Unknown(halted()));
        assert!(asked.is_empty(), "{asked:?}");
    }

    #[tokio::test]
    async fn a_process_that_was_halted_after_its_claim_asks_but_does_not_instruct() {
        let bank = Scripted::new(vec![Ok("b-1".into())], vec![Ok(None)]);
        let long_ago = Timestamp::now().before(Duration::from_millis(300));
        let attempt = Attempt::Again {
            since: long_ago,
            begins_at: long_ago,
        };
        let (outcome, asked) = bank.run(attempt).await;
        assert_eq!(outcome, Outcome::Unknown(halted()));
        assert_eq!(asked, ["enquire"]);
    }

    #[tokio::test]
    async fn an_attempt_that_waited_for_the_end_of_another_one_has_time_for_its_own() {
        let bank = Scripted::new(vec![Ok("b-1".into())], vec![Ok(None), Ok(None)]);
        // A replica that died may have been at it for as long as an attempt takes.
        let ends_at = Timestamp::now().after(Duration::from_millis(120));
        let attempt = Attempt::Again {
            since: ends_at,
            begins_at: ends_at,
        };
        let (outcome, asked) = bank.run(attempt).await;
        assert_eq!(outcome, done());
        assert_eq!(asked, ["enquire", "enquire", "instruct"]);
    }

    #[tokio::test]
    async fn what_was_not_waited_for_to_its_end_proves_nothing() {
        let bank = Scripted::new(vec![Ok("b-1".into())], vec![Ok(None), Ok(None)]);
        // Longer than an attempt and its settling take: somebody else's has been added.
        let ends_at = Timestamp::now().after(Duration::from_millis(400));
        let attempt = Attempt::Again {
            since: ends_at,
            begins_at: ends_at,
        };
        let (outcome, asked) = bank.run(attempt).await;
        assert_eq!(outcome, Outcome::Unknown(not_settled()));
        assert_eq!(asked, ["enquire", "enquire"]);
    }

    #[tokio::test]
    async fn as_long_as_the_enquiry_fails_nothing_is_done() {
        let unreachable = BankError::Unreachable("refused".into());
        let bank = Scripted::new(vec![], vec![Err(unreachable.clone())]);
        let (outcome, asked) = bank.run(again()).await;
        assert_eq!(outcome, Outcome::Unknown(unreachable));
        assert_eq!(asked, ["enquire"]);
    }
}
