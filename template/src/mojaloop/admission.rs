//! How much is worked on at once: a request gets a place, waits a little for
//! one, or is refused at once.
//!
//! There are two rooms. What is already promised or agreed to has one of its
//! own, so that no rush of new business keeps a final word waiting. Whoever is
//! refused knows that nothing has been done.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task_local,
    time::timeout,
};

use super::tasks::Tasks;
use crate::domain::error::{ErrorCode, PaymentError};

/// What a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Concern {
    /// Something that nobody counts on yet: a look-up, a quote, a payment to begin.
    NewBusiness,
    /// Something that is promised or agreed to, or what has become of it.
    UnderWay,
}

/// How much is let in.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// So many requests are worked on at once, in each of the two rooms.
    pub at_once: usize,
    /// So many more wait for a place.
    pub waiting: usize,
    pub longest_wait: Duration,
}

/// Lets requests in.
#[derive(Debug, Clone)]
pub struct Admission {
    new_business: Room,
    under_way: Room,
    tasks: Tasks,
}

#[derive(Debug, Clone)]
struct Room {
    bounds: Bounds,
    places: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    refused: Arc<AtomicU64>,
}

/// How full a room is, for whoever watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occupancy {
    pub places: usize,
    pub in_use: usize,
    pub waiting: usize,
    /// How many have found no place since the start.
    pub refused: u64,
}

/// A place in a room. It is free when the request has been answered, and the
/// work that it asked for has ended.
#[derive(Debug, Clone)]
pub struct Place {
    _permit: Arc<OwnedSemaphorePermit>,
}

task_local! {
    static PLACE: Place;
}

impl Admission {
    pub fn new(bounds: Bounds, tasks: Tasks) -> Self {
        Self {
            new_business: Room::of(bounds),
            under_way: Room::of(bounds),
            tasks,
        }
    }

    /// Whether new business is let in at all.
    pub fn is_ending(&self) -> bool {
        self.tasks.are_ending()
    }

    /// How full the room is that a concern has.
    pub fn occupancy(&self, concern: Concern) -> Occupancy {
        match concern {
            Concern::NewBusiness => self.new_business.occupancy(),
            Concern::UnderWay => self.under_way.occupancy(),
        }
    }

    /// Waits for a place, within bounds.
    pub async fn enter(&self, concern: Concern) -> Result<Place, PaymentError> {
        let (room, what) = match concern {
            Concern::NewBusiness if self.is_ending() => return Err(refused("it is about to end")),
            Concern::NewBusiness => (&self.new_business, "no place for new business"),
            Concern::UnderWay => (&self.under_way, "no place for what is under way"),
        };
        room.enter().await.ok_or_else(|| {
            room.refused.fetch_add(1, Ordering::Relaxed);
            refused(what)
        })
    }
}

fn refused(why: &str) -> PaymentError {
    PaymentError::new(
        ErrorCode::ServiceUnavailable,
        "too much is being done now: nothing was done about this request",
    )
    .with_detail(why)
}

impl Room {
    fn of(bounds: Bounds) -> Self {
        Self {
            bounds,
            places: Arc::new(Semaphore::new(bounds.at_once)),
            waiting: Arc::new(Semaphore::new(bounds.waiting)),
            refused: Arc::default(),
        }
    }

    fn occupancy(&self) -> Occupancy {
        let Bounds {
            at_once, waiting, ..
        } = self.bounds;
        Occupancy {
            places: at_once,
            in_use: at_once.saturating_sub(self.places.available_permits()),
            waiting: waiting.saturating_sub(self.waiting.available_permits()),
            refused: self.refused.load(Ordering::Relaxed),
        }
    }

    async fn enter(&self) -> Option<Place> {
        let places = Arc::clone(&self.places);
        if let Ok(permit) = Arc::clone(&places).try_acquire_owned() {
            return Some(Place::of(permit));
        }
        let _waiting = self.waiting.try_acquire().ok()?;
        let permit = timeout(self.bounds.longest_wait, places.acquire_owned()).await;
        Some(Place::of(permit.ok()?.ok()?))
    }
}

impl Place {
    fn of(permit: OwnedSemaphorePermit) -> Self {
        Self {
            _permit: Arc::new(permit),
        }
    }

    /// Serves a request in this place.
    pub async fn serve<T>(self, request: impl Future<Output = T>) -> T {
        PLACE.scope(self, request).await
    }

    /// The place that the present request is served in, for work that may
    /// outlast it: a caller that hangs up frees no place.
    pub fn of_this_request() -> Option<Self> {
        PLACE.try_with(Clone::clone).ok()
    }
}

#[cfg(test)]
mod tests {
    use std::future;

    use tokio::{runtime::Handle, time::Instant};

    use super::*;

    const A_MOMENT: Duration = Duration::from_millis(50);

    fn admission(at_once: usize, waiting: usize, longest_wait: Duration) -> Admission {
        let bounds = Bounds {
            at_once,
            waiting,
            longest_wait,
        };
        Admission::new(bounds, Tasks::new(Handle::current()))
    }

    #[tokio::test]
    async fn beyond_the_queue_a_request_is_refused_at_once() {
        let admission = admission(1, 1, Duration::from_secs(60));
        let place = admission.enter(Concern::NewBusiness).await.unwrap();
        let waits = {
            let admission = admission.clone();
            tokio::spawn(async move { admission.enter(Concern::NewBusiness).await })
        };
        tokio::task::yield_now().await;
        let asked_at = Instant::now();
        let refused = admission.enter(Concern::NewBusiness).await.unwrap_err();
        assert!(asked_at.elapsed() < A_MOMENT);
        assert_eq!(refused.code, ErrorCode::ServiceUnavailable);
        let full = Occupancy {
            places: 1,
            in_use: 1,
            waiting: 1,
            refused: 1,
        };
        assert_eq!(admission.occupancy(Concern::NewBusiness), full);
        drop(place);
        assert!(waits.await.unwrap().is_ok(), "the one that waited is next");
    }

    #[tokio::test]
    async fn nobody_waits_longer_than_is_set() {
        let admission = admission(1, 1, A_MOMENT);
        let _place = admission.enter(Concern::NewBusiness).await.unwrap();
        assert!(admission.enter(Concern::NewBusiness).await.is_err());
        assert!(
            admission.enter(Concern::NewBusiness).await.is_err(),
            "the queue is empty again, and the place is not"
        );
    }

    #[tokio::test]
    async fn new_business_takes_no_place_of_what_is_under_way() {
        let admission = admission(1, 0, A_MOMENT);
        let _place = admission.enter(Concern::NewBusiness).await.unwrap();
        assert!(admission.enter(Concern::NewBusiness).await.is_err());
        assert!(admission.enter(Concern::UnderWay).await.is_ok());
    }

    #[tokio::test]
    async fn before_the_end_only_what_is_under_way_is_let_in() {
        let admission = admission(1, 0, A_MOMENT);
        admission.tasks.begin_to_end();
        assert!(admission.enter(Concern::NewBusiness).await.is_err());
        assert!(admission.enter(Concern::UnderWay).await.is_ok());
    }

    #[tokio::test]
    async fn a_caller_that_hangs_up_frees_no_place() {
        let admission = admission(1, 0, A_MOMENT);
        let place = admission.enter(Concern::NewBusiness).await.unwrap();
        let work = future::pending::<Result<(), PaymentError>>();
        let request = place.serve(admission.tasks.run(work));
        assert!(timeout(A_MOMENT, request).await.is_err(), "it hangs up");
        assert!(admission.enter(Concern::NewBusiness).await.is_err());
    }
}
