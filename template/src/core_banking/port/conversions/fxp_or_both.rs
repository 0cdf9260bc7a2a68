//! Conversions for other participants: the target amount is reserved, then sold
//! or freed.

use async_trait::async_trait;

use crate::{
    core_banking::port::{BankError, BookingId},
    domain::{currency_conversion::ConvertedAmounts, reference::Reference},
};

/// Money of one currency that is sold for money of another.
#[async_trait]
pub trait Conversions: Send + Sync {
    /// Makes sure that the conversion can be committed later, whatever happens
    /// in between: the target amount is sold to nobody else. Every check that
    /// could refuse it happens here.
    async fn reserve_conversion(
        &self,
        reference: &Reference,
        amounts: &ConvertedAmounts,
    ) -> Result<BookingId, BankError>;

    /// Posts a reserved conversion: the source amount comes in, the target
    /// amount goes out. The scheme has committed, so a refusal here is a
    /// reconciliation error.
    async fn commit_conversion(
        &self,
        reference: &Reference,
        reservation: &Reference,
    ) -> Result<BookingId, BankError>;

    /// Frees a reservation that will not be committed.
    async fn release_conversion(
        &self,
        reference: &Reference,
        reservation: &Reference,
    ) -> Result<BookingId, BankError>;
}
