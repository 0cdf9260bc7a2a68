//! Many quotes of one request.

use super::{BulkPayee, each};
use crate::{
    domain::{
        bulk::{BulkQuote, BulkQuoteRequest, check_items},
        error::{ErrorCode, PaymentError},
        timestamp::Timestamp,
        transfer_id::TransferId,
    },
    journal::{Opened, work::Work},
};

impl BulkPayee {
    /// Gives the quotes. The same request gets the same answer again, its
    /// failures included.
    pub async fn quote(&self, request: BulkQuoteRequest) -> Result<BulkQuote, PaymentError> {
        check_items(request.items.iter().map(|item| &item.id), self.max_items)?;
        let this = self.clone();
        self.tasks
            .run(async move { this.quote_in_turn(request).await })
            .await
    }

    async fn quote_in_turn(&self, request: BulkQuoteRequest) -> Result<BulkQuote, PaymentError> {
        let _turn = self.turns.take(&request.bulk_quote_id).await?;
        if let Some(known) = self.quotes.find(&request.bulk_quote_id).await? {
            return same_request(known.payment, &request);
        }
        let items = request.items.iter().map(|item| item.request.clone());
        let results = each(items.collect(), |item| {
            let payee = self.payee.clone();
            async move { payee.quote(item).await }
        });
        let bulk = BulkQuote {
            results: results.await,
            request: request.clone(),
            given_at: Timestamp::now(),
        };
        let failed = bulk.results.iter().filter(|result| result.is_err()).count();
        tracing::info!(
            bulk_quote_id = %request.bulk_quote_id, items = bulk.results.len(), failed,
            "bulk quote"
        );
        match self.quotes.open(bulk, Work::none()).await? {
            Opened::New(kept) | Opened::Known(kept) => same_request(kept.payment, &request),
        }
    }

    /// The quotes that were given.
    pub async fn find_quotes(&self, bulk_quote_id: &TransferId) -> Result<BulkQuote, PaymentError> {
        let found = self.quotes.find(bulk_quote_id).await?;
        found.map(|found| found.payment).ok_or_else(|| {
            PaymentError::new(ErrorCode::QuoteNotFound, "there is no such bulk quote here")
        })
    }
}

fn same_request(bulk: BulkQuote, request: &BulkQuoteRequest) -> Result<BulkQuote, PaymentError> {
    if bulk.request == *request {
        return Ok(bulk);
    }
    Err(PaymentError::new(
        ErrorCode::ModifiedRequest,
        "another bulk quote was asked for under this bulkQuoteId",
    ))
}
