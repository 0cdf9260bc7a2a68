//! A circuit breaker: what does not answer is left alone for a while.
//!
//! It opens after a number of failures in a row. While it is open, calls fail at
//! once. After a pause, which grows, one question at a time finds out whether
//! the remote is back; instructions wait until it has answered one, since an
//! instruction that is not answered leaves its outcome open.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::{Call, NotSent};

/// When a breaker opens, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct BreakerSettings {
    /// After so many failures in a row.
    pub max_failures: u32,
    /// Each further pause is twice as long.
    pub first_pause: Duration,
    pub longest_pause: Duration,
}

/// Whether a remote is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// It is.
    Closed,
    /// It is not.
    Open,
    /// It is asked one question at a time.
    Probing,
}

/// Keeps calls from a remote that is away. A clone is the same breaker.
#[derive(Debug, Clone)]
pub struct CircuitBreaker {
    remote: &'static str,
    settings: BreakerSettings,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
enum State {
    Closed {
        failures: u32,
    },
    Open {
        until: Instant,
        pause: Duration,
        probed: bool,
    },
}

/// The right to make one call.
#[derive(Debug)]
pub struct Passage {
    breaker: CircuitBreaker,
    is_probe: bool,
}

impl CircuitBreaker {
    pub fn new(remote: &'static str, settings: BreakerSettings) -> Self {
        Self {
            remote,
            settings,
            state: Arc::new(Mutex::new(State::Closed { failures: 0 })),
        }
    }

    pub fn state(&self) -> BreakerState {
        match *self.lock() {
            State::Closed { .. } => BreakerState::Closed,
            State::Open { until, .. } if Instant::now() < until => BreakerState::Open,
            State::Open { .. } => BreakerState::Probing,
        }
    }

    /// Lets a call through, or not.
    pub fn pass(&self, call: Call) -> Result<Passage, NotSent> {
        let is_probe = match &mut *self.lock() {
            State::Closed { .. } => false,
            State::Open { until, probed, .. } => {
                if *probed || call == Call::Instruction || Instant::now() < *until {
                    return Err(NotSent::Away);
                }
                *probed = true;
                true
            }
        };
        Ok(Passage {
            breaker: self.clone(),
            is_probe,
        })
    }

    /// Any answer shows that the remote is there, also one to a call that was
    /// made before the breaker opened.
    fn answered(&self) {
        let before = std::mem::replace(&mut *self.lock(), State::Closed { failures: 0 });
        if matches!(before, State::Open { .. }) {
            tracing::info!(
                remote = self.remote,
                "it answers again: it is called as usual"
            );
        }
    }

    fn failed(&self, is_probe: bool) {
        let BreakerSettings {
            max_failures,
            first_pause,
            longest_pause,
        } = self.settings;
        let mut state = self.lock();
        let pause = match &mut *state {
            State::Closed { failures } => {
                *failures += 1;
                if *failures < max_failures {
                    return;
                }
                let pause_ms = first_pause.as_millis();
                tracing::warn!(
                    remote = self.remote,
                    failures = *failures,
                    pause_ms,
                    "it is away: it is not called for a while"
                );
                first_pause
            }
            State::Open { pause, .. } if is_probe => pause.saturating_mul(2).min(longest_pause),
            State::Open { .. } => return,
        };
        *state = State::Open {
            until: Instant::now() + pause,
            pause,
            probed: false,
        };
    }

    /// A call that was given up proves nothing. If it was the probe, another
    /// one may be made.
    fn given_up(&self) {
        if let State::Open { probed, .. } = &mut *self.lock() {
            *probed = false;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Passage {
    /// Says what came of the call.
    pub fn report(mut self, answered: bool) {
        if answered {
            self.breaker.answered();
        } else {
            self.breaker.failed(self.is_probe);
        }
        self.is_probe = false;
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        if self.is_probe {
            self.breaker.given_up();
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn breaker() -> CircuitBreaker {
        let settings = BreakerSettings {
            max_failures: 3,
            first_pause: SECOND,
            longest_pause: 3 * SECOND,
        };
        CircuitBreaker::new("a remote", settings)
    }

    fn open() -> CircuitBreaker {
        let breaker = breaker();
        for _ in 0..3 {
            breaker.pass(Call::Question).unwrap().report(false);
        }
        breaker
    }

    #[tokio::test(start_paused = true)]
    async fn it_opens_after_failures_in_a_row_and_no_others() {
        let breaker = breaker();
        for answered in [false, false, true, false, false] {
            breaker.pass(Call::Question).unwrap().report(answered);
            assert_eq!(breaker.state(), BreakerState::Closed);
        }
        breaker.pass(Call::Instruction).unwrap().report(false);
        assert_eq!(breaker.state(), BreakerState::Open);
        assert_eq!(breaker.pass(Call::Question).unwrap_err(), NotSent::Away);
    }

    #[tokio::test(start_paused = true)]
    async fn after_the_pause_one_question_at_a_time_finds_out() {
        let breaker = open();
        advance(SECOND).await;
        assert_eq!(breaker.state(), BreakerState::Probing);
        assert!(breaker.pass(Call::Instruction).is_err(), "no instruction");
        let probe = breaker.pass(Call::Question).unwrap();
        assert!(breaker.pass(Call::Question).is_err(), "one is enough");
        probe.report(true);
        assert_eq!(breaker.state(), BreakerState::Closed);
        assert!(breaker.pass(Call::Instruction).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn the_pause_grows_up_to_the_longest() {
        let breaker = open();
        for pause in [1, 2, 3, 3] {
            advance(pause * SECOND - Duration::from_millis(1)).await;
            assert_eq!(breaker.state(), BreakerState::Open, "{pause}");
            advance(Duration::from_millis(1)).await;
            breaker.pass(Call::Question).unwrap().report(false);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_that_is_given_up_makes_room_for_another() {
        let breaker = open();
        advance(SECOND).await;
        drop(breaker.pass(Call::Question).unwrap());
        assert!(breaker.pass(Call::Question).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn failures_of_calls_that_were_made_before_do_not_prolong_the_pause() {
        let breaker = breaker();
        let late = breaker.pass(Call::Instruction).unwrap();
        for _ in 0..3 {
            breaker.pass(Call::Question).unwrap().report(false);
        }
        advance(SECOND / 2).await;
        late.report(false);
        advance(SECOND / 2).await;
        assert_eq!(breaker.state(), BreakerState::Probing);
    }
}
