//! Whether this process should be given work.
//!
//! It should not while its journal cannot be written, or the others believe it
//! to be dead, or it is about to end. That the bank or the Mojaloop Connector is
//! away does not make it unready: it would be away from every replica, nobody
//! would be left to refuse new business in a way that is understood, and final
//! words, which only have to be written down, would find nobody.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

use super::tasks::Tasks;
use crate::{
    journal::store::Store,
    remote::{BreakerState, Remote},
};

/// A journal that takes longer is not ready: probes wait no longer either.
const LONGEST_CHECK: Duration = Duration::from_secs(2);

/// However often it is asked, the journal is not checked more often.
const CHECK_EVERY: Duration = Duration::from_secs(1);

/// What has to be there for work to be done.
#[derive(Debug, Clone)]
pub struct Readiness {
    journal: Arc<dyn Store>,
    tasks: Tasks,
    bank: Remote,
    connector: Remote,
    checked: Arc<Mutex<Option<(Instant, bool)>>>,
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Findings {
    pub is_ending: bool,
    pub journal_is_usable: bool,
    pub bank: BreakerState,
    pub connector: BreakerState,
}

impl Findings {
    pub fn are_ready(self) -> bool {
        self.journal_is_usable && !self.is_ending
    }
}

impl Readiness {
    pub fn new(journal: Arc<dyn Store>, tasks: Tasks, bank: Remote, connector: Remote) -> Self {
        Self {
            journal,
            tasks,
            bank,
            connector,
            checked: Arc::default(),
        }
    }

    pub async fn find_out(&self) -> Findings {
        Findings {
            is_ending: self.tasks.are_ending(),
            journal_is_usable: self.journal_is_usable().await,
            bank: self.bank.state(),
            connector: self.connector.state(),
        }
    }

    async fn journal_is_usable(&self) -> bool {
        let mut checked = self.checked.lock().await;
        if let Some((at, is_usable)) = *checked
            && at.elapsed() < CHECK_EVERY
        {
            return is_usable;
        }
        let is_usable = match timeout(LONGEST_CHECK, self.journal.check()).await {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::error!(%error, "not ready: the journal cannot be used");
                false
            }
            Err(_) => {
                tracing::error!("not ready: the journal does not answer");
                false
            }
        };
        *checked = Some((Instant::now(), is_usable));
        is_usable
    }
}

#[cfg(test)]
mod tests {
    use tokio::runtime::Handle;

    use super::*;
    use crate::{
        journal::sqlite::SqliteStore,
        remote::{BreakerSettings, RemoteSettings},
    };

    fn remote() -> Remote {
        let settings = RemoteSettings {
            max_calls: 1,
            timeout: Duration::from_secs(1),
            breaker: BreakerSettings {
                max_failures: 1,
                first_pause: Duration::from_secs(60),
                longest_pause: Duration::from_secs(60),
            },
        };
        Remote::new("a remote", settings)
    }

    #[tokio::test]
    async fn a_process_that_is_about_to_end_is_not_ready() {
        let folder = tempfile::tempdir().unwrap();
        let journal = SqliteStore::open(&folder.path().join("journal.db")).unwrap();
        let tasks = Tasks::new(Handle::current());
        let readiness = Readiness::new(Arc::new(journal), tasks.clone(), remote(), remote());
        assert!(readiness.find_out().await.are_ready());
        tasks.begin_to_end();
        let findings = readiness.find_out().await;
        assert!(!findings.are_ready());
        assert!(findings.journal_is_usable);
    }

    #[test]
    fn only_the_journal_and_the_end_decide() {
        let away = Findings {
            is_ending: false,
            journal_is_usable: true,
            bank: BreakerState::Open,
            connector: BreakerState::Open,
        };
        assert!(away.are_ready());
        let without_journal = Findings {
            journal_is_usable: false,
            ..away
        };
        assert!(!without_journal.are_ready());
    }
}
