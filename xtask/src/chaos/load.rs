//! Payments in both directions, from callers that do not give up easily and forget
//! nothing that they were answered.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::{
    cents::Cents,
    chance::{Chance, happens, one_of},
    customers::Customer,
    memory::{Incoming, Memory, Offer, Outgoing, Told},
    patterns::Pattern,
    plan::{END, Moment},
};
use crate::http::{Answer, send};

/// How many payments are under way at the same time, in each direction.
const AT_ONCE: usize = 12;

/// How often a channel asks again, and with which pauses.
const TRIES: u32 = 8;
const LONGEST_PAUSE_MS: u64 = 500;

/// Until when payments are begun.
#[derive(Debug, Clone, Copy)]
pub enum Until {
    Payments(u64),
    Elapsed(Duration),
}

/// The load of a run. Clones are the same load.
#[derive(Clone)]
pub struct Load {
    pattern: &'static Pattern,
    chance: Chance,
    until: Until,
    started_at: Instant,
    begun: Arc<AtomicU64>,
    stopped: Arc<AtomicBool>,
    simulator: u16,
    /// The DFSP API of each replica.
    replicas: Arc<[u16]>,
    memory: Arc<Memory>,
}

impl Load {
    pub fn new(
        pattern: &'static Pattern,
        chance: Chance,
        until: Until,
        simulator: u16,
        replicas: Vec<u16>,
        memory: Arc<Memory>,
    ) -> Self {
        Self {
            pattern,
            chance,
            until,
            started_at: Instant::now(),
            begun: Arc::default(),
            stopped: Arc::default(),
            simulator,
            replicas: replicas.into(),
            memory,
        }
    }

    /// How many payments have been begun.
    pub fn begun(&self) -> u64 {
        self.begun.load(Ordering::SeqCst)
    }

    /// How much of the load is done.
    pub fn progress(&self) -> Moment {
        let (done, all) = match self.until {
            Until::Payments(all) => (self.begun(), all),
            Until::Elapsed(all) => (millis(self.started_at.elapsed()), millis(all)),
        };
        if self.stopped.load(Ordering::SeqCst) {
            return END;
        }
        u32::try_from(done * u64::from(END) / all.max(1)).unwrap_or(END)
    }

    /// Begins nothing more.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
    }

    /// Waits until so much of the load is done.
    pub fn wait_for(&self, moment: Moment) {
        while self.progress() < moment {
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Makes payments until enough have been begun, and then ends those.
    pub fn carry_out(&self) {
        thread::scope(|scope| {
            for _ in 0..AT_ONCE {
                scope.spawn(|| self.repeat(|number| self.incoming(number)));
                scope.spawn(|| self.repeat(|number| self.outgoing(number)));
            }
        });
        self.stop();
    }

    fn repeat(&self, pay: impl Fn(u64)) {
        while self.progress() < END {
            let number = self.begun.fetch_add(1, Ordering::SeqCst);
            if let Until::Payments(all) = self.until
                && number >= all
            {
                self.begun.fetch_sub(1, Ordering::SeqCst);
                return;
            }
            pay(number);
        }
    }

    /// The simulator plays the payer's side.
    fn incoming(&self, number: u64) {
        let mut rng = self.chance.about("incoming", number);
        let payee = Customer::any(&mut rng);
        let transfer_id = uuid(&mut rng);
        let wanted = json!({
            "transferId": transfer_id,
            "idType": "MSISDN",
            "idValue": payee.msisdn(),
            "amountType": one_of(&mut rng, &["SEND", "RECEIVE"]),
            "amount": amount(&mut rng),
            "finalState": if happens(&mut rng, 800) { "COMMITTED" } else { "ABORTED" },
            "notifications": one_of(&mut rng, &[0, 1, 1, 1, 1, 1, 1, 3]),
            "concurrent": rng.bool(),
        });
        self.memory.incoming(&transfer_id, |incoming| {
            incoming.payee_account = payee.account();
        });
        let answer = send(self.simulator, "POST", "/simulator/incoming", Some(&wanted));
        let Ok(report) = answer.map(|answer| answer.json()) else {
            // The simulator is not killed, so it only took too long.
            return;
        };
        self.memory.incoming(&transfer_id, |incoming| {
            // What cannot be read is found when the books are compared.
            let _ = note(incoming, &report);
        });
    }

    /// The bank's channel sends a payment.
    fn outgoing(&self, number: u64) {
        let mut rng = self.chance.about("outgoing", number);
        let payer = match self.pattern.checks_funds {
            true => Customer::any(&mut rng),
            false => Customer::solvent(&mut rng),
        };
        let mut payment = Outgoing {
            home_transaction_id: format!("home-{}", uuid(&mut rng)),
            payer_account: payer.account(),
            ..Outgoing::default()
        };
        let merchant = happens(&mut rng, 200);
        let resource = match merchant {
            true => "/merchant-payment",
            false => "/send-money",
        };
        let body = request(
            &payment.home_transaction_id,
            payer,
            merchant,
            &amount(&mut rng),
        );
        // Now and then two of the bank's channels ask at the same time.
        let at_once = if happens(&mut rng, 50) { 2 } else { 1 };
        let answers = self.at_once(at_once, "POST", resource, &body, &mut rng);
        payment
            .offers
            .extend(answers.iter().filter_map(|a| offer(a).ok()));
        let Some(offered) = payment.offers.first().cloned() else {
            self.memory.keep_outgoing(payment);
            return;
        };
        let path = format!("{resource}/{}", offered.transfer_id);
        match rng.u32(0..100) {
            // The customer has gone.
            0..8 => {}
            // Asked once more, and agreed to late.
            8..14 => {
                thread::sleep(Duration::from_millis(rng.u64(1000..7000)));
                let again = self.ask("POST", resource, &body, &mut rng);
                payment.offers.extend(again.and_then(|a| offer(&a).ok()));
                self.decide(&mut payment, &path, true, 1, &mut rng);
            }
            14..24 => self.decide(&mut payment, &path, false, 1, &mut rng),
            24..30 => self.decide(&mut payment, &path, true, 3, &mut rng),
            _ => self.decide(&mut payment, &path, true, 1, &mut rng),
        }
        self.memory.keep_outgoing(payment);
    }

    fn decide(
        &self,
        payment: &mut Outgoing,
        path: &str,
        accept: bool,
        at_once: usize,
        rng: &mut fastrand::Rng,
    ) {
        let body = json!({
            "acceptQuote": accept,
            "homeTransactionId": payment.home_transaction_id,
        });
        let answers = self.at_once(at_once, "PUT", path, &body, rng);
        payment.told.extend(answers.iter().filter_map(told));
    }

    /// The answers to the same request, sent at the same time.
    fn at_once(
        &self,
        times: usize,
        method: &str,
        path: &str,
        body: &Value,
        rng: &mut fastrand::Rng,
    ) -> Vec<Answer> {
        let ask = |mut rng| self.ask(method, path, body, &mut rng);
        if times == 1 {
            return ask(rng.fork()).into_iter().collect();
        }
        thread::scope(|scope| {
            let requests: Vec<_> = (0..times)
                .map(|_| {
                    let rng = rng.fork();
                    scope.spawn(move || ask(rng))
                })
                .collect();
            let answers = requests.into_iter().map(|request| request.join());
            answers.flatten().flatten().collect()
        })
    }

    /// Asks any of the replicas until one gives an answer that is worth something.
    fn ask(
        &self,
        method: &str,
        path: &str,
        body: &Value,
        rng: &mut fastrand::Rng,
    ) -> Option<Answer> {
        let mut last = None;
        for _ in 0..TRIES {
            let port = one_of(rng, &self.replicas);
            if let Ok(answer) = send(port, method, path, Some(body)) {
                if !may_pass(&answer) {
                    return Some(answer);
                }
                last = Some(answer);
            }
            thread::sleep(Duration::from_millis(rng.u64(20..LONGEST_PAUSE_MS)));
        }
        last
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// From 0.10 to 300, to the cent, without zeros at the end.
fn amount(rng: &mut fastrand::Rng) -> String {
    Cents::new(rng.i64(10..30_000)).to_string()
}

fn uuid(rng: &mut fastrand::Rng) -> String {
    let bits = rng.u128(..);
    let (a, b, c) = (bits >> 96, bits >> 80 & 0xffff, bits >> 68 & 0xfff);
    let (d, e) = (bits >> 52 & 0xfff, bits & 0xffff_ffff_ffff);
    format!("{a:08x}-{b:04x}-4{c:03x}-8{d:03x}-{e:012x}")
}

fn request(home_transaction_id: &str, payer: Customer, merchant: bool, amount: &str) -> Value {
    let amount_name = match merchant {
        true => "receiveAmount",
        false => "sendAmount",
    };
    json!({
        "homeTransactionId": home_transaction_id,
        "payeeIdType": "MSISDN",
        "payeeId": "27713803912",
        amount_name: amount,
        "sendCurrency": "GMD",
        "receiveCurrency": "GMD",
        "transactionType": "TRANSFER",
        "payer": { "name": "A Customer", "payerId": payer.msisdn() },
    })
}

/// What became known of an incoming payment on its way.
fn note(incoming: &mut Incoming, report: &Value) -> Result<()> {
    let steps = report["steps"].as_array().context("no steps")?;
    for step in steps {
        let request = step["request"].as_str().unwrap_or_default();
        let succeeded = step["status"] == 200;
        let body = &step["body"];
        if request == "POST /quoterequests" && succeeded {
            let text = |name: &str| body[name].as_str().context("a quote without amounts");
            let transferred = Cents::parse(text("transferAmount")?)?;
            let received = Cents::parse(text("payeeReceiveAmount")?)?;
            incoming.quote = Some((transferred, received));
            incoming.quote_id = report["quoteId"].as_str().map(str::to_owned);
        }
        if request == "POST /transfers" && succeeded {
            incoming.reserved = body["transferState"] == "RESERVED";
        }
    }
    Ok(())
}

fn offer(answer: &Answer) -> Result<Offer> {
    let body = answer.json();
    let text = |name: &str| body[name].as_str().context("not an offer");
    Ok(Offer {
        transfer_id: text("transactionId")?.to_owned(),
        send_amount: Cents::parse(text("sendAmount")?)?,
        source_fees: Cents::parse(text("sourceFees")?)?,
    })
}

/// Whether the same request may be answered otherwise: nobody knows yet.
fn may_pass(answer: &Answer) -> bool {
    let code = answer.field("statusCode");
    answer.status >= 500 && matches!(code.as_str(), "2001" | "2003" | "2005" | "")
}

fn told(answer: &Answer) -> Option<Told> {
    match answer.status {
        200 => Some(Told::Paid),
        _ if may_pass(answer) => None,
        // Modified or malformed: it says nothing about the payment.
        _ if answer.field("statusCode").starts_with("31") => None,
        _ => Some(Told::NotPaid(answer.field("statusCode"))),
    }
}
