//! One at a time: who works on a payment.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::OwnedMutexGuard,
    time::{sleep, timeout},
};
use tracing::{Span, field::display};

use crate::{
    domain::{
        error::{ErrorCode, PaymentError},
        transfer_id::TransferId,
    },
    journal::{Journal, Leases, Payment, store::Lease},
};

/// The Mojaloop Connector waits no longer for an answer of the backend API.
pub const CONNECTOR_WAITS: Duration = Duration::from_secs(65);

/// Whoever waits in vain is told so while he listens.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// How many wait for a payment's turn. It comes again and again when nobody
/// knows what has become of it, and all but one wait for the same thing.
const MAX_WAITING: usize = 16;

/// How long after the first time it is asked again whether a replica has finished with a payment.
/// It is twice as long each time, since most work is short, and some waits for a customer.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// How late it may be noticed that a replica has finished.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

type Queue = Arc<tokio::sync::Mutex<()>>;

/// Lets messages about one payment take turns, and those about different
/// payments pass: those of this process in the order in which they came, and
/// those of its replicas by the word of the journal.
#[derive(Debug, Clone)]
pub struct Turns {
    queues: Queues,
    /// `None` if there are no replicas.
    leases: Option<Leases>,
    longest_wait: Duration,
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            queues: Queues::default(),
            leases: None,
            longest_wait: LONGEST_WAIT,
        }
    }
}

type Queues = Arc<Mutex<HashMap<TransferId, Queue>>>;

/// The turn of one payment; it ends when this is dropped.
#[derive(Debug)]
pub struct Turn {
    lease: Option<Lease>,
    guard: Option<OwnedMutexGuard<()>>,
    transfer_id: TransferId,
    queues: Queues,
}

impl Turns {
    /// The turns of the payments of this journal.
    pub fn of<P: Payment>(journal: &Journal<P>) -> Self {
        Self {
            leases: Some(journal.leases()),
            ..Self::default()
        }
    }

    /// Whoever has waited for his turn still has this long for his own work,
    /// while the Mojaloop Connector listens.
    #[must_use]
    pub fn leaving(mut self, work: Duration) -> Self {
        self.longest_wait = LONGEST_WAIT.min(CONNECTOR_WAITS.saturating_sub(work));
        self
    }

    /// Waits for the turn of a payment.
    ///
    /// From here on everything that is logged in the present span names it.
    pub async fn take(&self, transfer_id: &TransferId) -> Result<Turn, PaymentError> {
        Span::current().record("transfer_id", display(transfer_id));
        let turn = timeout(self.longest_wait, self.wait_for(transfer_id)).await;
        turn.unwrap_or_else(|_| Err(still_worked_on()))
    }

    async fn wait_for(&self, transfer_id: &TransferId) -> Result<Turn, PaymentError> {
        let queue = {
            let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
            let queue = queues.entry(transfer_id.clone()).or_default();
            // One reference is the map's, one that of whoever has the turn.
            if Arc::strong_count(queue) >= MAX_WAITING + 2 {
                return Err(still_worked_on());
            }
            Arc::clone(queue)
        };
        // Made before waiting, so that it tidies up also if it waits in vain.
        let mut turn = Turn {
            lease: None,
            guard: None,
            transfer_id: transfer_id.clone(),
            queues: Arc::clone(&self.queues),
        };
        turn.guard = Some(queue.lock_owned().await);
        if let Some(leases) = &self.leases {
            turn.lease = Some(wait_for_replicas(leases, transfer_id).await?);
        }
        Ok(turn)
    }
}

async fn wait_for_replicas(
    leases: &Leases,
    transfer_id: &TransferId,
) -> Result<Lease, PaymentError> {
    let mut pause = FIRST_PAUSE;
    loop {
        if let Some(lease) = leases.take(transfer_id).await? {
            return Ok(lease);
        }
        sleep(pause).await;
        pause = LONGEST_PAUSE.min(pause * 2);
    }
}

fn still_worked_on() -> PaymentError {
    PaymentError::new(ErrorCode::Timeout, "the payment is still being worked on")
}

impl Drop for Turn {
    fn drop(&mut self) {
        // In this order: the replicas are told before the next one here goes on.
        self.lease = None;
        self.guard = None;
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let unused = queues
            .get(&self.transfer_id)
            .is_some_and(|queue| Arc::strong_count(queue) == 1);
        if unused {
            queues.remove(&self.transfer_id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_payment_waits_for_its_own_turn_and_for_no_other() {
        let turns = Turns::default();
        let [first, second]: [TransferId; 2] = ["t-1", "t-2"].map(|id| id.parse().unwrap());
        let turn = turns.take(&first).await.unwrap();
        assert!(turns.take(&second).await.is_ok());
        let waits = timeout(Duration::from_millis(20), turns.take(&first)).await;
        assert!(waits.is_err());
        drop(turn);
        assert!(turns.take(&first).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn the_wait_leaves_time_for_the_work() {
        let work = Duration::from_secs(50);
        let turns = Turns::default().leaving(work);
        let id: TransferId = "t-1".parse().unwrap();
        let _turn = turns.take(&id).await.unwrap();
        let asked_at = tokio::time::Instant::now();
        assert!(turns.take(&id).await.is_err());
        let waited = asked_at.elapsed();
        assert!(waited + work <= CONNECTOR_WAITS + Duration::from_millis(1));
        assert!(waited > Duration::from_secs(14), "{waited:?}");
    }

    #[tokio::test]
    async fn no_more_wait_than_are_of_use() {
        let turns = Turns::default();
        let id: TransferId = "t-1".parse().unwrap();
        let turn = turns.take(&id).await.unwrap();
        let waiting = (0..MAX_WAITING).map(|_| {
            let (turns, id) = (turns.clone(), id.clone());
            tokio::spawn(async move { turns.take(&id).await.is_ok() })
        });
        let waiting: Vec<_> = waiting.collect();
        tokio::task::yield_now().await;
        let refused = turns.take(&id).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::Timeout);
        drop(turn);
        for waited in waiting {
            assert!(waited.await.unwrap());
        }
    }

    #[tokio::test]
    async fn nothing_is_kept_of_payments_that_nobody_works_on() {
        let turns = Turns::default();
        let id: TransferId = "t-1".parse().unwrap();
        let turn = turns.take(&id).await.unwrap();
        let _given_up = timeout(Duration::from_millis(5), turns.take(&id)).await;
        drop(turn);
        assert!(turns.queues.lock().unwrap().is_empty());
    }
}
