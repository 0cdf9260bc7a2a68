//! Dying on purpose, between two steps of a payment.
//!
//! What a payment does to the money at the bank and in the scheme lies between
//! the record of its intent and the record of its outcome. A process that dies
//! before or after its n-th record has therefore died on either side of each
//! such effect, for some n. (To die while the bank is at work, kill the process
//! while the bank is slow.)

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use crate::{
    environment::Problems,
    journal::{
        attended::{Attendant, AttendedStore, Operation},
        store::{Store, StoreError},
    },
};

/// Makes the process die at the record that `SANDBOX_CRASH` names: `before:3`
/// or `after:3`. Without it the store stays as it is.
pub fn with_crashes(store: Arc<dyn Store>) -> Result<Arc<dyn Store>, Problems> {
    let Ok(text) = std::env::var("SANDBOX_CRASH") else {
        return Ok(store);
    };
    let (moment, number) = parse(&text)
        .ok_or_else(|| Problems::of("SANDBOX_CRASH is neither before:N nor after:N"))?;
    let crash = Crash {
        moment,
        number,
        records: AtomicUsize::new(0),
    };
    Ok(Arc::new(AttendedStore::new(store, crash)))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    Before,
    After,
}

fn parse(text: &str) -> Option<(Moment, usize)> {
    let (moment, number) = text.split_once(':')?;
    let moment = match moment {
        "before" => Moment::Before,
        "after" => Moment::After,
        _ => return None,
    };
    Some((moment, number.parse().ok()?))
}

#[derive(Debug)]
struct Crash {
    moment: Moment,
    number: usize,
    records: AtomicUsize,
}

impl Attendant for Crash {
    async fn attend<T: Send>(
        &self,
        operation: Operation<'_>,
        done: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        if !operation.writes {
            return done.await;
        }
        let number = self.records.fetch_add(1, Ordering::SeqCst) + 1;
        let here = number == self.number;
        if here && self.moment == Moment::Before {
            // No destructor runs and nothing is flushed, as with `kill -9`.
            std::process::abort();
        }
        let done = done.await;
        if here && self.moment == Moment::After {
            std::process::abort();
        }
        done
    }
}
