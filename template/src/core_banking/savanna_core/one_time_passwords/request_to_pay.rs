//! The one-time passwords of requests to pay.

use async_trait::async_trait;
use serde::Deserialize;

use crate::{
    core_banking::{
        Client,
        port::{BankError, OneTimePasswords},
    },
    domain::{one_time_password::OneTimePassword, transfer_id::TransferId},
};

#[async_trait]
impl OneTimePasswords for Client {
    /// Replace (request to pay): the call that finds the one-time password that
    /// belongs to a request, and the field of its answer.
    ///
    /// The bank must not answer one that was made for something else: whoever
    /// asks takes it for the payer's consent.
    async fn find_one_time_password(
        &self,
        transaction_request_id: &TransferId,
    ) -> Result<Option<OneTimePassword>, BankError> {
        #[derive(Deserialize)]
        struct Found {
            password: String,
        }
        let path = ["one-time-passwords", transaction_request_id.as_str()];
        let found: Option<Found> = self.ask(&path, "unknown_request").await?;
        found
            .map(|found| OneTimePassword::try_from(found.password))
            .transpose()
            .map_err(|error| BankError::NoAnswer(format!("the answer is not understood: {error}")))
    }
}
