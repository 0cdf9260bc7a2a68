//! Many transfers of one request. Each has a record of its own, is promised,
//! committed and released like any other, and its final word is its own.

use super::{BulkPayee, each};
use crate::{
    domain::{
        bulk::{BulkTransfer, BulkTransferRequest, check_items},
        error::{ErrorCode, PaymentError},
        incoming::{IncomingRequest, IncomingState},
        timestamp::Timestamp,
        transfer_id::TransferId,
    },
    journal::{Opened, Recorded, work::Work},
};

/// An item of a bulk transfer, as far as it has come.
#[derive(Debug)]
pub struct ItemState {
    pub transfer_id: TransferId,
    /// `None` if there never was a transfer.
    pub state: Option<IncomingState>,
    /// Why there is none, or why it was answered as failed.
    pub failure: Option<PaymentError>,
}

/// A bulk transfer, as far as it has come.
#[derive(Debug)]
pub struct KnownBulkTransfer {
    pub bulk_transfer_id: TransferId,
    pub items: Vec<ItemState>,
}

impl BulkPayee {
    /// Promises the credits. The same request gets the same answer again, but
    /// that a transfer which was aborted since is not promised any more.
    pub async fn prepare(
        &self,
        request: BulkTransferRequest,
    ) -> Result<KnownBulkTransfer, PaymentError> {
        check_items(request.items.iter().map(|item| &item.id), self.max_items)?;
        let this = self.clone();
        self.tasks
            .run(async move { this.prepare_in_turn(request).await })
            .await
    }

    async fn prepare_in_turn(
        &self,
        request: BulkTransferRequest,
    ) -> Result<KnownBulkTransfer, PaymentError> {
        let _turn = self.turns.take(&request.bulk_transfer_id).await?;
        // Before any of the transfers: whoever repeats the request after a
        // crash is held to it.
        let mut bulk = self.open(&request).await?;
        let failures = self.prepare_each(&bulk.payment).await;
        if bulk.payment.failures.is_none() {
            bulk.payment.failures = Some(failures.clone());
            bulk.payment.state_since = Timestamp::now();
            self.transfers.record(&mut bulk).await?;
            let failed = failures.iter().flatten().count();
            tracing::info!(
                bulk_transfer_id = %request.bulk_transfer_id, items = failures.len(), failed,
                "bulk transfer"
            );
        }
        let items = request.items.into_iter().zip(failures);
        Ok(KnownBulkTransfer {
            bulk_transfer_id: request.bulk_transfer_id,
            items: items
                .map(|(item, failure)| ItemState {
                    transfer_id: item.id,
                    state: failure.is_none().then_some(IncomingState::Reserved),
                    failure,
                })
                .collect(),
        })
    }

    async fn open(
        &self,
        request: &BulkTransferRequest,
    ) -> Result<Recorded<BulkTransfer>, PaymentError> {
        let known = match self.transfers.find(&request.bulk_transfer_id).await? {
            Some(known) => known,
            None => {
                let quotes = match &request.bulk_quote_id {
                    Some(bulk_quote_id) => self.quotes.find(bulk_quote_id).await?,
                    None => None,
                };
                let quotes = quotes.as_ref().map(|quotes| &quotes.payment);
                let bulk = BulkTransfer::open(request.clone(), quotes, Timestamp::now());
                match self.transfers.open(bulk, Work::none()).await? {
                    Opened::New(opened) | Opened::Known(opened) => opened,
                }
            }
        };
        if known.payment.request == *request {
            return Ok(known);
        }
        Err(PaymentError::new(
            ErrorCode::ModifiedRequest,
            "another bulk transfer was asked for under this bulkTransferId",
        ))
    }

    /// Why each of the transfers is not promised, if it is not.
    async fn prepare_each(&self, bulk: &BulkTransfer) -> Vec<Option<PaymentError>> {
        let transfers = bulk.transfers.iter().enumerate();
        let transfers = transfers.map(|(number, transfer)| match bulk.failure(number) {
            Some(failure) => Err(failure.clone()),
            None => transfer.clone(),
        });
        let prepared = each(transfers.collect(), |transfer: IncomingRequest| {
            let payee = self.payee.clone();
            async move { payee.prepare(transfer).await }
        });
        prepared.await.into_iter().map(Result::err).collect()
    }

    /// The bulk, and what has become of each of its transfers by now.
    pub async fn find_transfers(
        &self,
        bulk_transfer_id: &TransferId,
    ) -> Result<KnownBulkTransfer, PaymentError> {
        let found = self.transfers.find(bulk_transfer_id).await?;
        let bulk = found.ok_or_else(|| {
            PaymentError::new(
                ErrorCode::TransferNotFound,
                "there is no such bulk transfer here",
            )
        })?;
        let mut items = Vec::with_capacity(bulk.payment.transfers.len());
        for (number, asked) in bulk.payment.request.items.iter().enumerate() {
            let found = match self.payee.find_transfer(&asked.id).await {
                Ok(transfer) => Some(transfer),
                Err(error) if error.code == ErrorCode::TransferNotFound => None,
                Err(error) => return Err(error),
            };
            let refused = match bulk.payment.transfers.get(number) {
                Some(Err(refused)) => Some(refused.clone()),
                _ => None,
            };
            // A transfer of this identifier that is not of this bulk is not told.
            let found = found.filter(|_| refused.is_none());
            let answered = bulk.payment.failure(number).cloned();
            items.push(ItemState {
                transfer_id: asked.id.clone(),
                failure: answered
                    .or(refused)
                    .or_else(|| found.as_ref()?.promise.failure.clone()),
                state: found.map(|transfer| transfer.state()),
            });
        }
        Ok(KnownBulkTransfer {
            bulk_transfer_id: bulk_transfer_id.clone(),
            items,
        })
    }
}
