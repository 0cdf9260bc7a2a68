//! Between the connector and the Mojaloop Connector's outbound API.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::{
    chance::{Chance, happens, one_of},
    plan::SchemeMood,
    relay::{Reply, Request, Route},
    tally::Tally,
};
use crate::http::send;

/// Longer than the connector waits for the Mojaloop Connector.
const SILENCE: Duration = Duration::from_millis(3500);

const LONGEST_DELAY_MS: u64 = 1500;

/// How long an offer is valid: short, so that runs see offers expire.
const QUOTE_LIFETIME_MS: u64 = 6000;

const USUALLY: u32 = 300;
const SELDOM: u32 = 15;

pub struct SchemeRelay {
    simulator: u16,
    chance: Chance,
    requests: AtomicU64,
    mood: Mutex<SchemeMood>,
    tally: Arc<Tally>,
}

impl SchemeRelay {
    pub fn new(simulator: u16, chance: Chance, tally: Arc<Tally>) -> Self {
        Self {
            simulator,
            chance,
            requests: AtomicU64::new(0),
            mood: Mutex::new(SchemeMood::Well),
            tally,
        }
    }

    /// Behaves so from now on.
    pub fn behave(&self, mood: SchemeMood) -> Result<()> {
        let answer = send(
            self.simulator,
            "PUT",
            "/simulator/behaviour",
            Some(&behaviour(mood)),
        )?;
        ensure!(answer.status == 204, "the simulator: {}", answer.text);
        *self.mood.lock().unwrap_or_else(PoisonError::into_inner) = mood;
        Ok(())
    }

    fn draw(&self, rng: &mut fastrand::Rng) -> SchemeMood {
        const OTHERS: &[SchemeMood] = &[
            SchemeMood::Slow,
            SchemeMood::CutOff,
            SchemeMood::SilentAfterActing,
            SchemeMood::TimingOut,
            SchemeMood::Failing,
        ];
        let mood = *self.mood.lock().unwrap_or_else(PoisonError::into_inner);
        match mood {
            SchemeMood::Well => SchemeMood::Well,
            mood if happens(rng, USUALLY) => mood,
            _ if happens(rng, SELDOM) => one_of(rng, OTHERS),
            _ => SchemeMood::Well,
        }
    }
}

/// What the hub itself decides is for the simulator, so that it knows of it.
fn behaviour(mood: SchemeMood) -> Value {
    let rules = match mood {
        SchemeMood::Aborting => json!([
            { "operation": "accept", "fault": "abort", "times": 6 },
            { "operation": "accept", "fault": "mojaloopError", "code": "5001", "times": 6 },
            { "operation": "post_transfer", "fault": "mojaloopError", "code": "5101", "times": 3 },
        ]),
        SchemeMood::Undecided => json!([
            { "operation": "accept", "fault": "commitThenReserved", "times": 6 },
            { "operation": "accept", "fault": "commitThenFail", "times": 6 },
            { "operation": "get_transfer", "fault": "unknownState", "times": 10 },
        ]),
        _ => json!([]),
    };
    json!({ "quoteLifetimeMs": QUOTE_LIFETIME_MS, "rules": rules })
}

impl Route for SchemeRelay {
    fn carry(&self, request: &Request) -> Option<Reply> {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let mut rng = self.chance.about("scheme", number);
        let deliver = || request.deliver(self.simulator).ok();
        match self.draw(&mut rng) {
            // These two are the simulator's own.
            SchemeMood::Well | SchemeMood::Aborting | SchemeMood::Undecided => deliver(),
            SchemeMood::Slow => {
                self.tally.count("scheme slow");
                thread::sleep(Duration::from_millis(rng.u64(200..LONGEST_DELAY_MS)));
                deliver()
            }
            SchemeMood::CutOff => {
                self.tally.count("scheme cut off");
                if rng.bool() {
                    deliver();
                }
                None
            }
            SchemeMood::SilentAfterActing => {
                self.tally.count("scheme acted in silence");
                deliver();
                thread::sleep(SILENCE);
                None
            }
            SchemeMood::TimingOut => {
                self.tally.count("scheme timed out");
                if rng.bool() {
                    deliver();
                }
                Some(Reply::json(504, &json!({ "message": "timeout" })))
            }
            SchemeMood::Failing => {
                self.tally.count("scheme failed");
                if rng.bool() {
                    deliver();
                }
                let body = json!({ "statusCode": "500", "message": "told to fail" });
                Some(Reply::json(500, &body))
            }
        }
    }
}
