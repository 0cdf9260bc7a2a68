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

use crate::{
    domain::{
        error::{ErrorCode, PaymentError},
        transfer_id::TransferId,
    },
    journal::{Journal, Leases, Payment, store::Lease},
};

/// Shorter than the Mojaloop Connector waits for an answer (65 s): whoever
/// waits in vain is told so.
const MAX_WAIT: Duration = Duration::from_secs(60);

/// How often a replica is asked whether it has finished with a payment. Two
/// messages about one payment seldom arrive at the same time.
const ASK_EVERY: Duration = Duration::from_millis(50);

type Queue = Arc<tokio::sync::Mutex<()>>;

/// Lets messages about one payment take turns, and those about different
/// payments pass: those of this process in the order in which they came, and
/// those of its replicas by the word of the journal.
#[derive(Debug, Clone, Default)]
pub struct Turns {
    queues: Queues,
    /// `None` if there are no replicas.
    leases: Option<Leases>,
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
            queues: Queues::default(),
            leases: Some(journal.leases()),
        }
    }

    /// Waits for the turn of a payment.
    pub async fn take(&self, transfer_id: &TransferId) -> Result<Turn, PaymentError> {
        let turn = timeout(MAX_WAIT, self.wait_for(transfer_id)).await;
        turn.unwrap_or_else(|_| {
            Err(PaymentError::new(
                ErrorCode::Timeout,
                "the payment is still being worked on",
            ))
        })
    }

    async fn wait_for(&self, transfer_id: &TransferId) -> Result<Turn, PaymentError> {
        let queue = {
            let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(queues.entry(transfer_id.clone()).or_default())
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
    loop {
        if let Some(lease) = leases.take(transfer_id).await? {
            return Ok(lease);
        }
        sleep(ASK_EVERY).await;
    }
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
