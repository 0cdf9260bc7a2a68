//! Work on payments that goes on although nobody waits for it any more.

use std::future::{self, Future};

use tokio::{runtime::Handle, task::JoinError};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::admission::Place;
use crate::{
    domain::error::{ErrorCode, PaymentError},
    remote::trace::carried,
};

/// Runs work on payments apart from the request that asked for it: a caller
/// that hangs up does not leave a payment between two steps.
#[derive(Debug, Clone)]
pub struct Tasks {
    runtime: Handle,
    /// What is being done about payments.
    work: TaskTracker,
    /// What recovery has taken up. Each does work of the first kind.
    taken_up: TaskTracker,
    ending: CancellationToken,
}

impl Tasks {
    pub fn new(runtime: Handle) -> Self {
        let tasks = Self {
            runtime,
            work: TaskTracker::new(),
            taken_up: TaskTracker::new(),
            ending: CancellationToken::new(),
        };
        // Closed trackers still take tasks; it is only then that they can be
        // waited for.
        tasks.work.close();
        tasks.taken_up.close();
        tasks
    }

    /// Does the work and waits for it, for as long as the caller waits. Work
    /// that ends with the process has no outcome: whoever waits for it must not
    /// take it for a failure, and end with it.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, PaymentError>> + Send + 'static,
    ) -> Result<T, PaymentError> {
        let place = Place::of_this_request();
        let work = async move {
            let outcome = work.await;
            drop(place);
            outcome
        };
        match self.work.spawn_on(carried(work), &self.runtime).await {
            Ok(outcome) => outcome,
            Err(ended) if ended.is_cancelled() => future::pending().await,
            Err(panic) => Err(panicked(&panic)),
        }
    }

    /// Does what recovery has taken up; nobody waits for it.
    pub fn take_up(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.taken_up.spawn_on(work, &self.runtime);
    }

    /// From now on nothing is begun that can be left to the next process. What
    /// has been begun goes on.
    pub fn begin_to_end(&self) {
        self.ending.cancel();
    }

    /// Whether this process is about to end.
    pub fn are_ending(&self) -> bool {
        self.ending.is_cancelled()
    }

    /// Waits until this process is about to end.
    pub async fn end_begins(&self) {
        self.ending.cancelled().await;
    }

    /// Waits until nothing is being done any more.
    pub async fn are_done(&self) {
        // In this order: whatever is taken up does its work before it ends.
        self.taken_up.wait().await;
        self.work.wait().await;
    }

    /// How much is being done.
    pub fn in_progress(&self) -> usize {
        self.work.len()
    }
}

/// What a panic says may hold anything: where it was is in the log already.
fn panicked(_: &JoinError) -> PaymentError {
    PaymentError::new(ErrorCode::Internal, "the request cannot be served")
        .with_detail("a panic: this is a defect of the connector")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::{
        runtime::Runtime,
        sync::oneshot,
        time::{sleep, timeout},
    };

    use super::*;

    const A_MOMENT: Duration = Duration::from_millis(50);

    #[tokio::test]
    async fn work_that_ends_with_the_process_has_not_failed() {
        let process = Runtime::new().unwrap();
        let tasks = Tasks::new(process.handle().clone());
        let endless = tasks.run(future::pending::<Result<(), PaymentError>>());
        process.shutdown_background();
        let outcome = timeout(A_MOMENT, endless).await;
        assert!(outcome.is_err(), "nobody is told anything: {outcome:?}");
    }

    #[tokio::test]
    async fn work_that_panics_has_failed() {
        let tasks = Tasks::new(Handle::current());
        let outcome = tasks
            .run::<()>(async { panic!("a defect") })
            .await
            .unwrap_err();
        assert_eq!(outcome.code, ErrorCode::Internal);
    }

    #[tokio::test]
    async fn the_end_waits_for_work_that_its_caller_has_left() {
        let tasks = Tasks::new(Handle::current());
        let (finish, finished) = oneshot::channel::<()>();
        let left = tasks.run(async move {
            let _ = finished.await;
            Ok(())
        });
        assert!(timeout(A_MOMENT, left).await.is_err(), "the caller leaves");
        tasks.begin_to_end();
        assert!(timeout(A_MOMENT, tasks.are_done()).await.is_err());
        assert_eq!(tasks.in_progress(), 1);
        finish.send(()).unwrap();
        timeout(A_MOMENT, tasks.are_done()).await.unwrap();
        assert_eq!(tasks.in_progress(), 0);
    }

    #[tokio::test]
    async fn what_recovery_has_taken_up_is_finished_before_the_end() {
        let tasks = Tasks::new(Handle::current());
        let in_between = tasks.clone();
        tasks.take_up(async move {
            sleep(A_MOMENT).await;
            let done = in_between.run(async {
                sleep(A_MOMENT).await;
                Ok(())
            });
            done.await.unwrap();
        });
        tasks.begin_to_end();
        assert!(timeout(A_MOMENT / 2, tasks.are_done()).await.is_err());
        tasks.are_done().await;
        assert_eq!(tasks.in_progress(), 0);
    }
}
