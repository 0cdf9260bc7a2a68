//! What the bank posted, for reconciliation.

use async_trait::async_trait;

use super::Client;
use crate::{
    core_banking::port::{BankError, PageOfPostings, Postings},
    domain::period::Period,
};

/// So many postings fit an answer.
const PAGE_LENGTH: &str = "200";

#[async_trait]
impl Postings for Client {
    /// Replace (reconciliation): the call that lists postings by time, and the
    /// fields of `Posting`.
    ///
    /// The bank must list every posting of the period that carries a reference
    /// of this connector, a page at a time, also those made twice or by hand.
    async fn postings(
        &self,
        period: Period,
        page: Option<&str>,
    ) -> Result<PageOfPostings, BankError> {
        let (from, until) = (period.from.to_string(), period.until.to_string());
        let mut query = vec![
            ("from", from.as_str()),
            ("until", until.as_str()),
            ("limit", PAGE_LENGTH),
        ];
        query.extend(page.map(|page| ("after", page)));
        self.search(&["postings"], &query).await
    }
}
