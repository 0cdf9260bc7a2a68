//! The payee side of a bulk: each item goes the way of a payment that comes
//! alone, a few at a time, and an item that fails does not fail the others.

mod quoting;
mod transferring;

use futures_util::{StreamExt, stream};
use tracing::{Instrument, error_span, field::Empty};

use crate::{
    domain::{
        bulk::{BulkQuote, BulkTransfer},
        error::PaymentError,
        timestamp::Timestamp,
        transfer_id::TransferId,
    },
    journal::{Journal, Payment, store::Direction},
    mojaloop::{payee::Payee, tasks::Tasks, turns::Turns},
};

pub use self::transferring::{ItemState, KnownBulkTransfer};

/// How many items of one bulk are worked on at the same time, so that a bulk
/// neither overruns the core banking system nor lasts longer than it has to.
const AT_ONCE: usize = 16;

/// The payee side of a bulk.
#[derive(Clone)]
pub struct BulkPayee {
    payee: Payee,
    max_items: usize,
    quotes: Journal<BulkQuote>,
    transfers: Journal<BulkTransfer>,
    turns: Turns,
    tasks: Tasks,
}

impl Payment for BulkQuote {
    const DIRECTION: Direction = Direction::BulkQuote;

    fn transfer_id(&self) -> &TransferId {
        &self.request.bulk_quote_id
    }

    fn home_transaction_id(&self) -> Option<&str> {
        None
    }

    fn state_name(&self) -> &'static str {
        "quoted"
    }

    fn state_since(&self) -> Timestamp {
        self.given_at
    }
}

impl Payment for BulkTransfer {
    const DIRECTION: Direction = Direction::BulkTransfer;

    fn transfer_id(&self) -> &TransferId {
        &self.request.bulk_transfer_id
    }

    fn home_transaction_id(&self) -> Option<&str> {
        None
    }

    fn state_name(&self) -> &'static str {
        BulkTransfer::state_name(self)
    }

    fn state_since(&self) -> Timestamp {
        self.state_since
    }
}

impl BulkPayee {
    pub fn new(
        payee: Payee,
        max_items: usize,
        quotes: Journal<BulkQuote>,
        transfers: Journal<BulkTransfer>,
        tasks: Tasks,
    ) -> Self {
        Self {
            payee,
            max_items,
            turns: Turns::of(&transfers),
            quotes,
            transfers,
            tasks,
        }
    }
}

/// Does the work on each item, a few at a time, and keeps their order.
async fn each<Item, Work, T>(
    items: Vec<Result<Item, PaymentError>>,
    work: impl Fn(Item) -> Work,
) -> Vec<Result<T, PaymentError>>
where
    Work: Future<Output = Result<T, PaymentError>>,
{
    stream::iter(items)
        .map(|item| {
            let work = item.map(&work);
            let span = error_span!("payment", transfer_id = Empty);
            async move { work?.await }.instrument(span)
        })
        .buffered(AT_ONCE)
        .collect()
        .await
}
