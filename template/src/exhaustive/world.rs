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

/// All that is left when nobody is at work: from here, a run can begin.
#[derive(Debug, Clone)]
pub struct Situation {
    pub now: Timestamp,
    pub records: Records,
    pub bank: Bank,
    pub scheme: Scheme,
    /// Since when each process of the connector runs; `None` if it does not.
    pub running_since: Vec<Option<Timestamp>>,
    pub faults_left: u32,
    /// How often two things can still happen at the same time.
    pub coincidences_left: u32,
}

impl Situation {
    /// Before anything has happened.
    pub fn new(scheme: Scheme, faults: u32, coincidences: u32) -> Self {
        // Any moment will do.
        let now = Timestamp::from_milliseconds(1_800_000_000_000);
        Self {
            now,
            records: Records::default(),
            bank: Bank::default(),
            scheme,
            running_since: vec![Some(now)],
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
            ..
        } = self;
        // Of a process that has started it counts only how long the bank has
        // had since to settle what an earlier one told it.
        let settled = now.before(configuration().cbs_settles_after);
        let running_since = running_since.iter();
        let running_since = running_since.map(|since| since.map(|since| since.max(settled)));
        let running_since: Vec<_> = running_since.collect();
        let text = format!("{records:?} {bank:?} {scheme:?} {running_since:?}");
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
    /// What happened, if somebody wants to read it.
    pub trace: Option<Vec<String>>,
    /// The first thing that must never happen, if it has.
    pub violation: Option<String>,
}

impl World {
    /// Chooses between what usually happens and what can go wrong.
    pub fn usually<T: Debug + Copy>(&mut self, what: &dyn Display, usual: T, faults: &[T]) -> T {
        if self.situation.faults_left == 0 {
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
        self.go_on_if_alive().await;
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
