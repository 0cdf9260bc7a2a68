//! Work on payments that goes on although nobody waits for it any more.

use std::future::{self, Future};

use tokio::runtime::Handle;

use crate::domain::error::{ErrorCode, PaymentError};

/// Runs work on payments apart from the request that asked for it: a caller
/// that hangs up does not leave a payment between two steps.
#[derive(Debug, Clone)]
pub struct Tasks {
    runtime: Handle,
}

impl Tasks {
    pub fn new(runtime: Handle) -> Self {
        Self { runtime }
    }

    /// Does the work and waits for it, for as long as the caller waits. Work
    /// that ends with the process has no outcome: whoever waits for it must not
    /// take it for a failure, and end with it.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, PaymentError>> + Send + 'static,
    ) -> Result<T, PaymentError> {
        match self.runtime.spawn(work).await {
            Ok(outcome) => outcome,
            Err(ended) if ended.is_cancelled() => future::pending().await,
            Err(panic) => Err(PaymentError::new(
                ErrorCode::Internal,
                "the request cannot be served",
            )
            .with_detail(panic)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::{runtime::Runtime, time::timeout};

    use super::*;

    #[tokio::test]
    async fn work_that_ends_with_the_process_has_not_failed() {
        let process = Runtime::new().unwrap();
        let tasks = Tasks::new(process.handle().clone());
        let endless = tasks.run(future::pending::<Result<(), PaymentError>>());
        process.shutdown_background();
        let outcome = timeout(Duration::from_millis(50), endless).await;
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
}
