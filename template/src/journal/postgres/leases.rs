//! Which replica may work on a payment.
//!
//! A replica says every now and then that it is alive. What it holds is its own
//! until it lets go of it, or until it has not been heard of for the length of
//! a lease. Time is the database's: the clocks of replicas may differ.

use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use deadpool_postgres::Pool;
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};
use uuid::Uuid;

use super::{client, within_time};
use crate::{
    domain::transfer_id::TransferId,
    journal::store::{Direction, Lease, StoreError},
};

/// So often in the time of a lease a replica says that it is alive.
const BEATS: u32 = 3;

/// How many ends of work wait to be told. Those that find no room are told with
/// the next beat.
const QUEUE_LENGTH: usize = 1_024;

/// A replica that was last heard of so long ago is forgotten.
const FORGOTTEN_AFTER_SECONDS: f64 = 3_600.0;

/// A lease that was only a matter of this replica's memory would be lost with
/// it; one that the server loses by a crash is only taken twice, and the record
/// of the slower one is refused. So it need not wait for the disk.
const TAKE: &str = "
    WITH hasty AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true) AS setting)
    INSERT INTO lease (direction, transfer_id, holder, number)
        SELECT $1, $2, $3, $4 FROM hasty
    ON CONFLICT (direction, transfer_id) DO UPDATE
        SET holder = excluded.holder, number = excluded.number
        WHERE lease.holder = excluded.holder OR NOT EXISTS (
            SELECT FROM replica
            WHERE replica.id = lease.holder AND replica.alive_until > clock_timestamp()
        )";

const LET_GO: &str = "
    WITH hasty AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true) AS setting)
    DELETE FROM lease USING hasty
        WHERE direction = $1 AND transfer_id = $2 AND holder = $3 AND number = $4";

const SAY_ALIVE: &str = "
    INSERT INTO replica (id, alive_until)
        VALUES ($1, clock_timestamp() + make_interval(secs => $2))
    ON CONFLICT (id) DO UPDATE SET alive_until = excluded.alive_until";

const LET_GO_OF_THE_REST: &str = "
    DELETE FROM lease WHERE holder = $1 AND number < $2 AND number <> ALL ($3)";

const FORGET_THE_DEAD: &str = "
    WITH dead AS (
        DELETE FROM replica WHERE alive_until < clock_timestamp() - make_interval(secs => $1)
        RETURNING id
    )
    DELETE FROM lease USING dead WHERE lease.holder = dead.id";

/// What this replica works on.
#[derive(Clone)]
pub struct Leases {
    pool: Pool,
    /// A connection for whether this replica is alive.
    heart: Pool,
    /// This replica, until its process ends.
    holder: Arc<str>,
    held: Arc<Mutex<Held>>,
    ended: mpsc::Sender<Ended>,
    beating: Arc<Beating>,
}

#[derive(Default)]
struct Held {
    next: i64,
    /// The numbers of the leases that are in use.
    numbers: HashSet<i64>,
}

struct Ended {
    direction: Direction,
    transfer_id: TransferId,
    number: i64,
}

/// Says that this replica is alive, until the last of its leases is dropped.
struct Beating(JoinHandle<()>);

impl Beating {
    fn stop(&self) {
        self.0.abort();
    }
}

impl Drop for Beating {
    fn drop(&mut self) {
        self.stop();
    }
}

impl fmt::Debug for Leases {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Leases of {}", self.holder)
    }
}

impl Leases {
    /// `heart` has a connection for saying that this replica is alive.
    pub async fn start(pool: Pool, heart: Pool, length: Duration) -> Result<Self, StoreError> {
        let asks = heart.clone();
        let holder: Arc<str> = Uuid::now_v7().to_string().into();
        let held = Arc::new(Mutex::new(Held::default()));
        let (ended, queue) = mpsc::channel(QUEUE_LENGTH);
        let heart = Heart {
            pool: heart,
            holder: Arc::clone(&holder),
            held: Arc::clone(&held),
            length,
        };
        within_time(heart.beat()).await?;
        tracing::info!(replica = %holder, lease_ms = length.as_millis(), "replicas share the journal");
        Ok(Self {
            pool,
            heart: asks,
            holder,
            held,
            ended,
            beating: Arc::new(Beating(tokio::spawn(heart.go_on(queue)))),
        })
    }

    pub fn holder(&self) -> &str {
        &self.holder
    }

    pub async fn take(
        &self,
        direction: Direction,
        transfer_id: &TransferId,
    ) -> Result<Option<Lease>, StoreError> {
        let number = {
            let mut held = held(&self.held);
            held.next += 1;
            let number = held.next;
            held.numbers.insert(number);
            number
        };
        // Made before it is asked for: whatever comes of that, it ends.
        let lease = self.ending(direction, transfer_id.clone(), number);
        let client = client(&self.pool).await?;
        let take = client.prepare_cached(TAKE).await?;
        let holder = self.holder();
        let id = transfer_id.as_str();
        let taken = client
            .execute(&take, &[&direction.as_str(), &id, &holder, &number])
            .await?;
        Ok((taken == 1).then_some(lease))
    }

    fn ending(&self, direction: Direction, transfer_id: TransferId, number: i64) -> Lease {
        let all = Arc::clone(&self.held);
        let ended = self.ended.clone();
        Lease::ending_with(move || {
            held(&all).numbers.remove(&number);
            // If there is no room for it, the next beat notices.
            let _ = ended.try_send(Ended {
                direction,
                transfer_id,
                number,
            });
        })
    }

    /// Whether the database knows that this replica is alive. What says so to it
    /// is a write, several times in the length of a lease.
    pub async fn check(&self) -> Result<(), StoreError> {
        // Not one of those that payments wait for: a rush is no reason to send it away.
        let client = client(&self.heart).await?;
        let is_alive = "SELECT EXISTS \
            (SELECT FROM replica WHERE id = $1 AND alive_until > clock_timestamp())";
        let is_alive = client.prepare_cached(is_alive).await?;
        let holder = self.holder();
        let row = client.query_one(&is_alive, &[&holder]).await?;
        match row.try_get(0)? {
            true => Ok(()),
            false => Err(StoreError(
                "the lease of this replica has run out".to_owned(),
            )),
        }
    }

    /// This replica works on nothing any more: the others need not wait. Its leases
    /// stay as those of a dead one, so that they see what it has left.
    pub async fn leave(&self) -> Result<(), StoreError> {
        self.beating.stop();
        let client = client(&self.pool).await?;
        let holder = self.holder();
        let dies = "UPDATE replica SET alive_until = clock_timestamp() WHERE id = $1";
        client.execute(dies, &[&holder]).await?;
        Ok(())
    }
}

fn held(held: &Mutex<Held>) -> MutexGuard<'_, Held> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What keeps a replica alive in the eyes of the others.
struct Heart {
    pool: Pool,
    holder: Arc<str>,
    held: Arc<Mutex<Held>>,
    length: Duration,
}

impl Heart {
    async fn go_on(self, mut ended: mpsc::Receiver<Ended>) {
        let pause = self.length / BEATS;
        let mut missed = false;
        loop {
            // Until the next beat, what has ended is told.
            let told = timeout(pause, async {
                while let Some(ended) = ended.recv().await {
                    // If it cannot be told, the next beat tells it.
                    let _ = within_time(self.let_go(ended)).await;
                }
            });
            if told.await.is_ok() {
                return;
            }
            match within_time(self.beat()).await {
                Ok(()) if missed => {
                    tracing::info!("the database knows again that this replica is alive");
                    missed = false;
                }
                Ok(()) => {}
                Err(error) => {
                    if !missed {
                        tracing::error!(
                            %error,
                            "the database does not hear that this replica is alive: when its \
                             lease has run out, others go on with its payments"
                        );
                    }
                    missed = true;
                }
            }
        }
    }

    async fn let_go(&self, ended: Ended) -> Result<(), StoreError> {
        let client = client(&self.pool).await?;
        let let_go = client.prepare_cached(LET_GO).await?;
        let Ended {
            direction,
            transfer_id,
            number,
        } = &ended;
        let holder: &str = &self.holder;
        let id = transfer_id.as_str();
        client
            .execute(&let_go, &[&direction.as_str(), &id, &holder, number])
            .await?;
        Ok(())
    }

    async fn beat(&self) -> Result<(), StoreError> {
        let (next, numbers) = {
            let held = held(&self.held);
            (
                held.next + 1,
                held.numbers.iter().copied().collect::<Vec<_>>(),
            )
        };
        let client = client(&self.pool).await?;
        let holder: &str = &self.holder;
        let say_alive = client.prepare_cached(SAY_ALIVE).await?;
        client
            .execute(&say_alive, &[&holder, &self.length.as_secs_f64()])
            .await?;
        let rest = client.prepare_cached(LET_GO_OF_THE_REST).await?;
        client.execute(&rest, &[&holder, &next, &numbers]).await?;
        let forget = client.prepare_cached(FORGET_THE_DEAD).await?;
        client.execute(&forget, &[&FORGOTTEN_AFTER_SECONDS]).await?;
        Ok(())
    }
}
