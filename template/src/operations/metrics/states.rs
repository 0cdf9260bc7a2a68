//! How things stand at the moment of a scrape.

use std::sync::atomic::Ordering;

use super::{Counters, Gauges, Known, Labels, set};
use crate::{
    core_banking::level::{BadSide, Level},
    domain::timestamp::Timestamp,
    journal::inspection::Overview,
    mojaloop::{
        admission::{Admission, Concern},
        readiness::Findings,
    },
    remote::{BreakerState, Call, Remote},
};

/// What is looked up when somebody scrapes. A gauge whose labels come and go is
/// emptied first.
#[derive(Debug)]
pub(super) struct States {
    build: Gauges<2>,
    started: Gauges<0>,
    ready: Gauges<0>,
    ending: Gauges<0>,
    in_progress: Gauges<0>,
    waiting: Gauges<2>,
    oldest_waiting: Gauges<2>,
    parked: Gauges<1>,
    oldest_parked: Gauges<1>,
    open_exceptions: Gauges<0>,
    overview_known: Gauges<0>,
    level: Gauges<3>,
    warning: Gauges<3>,
    refusal: Gauges<3>,
    level_known: Gauges<2>,
    breaker: Gauges<2>,
    calls_in_progress: Gauges<2>,
    places: Gauges<2>,
    places_in_use: Gauges<2>,
    requests_waiting: Gauges<2>,
    requests_refused: Counters<2>,
}

impl States {
    pub fn among(known: &mut Known) -> Self {
        let states = Self {
            build: known.gauges("connector_build_info", "Which connector this is; always 1"),
            started: known.gauges(
                "connector_start_time_seconds",
                "When this process has started, in seconds since 1970",
            ),
            ready: known.gauges("connector_ready", "1 if this process should be given work"),
            ending: known.gauges("connector_ending", "1 if this process is about to end"),
            in_progress: known.gauges(
                "connector_work_in_progress",
                "Pieces of work on payments that are being done",
            ),
            waiting: known.gauges(
                "connector_waiting_payments",
                "Payments that are neither over nor parked, by state",
            ),
            oldest_waiting: known.gauges(
                "connector_oldest_waiting_payment_seconds",
                "How long ago the oldest of them was opened",
            ),
            parked: known.gauges(
                "connector_parked_payments",
                "Payments that a person has to decide about",
            ),
            oldest_parked: known.gauges(
                "connector_oldest_parked_payment_seconds",
                "How long ago the oldest of them was opened",
            ),
            open_exceptions: known.gauges(
                "connector_open_exceptions",
                "Words of the scheme that do not fit and that nobody has dealt with",
            ),
            overview_known: known.gauges(
                "connector_payments_known",
                "1 if the journal could be looked into for the payments that wait",
            ),
            level: known.gauges(
                "connector_funding_level",
                "The balance or sum that mirrors the money at the scheme, in units of its currency",
            ),
            warning: known.gauges(
                "connector_funding_warning_level",
                "The level at which the operator is warned",
            ),
            refusal: known.gauges(
                "connector_funding_refusal_level",
                "The level at which quotes are refused",
            ),
            level_known: known.gauges(
                "connector_funding_known",
                "1 if the level could be found out",
            ),
            breaker: known.gauges(
                "connector_breaker_state",
                "1 for the state that a circuit breaker is in: closed, probing or open",
            ),
            calls_in_progress: known.gauges(
                "connector_calls_in_progress",
                "Calls that are being made, by kind",
            ),
            places: known.gauges(
                "connector_request_places",
                "How many requests are worked on at once",
            ),
            places_in_use: known.gauges(
                "connector_request_places_in_use",
                "How many requests are being worked on",
            ),
            requests_waiting: known.gauges(
                "connector_requests_waiting",
                "How many requests wait for a place",
            ),
            requests_refused: known.counters(
                "connector_requests_refused_total",
                "Requests that have found no place",
            ),
        };
        let name = ("name", env!("CARGO_PKG_NAME").into());
        let version = ("version", env!("CARGO_PKG_VERSION").into());
        set(&states.build, [name, version], 1.0);
        set(&states.started, [], seconds(Timestamp::now()));
        states
    }

    pub fn show_process(&self, findings: Findings, in_progress: usize) {
        set(&self.ready, [], truth(findings.are_ready()));
        set(&self.ending, [], truth(findings.is_ending));
        set(&self.in_progress, [], number(in_progress));
    }

    /// Nothing is known if the journal could not be looked into.
    pub fn show_payments(&self, overview: Option<&Overview>) {
        for gauges in [&self.waiting, &self.oldest_waiting] {
            gauges.clear();
        }
        for gauges in [&self.parked, &self.oldest_parked] {
            gauges.clear();
        }
        self.open_exceptions.clear();
        set(&self.overview_known, [], truth(overview.is_some()));
        let Some(overview) = overview else {
            return;
        };
        let now = Timestamp::now();
        for direction in ["incoming", "outgoing"] {
            set(&self.parked, [("direction", direction.into())], 0.0);
        }
        for waiting in &overview.waiting {
            let age = now.since(waiting.oldest_opened_at).unwrap_or_default();
            let (payments, age) = (number_of(waiting.payments), age.as_secs_f64());
            let direction = ("direction", waiting.direction.as_str().into());
            if waiting.parked {
                // Those of a direction, whatever state they are in.
                let labels = [direction];
                self.parked.get_or_create(&labels).inc_by(payments);
                let oldest = self.oldest_parked.get_or_create(&labels);
                oldest.set(oldest.get().max(age));
            } else {
                let labels: Labels<2> = [direction, ("state", waiting.state.clone().into())];
                set(&self.oldest_waiting, labels.clone(), age);
                set(&self.waiting, labels, payments);
            }
        }
        set(
            &self.open_exceptions,
            [],
            number_of(overview.open_exceptions),
        );
    }

    pub fn show_funding(&self, levels: &[Level]) {
        for gauges in [&self.level, &self.warning, &self.refusal] {
            gauges.clear();
        }
        self.level_known.clear();
        for level in levels {
            let of = ("of", level.of.into());
            let currency = ("currency", level.currency.to_string().into());
            let bad = match level.bad_side {
                BadSide::Below => "below",
                BadSide::Above => "above",
            };
            let known = truth(level.value.is_some());
            set(&self.level_known, [of.clone(), currency.clone()], known);
            let labels = [of, currency, ("bad", bad.into())];
            let shown = [
                (&self.level, level.value),
                (&self.warning, Some(level.warning)),
                (&self.refusal, level.refusal),
            ];
            for (gauges, value) in shown {
                // The text of a decimal is the text of a number.
                let value = value.and_then(|value| value.to_string().parse().ok());
                if let Some(value) = value {
                    set(gauges, labels.clone(), value);
                }
            }
        }
    }

    pub fn show_remote(&self, to: &'static str, remote: &Remote) {
        let present = remote.state();
        for (name, state) in [
            ("closed", BreakerState::Closed),
            ("probing", BreakerState::Probing),
            ("open", BreakerState::Open),
        ] {
            let labels = [("to", to.into()), ("state", name.into())];
            set(&self.breaker, labels, truth(state == present));
        }
        for (kind, call) in [
            ("question", Call::Question),
            ("instruction", Call::Instruction),
        ] {
            let labels = [("to", to.into()), ("kind", kind.into())];
            set(
                &self.calls_in_progress,
                labels,
                number(remote.in_progress(call)),
            );
        }
    }

    pub fn show_admission(&self, api: &'static str, admission: &Admission) {
        for (room, concern) in [
            ("new business", Concern::NewBusiness),
            ("under way", Concern::UnderWay),
        ] {
            let occupancy = admission.occupancy(concern);
            let labels: Labels<2> = [("api", api.into()), ("room", room.into())];
            set(&self.places, labels.clone(), number(occupancy.places));
            set(
                &self.places_in_use,
                labels.clone(),
                number(occupancy.in_use),
            );
            set(
                &self.requests_waiting,
                labels.clone(),
                number(occupancy.waiting),
            );
            let refused = self.requests_refused.get_or_create(&labels);
            refused.inner().store(occupancy.refused, Ordering::Relaxed);
        }
    }
}

fn truth(is_so: bool) -> f64 {
    f64::from(u8::from(is_so))
}

fn number(count: usize) -> f64 {
    number_of(u64::try_from(count).unwrap_or(u64::MAX))
}

/// Exact up to 2^53, which nothing here comes near to.
#[allow(clippy::cast_precision_loss, reason = "for people to look at")]
fn number_of(count: u64) -> f64 {
    count as f64
}

fn seconds(moment: Timestamp) -> f64 {
    let milliseconds = moment.as_milliseconds().unsigned_abs();
    number_of(milliseconds) / 1_000.0
}
