//! A system that is called over a network: never too often at once, and not
//! while it is known to be away.
//!
//! What this refuses was certainly not sent.

pub mod trace;

mod circuit_breaker;

use std::{fmt, sync::Arc, time::Duration};

use tokio::{
    runtime::Handle,
    sync::Semaphore,
    time::{Instant, timeout},
};
use tokio_util::context::TokioContext;
use tracing::Instrument;

use self::circuit_breaker::Passage;
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

/// What came of a call, for whoever watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It was answered. A refusal is an answer.
    Answered,
    /// It was not answered, or the answer speaks of a system that is not there.
    Failed,
    NotSent(NotSent),
    /// Nobody waited for the answer any more.
    GivenUp,
}

/// Whoever watches the calls of a system. It must not wait.
pub trait Watcher: fmt::Debug + Send + Sync {
    /// A call has ended. The operation is one of a few names, without identifiers.
    fn ended(&self, operation: &str, how: Ended, took: Duration);
}

/// A system that is called. A clone is the same one.
#[derive(Debug, Clone)]
pub struct Remote {
    breaker: CircuitBreaker,
    name: &'static str,
    max_calls: usize,
    questions: Arc<Semaphore>,
    instructions: Arc<Semaphore>,
    longest_wait: Duration,
    runtime: Handle,
    watcher: Option<Arc<dyn Watcher>>,
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
            name,
            max_calls: settings.max_calls,
            questions: Arc::new(Semaphore::new(settings.max_calls)),
            instructions: Arc::new(Semaphore::new(settings.max_calls)),
            longest_wait: longest_wait(settings.timeout),
            runtime: Handle::current(),
            watcher: None,
        }
    }

    /// The same, with somebody who watches its calls.
    #[must_use]
    pub fn watched_by(mut self, watcher: Arc<dyn Watcher>) -> Self {
        self.watcher = Some(watcher);
        self
    }

    /// How many calls of a kind are being made, of those that may be.
    pub fn in_progress(&self, call: Call) -> usize {
        let free = self.places(call).available_permits();
        self.max_calls.saturating_sub(free)
    }

    /// Whether it is called, for whoever watches.
    pub fn state(&self) -> BreakerState {
        self.breaker.state()
    }

    /// Makes a call, if one can be made. `is_away` says whether what came of it
    /// speaks of a system that is not there; a refusal does not.
    pub async fn call<T>(
        &self,
        operation: &str,
        call: Call,
        request: impl Future<Output = T>,
        is_away: impl FnOnce(&T) -> bool,
    ) -> Result<T, NotSent> {
        let mut watched = Watched {
            watcher: self.watcher.as_deref(),
            operation,
            how: Ended::GivenUp,
            began: Instant::now(),
        };
        let span = tracing::info_span!("call", otel.kind = "client", to = self.name, operation);
        let made = self.make(call, request).instrument(span).await;
        match made {
            Ok((passage, answer)) => {
                let is_away = is_away(&answer);
                passage.report(!is_away);
                watched.how = match is_away {
                    true => Ended::Failed,
                    false => Ended::Answered,
                };
                Ok(answer)
            }
            Err(not_sent) => {
                watched.how = Ended::NotSent(not_sent);
                Err(not_sent)
            }
        }
    }

    async fn make<T>(
        &self,
        call: Call,
        request: impl Future<Output = T>,
    ) -> Result<(Passage, T), NotSent> {
        let places = self.places(call);
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
        Ok((passage, answer))
    }

    fn places(&self, call: Call) -> &Semaphore {
        match call {
            Call::Question => &self.questions,
            Call::Instruction => &self.instructions,
        }
    }
}

/// A call that somebody watches, told when it ends, however it does.
struct Watched<'a> {
    watcher: Option<&'a dyn Watcher>,
    operation: &'a str,
    how: Ended,
    began: Instant,
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        if let Some(watcher) = self.watcher {
            watcher.ended(self.operation, self.how, self.began.elapsed());
        }
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
        let endless = remote.call("ask", Call::Question, future::pending::<()>(), never_away);
        tokio::select! {
            biased;
            _ = endless => unreachable!("it is endless"),
            second = remote.call("ask", Call::Question, future::ready(()), never_away) => {
                assert_eq!(second, Err(NotSent::TooMany));
            }
        }
        let third = remote.call("ask", Call::Question, future::ready(()), never_away);
        assert_eq!(third.await, Ok(()), "there is a place again");
    }

    #[tokio::test]
    async fn questions_take_no_place_of_instructions() {
        let remote = remote(1);
        let endless = remote.call("ask", Call::Question, future::pending::<()>(), never_away);
        tokio::select! {
            biased;
            _ = endless => unreachable!("it is endless"),
            made = remote.call("ask", Call::Instruction, future::ready(()), never_away) => {
                assert_eq!(made, Ok(()));
            }
        }
    }

    #[tokio::test]
    async fn what_is_away_is_not_called() {
        let remote = remote(1);
        let failed = remote.call("ask", Call::Question, future::ready(()), |_| true);
        assert_eq!(failed.await, Ok(()));
        let must_not_run = async { panic!("it is called") };
        let refused: Result<(), _> = remote
            .call("ask", Call::Instruction, must_not_run, never_away)
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
            of_server.block_on(remote.call("ask", Call::Question, opening, never_away))
        });
        let connection = opened.join().unwrap().unwrap();
        connection
            .unwrap()
            .await
            .expect("it was not ended with the thread");
    }
}
