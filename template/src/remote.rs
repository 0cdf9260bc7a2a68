//! A system that is called over a network: never too often at once, and not
//! while it is known to be away.
//!
//! What this refuses was certainly not sent.

mod circuit_breaker;

use std::{sync::Arc, time::Duration};

use tokio::{runtime::Handle, sync::Semaphore, time::timeout};
use tokio_util::context::TokioContext;

pub use self::circuit_breaker::{BreakerSettings, BreakerState, CircuitBreaker};

/// Nobody waits longer until a call can be made.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// What a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// Moves no money, whatever becomes of it.
    Question,
    /// May move money.
    Instruction,
}

/// Why a call was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    #[error("it is away, and is not called for a while")]
    Away,
    #[error("too many calls of it are being made")]
    TooMany,
}

/// A system that is called. A clone is the same one.
#[derive(Debug, Clone)]
pub struct Remote {
    breaker: CircuitBreaker,
    questions: Arc<Semaphore>,
    instructions: Arc<Semaphore>,
    longest_wait: Duration,
    runtime: Handle,
}

/// How a system is called.
#[derive(Debug, Clone, Copy)]
pub struct RemoteSettings {
    /// So many questions at once, and as many instructions.
    pub max_calls: usize,
    /// How long one call may take.
    pub timeout: Duration,
    pub breaker: BreakerSettings,
}

/// How long a call may wait until it can be made, if it may itself take so long.
pub fn longest_wait(timeout: Duration) -> Duration {
    (timeout / 5).min(LONGEST_WAIT)
}

impl Remote {
    /// Connections to it belong to the present runtime, wherever they are opened:
    /// those of a server's thread would end with it, in the middle of a call.
    pub fn new(name: &'static str, settings: RemoteSettings) -> Self {
        Self {
            breaker: CircuitBreaker::new(name, settings.breaker),
            questions: Arc::new(Semaphore::new(settings.max_calls)),
            instructions: Arc::new(Semaphore::new(settings.max_calls)),
            longest_wait: longest_wait(settings.timeout),
            runtime: Handle::current(),
        }
    }

    /// Whether it is called, for whoever watches.
    pub fn state(&self) -> BreakerState {
        self.breaker.state()
    }

    /// Makes a call, if one can be made. `is_away` says whether what came of it
    /// speaks of a system that is not there; a refusal does not.
    pub async fn call<T>(
        &self,
        call: Call,
        request: impl Future<Output = T>,
        is_away: impl FnOnce(&T) -> bool,
    ) -> Result<T, NotSent> {
        let places = match call {
            Call::Question => &self.questions,
            Call::Instruction => &self.instructions,
        };
        let _place = match places.try_acquire() {
            Ok(place) => place,
            Err(_) => {
                // Nobody waits for what is away.
                drop(self.breaker.pass(call)?);
                let place = timeout(self.longest_wait, places.acquire()).await;
                place.ok().and_then(Result::ok).ok_or(NotSent::TooMany)?
            }
        };
        let passage = self.breaker.pass(call)?;
        let answer = TokioContext::new(request, self.runtime.clone()).await;
        passage.report(!is_away(&answer));
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use std::{future, thread};

    use tokio::runtime::Builder;

    use super::*;

    fn remote(max_calls: usize) -> Remote {
        let settings = RemoteSettings {
            max_calls,
            timeout: Duration::from_millis(100),
            breaker: BreakerSettings {
                max_failures: 1,
                first_pause: Duration::from_secs(60),
                longest_pause: Duration::from_secs(60),
            },
        };
        Remote::new("a remote", settings)
    }

    fn never_away<T>(_: &T) -> bool {
        false
    }

    #[tokio::test]
    async fn beyond_the_bound_a_call_is_not_made() {
        let remote = remote(1);
        let endless = remote.call(Call::Question, future::pending::<()>(), never_away);
        tokio::select! {
            biased;
            _ = endless => unreachable!("it is endless"),
            second = remote.call(Call::Question, future::ready(()), never_away) => {
                assert_eq!(second, Err(NotSent::TooMany));
            }
        }
        let third = remote.call(Call::Question, future::ready(()), never_away);
        assert_eq!(third.await, Ok(()), "there is a place again");
    }

    #[tokio::test]
    async fn questions_take_no_place_of_instructions() {
        let remote = remote(1);
        let endless = remote.call(Call::Question, future::pending::<()>(), never_away);
        tokio::select! {
            biased;
            _ = endless => unreachable!("it is endless"),
            made = remote.call(Call::Instruction, future::ready(()), never_away) => {
                assert_eq!(made, Ok(()));
            }
        }
    }

    #[tokio::test]
    async fn what_is_away_is_not_called() {
        let remote = remote(1);
        let failed = remote.call(Call::Question, future::ready(()), |_| true);
        assert_eq!(failed.await, Ok(()));
        let must_not_run = async { panic!("it is called") };
        let refused: Result<(), _> = remote
            .call(Call::Instruction, must_not_run, never_away)
            .await;
        assert_eq!(refused, Err(NotSent::Away));
        assert_eq!(remote.state(), BreakerState::Open);
    }

    #[tokio::test]
    async fn what_a_call_opens_outlasts_the_thread_that_makes_it() {
        let remote = remote(1);
        let opened = thread::spawn(move || {
            let of_server = Builder::new_current_thread().enable_all().build().unwrap();
            let opening = async {
                let connection = async { tokio::time::sleep(Duration::from_millis(50)).await };
                Some(tokio::spawn(connection))
            };
            of_server.block_on(remote.call(Call::Question, opening, never_away))
        });
        let connection = opened.join().unwrap().unwrap();
        connection
            .unwrap()
            .await
            .expect("it was not ended with the thread");
    }
}
