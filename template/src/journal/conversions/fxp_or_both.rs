//! The conversions that this FXP makes, and the quotes that it gave for them.

use std::sync::Arc;

use crate::{
    domain::{
        currency_conversion::{ConversionQuote, CurrencyConversion},
        timestamp::Timestamp,
        transfer_id::{NotAnIdentifier, QuoteId, TransferId},
    },
    journal::{
        JournalError, Payment,
        store::{Direction, Store},
    },
};

impl Payment for CurrencyConversion {
    const DIRECTION: Direction = Direction::Conversion;

    fn transfer_id(&self) -> &TransferId {
        &self.order.parties.conversion_id
    }

    fn home_transaction_id(&self) -> Option<&str> {
        None
    }

    fn state_name(&self) -> &'static str {
        self.promise.state().as_str()
    }

    fn state_since(&self) -> Timestamp {
        self.promise.state_since
    }
}

/// Under what a quote of a conversion is kept. They lie among the quotes of
/// payments, whose identifiers begin otherwise.
#[derive(Debug, Clone)]
pub struct ConversionQuoteId(QuoteId);

impl ConversionQuoteId {
    pub fn of(conversion_id: &TransferId) -> Result<Self, NotAnIdentifier> {
        format!("fx:{conversion_id}").parse().map(Self)
    }
}

/// The quotes that this FXP gave.
#[derive(Debug, Clone)]
pub struct ConversionQuotes {
    store: Arc<dyn Store>,
}

impl ConversionQuotes {
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// Stores a quote, unless one is known under its identifier. Returns the
    /// one that is stored.
    pub async fn keep(
        &self,
        id: ConversionQuoteId,
        quote: ConversionQuote,
    ) -> Result<ConversionQuote, JournalError> {
        let body = serde_json::to_string(&quote)?;
        Ok(match self.store.keep_quote(id.0, body).await? {
            None => quote,
            Some(earlier) => serde_json::from_str(&earlier)?,
        })
    }

    pub async fn find(
        &self,
        id: &ConversionQuoteId,
    ) -> Result<Option<ConversionQuote>, JournalError> {
        let body = self.store.find_quote(&id.0).await?;
        Ok(body.as_deref().map(serde_json::from_str).transpose()?)
    }
}
