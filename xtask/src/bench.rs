//! `cargo xtask bench`: what a connector costs, beside a service that does nothing.
//!
//! All figures are of one run on one machine, and what counts are the ratios. The
//! services take turns, so that what else the machine does falls on all of them.

mod load;
mod process;
mod service;

use std::{process::ExitCode, time::Duration};

use anyhow::{Context, Result, bail};
use serde_json::json;

use self::{
    load::request,
    process::{processor_time, resident_memory},
    service::{CURRENCY, Kind, PAYEE, Programs, Service},
};

pub const USAGE: &str = "\
usage: cargo xtask bench [--check] [--rounds N]

Compares a generated connector (release build), with the sandbox bank in the same
process and in another, with a service that parses and answers the same and does
nothing else. With --check, it fails if a target is missed by far.";

/// The Mojaloop Connector keeps some tens of connections open.
const CONNECTIONS: usize = 32;

const ROUNDS: usize = 5;

const STARTS: usize = 5;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Workload {
    Lookup,
    Quote,
    Transfer,
}

impl Workload {
    const ALL: [Self; 3] = [Self::Lookup, Self::Quote, Self::Transfer];

    fn name(self) -> &'static str {
        match self {
            Self::Lookup => "GET /parties",
            Self::Quote => "POST /quoterequests",
            Self::Transfer => "POST + PUT /transfers",
        }
    }

    /// How many there are in a round: about a second.
    fn units(self) -> u64 {
        match self {
            Self::Lookup => 20_000,
            Self::Quote => 10_000,
            Self::Transfer => 4_000,
        }
    }

    fn requests_per_unit(self) -> u32 {
        match self {
            Self::Transfer => 2,
            Self::Lookup | Self::Quote => 1,
        }
    }

    /// What the connector with the bank in-process has to reach of what the
    /// bare service does.
    fn target(self) -> f64 {
        match self {
            Self::Lookup | Self::Quote => 0.6,
            Self::Transfer => 0.3,
        }
    }
}

/// One round of one workload.
struct Round {
    /// Units in a second.
    rate: f64,
    median: Duration,
    slowest_percent: Duration,
    /// What the service's process took of the processors for a request.
    processor: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    check: bool,
    rounds: usize,
}

impl Options {
    pub fn parse(options: &[&str]) -> Result<Self> {
        let mut parsed = Self {
            check: false,
            rounds: ROUNDS,
        };
        let mut options = options.iter();
        while let Some(option) = options.next() {
            match *option {
                "--check" => parsed.check = true,
                "--rounds" => {
                    let number = options.next().and_then(|number| number.parse().ok());
                    let number = number.filter(|number| *number > 0);
                    parsed.rounds = number.context("--rounds takes a number")?;
                }
                other => bail!("unknown option {other}"),
            }
        }
        Ok(parsed)
    }
}

pub fn bench(options: Options) -> Result<ExitCode> {
    let programs = Programs::build()?;
    let services = Kind::ALL
        .into_iter()
        .map(|kind| Ok((kind, programs.start(kind)?)))
        .collect::<Result<Vec<_>>>()?;
    let mut missed = Vec::new();
    println!(
        "{CONNECTIONS} connections, {} rounds; medians of the rounds\n",
        options.rounds
    );
    println!(
        "{:<22} {:<16} {:>9} {:>6} {:>10} {:>10} {:>6} {:>12}",
        "", "", "a second", "ratio", "median", "99 %", "", "CPU/request"
    );
    for workload in Workload::ALL {
        let rounds = measure(workload, &services, options.rounds)?;
        for (kind, of_kind) in Kind::ALL.into_iter().zip(&rounds) {
            let ratio = median_of(
                of_kind
                    .iter()
                    .zip(&rounds[2])
                    .map(|(one, bare)| one.rate / bare.rate),
            );
            let rate = median_of(of_kind.iter().map(|round| round.rate));
            let milliseconds = |of: fn(&Round) -> Duration| {
                median_of(of_kind.iter().map(|round| of(round).as_secs_f64() * 1e3))
            };
            let median = milliseconds(|round| round.median);
            let slowest = milliseconds(|round| round.slowest_percent);
            let processor = 1e3 * milliseconds(|round| round.processor);
            println!(
                "{:<22} {:<16} {rate:>9.0} {ratio:>6.2} {median:>7.2} ms {slowest:>7.2} ms {:>5.1}x {processor:>9.0} us",
                workload.name(),
                kind.name(),
                slowest / median
            );
            if kind == Kind::InProcess {
                missed.extend(judge(
                    &format!("{}: ratio", workload.name()),
                    workload.target(),
                    ratio,
                    Wanted::More,
                ));
                missed.extend(judge(
                    &format!("{}: 99 % to median", workload.name()),
                    10.0,
                    slowest / median,
                    Wanted::Less,
                ));
            }
        }
    }
    println!();
    for (kind, service) in &services {
        let memory = resident_memory(service.process())?;
        println!(
            "{:<16} {memory:>6.1} MiB resident after the load",
            kind.name()
        );
        if *kind == Kind::OverHttp {
            missed.extend(judge("resident memory, MiB", 20.0, memory, Wanted::Less));
        }
    }
    drop(services);
    let starts =
        (0..STARTS).map(|_| Ok(programs.start(Kind::OverHttp)?.started_in.as_secs_f64() * 1e3));
    let start = median_of(starts.collect::<Result<Vec<_>>>()?.into_iter());
    println!(
        "{:<16} {start:>6.1} ms from the start to the first answer",
        ""
    );
    missed.extend(judge("start, ms", 100.0, start, Wanted::Less));
    Ok(verdict(&missed, options.check))
}

/// A target that was missed.
struct Missed {
    what: String,
    by_far: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    More,
    Less,
}

/// Missed by far is what is only half as good as it should be: less says little
/// on a machine that does something else.
fn judge(what: &str, target: f64, measured: f64, wanted: Wanted) -> Option<Missed> {
    let quality = match wanted {
        Wanted::More => measured / target,
        Wanted::Less => target / measured,
    };
    (quality < 1.0).then(|| Missed {
        what: format!("{what}: {measured:.2} instead of {target}"),
        by_far: quality < 0.5,
    })
}

fn verdict(missed: &[Missed], check: bool) -> ExitCode {
    for missed in missed {
        let how = if missed.by_far {
            "missed by far"
        } else {
            "missed"
        };
        println!("{how}: {}", missed.what);
    }
    match check && missed.iter().any(|missed| missed.by_far) {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    }
}

/// All rounds of a workload, by service.
fn measure(
    workload: Workload,
    services: &[(Kind, Service)],
    rounds: usize,
) -> Result<Vec<Vec<Round>>> {
    let mut measured: Vec<Vec<Round>> = services.iter().map(|_| Vec::new()).collect();
    // The first one warms up.
    for number in 0..=rounds {
        for ((_, service), measured) in services.iter().zip(&mut measured) {
            let round = one_round(workload, service, number)?;
            if number > 0 {
                measured.push(round);
            }
        }
    }
    Ok(measured)
}

fn one_round(workload: Workload, service: &Service, number: usize) -> Result<Round> {
    let units = workload.units();
    let port = service.port;
    if workload == Workload::Transfer {
        // What is transferred was quoted.
        load::run(port, CONNECTIONS, units, move |unit| {
            vec![quote(&format!("t{number}-{unit}"))]
        })?;
    }
    let before = processor_time(service.process())?;
    let measured = load::run(port, CONNECTIONS, units, move |unit| {
        let id = format!("{number}-{unit}");
        match workload {
            Workload::Lookup => vec![request("GET", &format!("/parties/MSISDN/{PAYEE}"), "")],
            Workload::Quote => vec![quote(&format!("q{id}"))],
            Workload::Transfer => {
                let id = format!("t{id}");
                vec![prepare(&id), notification(&id)]
            }
        }
    })?;
    let processor = processor_time(service.process())?.saturating_sub(before);
    let units = u32::try_from(units)?;
    Ok(Round {
        rate: f64::from(units) / measured.took.as_secs_f64(),
        median: measured.percentile(0.5),
        slowest_percent: measured.percentile(0.99),
        processor: processor / (units * workload.requests_per_unit()),
    })
}

fn quote(id: &str) -> Vec<u8> {
    let body = json!({
        "quoteId": format!("q-{id}"),
        "transactionId": id,
        "to": payee(),
        "from": payer(),
        "amountType": "SEND",
        "amount": "1",
        "currency": CURRENCY,
        "transactionType": "TRANSFER",
        "initiator": "PAYER",
        "initiatorType": "CONSUMER",
    });
    request("POST", "/quoterequests", &body.to_string())
}

fn prepare(id: &str) -> Vec<u8> {
    let body = json!({
        "transferId": id,
        "quote": {
            "quoteId": format!("q-{id}"),
            "transactionId": id,
            "transferAmount": "1",
            "transferAmountCurrency": CURRENCY,
            "payeeReceiveAmount": "1",
            "payeeReceiveAmountCurrency": CURRENCY,
        },
        "from": payer(),
        "to": payee(),
        "amountType": "SEND",
        "currency": CURRENCY,
        "amount": "1",
        "transactionType": "TRANSFER",
    });
    request("POST", "/transfers", &body.to_string())
}

fn notification(id: &str) -> Vec<u8> {
    let body = json!({
        "currentState": "COMPLETED",
        "finalNotification": { "transferState": "COMMITTED" },
    });
    request("PUT", &format!("/transfers/{id}"), &body.to_string())
}

fn payee() -> serde_json::Value {
    json!({ "idType": "MSISDN", "idValue": PAYEE, "fspId": "harbourbank" })
}

fn payer() -> serde_json::Value {
    json!({ "idType": "MSISDN", "idValue": "27713803912", "fspId": "bluebank" })
}

fn median_of(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn only_what_is_missed_by_far_fails_a_check() {
        assert!(judge("rate", 0.6, 0.7, Wanted::More).is_none());
        assert!(!judge("rate", 0.6, 0.5, Wanted::More).unwrap().by_far);
        assert!(judge("rate", 0.6, 0.2, Wanted::More).unwrap().by_far);
        assert!(judge("memory", 20.0, 50.0, Wanted::Less).unwrap().by_far);
        assert!(judge("memory", 20.0, 10.0, Wanted::Less).is_none());
    }

    #[test]
    fn options_are_understood() {
        let options = Options::parse(&["--check", "--rounds", "3"]).unwrap();
        assert_eq!((options.check, options.rounds), (true, 3));
        assert!(Options::parse(&["--rounds", "0"]).is_err());
        assert!(Options::parse(&["--fast"]).is_err());
    }
}
