//! Everything that a run changes: the journal, the bank, the scheme, and which
//! processes of the connector are alive.

use std::{
    fmt::{Debug, Display},
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use super::{
    bank::Bank, choices::Choices, connector::configuration, journal::Records, scheme::Scheme,
};
use crate::domain::timestamp::Timestamp;

/// What lies further back makes no difference any more: no rule of the connector
/// looks back as far, unless more than this is configured.
const HORIZON: Duration = Duration::from_secs(130);

/// How long a replica that is not heard of keeps its lease: less than an attempt
/// takes that is under way, so that two can be at work.
const LEASE: Duration = Duration::from_secs(15);

/// All that is left when nobody is at work: from here, a run can begin.
#[derive(Debug, Clone)]
pub struct Situation {
    pub now: Timestamp,
    pub records: Records,
    pub bank: Bank,
    pub scheme: Scheme,
    /// Since when each process of the connector runs; `None` if it does not. If
    /// there are several, they are replicas.
    pub running_since: Vec<Option<Timestamp>>,
    /// Which replica works on the payment.
    pub lease: Option<Held>,
    pub faults_left: u32,
    /// How often two things can still happen at the same time.
    pub coincidences_left: u32,
}

/// A lease of the journal.
#[derive(Debug, Clone, Copy)]
pub struct Held {
    process: usize,
    /// When it is over, if its replica is not heard of any more.
    runs_out_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Replica {
    GoesOn,
    IsCutOff,
}

impl Situation {
    /// Before anything has happened.
    pub fn new(scheme: Scheme, processes: usize, faults: u32, coincidences: u32) -> Self {
        // Any moment will do.
        let now = Timestamp::from_milliseconds(1_800_000_000_000);
        Self {
            now,
            records: Records::default(),
            bank: Bank::default(),
            scheme,
            running_since: vec![Some(now); processes],
            lease: None,
            faults_left: faults,
            coincidences_left: coincidences,
        }
    }

    /// The same for situations from which the same can happen, but for what can
    /// still go wrong. What time it is does not matter, only how long ago
    /// everything was.
    pub fn fingerprint(&self) -> u64 {
        let Self {
            now,
            records,
            bank,
            scheme,
            running_since,
            lease,
            ..
        } = self;
        // Of a process that has started it counts only how long the bank has
        // had since to settle what an earlier one told it.
        let settled = now.before(configuration().cbs_settles_after);
        let running_since = running_since.iter();
        let running_since = running_since.map(|since| since.map(|since| since.max(settled)));
        let running_since: Vec<_> = running_since.collect();
        let text = format!("{records:?} {bank:?} {scheme:?} {running_since:?} {lease:?}");
        let text = records.without_identifiers(text);
        let mut hasher = DefaultHasher::new();
        let mut rest = text.as_str();
        while let Some((before, moment, after)) = first_moment(rest) {
            before.hash(&mut hasher);
            let ago = moment.max(now.before(HORIZON)).as_milliseconds() - now.as_milliseconds();
            ago.hash(&mut hasher);
            rest = after;
        }
        rest.hash(&mut hasher);
        hasher.finish()
    }

    /// What can go wrong while one thing happens at a time. Until two replicas
    /// have met, that is nothing: how one process alone fails is another search.
    pub fn faults_left_alone(&self) -> u32 {
        if self.has_replicas() && self.coincidences_left > 0 {
            return 0;
        }
        self.faults_left
    }

    pub fn has_replicas(&self) -> bool {
        self.running_since.len() > 1
    }

    /// When the next thing is due, after now.
    pub fn next_moment(&self) -> Option<Timestamp> {
        let moments = self.records.due().chain(self.bank.deadlines());
        let moments = moments.chain(self.scheme.deadlines());
        moments.filter(|moment| *moment > self.now).min()
    }
}

/// The first moment in a text, and what stands around it.
fn first_moment(text: &str) -> Option<(&str, Timestamp, &str)> {
    const LENGTH: usize = "2026-11-22T12:00:00.000Z".len();
    let bytes = text.as_bytes();
    let is_moment = |at: usize| {
        let is = |offset: usize, byte: u8| bytes.get(at + offset) == Some(&byte);
        is(4, b'-') && is(10, b'T') && is(13, b':') && is(23, b'Z')
    };
    let at = (0..bytes.len().saturating_sub(LENGTH - 1)).find(|at| is_moment(*at))?;
    let moment = text.get(at..at + LENGTH)?.parse().ok()?;
    Some((&text[..at], moment, &text[at + LENGTH..]))
}

/// A run: the situation as it is now, the choices, and what was seen.
#[derive(Debug)]
pub struct World {
    pub situation: Situation,
    pub choices: Choices,
    /// How often an operation can still be held up, so that others overtake it.
    pub holdups_left: u32,
    /// Whether two things happen at the same time.
    pub is_crowded: bool,
    /// What happened, if somebody wants to read it.
    pub trace: Option<Vec<String>>,
    /// The first thing that must never happen, if it has.
    pub violation: Option<String>,
}

impl World {
    fn faults_left(&self) -> u32 {
        if self.is_crowded {
            return self.situation.faults_left;
        }
        self.situation.faults_left_alone()
    }

    /// Chooses between what usually happens and what can go wrong.
    pub fn usually<T: Debug + Copy>(&mut self, what: &dyn Display, usual: T, faults: &[T]) -> T {
        if self.faults_left() == 0 {
            self.note(format_args!("{what}: {usual:?}"));
            return usual;
        }
        let chosen = match self.choices.choose(faults.len() + 1) {
            0 => usual,
            fault => {
                self.situation.faults_left -= 1;
                faults[fault - 1]
            }
        };
        self.note(format_args!("{what}: {chosen:?}"));
        chosen
    }

    /// Chooses between things none of which is a fault.
    pub fn either<T: Debug + Copy>(&mut self, what: &dyn Display, alternatives: &[T]) -> T {
        let chosen = alternatives[self.choices.choose(alternatives.len())];
        self.note(format_args!("{what}: {chosen:?}"));
        chosen
    }

    /// Whether this process may work on the payment now.
    pub fn takes_lease(&mut self, process: usize) -> bool {
        let now = Timestamp::now();
        let lease = &mut self.situation.lease;
        let is_free = lease.is_none_or(|held| held.runs_out_at.is_some_and(|over| over <= now));
        if is_free {
            let runs_out_at = None;
            *lease = Some(Held {
                process,
                runs_out_at,
            });
        }
        is_free
    }

    pub fn lets_go(&mut self, process: usize) {
        self.situation.lease = self.situation.lease.filter(|held| held.process != process);
    }

    fn is_not_heard_of(&mut self, process: usize) {
        self.beat(process, Some(Timestamp::now().after(LEASE)));
    }

    fn is_heard_of_again(&mut self, process: usize) {
        self.beat(process, None);
    }

    fn beat(&mut self, process: usize, runs_out_at: Option<Timestamp>) {
        if let Some(held) = &mut self.situation.lease
            && held.process == process
        {
            held.runs_out_at = runs_out_at;
        }
    }

    pub fn note(&mut self, what: impl Display) {
        let now = Timestamp::now();
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{now} {what}"));
        }
    }

    /// Something has happened that must never happen.
    pub fn violate(&mut self, what: impl Display) {
        self.note(format_args!("WRONG: {what}"));
        self.violation.get_or_insert_with(|| what.to_string());
    }

    /// Says so if this does not hold.
    pub fn ensure(&mut self, holds: bool, what: impl Display) {
        if !holds {
            self.violate(what);
        }
    }
}

/// A process of the connector, seen from what it calls.
#[derive(Debug, Clone)]
pub struct Process {
    pub number: usize,
    world: Arc<Mutex<World>>,
    died: Arc<tokio::sync::watch::Sender<bool>>,
}

impl Process {
    pub fn new(number: usize, world: Arc<Mutex<World>>) -> Self {
        Self {
            number,
            world,
            died: Arc::new(tokio::sync::watch::Sender::new(false)),
        }
    }

    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// Comes before each operation: the dead do nothing, and the living can be
    /// overtaken.
    pub async fn reach(&self, what: &(dyn Display + Sync)) {
        let held_up = {
            let mut world = self.world();
            world.holdups_left > 0 && {
                let chosen = world.choices.choose(2) == 1;
                if chosen {
                    world.holdups_left -= 1;
                    world.note(format_args!("{what}: is held up"));
                }
                chosen
            }
        };
        if held_up {
            // Everybody else goes on as far as possible in the meantime.
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        if self.is_cut_off(what) {
            // Until a replica has taken its lease, and longer.
            tokio::time::sleep(LEASE + Duration::from_secs(1)).await;
            self.world().is_heard_of_again(self.number);
        }
        self.go_on_if_alive().await;
    }

    /// A replica can be at work and not be heard of while others are.
    fn is_cut_off(&self, what: &dyn Display) -> bool {
        let mut world = self.world();
        let World {
            situation,
            is_crowded,
            ..
        } = &*world;
        let holds = situation
            .lease
            .is_some_and(|held| held.process == self.number);
        if !(*is_crowded && situation.has_replicas() && holds) {
            return false;
        }
        let what = format!("replica {}, before {what}", self.number);
        let chosen = world.usually(&what, Replica::GoesOn, &[Replica::IsCutOff]);
        if chosen == Replica::IsCutOff {
            world.is_not_heard_of(self.number);
        }
        chosen == Replica::IsCutOff
    }

    /// The work on the payment is over.
    pub fn lets_go(&self) {
        if !*self.died.borrow() {
            self.world().lets_go(self.number);
        }
    }

    pub async fn go_on_if_alive(&self) {
        if *self.died.borrow() {
            std::future::pending().await
        }
    }

    /// Ends the process, here and now.
    pub async fn die<T>(&self) -> T {
        self.kill();
        std::future::pending().await
    }

    pub fn kill(&self) {
        let mut world = self.world();
        world.note("the connector dies");
        world.is_not_heard_of(self.number);
        world.situation.running_since[self.number] = None;
        drop(world);
        self.died.send_replace(true);
    }

    /// What comes of some work; `None` if the process dies before it is done.
    pub async fn unless_it_dies<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut died = self.died.subscribe();
        tokio::select! {
            biased;
            done = work => Some(done),
            _ = died.wait_for(|died| *died) => None,
        }
    }
}
