//! A journal in memory, which can fail before and after it has written.

// [if funding_model is deposit_withdraw]
mod history;

// [end]
use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;

use super::world::Process;
use crate::{
    domain::{
        timestamp::Timestamp,
        transfer_id::{QuoteId, TransferId},
    },
    journal::store::{Direction, Due, Entry, Exception, Lease, Opening, Store, StoreError},
};

/// What is written, of one payment.
#[derive(Clone, Default)]
pub struct Records {
    pub payment: Option<Entry>,
    /// The states that the payment has had, the first one first.
    pub history: Vec<String>,
    pub quotes: BTreeMap<QuoteId, String>,
    pub exceptions: Vec<Exception>,
}

/// All that can make a difference later.
impl std::fmt::Debug for Records {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(entry) = &self.payment {
            write!(formatter, "{:?} {}", entry.work, entry.body)?;
        }
        for exception in &self.exceptions {
            write!(formatter, " {}", exception.told)?;
        }
        self.quotes
            .values()
            .try_for_each(|quote| formatter.write_str(quote))
    }
}

impl Records {
    pub fn due(&self) -> impl Iterator<Item = Timestamp> {
        self.payment.iter().filter_map(|entry| entry.work.due_at)
    }

    /// The identifiers are others in every run, and make no difference.
    pub fn without_identifiers(&self, text: String) -> String {
        match &self.payment {
            Some(entry) => text.replace(entry.transfer_id.as_str(), "T"),
            None => text,
        }
    }
}

/// The journal as one process of the connector sees it.
#[derive(Debug)]
pub struct ModelStore {
    pub process: Process,
}

#[derive(Debug, Clone, Copy)]
enum Write {
    IsDone,
    FailsWithoutEffect,
    IsDoneAndFails,
    IsDoneAndTheConnectorDies,
}

#[derive(Debug, Clone, Copy)]
enum Read {
    IsDone,
    Fails,
}

impl ModelStore {
    async fn write<T: Send>(
        &self,
        what: String,
        write: impl FnOnce(&mut Records) -> Result<T, String> + Send,
    ) -> Result<T, StoreError> {
        self.process.reach(&what).await;
        let faults = [
            Write::FailsWithoutEffect,
            Write::IsDoneAndFails,
            Write::IsDoneAndTheConnectorDies,
        ];
        let (chosen, written) = {
            let mut world = self.process.world();
            let chosen = world.usually(&what, Write::IsDone, &faults);
            if matches!(chosen, Write::FailsWithoutEffect) {
                return Err(StoreError("the write has failed".to_owned()));
            }
            let written = write(&mut world.situation.records);
            if let Err(wrong) = &written {
                world.violate(wrong);
            }
            (chosen, written)
        };
        match chosen {
            Write::IsDoneAndFails => Err(StoreError("the write may have failed".to_owned())),
            Write::IsDoneAndTheConnectorDies => self.process.die().await,
            _ => written.map_err(StoreError),
        }
    }

    async fn read<T>(
        &self,
        what: &'static str,
        read: impl FnOnce(&Records) -> T,
    ) -> Result<T, StoreError> {
        self.process.reach(&what).await;
        let mut world = self.process.world();
        match world.usually(&what, Read::IsDone, &[Read::Fails]) {
            Read::Fails => Err(StoreError("the read has failed".to_owned())),
            Read::IsDone => Ok(read(&world.situation.records)),
        }
    }
}

#[async_trait]
impl Store for ModelStore {
    fn is_shared(&self) -> bool {
        self.process.world().situation.has_replicas()
    }

    async fn lease(&self, _: Direction, _: &TransferId) -> Result<Option<Lease>, StoreError> {
        if !self.is_shared() {
            return Ok(Some(Lease::of_the_only_process()));
        }
        self.process.go_on_if_alive().await;
        if !self.process.world().takes_lease(self.process.number) {
            // A database that takes its time is asked less often.
            tokio::time::sleep(Duration::from_secs(1)).await;
            return Ok(None);
        }
        let process = self.process.clone();
        Ok(Some(Lease::ending_with(move || process.lets_go())))
    }

    async fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn leave(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn open(&self, entry: Entry) -> Result<Opening, StoreError> {
        let what = format!("journal: opens the payment as {}", entry.state);
        self.write(what, |records| {
            if let Some(known) = &records.payment {
                return Ok(Opening::Known(known.clone()));
            }
            records.history.push(entry.state.clone());
            records.payment = Some(entry);
            Ok(Opening::New)
        })
        .await
    }

    async fn find(
        &self,
        _: Direction,
        transfer_id: &TransferId,
    ) -> Result<Option<Entry>, StoreError> {
        self.read("journal: finds the payment", |records| {
            let known = records.payment.clone();
            known.filter(|entry| entry.transfer_id == *transfer_id)
        })
        .await
    }

    async fn find_by_home_transaction_id(
        &self,
        _: Direction,
        _: &str,
    ) -> Result<Option<Entry>, StoreError> {
        self.read("journal: finds the payment", |records| {
            records.payment.clone()
        })
        .await
    }

    async fn record(&self, entry: Entry) -> Result<bool, StoreError> {
        let what = format!("journal: records {} {:?}", entry.state, entry.work);
        self.write(what, |records| {
            let Some(known) = &records.payment else {
                return Err("a payment is recorded that was never opened".to_owned());
            };
            if known.version + 1 != entry.version {
                return Ok(false);
            }
            let is_final = ["committed", "aborted", "refused", "completed"];
            if is_final.contains(&known.state.as_str()) && known.state != entry.state {
                return Err(format!("{} became {}", known.state, entry.state));
            }
            records.history.push(entry.state.clone());
            records.payment = Some(entry);
            Ok(true)
        })
        .await
    }

    async fn due(&self, _: Direction, by: Timestamp, _: usize) -> Result<Vec<Due>, StoreError> {
        // That nothing is found now is the same as that nobody looks.
        let world = self.process.world();
        let known = world.situation.records.payment.iter();
        let due = known.filter_map(|entry| {
            let due_at = entry.work.due_at.filter(|due_at| *due_at <= by)?;
            let transfer_id = entry.transfer_id.clone();
            Some(Due {
                transfer_id,
                due_at,
            })
        });
        Ok(due.collect())
    }

    // [if payee_pattern is credit_on_commit]
    async fn unfinished(&self, _: Direction, _: usize) -> Result<Vec<Entry>, StoreError> {
        self.read("journal: lists the open payments", |records| {
            let known = records.payment.iter();
            known
                .filter(|entry| entry.work.due_at.is_some() || entry.work.parked.is_some())
                .cloned()
                .collect()
        })
        .await
    }

    // [end]
    async fn keep_quote(&self, id: QuoteId, body: String) -> Result<Option<String>, StoreError> {
        self.write("journal: keeps the quote".to_owned(), |records| {
            let known = records.quotes.get(&id).cloned();
            records.quotes.entry(id).or_insert(body);
            Ok(known)
        })
        .await
    }

    async fn find_quote(&self, id: &QuoteId) -> Result<Option<String>, StoreError> {
        self.read("journal: finds the quote", |records| {
            records.quotes.get(id).cloned()
        })
        .await
    }

    async fn keep_exception(&self, exception: Exception) -> Result<(), StoreError> {
        let what = format!("journal: keeps the exception {}", exception.told);
        self.write(what, |records| {
            let told = |known: &Exception| known.told == exception.told;
            if !records.exceptions.iter().any(told) {
                records.exceptions.push(exception);
            }
            Ok(())
        })
        .await
    }

    async fn find_exceptions(&self, _: &TransferId) -> Result<Vec<Exception>, StoreError> {
        self.read("journal: finds exceptions", |records| {
            records.exceptions.clone()
        })
        .await
    }
}
