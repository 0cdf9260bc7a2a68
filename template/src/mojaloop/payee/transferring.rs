//! Transfers: promising the credit, and going on from there.

use std::sync::Arc;

use super::{Payee, crediting};
use crate::{
    core_banking::{
        funding::Funding,
        port::{CoreBankingSystem, Refusal},
    },
    domain::{
        error::{ErrorCode, PaymentError},
        incoming::{IncomingRequest, IncomingTransfer},
        promise::Promise,
        quote::Terms,
        reference::CreditStep,
        timestamp::Timestamp,
        transfer_id::TransferId,
    },
    mojaloop::{
        connector::{HubView, MojaloopConnector},
        progress::Progress,
        promises::{Heard, Keeper, Notification, Promised},
        steps::{Attempt, Outcome},
    },
};

/// The promise that the credit can be committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reserved {
    /// The DFSP's own number of the transfer.
    pub home_transaction_id: String,
}

impl Promised for IncomingTransfer {
    fn promise(&self) -> &Promise {
        &self.promise
    }

    fn promise_mut(&mut self) -> &mut Promise {
        &mut self.promise
    }
}

/// What stands behind the promise of a credit: the bank and its funding.
#[derive(Clone)]
pub struct Crediting {
    pub bank: Arc<dyn CoreBankingSystem>,
    pub funding: Funding,
    pub connector: MojaloopConnector,
}

impl Keeper<IncomingTransfer> for Crediting {
    async fn carry_out(
        &self,
        progress: &Progress<IncomingTransfer>,
        transfer: &IncomingTransfer,
        step: CreditStep,
        attempt: Attempt,
    ) -> Result<Outcome, PaymentError> {
        let (bank, funding) = (&*self.bank, &self.funding);
        crediting::carry_out(bank, funding, progress, transfer, step, attempt).await
    }

    fn refused(&self, refusal: Refusal) -> PaymentError {
        refusal.of_payee()
    }

    async fn ask_the_hub(&self, transfer: &IncomingTransfer) -> HubView {
        let transfer_id = &transfer.request.transfer_id;
        self.connector.find_out(transfer_id).await
    }
}

impl Payee {
    /// Promises the credit. The same request gets the same answer again.
    pub async fn prepare(&self, request: IncomingRequest) -> Result<Reserved, PaymentError> {
        let this = self.clone();
        self.tasks
            .run(async move { this.prepare_once(request).await })
            .await
    }

    async fn prepare_once(&self, request: IncomingRequest) -> Result<Reserved, PaymentError> {
        let is_same = |known: &IncomingTransfer| {
            if known.request == request {
                return Ok(());
            }
            Err(PaymentError::new(
                ErrorCode::ModifiedRequest,
                "another transfer was asked for under this transferId",
            ))
        };
        let agree = || async {
            let terms = self.agreed_terms(&request).await?;
            let amount = terms.transfer_amount();
            let payee = self.find_payee(&request.payee, amount).await?;
            let now = Timestamp::now();
            let request = request.clone();
            Ok(IncomingTransfer::open(request, terms, payee.account, now))
        };
        let made = self.promises.make(&request.transfer_id, is_same, agree);
        Ok(Reserved {
            home_transaction_id: home_transaction_id(&made.await?),
        })
    }

    /// The terms that the transfer is held to: those of the quote that this
    /// connector gave, else those that the request states.
    async fn agreed_terms(&self, request: &IncomingRequest) -> Result<Terms, PaymentError> {
        let quote = match &request.quote_id {
            Some(quote_id) => self.quotes.find(quote_id).await?,
            None => None,
        };
        let Some(quote) = quote else {
            tracing::warn!(
                transfer_id = %request.transfer_id,
                "transfer without a quote of ours: held to the terms that it states"
            );
            return Ok(request.terms);
        };
        if !request.agrees_with(&quote.request) || request.terms != quote.terms {
            return Err(PaymentError::new(
                ErrorCode::ModifiedRequest,
                "the transfer differs from the quote that was given for it",
            ));
        }
        if quote.expires_at <= Timestamp::now() {
            return Err(PaymentError::new(
                ErrorCode::QuoteExpired,
                "the quote has expired",
            ));
        }
        Ok(quote.terms)
    }

    /// The transfer as far as it is known here.
    pub async fn find_transfer(
        &self,
        transfer_id: &TransferId,
    ) -> Result<IncomingTransfer, PaymentError> {
        self.promises.find(transfer_id).await?.ok_or_else(|| {
            PaymentError::new(
                ErrorCode::TransferNotFound,
                "there is no such transfer here",
            )
        })
    }

    /// Acts on a notification. Returns when what it says has been done; an
    /// error makes the Mojaloop Connector tell it again.
    pub async fn notify(
        &self,
        transfer_id: TransferId,
        notification: Notification,
    ) -> Result<(), PaymentError> {
        let this = self.clone();
        let heard = self
            .tasks
            .run(async move { this.promises.notify(&transfer_id, notification).await })
            .await?;
        match heard {
            Heard::Done => Ok(()),
            // The words are those that the official test collection expects.
            Heard::Undecided => Err(PaymentError::new(
                ErrorCode::PayeeError,
                "Transfer Not Completed Error",
            )),
        }
    }

    /// Goes on with a transfer that an earlier process left, or that is due.
    pub async fn resume(&self, transfer_id: &TransferId) -> Result<(), PaymentError> {
        let this = self.clone();
        let transfer_id = transfer_id.clone();
        self.tasks
            .run(async move { this.promises.resume(&transfer_id).await })
            .await
    }
}

/// The DFSP's own number of the transfer.
pub fn home_transaction_id(transfer: &IncomingTransfer) -> String {
    let transfer_id = &transfer.request.transfer_id;
    let booking = transfer.promise.booking.clone();
    booking.unwrap_or_else(|| transfer_id.to_string())
}
