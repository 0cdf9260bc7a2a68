//! What came of an instruction, by our reference.

use async_trait::async_trait;
use serde::Deserialize;

use super::{Client, answers::refusal};
use crate::{
    core_banking::port::{BankError, Booking, Bookings},
    domain::reference::Reference,
};

#[async_trait]
impl Bookings for Client {
    /// Replace (recovery): the call that finds a booking by our reference.
    ///
    /// This is the one that money depends on. The bank must find a booking as
    /// soon as it is made, and answer "there is none" only if that is certain.
    async fn find_booking(&self, reference: &Reference) -> Result<Option<Booking>, BankError> {
        #[derive(Deserialize)]
        #[serde(tag = "outcome", rename_all = "snake_case")]
        enum Found {
            Done { booking_id: String },
            Refused { reason: String },
        }
        let path = ["bookings", reference.as_str()];
        let found: Option<Found> = self.ask(&path, "unknown_reference").await?;
        Ok(found.map(|found| match found {
            Found::Done { booking_id } => Booking::Done(booking_id),
            Found::Refused { reason } => Booking::Refused(refusal(&reason)),
        }))
    }
}
