//! What is going to happen, and when: drawn from the seed before a run begins.

use std::fmt;

use super::chance::{Chance, happens, one_of};

/// A moment, in thousandths of the load.
pub type Moment = u32;

pub const END: Moment = 1000;

/// Something that happens at a moment.
#[derive(Debug, Clone, Copy)]
pub struct At<T> {
    pub moment: Moment,
    pub what: T,
}

/// How the bank behaves, most of the time of a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BankMood {
    Well,
    Slow,
    Refusing,
    Failing,
    FailingAfterActing,
    SilentAfterActing,
    /// The network delivers an instruction twice.
    ToldTwice,
    BehindGateway,
    Away,
}

/// How the Mojaloop Connector answers, most of the time of a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemeMood {
    Well,
    Slow,
    CutOff,
    SilentAfterActing,
    TimingOut,
    Failing,
    Aborting,
    Undecided,
}

/// What happens to what the Mojaloop Connector tells and asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackendMood {
    Well,
    /// Requests do not arrive, or their answers do not.
    CutOff,
    /// Requests arrive when nobody waits for their answer any more.
    Late,
    Duplicated,
    NotificationsLost,
    NotificationsReordered,
    NotificationsDuplicated,
    /// A notification that proves nothing comes first.
    NotificationsUndecided,
}

/// How all partners behave for a while.
#[derive(Debug, Clone, Copy)]
pub struct Weather {
    pub bank: BankMood,
    /// The bank does not recognise a reference that it has seen, and would do
    /// again what it is told again.
    pub forgetful: bool,
    pub scheme: SchemeMood,
    pub backend: BackendMood,
}

impl Weather {
    pub const CALM: Self = Self {
        bank: BankMood::Well,
        forgetful: false,
        scheme: SchemeMood::Well,
        backend: BackendMood::Well,
    };
}

/// The end of one replica, or of all.
#[derive(Debug, Clone, Copy)]
pub struct Kill {
    /// Counted from the moment of the plan, so that kills are not in step with payments.
    pub after_ms: u64,
    pub whom: Whom,
    /// How long it stays down.
    pub down_ms: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    One(usize),
    All,
}

/// What happens to a replica that it survives.
#[derive(Debug, Clone, Copy)]
pub struct Interruption {
    pub replica: usize,
    pub what: Interrupted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interrupted {
    /// It is asked to end, and another one takes its place.
    Replaced,
    /// It does not run for a while, and does not notice.
    Frozen { for_ms: u64 },
}

/// What goes wrong below the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseTrouble {
    /// Not a byte more can be written.
    DiskFull { for_ms: u64 },
    /// Somebody else holds the database, for longer than is waited for it.
    Locked { for_ms: u64 },
    /// The server goes without saying goodbye, and comes back.
    Crash { down_ms: u64 },
    /// The server ends all connections.
    ConnectionsEnd,
    /// The server takes no writes.
    ReadOnly { for_ms: u64 },
}

impl DatabaseTrouble {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DiskFull { .. } => "disk full",
            Self::Locked { .. } => "database locked",
            Self::Crash { .. } => "database crashed",
            Self::ConnectionsEnd => "database connections ended",
            Self::ReadOnly { .. } => "database read-only",
        }
    }
}

/// Longer than a lease (`LEASE_MS`), so that others go on with what a frozen replica
/// was working on; shorter than a lease and the longest attempt together, which is as
/// long as a connector can be expected to tell.
const LONGEST_FREEZE_MS: u64 = 4500;

/// What a plan is made for.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    pub replicas: usize,
    pub kills: usize,
    pub interruptions: usize,
    pub weathers: usize,
    pub database_troubles: usize,
    pub has_server: bool,
    /// Whether there is a disk that can be filled.
    pub fills_disk: bool,
}

/// All that is going to happen.
#[derive(Debug)]
pub struct Plan {
    pub kills: Vec<At<Kill>>,
    pub interruptions: Vec<At<Interruption>>,
    pub weathers: Vec<At<Weather>>,
    pub database: Vec<At<DatabaseTrouble>>,
}

impl Plan {
    pub fn draw(chance: Chance, extent: Extent) -> Self {
        Self {
            kills: spread(chance, "kill", extent.kills, |rng| Kill {
                after_ms: rng.u64(0..200),
                whom: if extent.replicas > 1 && happens(rng, 200) {
                    Whom::All
                } else {
                    Whom::One(rng.usize(0..extent.replicas))
                },
                down_ms: if happens(rng, 700) {
                    rng.u64(0..100)
                } else {
                    rng.u64(100..2500)
                },
            }),
            interruptions: spread(chance, "interruption", extent.interruptions, |rng| {
                Interruption {
                    replica: rng.usize(0..extent.replicas),
                    what: if happens(rng, 300) {
                        Interrupted::Replaced
                    } else {
                        Interrupted::Frozen {
                            for_ms: rng.u64(300..LONGEST_FREEZE_MS),
                        }
                    },
                }
            }),
            weathers: weathers(chance, extent.weathers),
            database: database_troubles(chance, extent),
        }
    }
}

/// So many moments, none of them far from where it would be if all were equally
/// far from each other.
fn spread<T>(
    chance: Chance,
    subject: &str,
    times: usize,
    draw: impl Fn(&mut fastrand::Rng) -> T,
) -> Vec<At<T>> {
    let times = u32::try_from(times).unwrap_or(u32::MAX);
    (0..times)
        .map(|number| {
            let mut rng = chance.about(subject, u64::from(number));
            let slot = |number: u32| u64::from(number) * u64::from(END) / u64::from(times);
            let moment =
                rng.u64(slot(number)..=slot(number + 1).saturating_sub(1).max(slot(number)));
            At {
                moment: u32::try_from(moment).unwrap_or(END),
                what: draw(&mut rng),
            }
        })
        .collect()
}

fn weathers(chance: Chance, times: usize) -> Vec<At<Weather>> {
    use {BackendMood as Backend, BankMood as Bank, SchemeMood as Scheme};

    const BANK: &[Bank] = &[
        Bank::Well,
        Bank::Slow,
        Bank::Refusing,
        Bank::Failing,
        Bank::FailingAfterActing,
        Bank::SilentAfterActing,
        Bank::ToldTwice,
        Bank::BehindGateway,
        Bank::Away,
    ];
    const SCHEME: &[Scheme] = &[
        Scheme::Well,
        Scheme::Slow,
        Scheme::CutOff,
        Scheme::SilentAfterActing,
        Scheme::TimingOut,
        Scheme::Failing,
        Scheme::Aborting,
        Scheme::Undecided,
    ];
    const BACKEND: &[Backend] = &[
        Backend::Well,
        Backend::CutOff,
        Backend::Late,
        Backend::Duplicated,
        Backend::NotificationsLost,
        Backend::NotificationsReordered,
        Backend::NotificationsDuplicated,
        Backend::NotificationsUndecided,
    ];
    // Each mood comes before one comes again: a short run has all of them.
    let bank = in_turns(chance, "bank mood", BANK);
    let scheme = in_turns(chance, "scheme mood", SCHEME);
    let backend = in_turns(chance, "backend mood", BACKEND);
    let moods = bank.zip(scheme).zip(backend);
    let moments = spread(chance, "weather", times, |rng| happens(rng, 750));
    moments
        .into_iter()
        .zip(moods)
        .map(|(at, ((bank, scheme), backend))| At {
            moment: at.moment,
            what: Weather {
                bank,
                // It would book twice what the network says twice, and rightly so.
                forgetful: at.what && bank != Bank::ToldTwice,
                scheme,
                backend,
            },
        })
        .collect()
}

fn in_turns<T: Copy>(
    chance: Chance,
    subject: &'static str,
    all: &'static [T],
) -> impl Iterator<Item = T> {
    (0..).flat_map(move |round| {
        let mut shuffled = all.to_vec();
        chance.about(subject, round).shuffle(&mut shuffled);
        shuffled
    })
}

fn database_troubles(chance: Chance, extent: Extent) -> Vec<At<DatabaseTrouble>> {
    type Draw = fn(&mut fastrand::Rng) -> DatabaseTrouble;

    const OF_FILE: &[Draw] = &[|rng| DatabaseTrouble::Locked {
        for_ms: one_of(rng, &[500, 5500, 7000]),
    }];
    const OF_SERVER: &[Draw] = &[
        |rng| DatabaseTrouble::Crash {
            down_ms: rng.u64(0..2500),
        },
        |_| DatabaseTrouble::ConnectionsEnd,
        |rng| DatabaseTrouble::ReadOnly {
            for_ms: rng.u64(500..3000),
        },
    ];
    const OF_DISK: Draw = |rng| DatabaseTrouble::DiskFull {
        for_ms: rng.u64(300..2500),
    };

    let mut troubles = match extent.has_server {
        true => OF_SERVER.to_vec(),
        false => OF_FILE.to_vec(),
    };
    if extent.fills_disk {
        troubles.push(OF_DISK);
    }
    // Each of them comes before one comes again.
    let moments = spread(chance, "database", extent.database_troubles, |rng| {
        rng.fork()
    });
    let drawn = moments.into_iter().zip(troubles.iter().cycle());
    drawn
        .map(|(mut at, trouble)| At {
            moment: at.moment,
            what: trouble(&mut at.what),
        })
        .collect()
}

/// One line for each thing, in the order in which they happen.
impl fmt::Display for Plan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn lines<T: fmt::Debug>(all: &[At<T>]) -> Vec<(Moment, String)> {
            let line = |at: &At<T>| (at.moment, format!("{:>4} {:?}", at.moment, at.what));
            all.iter().map(line).collect()
        }
        let mut all = lines(&self.kills);
        all.extend(lines(&self.interruptions));
        all.extend(lines(&self.weathers));
        all.extend(lines(&self.database));
        all.sort();
        for (_, line) in all {
            writeln!(formatter, "{line}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXTENT: Extent = Extent {
        replicas: 2,
        kills: 20,
        interruptions: 5,
        weathers: 9,
        database_troubles: 4,
        has_server: true,
        fills_disk: true,
    };

    #[test]
    fn a_seed_makes_the_same_plan_again() {
        let plan = |seed| Plan::draw(Chance::of(seed), EXTENT).to_string();
        assert_eq!(plan(1), plan(1));
        assert_ne!(plan(1), plan(2));
    }

    #[test]
    fn everything_that_is_asked_for_is_in_the_plan_and_within_the_load() {
        let plan = Plan::draw(Chance::of(3), EXTENT);
        assert_eq!(plan.kills.len(), 20);
        assert_eq!(plan.interruptions.len(), 5);
        assert_eq!(plan.weathers.len(), 9);
        assert_eq!(plan.database.len(), 4);
        assert!(plan.kills.iter().all(|at| at.moment < END));
        assert!(plan.kills.is_sorted_by_key(|at| at.moment));
    }

    #[test]
    fn an_instruction_is_delivered_twice_only_to_a_bank_that_recognises_it() {
        for seed in 0..50 {
            let plan = Plan::draw(Chance::of(seed), EXTENT);
            for at in plan.weathers {
                assert!(!at.what.forgetful || at.what.bank != BankMood::ToldTwice);
            }
        }
    }

    #[test]
    fn a_server_has_other_troubles_than_a_file() {
        let file = Extent {
            has_server: false,
            fills_disk: false,
            ..EXTENT
        };
        let plan = Plan::draw(Chance::of(4), file);
        let is_lock = |at: &At<DatabaseTrouble>| matches!(at.what, DatabaseTrouble::Locked { .. });
        assert!(plan.database.iter().all(is_lock));
    }
}
