//! What the bank sells other participants a currency for.

use async_trait::async_trait;
use serde::Deserialize;

use crate::{
    core_banking::{
        Client,
        port::{BankError, RateOffer, Rates, Refusal},
    },
    domain::{amount::Amount, currency::Currency, rate::Rate, timestamp::Timestamp},
};

#[async_trait]
impl Rates for Client {
    /// Replace (conversion): the call that asks the treasury for a rate.
    ///
    /// The bank must sell at this rate until it expires, and subtract what is
    /// reserved from what is available, or quotes promise money twice.
    async fn offer_rate(&self, source: Currency, target: Currency) -> Result<RateOffer, BankError> {
        #[derive(Deserialize)]
        struct Offer {
            rate: Rate,
            expires_at: Timestamp,
            available: Amount,
        }
        let path = ["rates", source.code(), target.code()];
        let offer: Option<Offer> = self.ask(&path, "unknown_pair").await?;
        match offer {
            Some(offer) if offer.available.currency() == target => Ok(RateOffer {
                rate: offer.rate,
                expires_at: offer.expires_at,
                available: offer.available,
            }),
            _ => Err(BankError::Refused(Refusal::CurrencyNotSupported)),
        }
    }
}
