//! Quotes: what a payment to a customer of ours would come to.

use super::Payee;
use crate::{
    core_banking::fees,
    domain::{
        error::{ErrorCode, PaymentError},
        quote::{Quote, QuoteRequest, Terms},
        timestamp::Timestamp,
    },
};

impl Payee {
    /// Gives a quote, which binds until it expires. The same request gets the
    /// same quote again.
    pub async fn quote(&self, request: QuoteRequest) -> Result<Quote, PaymentError> {
        if let Some(known) = self.quotes.find(&request.quote_id).await? {
            return same_request(known, &request);
        }
        let payee = self.find_payee(&request.payee, request.amount).await?;
        let charges = fees::payee_charges(request.amount_type, request.amount);
        let terms = Terms::of(request.amount_type, request.amount, charges)
            .map_err(|error| PaymentError::new(ErrorCode::QuoteRefused, error.to_string()))?;
        self.bank
            .check_credit(&payee.account, terms.payee_receives())
            .await
            .map_err(|error| error.about_payee())?;
        let funding = self.float.pays_payees_from();
        let available = self
            .bank
            .available(funding, terms.transfer_amount().currency())
            .await
            .map_err(|error| {
                tracing::error!(%error, "the balance of the float account is not known");
                error.of_bank()
            })?;
        self.float.covers(available, terms.transfer_amount())?;

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
