//! Between the connector and the bank: makes the bank slow, silent or failing, lets it
//! refuse, and delivers twice what was sent once.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use anyhow::{Result, ensure};
use serde_json::json;

use super::{
    chance::{Chance, happens, one_of},
    plan::BankMood,
    relay::{Reply, Request, Route, Stragglers},
    tally::Tally,
};
use crate::http::send;

/// Longer than the connector waits for the bank.
const SILENCE: Duration = Duration::from_millis(1500);

/// How long the connector waits for the bank (`CBS_REQUEST_TIMEOUT_MS`).
const PATIENCE_MS: u64 = 600;

/// Within the time in which the bank acts on what it was told (`CBS_SETTLE_MS`).
const LONGEST_DELAY_MS: u64 = 1200;

/// How often in a thousand the bank does what its mood is...
const USUALLY: u32 = 450;

/// ...and something else that is bad.
const SELDOM: u32 = 15;

/// What banks say when they refuse.
const REASONS: &[&str] = &["account_blocked", "limit_exceeded", "something_else"];

pub struct BankRelay {
    bank: u16,
    chance: Chance,
    requests: AtomicU64,
    /// Instructions of which two copies are on their way.
    told_twice: AtomicU64,
    behaviour: Mutex<Behaviour>,
    tally: Arc<Tally>,
    stragglers: Stragglers,
}

#[derive(Clone, Copy)]
struct Behaviour {
    mood: BankMood,
    forgetful: bool,
    /// How often the bank may still refuse what only a person can put right
    /// then: a step that follows on one that it has done.
    late_refusals: u32,
}

impl BankRelay {
    pub fn new(bank: u16, chance: Chance, tally: Arc<Tally>, late_refusals: u32) -> Self {
        let behaviour = Behaviour {
            mood: BankMood::Well,
            forgetful: false,
            late_refusals,
        };
        Self {
            bank,
            chance,
            requests: AtomicU64::new(0),
            told_twice: AtomicU64::new(0),
            behaviour: Mutex::new(behaviour),
            tally,
            stragglers: Stragglers::default(),
        }
    }

    /// Behaves so from now on. What was sent twice has arrived before the bank
    /// becomes forgetful.
    pub fn behave(&self, mood: BankMood, forgetful: bool) -> Result<()> {
        {
            let mut behaviour = self.behaviour();
            behaviour.mood = mood;
            behaviour.forgetful = true;
        }
        while self.told_twice.load(Ordering::SeqCst) > 0 || self.stragglers.are_there() {
            thread::sleep(Duration::from_millis(10));
        }
        let answer = send(
            self.bank,
            "PUT",
            "/faults",
            Some(&json!({ "forgetful": forgetful })),
        )?;
        ensure!(answer.status == 204, "the bank: {}", answer.text);
        self.behaviour().forgetful = forgetful;
        Ok(())
    }

    fn behaviour(&self) -> MutexGuard<'_, Behaviour> {
        self.behaviour
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// What goes wrong with this request, if anything does.
    fn draw(&self, rng: &mut fastrand::Rng, step: &Step) -> BankMood {
        const OTHERS: &[BankMood] = &[
            BankMood::Slow,
            BankMood::Refusing,
            BankMood::Failing,
            BankMood::FailingAfterActing,
            BankMood::SilentAfterActing,
            BankMood::ToldTwice,
            BankMood::BehindGateway,
        ];
        let mut behaviour = self.behaviour();
        // Without a quote there is no payment that anything could happen to.
        let usually = match step {
            Step::Question => SELDOM,
            Step::Enquiry => USUALLY / 2,
            Step::First | Step::Later => USUALLY,
        };
        let drawn = match behaviour.mood {
            BankMood::Well => BankMood::Well,
            mood if happens(rng, usually) => mood,
            _ if happens(rng, SELDOM) => one_of(rng, OTHERS),
            _ => BankMood::Well,
        };
        let drawn = match (drawn, step) {
            (BankMood::ToldTwice, _) if behaviour.forgetful => BankMood::Well,
            (BankMood::ToldTwice, Step::Question | Step::Enquiry) => BankMood::Well,
            (BankMood::Refusing, Step::Question | Step::Enquiry) => BankMood::Well,
            (BankMood::Refusing, Step::Later) if behaviour.late_refusals == 0 => BankMood::Well,
            (BankMood::Refusing, Step::Later) if happens(rng, 800) => BankMood::Well,
            (BankMood::Refusing, Step::Later) => {
                behaviour.late_refusals -= 1;
                BankMood::Refusing
            }
            _ => drawn,
        };
        if drawn == BankMood::ToldTwice {
            // Before the bank can become forgetful: that waits for the lock, and then for this.
            self.told_twice.fetch_add(1, Ordering::SeqCst);
        }
        drawn
    }
}

/// What is asked of the bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Question,
    /// What became of an instruction.
    Enquiry,
    /// An instruction, or the check before it, that may be refused.
    First,
    /// An instruction that follows on one that the bank has carried out.
    Later,
}

fn step(request: &Request) -> Step {
    let body = request.json();
    match body["reference"].as_str() {
        _ if request.path.starts_with("/credit-checks") => Step::First,
        Some(reference) if reference.contains(":reserve-") => Step::First,
        Some(_) => Step::Later,
        None if request.path.starts_with("/bookings/") => Step::Enquiry,
        // What became of it, or that nobody waits for it any more.
        None if request.path.starts_with("/approvals/") => Step::Enquiry,
        None => Step::Question,
    }
}

impl Route for BankRelay {
    fn carry(&self, request: &Request) -> Option<Reply> {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let mut rng = self.chance.about("bank", number);
        let deliver = || request.deliver(self.bank).ok();
        let failure = || {
            let body = json!({ "reason": "internal_error", "message": "told to fail" });
            Some(Reply::json(500, &body))
        };
        match self.draw(&mut rng, &step(request)) {
            BankMood::Well => deliver(),
            BankMood::Slow => {
                self.tally.count("bank slow");
                // Mostly so slow that nobody waits any more.
                let least = if happens(&mut rng, 700) {
                    PATIENCE_MS
                } else {
                    100
                };
                thread::sleep(Duration::from_millis(rng.u64(least..LONGEST_DELAY_MS)));
                deliver()
            }
            BankMood::Refusing => {
                self.tally.count("bank refused");
                let reason = one_of(&mut rng, REASONS);
                let body = json!({ "reason": reason, "message": "told to refuse" });
                Some(Reply::json(422, &body))
            }
            BankMood::Failing => {
                self.tally.count("bank failed");
                failure()
            }
            BankMood::FailingAfterActing => {
                self.tally.count("bank acted and failed");
                deliver();
                failure()
            }
            BankMood::SilentAfterActing => {
                self.tally.count("bank acted in silence");
                deliver();
                if rng.bool() {
                    thread::sleep(SILENCE);
                }
                None
            }
            BankMood::ToldTwice => {
                self.tally.count("bank told twice");
                let (again, bank) = (request.clone(), self.bank);
                let after = Duration::from_millis(rng.u64(0..200));
                self.stragglers.later(after, move || {
                    // Nobody waits for the answer.
                    let _ = again.deliver(bank);
                });
                if rng.bool() {
                    // The other copy comes first.
                    thread::sleep(Duration::from_millis(rng.u64(0..200)));
                }
                let answer = deliver();
                self.told_twice.fetch_sub(1, Ordering::SeqCst);
                answer
            }
            BankMood::BehindGateway => {
                self.tally.count("bank behind a gateway");
                if rng.bool() {
                    deliver();
                }
                Some(Reply::of_gateway(one_of(&mut rng, &[502, 503, 504, 404])))
            }
            BankMood::Away => {
                self.tally.count("bank away");
                None
            }
        }
    }
}
