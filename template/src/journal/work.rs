//! What is still to be done about a payment, and when.

use std::{fmt, time::Duration};

use crate::domain::timestamp::Timestamp;

/// What is still to be done about a payment, and when.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Work {
    /// When somebody should look at the payment again; never, if `None`.
    pub due_at: Option<Timestamp>,
    /// How often the present step has been tried in vain.
    pub attempts: u32,
    /// When it was last tried in vain, or is being tried again since.
    pub tried_at: Option<Timestamp>,
    /// Why a person has to decide. Nothing is tried until then.
    pub parked: Option<String>,
}

/// How often a step is tried again, and how soon.
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    /// The first pause. Each further one is twice as long.
    pub first_pause: Duration,
    pub longest_pause: Duration,
    /// After so many attempts in vain a person has to decide.
    pub max_attempts: u32,
}

/// Why nothing has come of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InVain {
    /// It was made.
    Tried(String),
    /// It was not: bank or scheme is known to be away. However long that takes,
    /// it is not for a person to decide.
    NotTried(String),
}

impl From<String> for InVain {
    fn from(reason: String) -> Self {
        Self::Tried(reason)
    }
}

impl fmt::Display for InVain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Tried(reason) | Self::NotTried(reason)) = self;
        formatter.write_str(reason)
    }
}

impl Work {
    /// Nothing is to be done.
    pub fn none() -> Self {
        Self::default()
    }

    /// The payment is to be looked at by then, if nothing happens before.
    pub fn due(at: Timestamp) -> Self {
        Self {
            due_at: Some(at),
            ..Self::default()
        }
    }

    /// A person has to decide.
    pub fn parked(reason: impl Into<String>) -> Self {
        Self {
            parked: Some(reason.into()),
            ..Self::default()
        }
    }

    /// Until when this attempt, which ends now, and those before it can have given
    /// an instruction. It may have been claimed for later, when another one's is
    /// over, and have failed before: the other one then goes on.
    fn instructed_until(&self, now: Timestamp, longest_attempt: Duration) -> Timestamp {
        let claimed_from = self.tried_at.map(|until| until.before(longest_attempt));
        claimed_from.map_or(now, |begins_at| begins_at.max(now))
    }

    /// The step was tried in vain: it is tried again later, and after too many
    /// attempts it is left to a person. An attempt that was made before it was
    /// due, because somebody asked, does not count: asking often must not use
    /// up the patience. One that was not even made does not count either.
    pub fn after_vain_attempt(
        &self,
        schedule: Schedule,
        longest_attempt: Duration,
        now: Timestamp,
        why: InVain,
    ) -> Self {
        let tried_at = Some(self.instructed_until(now, longest_attempt));
        if self.due_at.is_some_and(|due_at| due_at > now) {
            return Self {
                tried_at,
                ..self.clone()
            };
        }
        let (attempts, reason) = match why {
            InVain::Tried(reason) => (self.attempts.saturating_add(1), Some(reason)),
            InVain::NotTried(_) => (self.attempts, None),
        };
        let mut next = Self {
            attempts,
            tried_at,
            ..Self::default()
        };
        if attempts >= schedule.max_attempts && reason.is_some() {
            next.parked = reason;
        } else {
            next.due_at = Some(now.after(schedule.pause_after(attempts)));
        }
        next
    }
}

impl Schedule {
    fn pause_after(self, attempts: u32) -> Duration {
        let doublings = attempts.saturating_sub(1).min(20);
        self.first_pause
            .saturating_mul(1 << doublings)
            .min(self.longest_pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Attempts whose end nobody has to wait for.
    const AT_ONCE: Duration = Duration::ZERO;

    #[test]
    fn pauses_double_up_to_the_longest_and_then_a_person_decides() {
        let schedule = Schedule {
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(3),
            max_attempts: 4,
        };
        let now = Timestamp::from_milliseconds(0);
        let mut work = Work::due(now);
        let mut due_at = Vec::new();
        while let Some(now) = work.due_at {
            work = work.after_vain_attempt(schedule, AT_ONCE, now, "in vain".to_owned().into());
            due_at.push(work.due_at.map(Timestamp::as_milliseconds));
        }
        assert_eq!(due_at, [Some(1_000), Some(3_000), Some(6_000), None]);
        assert_eq!(work.parked.as_deref(), Some("in vain"));
    }

    #[test]
    fn attempts_before_it_is_due_do_not_count() {
        let schedule = Schedule {
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(1),
            max_attempts: 2,
        };
        let due_at = Timestamp::from_milliseconds(1_000);
        let mut work = Work::due(due_at);
        for early in 0..100 {
            let now = Timestamp::from_milliseconds(early);
            work = work.after_vain_attempt(schedule, AT_ONCE, now, "in vain".to_owned().into());
        }
        assert_eq!(work.attempts, 0);
        assert_eq!(work.due_at, Some(due_at));
        assert_eq!(work.tried_at, Some(Timestamp::from_milliseconds(99)));
    }

    #[test]
    fn the_end_of_an_attempt_that_did_not_wait_for_another_one_is_that_of_the_other() {
        let longest_attempt = Duration::from_secs(40);
        let now = Timestamp::from_milliseconds(1_000);
        let at = |seconds| now.after(Duration::from_secs(seconds));
        let claimed_from = |begins_at: Timestamp| Work {
            tried_at: Some(begins_at.after(longest_attempt)),
            ..Work::due(now)
        };
        let ends = |work: Work, at| work.instructed_until(at, longest_attempt);
        assert_eq!(ends(claimed_from(now), at(3)), at(3));
        assert_eq!(ends(claimed_from(at(30)), at(3)), at(30));
        assert_eq!(ends(claimed_from(at(30)), at(50)), at(50));
        assert_eq!(ends(Work::due(now), at(3)), at(3));
    }

    #[test]
    fn a_remote_that_is_away_uses_up_no_patience_however_long_it_is() {
        let schedule = Schedule {
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(4),
            max_attempts: 2,
        };
        let mut now = Timestamp::from_milliseconds(0);
        let mut work =
            Work::due(now).after_vain_attempt(schedule, AT_ONCE, now, "in vain".to_owned().into());
        for _ in 0..100 {
            now = work.due_at.unwrap();
            work = work.after_vain_attempt(
                schedule,
                AT_ONCE,
                now,
                InVain::NotTried("away".to_owned()),
            );
        }
        assert_eq!(work.attempts, 1);
        assert_eq!(work.due_at, Some(now.after(Duration::from_secs(1))));
        work = work.after_vain_attempt(
            schedule,
            AT_ONCE,
            work.due_at.unwrap(),
            "in vain".to_owned().into(),
        );
        assert!(work.parked.is_some());
    }
}
