//! Work on payments that goes on although nobody waits for it any more.

use std::future::Future;

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

    /// Does the work and waits for it, for as long as the caller waits.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, PaymentError>> + Send + 'static,
    ) -> Result<T, PaymentError> {
        self.runtime.spawn(work).await.unwrap_or_else(|panic| {
            Err(
                PaymentError::new(ErrorCode::Internal, "the request cannot be served")
                    .with_detail(panic),
            )
        })
    }
}
