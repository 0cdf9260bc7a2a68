//! Quotes: what a payment to a customer of ours would come to.

use super::Payee;
use crate::domain::{
    error::{ErrorCode, PaymentError},
    quote::{Quote, QuoteRequest, Terms},
    timestamp::Timestamp,
};

impl Payee {
    /// Gives a quote, which binds until it expires. The same request gets the
    /// same quote again.
    pub async fn quote(&self, request: QuoteRequest) -> Result<Quote, PaymentError> {
        if let Some(known) = self.quotes.find(&request.quote_id).await? {
            return same_request(known, &request);
        }
        self.required_information
            .check_payer(&request.payer_information)?;
        let payee = self.find_payee(&request.payee, request.amount).await?;
        let charges = self
            .fees
            .payee_charges(&payee.account, request.amount_type, request.amount)
            .await?;
        let terms = Terms::of(request.amount_type, request.amount, charges)
            .map_err(|error| PaymentError::new(ErrorCode::QuoteRefused, error.to_string()))?;
        self.bank
            .check_credit(&payee.account, terms.payee_receives())
            .await
            .map_err(|error| error.about_payee())?;
        self.funding.check(terms.transfer_amount()).await?;

        let quote = Quote {
            terms,
            expires_at: Timestamp::now().after(self.settings.quote_lifetime),
            request: request.clone(),
        };
        let kept = self.quotes.keep(quote).await?;
        same_request(kept, &request)
    }
}

fn same_request(quote: Quote, request: &QuoteRequest) -> Result<Quote, PaymentError> {
    if quote.request == *request {
        return Ok(quote);
    }
    Err(PaymentError::new(
        ErrorCode::ModifiedRequest,
        "another quote was asked for under this quoteId",
    ))
}
