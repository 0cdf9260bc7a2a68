//! Quotes: what a conversion would come to.

use crate::{
    domain::{
        currency_conversion::{ConversionQuote, ConversionRequest, ConvertedAmounts},
        error::{ErrorCode, PaymentError},
        timestamp::Timestamp,
        transfer_id::{NotAnIdentifier, TransferId},
    },
    journal::conversions::ConversionQuoteId,
    mojaloop::fxp::{Fxp, about_conversion, not_covered},
};

impl Fxp {
    /// Gives a quote, which binds until it expires. The same request gets the
    /// same quote again.
    pub async fn quote(&self, request: ConversionRequest) -> Result<ConversionQuote, PaymentError> {
        let id = quote_id(&request.parties.conversion_id)?;
        if let Some(known) = self.quotes.find(&id).await? {
            return same_request(known, &request);
        }
        let (source, target) = (request.source_currency(), request.target_currency());
        if source == target {
            return Err(PaymentError::new(
                ErrorCode::CurrencyRefused,
                "a conversion is from one currency to another",
            ));
        }
        let offer = self.bank.offer_rate(source, target).await;
        let offer = offer.map_err(|error| about_conversion(&error))?;
        let now = Timestamp::now();
        if offer.expires_at <= now {
            return Err(PaymentError::new(
                ErrorCode::ServiceUnavailable,
                "the FXP has no rate for these currencies now",
            ));
        }
        let amounts = ConvertedAmounts::of(&request, offer.rate)
            .map_err(|error| PaymentError::new(ErrorCode::QuoteRefused, error.to_string()))?;
        if amounts.source.is_zero() || amounts.target.is_zero() {
            return Err(PaymentError::new(
                ErrorCode::QuoteRefused,
                "the amount is too small to be converted",
            ));
        }
        if offer.available.is_less_than(amounts.target)? {
            tracing::error!(
                available = ?offer.available,
                "not enough of the target currency: quote refused"
            );
            return Err(not_covered());
        }
        let mut expires_at = now.after(self.quote_lifetime).min(offer.expires_at);
        if request.expires_at > now {
            expires_at = expires_at.min(request.expires_at);
        }
        let quote = ConversionQuote {
            rate: offer.rate,
            amounts,
            expires_at,
            request: request.clone(),
        };
        let kept = self.quotes.keep(id, quote).await?;
        same_request(kept, &request)
    }

    /// The quote that was given under this identifier, if it still binds.
    pub(super) async fn binding_quote(
        &self,
        conversion_id: &TransferId,
    ) -> Result<ConversionQuote, PaymentError> {
        let quote = self.quotes.find(&quote_id(conversion_id)?).await?;
        let quote = quote.ok_or_else(|| {
            PaymentError::new(
                ErrorCode::QuoteNotFound,
                "no conversion was quoted under this identifier",
            )
        })?;
        if quote.expires_at <= Timestamp::now() {
            return Err(PaymentError::new(
                ErrorCode::QuoteExpired,
                "the quote has expired",
            ));
        }
        Ok(quote)
    }
}

fn quote_id(conversion_id: &TransferId) -> Result<ConversionQuoteId, PaymentError> {
    ConversionQuoteId::of(conversion_id).map_err(|error: NotAnIdentifier| {
        PaymentError::new(ErrorCode::MalformedSyntax, error.to_string())
    })
}

fn same_request(
    quote: ConversionQuote,
    request: &ConversionRequest,
) -> Result<ConversionQuote, PaymentError> {
    if quote.request == *request {
        return Ok(quote);
    }
    Err(PaymentError::new(
        ErrorCode::ModifiedRequest,
        "another conversion was asked for under this conversionId",
    ))
}
