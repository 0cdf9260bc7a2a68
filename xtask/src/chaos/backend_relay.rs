//! Between the Mojaloop Connector and the connector's backend API: shares the requests
//! out to the replicas, and drops, delays, duplicates and reorders them.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{
    chance::{Chance, happens, one_of},
    memory::Memory,
    plan::BackendMood,
    relay::{Reply, Request, Route, Stragglers},
    tally::Tally,
};

const LONGEST_DELAY_MS: u64 = 2500;

/// How long a request is kept while no replica is there, if it is kept at all.
const KEPT_FOR: Duration = Duration::from_millis(1500);

/// How often the Mojaloop Connector tries a notification, and with which pauses.
const NOTIFICATION_TRIES: u32 = 6;
const PAUSE: Duration = Duration::from_millis(100);

const USUALLY: u32 = 350;
const SELDOM: u32 = 15;

/// Clones are the same relay.
#[derive(Clone)]
pub struct BackendRelay {
    replicas: Vec<u16>,
    chance: Chance,
    requests: Arc<AtomicU64>,
    mood: Arc<Mutex<BackendMood>>,
    memory: Arc<Memory>,
    tally: Arc<Tally>,
    stragglers: Stragglers,
}

impl BackendRelay {
    pub fn new(replicas: Vec<u16>, chance: Chance, memory: Arc<Memory>, tally: Arc<Tally>) -> Self {
        Self {
            replicas,
            chance,
            requests: Arc::default(),
            mood: Arc::new(Mutex::new(BackendMood::Well)),
            memory,
            tally,
            stragglers: Stragglers::default(),
        }
    }

    /// Behaves so from now on.
    pub fn behave(&self, mood: BackendMood) {
        *self.mood.lock().unwrap_or_else(PoisonError::into_inner) = mood;
    }

    /// Whether something is still on its way.
    pub fn is_busy(&self) -> bool {
        self.stragglers.are_there()
    }

    fn draw(&self, rng: &mut fastrand::Rng) -> BackendMood {
        const OTHERS: &[BackendMood] = &[
            BackendMood::CutOff,
            BackendMood::Late,
            BackendMood::Duplicated,
            BackendMood::NotificationsLost,
            BackendMood::NotificationsReordered,
            BackendMood::NotificationsDuplicated,
        ];
        let mood = *self.mood.lock().unwrap_or_else(PoisonError::into_inner);
        match mood {
            BackendMood::Well => BackendMood::Well,
            mood if happens(rng, USUALLY) => mood,
            _ if happens(rng, SELDOM) => one_of(rng, OTHERS),
            _ => BackendMood::Well,
        }
    }

    /// Delivers a request to one of the replicas that are there.
    fn deliver(&self, request: &Request, mut rng: fastrand::Rng) -> Option<Reply> {
        let deadline = Instant::now() + KEPT_FOR;
        let keeps = rng.bool();
        loop {
            let mut ports = self.replicas.clone();
            rng.shuffle(&mut ports);
            // One that does not listen has certainly not got it.
            let there = ports.into_iter().find(|port| is_there(*port));
            if let Some(port) = there {
                let was_aborted = self.was_aborted(request);
                let reply = request.deliver(port).ok()?;
                self.remember(request, &reply);
                if let Some(transfer_id) = was_aborted
                    && reply.is_success()
                {
                    self.memory.incoming(&transfer_id, |incoming| {
                        incoming.reserved_after_abort = true;
                    });
                }
                return Some(reply);
            }
            if !keeps || Instant::now() > deadline {
                return None;
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Delivers a notification as often as the Mojaloop Connector would.
    fn deliver_notification(&self, request: &Request, rng: &mut fastrand::Rng) {
        for _ in 0..NOTIFICATION_TRIES {
            let reply = self.deliver(request, rng.fork());
            if reply.is_some_and(|reply| reply.is_success()) {
                return;
            }
            thread::sleep(PAUSE);
        }
    }

    /// What the connector has acknowledged, it has to know.
    fn remember(&self, request: &Request, reply: &Reply) {
        let Some(transfer_id) = notified_of(request) else {
            return;
        };
        let body = request.json();
        let told = body["finalNotification"]["transferState"].as_str();
        if let Some(told) = told
            && matches!(told, "COMMITTED" | "ABORTED")
            && reply.is_success()
        {
            self.memory.incoming(transfer_id, |incoming| {
                incoming.acknowledged.push(told.to_owned());
            });
        }
    }

    /// The transfer of a prepare that comes when its abort has been acknowledged.
    fn was_aborted(&self, request: &Request) -> Option<String> {
        if request.path != "/transfers" {
            return None;
        }
        let transfer_id = request.json()["transferId"].as_str()?.to_owned();
        let mut was_aborted = false;
        self.memory.incoming(&transfer_id, |incoming| {
            was_aborted = incoming.acknowledged.iter().any(|told| told == "ABORTED");
        });
        was_aborted.then_some(transfer_id)
    }

    fn carry_notification(&self, request: &Request, rng: &mut fastrand::Rng) -> Option<Reply> {
        let taken = Some(Reply::json(200, &json!({})));
        match self.draw(rng) {
            BackendMood::Well | BackendMood::Late | BackendMood::Duplicated => {
                self.deliver(request, rng.fork())
            }
            BackendMood::CutOff => {
                self.tally.count("notification cut off");
                if rng.bool() {
                    self.deliver(request, rng.fork());
                }
                None
            }
            BackendMood::NotificationsLost => {
                self.tally.count("notification lost");
                taken
            }
            BackendMood::NotificationsReordered => {
                self.tally.count("notification delayed");
                let (this, request, mut rng) = (self.clone(), request.clone(), rng.fork());
                let after = Duration::from_millis(rng.u64(0..LONGEST_DELAY_MS));
                self.stragglers.later(after, move || {
                    this.deliver_notification(&request, &mut rng);
                });
                taken
            }
            BackendMood::NotificationsDuplicated => {
                self.tally.count("notification duplicated");
                for _ in 0..rng.usize(1..4) {
                    let (this, request, mut rng) = (self.clone(), request.clone(), rng.fork());
                    let after = Duration::from_millis(rng.u64(0..100));
                    self.stragglers.later(after, move || {
                        this.deliver_notification(&request, &mut rng);
                    });
                }
                self.deliver(request, rng.fork())
            }
            BackendMood::NotificationsUndecided => {
                self.tally.count("notification undecided");
                let undecided = request.with_json(&undecided(request.json()));
                self.deliver(&undecided, rng.fork());
                self.deliver(request, rng.fork())
            }
        }
    }
}

impl Route for BackendRelay {
    fn carry(&self, request: &Request) -> Option<Reply> {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let mut rng = self.chance.about("backend", number);
        if notified_of(request).is_some() {
            return self.carry_notification(request, &mut rng);
        }
        match self.draw(&mut rng) {
            BackendMood::CutOff => {
                self.tally.count("request cut off");
                if rng.bool() {
                    self.deliver(request, rng.fork());
                }
                None
            }
            BackendMood::Late => {
                self.tally.count("request late");
                let (this, request) = (self.clone(), request.clone());
                let after = Duration::from_millis(rng.u64(0..LONGEST_DELAY_MS));
                self.stragglers.later(after, move || {
                    this.deliver(&request, rng);
                });
                None
            }
            BackendMood::Duplicated => {
                self.tally.count("request duplicated");
                let (this, again, mut other) = (self.clone(), request.clone(), rng.fork());
                let longest = one_of(&mut other, &[1, 50, LONGEST_DELAY_MS]);
                let after = Duration::from_millis(other.u64(0..longest));
                self.stragglers.later(after, move || {
                    this.deliver(&again, other);
                });
                self.deliver(request, rng)
            }
            _ => self.deliver(request, rng),
        }
    }
}

/// The transfer that a notification is about, if it is one.
fn notified_of(request: &Request) -> Option<&str> {
    let is_put = request.method == "PUT";
    request.path.strip_prefix("/transfers/").filter(|_| is_put)
}

/// What the Mojaloop Connector tells while the hub has not decided.
fn undecided(mut notification: Value) -> Value {
    notification["currentState"] = json!("ERROR_OCCURRED");
    notification["finalNotification"]["transferState"] = json!("RESERVED");
    notification
}

fn is_there(port: u16) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_ok()
}
