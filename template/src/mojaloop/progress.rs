//! How a payment moves on in the journal, whichever way its money goes.

use std::sync::Arc;

use super::{
    steps::{Attempt, Patience},
    turns::Turns,
};
use crate::{
    domain::{error::PaymentError, timestamp::Timestamp, transfer_id::TransferId},
    journal::{
        Journal, Opened, Payment, Recorded,
        work::{InVain, Schedule, Work},
    },
};

/// The journal, with the rules of when a payment is looked at again.
#[derive(Debug)]
pub struct Progress<P> {
    journal: Journal<P>,
    rules: Arc<Rules>,
}

#[derive(Debug)]
struct Rules {
    patience: Patience,
    schedule: Schedule,
    /// No attempt of this process is older. The last one of an earlier process
    /// may be almost as young. `None` if there may be replicas, whose attempts
    /// go on while this process starts.
    alone_since: Option<Timestamp>,
}

impl<P> Clone for Progress<P> {
    fn clone(&self) -> Self {
        Self {
            journal: self.journal.clone(),
            rules: Arc::clone(&self.rules),
        }
    }
}

impl<P: Payment> Progress<P> {
    pub fn new(journal: Journal<P>, patience: Patience, schedule: Schedule) -> Self {
        let alone_since = (!journal.is_shared()).then(Timestamp::now);
        Self {
            journal,
            rules: Arc::new(Rules {
                patience,
                schedule,
                alone_since,
            }),
        }
    }

    pub fn patience(&self) -> Patience {
        self.rules.patience
    }

    /// The turns of these payments.
    pub fn turns(&self) -> Turns {
        Turns::of(&self.journal)
    }

    /// Stores a new payment with the intent that it begins with.
    pub async fn open(&self, payment: P, work: Work) -> Result<Opened<P>, PaymentError> {
        Ok(self.journal.open(payment, work).await?)
    }

    pub async fn find(
        &self,
        transfer_id: &TransferId,
    ) -> Result<Option<Recorded<P>>, PaymentError> {
        Ok(self.journal.find(transfer_id).await?)
    }

    pub async fn find_by_home_transaction_id(
        &self,
        home_transaction_id: &str,
    ) -> Result<Option<Recorded<P>>, PaymentError> {
        let found = self
            .journal
            .find_by_home_transaction_id(home_transaction_id);
        Ok(found.await?)
    }

    // [if payee_pattern is credit_on_commit]
    /// The payments that are not over, those that are left to a person among them.
    pub async fn unfinished(&self, limit: usize) -> Result<Vec<P>, PaymentError> {
        Ok(self.journal.unfinished(limit).await?)
    }

    // [end]
    /// Stores what the payment has become.
    pub async fn record(&self, recorded: &mut Recorded<P>, work: Work) -> Result<(), PaymentError> {
        recorded.work = work;
        self.journal.record(recorded).await?;
        report(recorded);
        Ok(())
    }

    /// The work on an intent that is about to be stored. It is done at once; it
    /// is due later only in case this process dies before.
    pub fn intended(&self) -> Work {
        Work::due(Timestamp::now().after(self.rules.patience.settles_after))
    }

    /// The attempt of whoever has just stored the intent.
    pub fn first_attempt(&self, recorded: &Recorded<P>) -> Attempt {
        Attempt::First {
            intended_at: recorded.payment.state_since(),
        }
    }

    /// Stores that a step is tried again, before it is: whoever comes next has
    /// to wait until this attempt has settled. If this cannot be stored, the
    /// step must not be tried.
    pub async fn claim(&self, recorded: &mut Recorded<P>) -> Result<Attempt, PaymentError> {
        let now = Timestamp::now();
        let since = self.last_attempt_before(now, recorded);
        let longest_attempt = self.rules.patience.longest_attempt();
        // It waits until the last one has ended, and has as long from then on.
        let begins_at = now.max(since);
        recorded.work.tried_at = Some(begins_at.after(longest_attempt));
        self.journal.record(recorded).await?;
        Ok(Attempt::Again { since, begins_at })
    }

    /// The latest moment at which the last attempt can have given an
    /// instruction. `postpone` stores when an attempt has ended; one that could
    /// not store it is known by its beginning alone. The attempts of an earlier
    /// process have all ended if it has let go of the journal; if replicas
    /// share it, one whose lease has run out may only have been cut off, and its
    /// attempt still go on.
    fn last_attempt_before(&self, now: Timestamp, recorded: &Recorded<P>) -> Timestamp {
        let longest_attempt = self.rules.patience.longest_attempt();
        let (began_at, ended_by) = match recorded.work.tried_at {
            Some(claimed) if claimed > now => (claimed.before(longest_attempt), claimed),
            Some(ended_at) => (ended_at, ended_at),
            None => {
                let began_at = recorded.payment.state_since();
                (began_at, began_at.after(longest_attempt))
            }
        };
        match self.rules.alone_since {
            Some(alone_since) if began_at < alone_since => alone_since,
            _ => ended_by,
        }
    }

    /// Stores that a step was tried in vain: it is tried again later.
    pub async fn postpone(
        &self,
        recorded: &mut Recorded<P>,
        why: impl Into<InVain>,
    ) -> Result<(), PaymentError> {
        let now = Timestamp::now();
        let longest_attempt = self.rules.patience.longest_attempt();
        let schedule = self.rules.schedule;
        let tried = &recorded.work;
        let work = tried.after_vain_attempt(schedule, longest_attempt, now, why.into());
        self.record(recorded, work).await
    }
}

fn report<P: Payment>(recorded: &Recorded<P>) {
    let direction = P::DIRECTION.as_str();
    let transfer_id = recorded.payment.transfer_id();
    let state = recorded.payment.state_name();
    let work = &recorded.work;
    match &work.parked {
        Some(reason) => tracing::error!(
            direction, %transfer_id, state, reason, "payment parked: a person has to decide"
        ),
        None if work.tried_at.is_some() => tracing::warn!(
            direction, %transfer_id, state, attempts = work.attempts,
            "payment not settled yet, will be tried again"
        ),
        None => tracing::info!(direction, %transfer_id, state, "payment"),
    }
}
