//! Going on with what was left: after a restart, and when something is due.

use std::{
    collections::HashSet,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::Semaphore;
use tracing::field::Empty;

use super::{payee::Payee, payer::Payer, tasks::Tasks};
use crate::{
    domain::{
        error::PaymentError, incoming::IncomingTransfer, outgoing::OutgoingPayment,
        timestamp::Timestamp, transfer_id::TransferId,
    },
    journal::{Journal, Payment, store::Due},
    remote::trace::follow,
};
// [if role is fxp, both]

use super::fxp::Fxp;
use crate::domain::currency_conversion::CurrencyConversion;
// [end]

/// How many payments of a direction that are due are taken up at a time, so that
/// a backlog does not overrun the core banking system.
const MAX_AT_ONCE: usize = 32;

/// How many are taken up at a time that are not due yet: they may wait for a
/// customer or for the end of an offer, and must not keep the others waiting.
const MAX_WAITING: usize = 256;

/// How many payments are listed at a time; the rest follow in later rounds.
const MAX_LISTED: usize = 256;

/// Looks after the incoming payments that nobody asks about any more, until the end begins.
pub async fn look_after_incoming(
    journal: Journal<IncomingTransfer>,
    payee: Payee,
    tasks: Tasks,
    interval: Duration,
) {
    look_after(journal, &tasks, interval, move |transfer_id| {
        let payee = payee.clone();
        async move { payee.resume(&transfer_id).await }
    })
    .await;
}

/// Looks after the outgoing payments that nobody asks about any more, until the end begins.
pub async fn look_after_outgoing(
    journal: Journal<OutgoingPayment>,
    payer: Payer,
    tasks: Tasks,
    interval: Duration,
) {
    look_after(journal, &tasks, interval, move |transfer_id| {
        let payer = payer.clone();
        async move { payer.resume(&transfer_id).await }
    })
    .await;
}

// [if use_cases has bulk]
/// Looks after the bulks that nobody asks about any more, until the end begins.
pub async fn look_after_bulks(
    journal: Journal<crate::domain::bulk_payment::BulkPayment>,
    bulk_payer: super::bulk_payer::BulkPayer,
    tasks: Tasks,
    interval: Duration,
) {
    look_after(journal, &tasks, interval, move |bulk_id| {
        let bulk_payer = bulk_payer.clone();
        async move { bulk_payer.resume(&bulk_id).await }
    })
    .await;
}

// [end]
// [if role is fxp, both]
/// Looks after the conversions that nobody asks about any more, until the end begins.
pub async fn look_after_conversions(
    journal: Journal<CurrencyConversion>,
    fxp: Fxp,
    tasks: Tasks,
    interval: Duration,
) {
    look_after(journal, &tasks, interval, move |conversion_id| {
        let fxp = fxp.clone();
        async move { fxp.resume(&conversion_id).await }
    })
    .await;
}

// [end]
/// Begins with what an earlier process left unfinished, due or not, and then
/// looks for what is due, and for what a replica worked on that has died. Payments
/// that take their time are not waited for, as long as there are not too many of
/// them. When the end begins, what is due is left to the next process.
pub(super) async fn look_after<P, Work>(
    journal: Journal<P>,
    tasks: &Tasks,
    interval: Duration,
    resume: impl Fn(TransferId) -> Work,
) where
    P: Payment,
    Work: Future<Output = Result<(), PaymentError>> + Send + 'static,
{
    let at_once = Arc::new(Semaphore::new(MAX_AT_ONCE));
    let waiting = Arc::new(Semaphore::new(MAX_WAITING));
    let in_progress = InProgress::default();
    let mut due_by = Timestamp::end_of_time();
    loop {
        let listed = journal.due(due_by, MAX_LISTED).await;
        let listed = listed.unwrap_or_else(|error| {
            tracing::error!(%error, "cannot look for payments that are due");
            Vec::new()
        });
        let now = Timestamp::now();
        for Due {
            transfer_id,
            due_at,
        } in listed
        {
            if tasks.are_ending() {
                return;
            }
            let Some(taken_up) = in_progress.take_up(&transfer_id) else {
                continue;
            };
            let room = if due_at <= now { &at_once } else { &waiting };
            let Ok(permit) = Arc::clone(room).try_acquire_owned() else {
                // It is listed again when it is due, if not sooner.
                continue;
            };
            let span = tracing::error_span!(
                "recovery",
                direction = P::DIRECTION.as_str(),
                // Whoever takes the payment's turn says which it is.
                transfer_id = Empty,
                trace_id = Empty,
            );
            let work = resume(transfer_id);
            let work = async move {
                if let Err(error) = work.await {
                    let detail = error.detail().unwrap_or_default();
                    tracing::error!(%error, detail, "cannot go on with a payment");
                }
                drop((taken_up, permit));
            };
            tasks.take_up(follow(span, None, work));
        }
        tokio::select! {
            () = tokio::time::sleep(interval) => {}
            () = tasks.end_begins() => return,
        }
        due_by = Timestamp::now();
    }
}

/// The payments that are taken up already.
#[derive(Clone, Default)]
struct InProgress(Arc<Mutex<HashSet<TransferId>>>);

/// A payment that is taken up, until this is dropped.
struct TakenUp {
    transfer_id: TransferId,
    among: InProgress,
}

impl InProgress {
    fn take_up(&self, transfer_id: &TransferId) -> Option<TakenUp> {
        let mut transfers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        transfers.insert(transfer_id.clone()).then(|| TakenUp {
            transfer_id: transfer_id.clone(),
            among: self.clone(),
        })
    }
}

impl Drop for TakenUp {
    fn drop(&mut self) {
        let mut transfers = self.among.0.lock().unwrap_or_else(PoisonError::into_inner);
        transfers.remove(&self.transfer_id);
    }
}

#[cfg(test)]
mod tests {
    use std::future;

    use serde::{Deserialize, Serialize};
    use tokio::{runtime::Handle, sync::mpsc, time::timeout};

    use super::*;
    use crate::journal::{
        sqlite::SqliteStore,
        store::{Direction, Store},
        work::Work,
    };

    #[derive(Serialize, Deserialize)]
    struct Example(TransferId);

    impl Payment for Example {
        const DIRECTION: Direction = Direction::Outgoing;

        fn transfer_id(&self) -> &TransferId {
            &self.0
        }

        fn home_transaction_id(&self) -> Option<&str> {
            None
        }

        fn state_name(&self) -> &'static str {
            "requested"
        }

        fn state_since(&self) -> Timestamp {
            Timestamp::end_of_time()
        }
    }

    #[tokio::test]
    async fn what_is_due_does_not_wait_for_what_waits_for_a_customer() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("journal.db")).unwrap();
        let store: Arc<dyn Store> = Arc::new(store);
        let journal = Journal::new(store);
        let in_an_hour = Timestamp::now().after(Duration::from_secs(3_600));
        for number in 0..=MAX_WAITING {
            let waits = Example(format!("waits-{number}").parse().unwrap());
            journal.open(waits, Work::due(in_an_hour)).await.unwrap();
        }
        let (taken_up, mut all) = mpsc::unbounded_channel();
        let tasks = Tasks::new(Handle::current());
        let looks_after = {
            let (journal, tasks) = (journal.clone(), tasks.clone());
            tokio::spawn(async move {
                let interval = Duration::from_millis(20);
                look_after(journal, &tasks, interval, move |transfer_id| {
                    taken_up.send(transfer_id).unwrap();
                    future::pending()
                })
                .await;
            })
        };
        for _ in 0..MAX_WAITING.min(MAX_LISTED) {
            all.recv().await.unwrap();
        }

        let due: TransferId = "due".parse().unwrap();
        let payment = Example(due.clone());
        let now = Work::due(Timestamp::now());
        journal.open(payment, now).await.unwrap();
        let next = timeout(Duration::from_secs(5), all.recv()).await;
        assert_eq!(next.unwrap().unwrap(), due);
        tasks.begin_to_end();
        looks_after.await.unwrap();
    }
}
