//! The one-time passwords of requests to pay.

use async_trait::async_trait;

use crate::{
    core_banking::port::BankError,
    domain::{one_time_password::OneTimePassword, transfer_id::TransferId},
};

/// Finding the one-time password by which a payer shows that he agrees.
#[async_trait]
pub trait OneTimePasswords: Send + Sync {
    /// The one-time password that belongs to a request to pay: the one that
    /// the payer has entered where he buys, or that the bank has made for him.
    /// `None` if there is none, or not yet.
    async fn find_one_time_password(
        &self,
        transaction_request_id: &TransferId,
    ) -> Result<Option<OneTimePassword>, BankError>;
}
