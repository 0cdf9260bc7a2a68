//! What the sandbox bank says of what it posted: by time, a page at a time.

use actix_web::{
    HttpResponse,
    web::{self, Data, Query, ServiceConfig},
};
use async_trait::async_trait;
use serde::Deserialize;

use super::{
    SandboxBank,
    api::{resource, respond},
    books::Books,
    chart::AccountKind,
    faults::Operation,
};
use crate::{
    core_banking::port::{BankError, PageOfPostings, PostedEntry, PostedTo, Posting, Postings},
    domain::{period::Period, timestamp::Timestamp},
};

/// A page is never longer.
const MAX_PAGE_LENGTH: usize = 500;

/// Which postings are asked for.
#[derive(Debug, Deserialize)]
struct Wanted {
    from: Timestamp,
    until: Timestamp,
    /// The number of the posting that the page before ended with.
    #[serde(default)]
    after: u64,
    limit: Option<usize>,
}

impl Books {
    /// What was instructed by connectors and posted in a period.
    fn page_of_postings(&self, period: Period, after: u64, limit: usize) -> PageOfPostings {
        let of_period = self.ledger_postings().filter(|posting| {
            posting.number > after
                && period.contains(posting.posted_at)
                && self.enquire(&posting.reference).is_some()
        });
        let mut postings: Vec<(u64, Posting)> = of_period
            .take(limit + 1)
            .map(|posting| {
                let entries = posting.entries.iter().filter_map(|entry| {
                    let account = self.ledger_account(&entry.account)?;
                    Some(PostedEntry {
                        account: entry.account.clone(),
                        kind: posted_to(account.kind)?,
                        currency: account.currency,
                        amount: entry.amount.normalize(),
                    })
                });
                let told = Posting {
                    booking: format!("posting-{}", posting.number),
                    reference: posting.reference.clone(),
                    posted_at: posting.posted_at,
                    entries: entries.collect(),
                };
                (posting.number, told)
            })
            .collect();
        let is_last = postings.len() <= limit;
        postings.truncate(limit);
        let last = postings.last().map(|(number, _)| number.to_string());
        PageOfPostings {
            postings: postings.into_iter().map(|(_, posting)| posting).collect(),
            next: last.filter(|_| !is_last),
        }
    }
}

fn posted_to(kind: AccountKind) -> Option<PostedTo> {
    match kind {
        AccountKind::Customer => Some(PostedTo::Customer),
        AccountKind::Fees => Some(PostedTo::Fees),
        // [if role is fxp, both]
        AccountKind::Position => Some(PostedTo::Position),
        AccountKind::Scheme => Some(PostedTo::Funding),
        // [end]
        AccountKind::Opening => None,
        kind => kind.funds_payments().then_some(PostedTo::Funding),
    }
}

/// The path for postings.
pub fn configure(service: &mut ServiceConfig) {
    service.service(resource("/postings", web::get().to(list)));
}

async fn list(bank: Data<SandboxBank>, wanted: Query<Wanted>) -> HttpResponse {
    respond(bank, Operation::LIST_POSTINGS, move |books, _| {
        let period = Period {
            from: wanted.from,
            until: wanted.until,
        };
        let limit = wanted
            .limit
            .unwrap_or(MAX_PAGE_LENGTH)
            .clamp(1, MAX_PAGE_LENGTH);
        HttpResponse::Ok().json(books.page_of_postings(period, wanted.after, limit))
    })
    .await
}

#[async_trait]
impl Postings for SandboxBank {
    async fn postings(
        &self,
        period: Period,
        page: Option<&str>,
    ) -> Result<PageOfPostings, BankError> {
        let after = page.and_then(|page| page.parse().ok()).unwrap_or_default();
        self.call(Operation::LIST_POSTINGS, move |books, _| {
            books.page_of_postings(period, after, MAX_PAGE_LENGTH)
        })
        .await
    }
}
