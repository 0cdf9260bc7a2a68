//! What came of an instruction.

use async_trait::async_trait;

use super::{BankError, Refusal};
use crate::domain::reference::Reference;

/// The core banking system's own number of what it booked.
pub type BookingId = String;

/// What came of an instruction, as the core banking system remembers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Booking {
    Done(BookingId),
    Refused(Refusal),
}

/// Finding out what came of an instruction that was not answered.
#[async_trait]
pub trait Bookings: Send + Sync {
    /// What was booked under a reference; `None` if nothing was. An error
    /// means that it is still not known.
    async fn find_booking(&self, reference: &Reference) -> Result<Option<Booking>, BankError>;
}
