//! Finding every situation that can come about, and looking at each.

use std::{
    collections::{HashMap, VecDeque},
    fmt::Debug,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::runtime::Builder;

use super::{
    choices::Choices,
    scheme::Fate,
    world::{Process, Situation, World},
};
use crate::domain::{
    incoming::FinalState,
    timestamp::{Timestamp, test_clock},
};

/// Nothing that the connector does takes longer.
const LONGEST_WORK: Duration = Duration::from_secs(3_600);

/// So often somebody looks for what is due, before it has to be settled.
const MOST_SWEEPS: usize = 40;

/// How often one of two messages of one process is held up, so that the other
/// one goes on.
const HOLDUPS: u32 = 1;

/// What is explored: the messages about one payment, and what has to hold.
pub trait Model: Sync {
    /// One side of the connector, in one process.
    type Side: Clone;
    type Message: Debug + Copy;

    fn start(&self, process: &Process) -> Self::Side;

    /// The messages that can come now.
    fn messages(&self, situation: &Situation) -> Vec<Self::Message>;

    /// Whether it is worth while that the message comes together with another.
    fn is_decisive(&self, message: Self::Message) -> bool;

    /// A message comes, and is answered.
    fn take(
        &self,
        side: &Self::Side,
        process: &Process,
        message: Self::Message,
    ) -> impl Future<Output = ()>;

    /// Goes on with a payment that is due.
    fn resume(
        &self,
        side: &Self::Side,
        process: &Process,
        due_by: Timestamp,
    ) -> impl Future<Output = ()>;

    /// What the scheme can decide now.
    fn decisions(&self, situation: &Situation) -> Vec<Fate>;

    /// What has to hold when nothing happens any more.
    fn check_settled(&self, world: &mut World);
}

/// What happens next.
#[derive(Debug, Clone, Copy)]
pub enum Event<Message> {
    Comes(usize, Message),
    /// A message comes while another one, or the sweeper, is at work.
    ComesWhile(usize, Message, usize, Option<Message>),
    Sweeps(usize),
    Starts(usize),
    Dies(usize),
    SchemeDecides(Fate),
    TransferAppears,
    TimePasses {
        is_late: bool,
    },
    /// Nobody says anything any more, nothing fails, and whoever is dead starts.
    Settles,
}

/// What a run came to.
struct Run {
    situation: Situation,
    choices: Choices,
    violation: Option<String>,
    trace: Vec<String>,
}

/// How a situation was reached.
struct Found<Message> {
    from: usize,
    event: Option<Event<Message>>,
    choices: Choices,
    situation: Situation,
}

/// How much was looked at.
#[derive(Debug)]
pub struct Explored {
    pub situations: usize,
    pub runs: usize,
}

/// What has been found, and how much can still go wrong from there.
#[derive(Default)]
struct Known(HashMap<u64, Vec<(u32, u32)>>);

impl Known {
    /// `false` if the same has been found with at least as much that can still
    /// go wrong: everything that could follow is known then.
    fn insert(&mut self, situation: &Situation) -> bool {
        let (faults, coincidences) = (situation.faults_left, situation.coincidences_left);
        let left = self.0.entry(situation.fingerprint()).or_default();
        if left
            .iter()
            .any(|known| known.0 >= faults && known.1 >= coincidences)
        {
            return false;
        }
        left.push((faults, coincidences));
        true
    }
}

/// Explores everything that can come about. The error is how the first thing
/// came about that must not.
pub fn explore<M: Model>(model: &M, beginning: Situation) -> Result<Explored, String> {
    let mut known = Known::default();
    known.insert(&beginning);
    let mut found = vec![Found {
        from: 0,
        event: None,
        choices: Choices::default(),
        situation: beginning,
    }];
    let mut to_do = VecDeque::from([0]);
    let mut runs = 0;
    while let Some(number) = to_do.pop_front() {
        let situation = found[number].situation.clone();
        let mut events = events(model, &situation);
        events.push(Event::Settles);
        for event in events {
            let mut next = Some(Choices::default());
            while let Some(choices) = next {
                let run = run(model, &situation, event, choices, false);
                runs += 1;
                if run.violation.is_some() {
                    let choices = run.choices.again();
                    return Err(retell(model, &found, number, event, choices));
                }
                let is_end = matches!(event, Event::Settles);
                if !is_end && known.insert(&run.situation) {
                    to_do.push_back(found.len());
                    found.push(Found {
                        from: number,
                        event: Some(event),
                        choices: run.choices.clone().again(),
                        situation: run.situation,
                    });
                }
                next = run.choices.following();
            }
        }
    }
    Ok(Explored {
        situations: found.len(),
        runs,
    })
}

fn events<M: Model>(model: &M, situation: &Situation) -> Vec<Event<M::Message>> {
    let mut events = Vec::new();
    let messages = model.messages(situation);
    let processes = situation.running_since.iter().enumerate();
    let alive: Vec<usize> = processes
        .clone()
        .filter(|(_, since)| since.is_some())
        .map(|(number, _)| number)
        .collect();
    let is_due = situation
        .records
        .due()
        .any(|due_at| due_at <= situation.now);
    // The replicas are alike: the first one is told.
    if let Some(&first) = alive.first() {
        events.extend(messages.iter().map(|message| Event::Comes(first, *message)));
        if is_due {
            events.push(Event::Sweeps(first));
        }
    }
    if situation.faults_left_alone() > 0 {
        events.extend(alive.iter().map(|number| Event::Dies(*number)));
    }
    if situation.coincidences_left > 0
        && let Some((&first, &second)) = alive.first().zip(alive.last())
    {
        let decisive = messages.iter().copied();
        let decisive: Vec<_> = decisive
            .filter(|message| model.is_decisive(*message))
            .collect();
        for one in &decisive {
            let together = |other| Event::ComesWhile(first, *one, second, other);
            events.extend(decisive.iter().map(|other| together(Some(*other))));
            if is_due {
                events.push(together(None));
            }
        }
    }
    let dead = processes.filter(|(_, since)| since.is_none());
    events.extend(dead.map(|(number, _)| Event::Starts(number)));
    events.extend(
        model
            .decisions(situation)
            .into_iter()
            .map(Event::SchemeDecides),
    );
    if situation.scheme.may_appear(situation.now) {
        events.push(Event::TransferAppears);
    }
    // Whoever looks for what is due is late only if something is wrong.
    let is_late = is_due && !alive.is_empty();
    if situation.next_moment().is_some() && (!is_late || situation.faults_left_alone() > 0) {
        events.push(Event::TimePasses { is_late });
    }
    events
}

/// Lets an event happen, with these choices.
fn run<M: Model>(
    model: &M,
    from: &Situation,
    event: Event<M::Message>,
    choices: Choices,
    is_told: bool,
) -> Run {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let world = Arc::new(Mutex::new(World {
            situation: from.clone(),
            choices,
            holdups_left: 0,
            is_crowded: false,
            trace: is_told.then(Vec::new),
            violation: None,
        }));
        let mut sides = Vec::new();
        for (number, since) in from.running_since.iter().enumerate() {
            let process = Process::new(number, Arc::clone(&world));
            test_clock::set(since.unwrap_or(from.now));
            sides.push((model.start(&process), process));
        }
        test_clock::set(from.now);
        world.lock().unwrap().note(format_args!("--- {event:?}"));
        let done = tokio::time::timeout(LONGEST_WORK, happen(model, &world, &mut sides, event));
        let is_done = done.await.is_ok();
        let mut world = world.lock().unwrap();
        world.ensure(is_done, "somebody waits for ever");
        world.act_late_at_last();
        world.situation.now = Timestamp::now();
        Run {
            situation: world.situation.clone(),
            choices: std::mem::take(&mut world.choices),
            violation: world.violation.take(),
            trace: world.trace.take().unwrap_or_default(),
        }
    })
}

async fn happen<M: Model>(
    model: &M,
    world: &Arc<Mutex<World>>,
    sides: &mut [(M::Side, Process)],
    event: Event<M::Message>,
) {
    let locked = || world.lock().unwrap();
    match event {
        Event::Comes(number, message) => {
            let (side, process) = &sides[number];
            process
                .unless_it_dies(model.take(side, process, message))
                .await;
        }
        Event::ComesWhile(first, message, second, other) => {
            {
                let mut world = locked();
                world.situation.coincidences_left -= 1;
                world.holdups_left = if first == second { HOLDUPS } else { 0 };
                world.is_crowded = true;
            }
            let ((one, its_process), (another, other_process)) = (&sides[first], &sides[second]);
            let one = its_process.unless_it_dies(model.take(one, its_process, message));
            let another = other_process.unless_it_dies(async {
                match other {
                    Some(message) => model.take(another, other_process, message).await,
                    None => model.resume(another, other_process, Timestamp::now()).await,
                }
            });
            tokio::join!(one, another);
        }
        Event::Sweeps(number) => {
            let (side, process) = &sides[number];
            let now = Timestamp::now();
            process
                .unless_it_dies(model.resume(side, process, now))
                .await;
        }
        Event::Starts(number) => start(model, world, &mut sides[number]).await,
        Event::Dies(number) => {
            locked().situation.faults_left -= 1;
            sides[number].1.kill();
        }
        Event::SchemeDecides(fate) => locked().scheme_decides(fate),
        Event::TransferAppears => locked().transfer_appears(),
        Event::TimePasses { is_late } => {
            locked().situation.faults_left -= u32::from(is_late);
            let until = locked().situation.next_moment();
            wait_until(until).await;
        }
        Event::Settles => settle(model, world, sides).await,
    }
}

async fn start<M: Model>(
    model: &M,
    world: &Arc<Mutex<World>>,
    (side, process): &mut (M::Side, Process),
) {
    *process = Process::new(process.number, Arc::clone(world));
    *side = model.start(process);
    process.world().situation.running_since[process.number] = Some(Timestamp::now());
    // As recovery does: all that is not finished, due or not.
    let everything = model.resume(side, process, Timestamp::end_of_time());
    process.unless_it_dies(everything).await;
}

/// The scheme decides, and after that nobody says anything. What is left has to
/// be settled by those who look for what is due.
async fn settle<M: Model>(model: &M, world: &Arc<Mutex<World>>, sides: &mut [(M::Side, Process)]) {
    let locked = || world.lock().unwrap();
    locked().situation.faults_left = 0;
    if locked().situation.scheme.fate == Fate::Open {
        locked().scheme_decides(Fate::Final(FinalState::Aborted));
    }
    if locked().situation.running_since[0].is_none() {
        start(model, world, &mut sides[0]).await;
    }
    for _ in 0..MOST_SWEEPS {
        let due = locked().situation.records.due().min();
        if due.is_none() {
            break;
        }
        wait_until(due).await;
        let (side, process) = &sides[0];
        model.resume(side, process, Timestamp::now()).await;
    }
    let mut world = locked();
    world.act_late_at_last();
    let is_quiet = world.situation.records.due().next().is_none();
    world.ensure(is_quiet, "the payment is never settled");
    model.check_settled(&mut world);
}

async fn wait_until(moment: Option<Timestamp>) {
    if let Some(left) = moment.and_then(|moment| moment.since(Timestamp::now())) {
        tokio::time::sleep(left).await;
    }
}

/// Runs once more what led to a violation, and writes down every step.
fn retell<M: Model>(
    model: &M,
    found: &[Found<M::Message>],
    number: usize,
    event: Event<M::Message>,
    choices: Choices,
) -> String {
    let mut way = vec![(number, event, choices)];
    let mut at = number;
    while let Some(event) = found[at].event {
        way.push((found[at].from, event, found[at].choices.clone()));
        at = found[at].from;
    }
    let mut lines = Vec::new();
    for (from, event, choices) in way.into_iter().rev() {
        lines.extend(run(model, &found[from].situation, event, choices, true).trace);
    }
    lines.join("\n")
}
