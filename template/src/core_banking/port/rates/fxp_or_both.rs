//! What the bank sells other participants a currency for.

use async_trait::async_trait;

use crate::{
    core_banking::port::BankError,
    domain::{amount::Amount, currency::Currency, rate::Rate, timestamp::Timestamp},
};

/// The price of a currency, for as long as it holds.
#[derive(Debug, Clone, Copy)]
pub struct RateOffer {
    /// The bank's margin is part of it.
    pub rate: Rate,
    pub expires_at: Timestamp,
    /// How much of the target currency is left to sell, less what is reserved.
    pub available: Amount,
}

/// Where the rates come from.
#[async_trait]
pub trait Rates: Send + Sync {
    /// What the target currency is sold for in the source currency now. Nothing
    /// is reserved by asking. A pair that the bank does not deal in is refused
    /// as a currency that is not supported.
    async fn offer_rate(&self, source: Currency, target: Currency) -> Result<RateOffer, BankError>;
}
