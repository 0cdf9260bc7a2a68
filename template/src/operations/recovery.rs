//! Going on with what was left: after a restart, and when something is due.

use std::{future::Future, sync::Arc, time::Duration};

use tokio::sync::Semaphore;

use crate::{
    domain::{
        error::PaymentError, incoming::IncomingTransfer, outgoing::OutgoingPayment,
        timestamp::Timestamp, transfer_id::TransferId,
    },
    mojaloop::{payee::Payee, payer::Payer},
    operations::journal::{Journal, JournalError},
};

/// How many payments are taken up at a time, so that the core banking system
/// is not overrun by a backlog.
const MAX_AT_ONCE: usize = 8;

/// How many payments are listed at a time; the rest follow in the next round.
const MAX_LISTED: usize = 256;

/// Looks after the payments that nobody asks about any more.
#[derive(Clone)]
pub struct Recovery {
    payee: Payee,
    payer: Payer,
    incoming: Journal<IncomingTransfer>,
    outgoing: Journal<OutgoingPayment>,
    interval: Duration,
    at_once: Arc<Semaphore>,
}

impl Recovery {
    /// `interval` says how often it is looked for payments that are due.
    pub fn new(
        payee: Payee,
        payer: Payer,
        incoming: Journal<IncomingTransfer>,
        outgoing: Journal<OutgoingPayment>,
        interval: Duration,
    ) -> Self {
        Self {
            payee,
            payer,
            incoming,
            outgoing,
            interval,
            at_once: Arc::new(Semaphore::new(MAX_AT_ONCE)),
        }
    }

    /// Goes on with everything that an earlier process left unfinished, then
    /// looks for what is due, for ever.
    pub async fn run(self) {
        self.round(Timestamp::end_of_time()).await;
        loop {
            tokio::time::sleep(self.interval).await;
            self.round(Timestamp::now()).await;
        }
    }

    async fn round(&self, due_by: Timestamp) {
        let incoming = self.incoming.due(due_by, MAX_LISTED).await;
        self.take_up(incoming, |transfer_id| {
            let payee = self.payee.clone();
            async move { payee.resume(&transfer_id).await }
        })
        .await;
        let outgoing = self.outgoing.due(due_by, MAX_LISTED).await;
        self.take_up(outgoing, |transfer_id| {
            let payer = self.payer.clone();
            async move { payer.resume(&transfer_id).await }
        })
        .await;
    }

    async fn take_up<Work>(
        &self,
        listed: Result<Vec<TransferId>, JournalError>,
        resume: impl Fn(TransferId) -> Work,
    ) where
        Work: Future<Output = Result<(), PaymentError>> + Send + 'static,
    {
        let listed = match listed {
            Ok(listed) => listed,
            Err(error) => {
                tracing::error!(%error, "cannot look for payments that are due");
                return;
            }
        };
        let mut taken_up = Vec::with_capacity(listed.len());
        for transfer_id in listed {
            let Ok(permit) = Arc::clone(&self.at_once).acquire_owned().await else {
                return;
            };
            let work = resume(transfer_id.clone());
            taken_up.push(tokio::spawn(async move {
                if let Err(error) = work.await {
                    let detail = error.detail().unwrap_or_default();
                    tracing::error!(%transfer_id, %error, detail, "cannot go on with a payment");
                }
                drop(permit);
            }));
        }
        for work in taken_up {
            // A panic has been logged where it happened.
            let _ = work.await;
        }
    }
}
