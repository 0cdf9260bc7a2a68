//! What the bank posted, to be compared with what the connector recorded.

use async_trait::async_trait;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{BankError, BookingId};
use crate::domain::{
    currency::Currency, party::AccountNumber, period::Period, timestamp::Timestamp,
};

/// A movement of money in the bank's books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posting {
    /// The bank's own number of it.
    pub booking: BookingId,
    /// The reference that it was instructed under.
    pub reference: String,
    pub posted_at: Timestamp,
    pub entries: Vec<PostedEntry>,
}

/// The change of one account by a posting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostedEntry {
    pub account: AccountNumber,
    pub kind: PostedTo,
    pub currency: Currency,
    /// Above zero if money arrived on the account, below if it left.
    pub amount: Decimal,
}

/// Whose account an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PostedTo {
    /// One that mirrors the money at the scheme.
    Funding,
    Customer,
    /// What the bank earns, and spends on commissions.
    Fees,
    // [if role is fxp, both]
    /// The bank's own money, which it converts.
    Position,
    // [end]
}

impl PostedTo {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Funding => "funding",
            Self::Customer => "customer",
            Self::Fees => "fees",
            // [if role is fxp, both]
            Self::Position => "position",
            // [end]
        }
    }
}

/// Some of the postings of a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageOfPostings {
    pub postings: Vec<Posting>,
    /// How the bank calls the next page, if there is one.
    pub next: Option<String>,
}

/// The bank's own record of what was instructed.
#[async_trait]
pub trait Postings: Send + Sync {
    /// What was posted in a period under references of this connector, each
    /// posting once and with all its entries. A posting under a reference that
    /// looks like one of this connector belongs to it too: that nobody here knows
    /// it is what reconciliation is to find.
    ///
    /// `page` is what the page before called the next one.
    async fn postings(
        &self,
        period: Period,
        page: Option<&str>,
    ) -> Result<PageOfPostings, BankError>;
}
