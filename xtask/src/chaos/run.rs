//! One run: a connector, its partners, and everything that goes wrong between them.

use std::{
    collections::HashMap,
    env, fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::json;

use super::{
    backend_relay::BackendRelay,
    bank_relay::BankRelay,
    chance::Chance,
    customers::{self, FLOAT_ACCOUNT},
    database::{Database, Kind},
    ledger::{Hub, Ledger, report},
    load::{Load, Until},
    memory::Memory,
    patterns::Pattern,
    plan::{Extent, Interrupted, Plan, Weather},
    relay::serve,
    replicas::Replicas,
    scheme_relay::SchemeRelay,
    tally::Tally,
    verdict::{Evidence, Verdict, judge},
};
use crate::{
    http::{KEYS, send},
    running::{RunningProgram, free_port},
    workshop::Workshop,
};

/// How long payments may take to settle when all is well again.
const LONGEST_SETTLING: Duration = Duration::from_secs(120);

/// Longer than any pause of the connector: what follows within it is found.
const QUIET: Duration = Duration::from_millis(2500);

const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// How connectors are configured: all that a run of production sees in hours has to
/// happen within seconds. Nothing is given up before somebody could see it.
const SETTINGS: &[(&str, &str)] = &[
    ("FLOAT_ACCOUNT", FLOAT_ACCOUNT),
    KEYS,
    // The load comes from one channel.
    ("DFSP_API_REQUESTS_PER_MINUTE", "1000000"),
    ("DFSP_API_LOOK_UPS_PER_MINUTE", "1000000"),
    ("CBS_REQUEST_TIMEOUT_MS", "600"),
    ("CBS_SETTLE_MS", "2000"),
    ("SDK_REQUEST_TIMEOUT_MS", "3000"),
    ("QUOTE_LIFETIME_MS", "20000"),
    ("FINAL_WORD_AFTER_MS", "2500"),
    ("NEVER_SEEN_AFTER_MS", "4000"),
    ("RECOVERY_INTERVAL_MS", "150"),
    ("RETRY_FIRST_PAUSE_MS", "100"),
    ("RETRY_LONGEST_PAUSE_MS", "800"),
    ("RETRY_MAX_ATTEMPTS", "1000"),
];

/// What only replicas need.
const REPLICA_SETTINGS: &[(&str, &str)] = &[("LEASE_MS", "2000")];

/// What only customers who approve by telephone need.
const APPROVAL_SETTINGS: &[(&str, &str)] =
    &[("APPROVAL_WAIT_MS", "2000"), ("APPROVAL_POLL_MS", "150")];

/// What is to be run.
#[derive(Debug, Clone, Copy)]
pub struct Order {
    pub pattern: &'static Pattern,
    pub database: Kind,
    pub replicas: usize,
    pub seed: u64,
    pub until: Until,
    pub kills: usize,
    /// Whether everything that was written is kept even if all is well.
    pub keeps: bool,
}

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    pub transfers: u64,
    pub kills: u64,
    pub faults: u64,
    pub verdict: Verdict,
}

/// Runs it, prints what is going to happen and what came of it, and keeps everything
/// that was written if it is not as it should be.
pub fn run(order: Order, workshop: &Workshop) -> Result<Outcome> {
    let name = format!("{}-{}", order.pattern.name, order.database.as_str());
    let folder = env::temp_dir().join(format!("connector-chaos-{}-{name}", order.seed));
    if folder.exists() {
        fs::remove_dir_all(&folder)
            .with_context(|| format!("cannot remove {}, of an earlier run", folder.display()))?;
    }
    fs::create_dir_all(&folder)?;
    let outcome = Run::prepare(order, workshop, &folder)?.carry_out();
    match &outcome {
        Ok(outcome) if outcome.verdict.is_good() && !order.keeps => fs::remove_dir_all(&folder)?,
        _ => println!(
            "{name}: everything that was written is kept in {}",
            folder.display()
        ),
    }
    outcome
}

struct Run {
    order: Order,
    plan: Plan,
    folder: PathBuf,
    tally: Arc<Tally>,
    memory: Arc<Memory>,
    load: Load,
    bank: Arc<BankRelay>,
    scheme: Arc<SchemeRelay>,
    backend: Arc<BackendRelay>,
    // In this order: processes end before what they work with.
    replicas: Replicas,
    _sandbox: RunningProgram,
    database: Database,
    bank_port: u16,
    simulator_port: u16,
}

impl Run {
    fn prepare(order: Order, workshop: &Workshop, folder: &Path) -> Result<Self> {
        let chance = Chance::of(order.seed)
            .part(order.pattern.name)
            .part(order.database.as_str());
        let payments = match order.until {
            Until::Payments(payments) => payments,
            Until::Elapsed(time) => time.as_secs() * 60,
        };
        let database = Database::start(order.database, folder, payments)?;
        let plan = Plan::draw(chance, extent(order, payments, database.can_be_filled()));
        fs::write(folder.join("plan.txt"), plan.to_string())?;

        let [bank_port, simulator_port] = [(); 2].map(|()| free_port());
        let [bank_relay, scheme_relay, backend_relay] = [(); 3].map(|()| free_port());
        let accounts = folder.join("accounts.toml");
        fs::write(&accounts, customers::seed())?;
        let mut sandbox = RunningProgram::start_in_group(
            Some(database.group()),
            &workshop.sandbox(),
            folder,
            &folder.join("sandbox.log"),
            [
                ("SDK_SERVER_PORT", backend_relay.to_string()),
                ("SANDBOX_BANK_PORT", bank_port.to_string()),
                ("SANDBOX_SDK_PORT", simulator_port.to_string()),
                ("SANDBOX_ACCOUNTS", accounts.display().to_string()),
                ("LOG_LEVEL", "warn".to_owned()),
            ],
        )?;
        sandbox.wait_until_answered(bank_port, "/ledger")?;
        for (msisdn, answer) in customers::telephones(order.pattern) {
            let body = json!({ "answer": answer });
            let told = send(bank_port, "PUT", &format!("/phones/{msisdn}"), Some(&body))?;
            ensure!(told.status < 300, "{msisdn}: {}", told.text);
        }

        let mut variables = vec![
            ("DATABASE_URL".to_owned(), database.url()),
            (
                "CBS_BASE_URL".to_owned(),
                format!("http://127.0.0.1:{bank_relay}"),
            ),
            (
                "SDK_BASE_URL".to_owned(),
                format!("http://127.0.0.1:{scheme_relay}"),
            ),
        ];
        let mut settings = [SETTINGS, order.pattern.fees].concat();
        if order.database == Kind::Postgresql {
            settings.extend(REPLICA_SETTINGS);
        }
        if order.pattern.customers_approve {
            settings.extend(APPROVAL_SETTINGS);
        }
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        variables.extend(settings.into_iter().map(owned));
        let replicas = Replicas::new(
            order.replicas,
            workshop.connector(),
            folder,
            database.group(),
            variables,
        );

        let (tally, memory) = (Arc::new(Tally::default()), Arc::new(Memory::default()));
        let late_refusals = u32::try_from(1 + payments / 1000)?;
        let bank = BankRelay::new(bank_port, chance, Arc::clone(&tally), late_refusals);
        let bank = Arc::new(bank);
        serve(bank_relay, Arc::clone(&bank))?;
        let scheme = SchemeRelay::new(simulator_port, chance, Arc::clone(&tally));
        let scheme = Arc::new(scheme);
        serve(scheme_relay, Arc::clone(&scheme))?;
        let backend = Arc::new(BackendRelay::new(
            replicas.backend_apis(),
            chance,
            Arc::clone(&memory),
            Arc::clone(&tally),
        ));
        serve(backend_relay, Arc::clone(&backend))?;
        scheme.behave(Weather::CALM.scheme)?;
        replicas.look_after()?;
        replicas.wait_until_healthy()?;
        Ok(Self {
            order,
            plan,
            folder: folder.to_owned(),
            tally,
            load: Load::new(
                order.pattern,
                chance,
                order.until,
                simulator_port,
                replicas.dfsp_apis(),
                Arc::clone(&memory),
            ),
            memory,
            bank,
            scheme,
            backend,
            replicas,
            _sandbox: sandbox,
            database,
            bank_port,
            simulator_port,
        })
    }

    fn carry_out(self) -> Result<Outcome> {
        let started_at = Instant::now();
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            let watch = scope.spawn(|| self.look_after_replicas(&is_over));
            let troubles = [
                scope.spawn(|| self.kill()),
                scope.spawn(|| self.interrupt()),
                scope.spawn(|| self.change_weather()),
                scope.spawn(|| self.trouble_database()),
            ];
            self.load.carry_out();
            let loaded = started_at.elapsed().as_secs();
            let mut troubled = Ok(());
            for trouble in troubles {
                let ended = trouble.join().map_err(|_| anyhow!("a thread panicked"));
                troubled = troubled.and(ended.and_then(|ended| ended));
            }
            let settled = troubled.and_then(|()| self.settle());
            is_over.store(true, Ordering::SeqCst);
            watch.join().map_err(|_| anyhow!("a thread panicked"))??;
            let unsettled = settled?;
            println!(
                "{} on {}: {} payments within {loaded} s, settled after {} s",
                self.order.pattern.name,
                self.order.database.as_str(),
                self.load.begun(),
                started_at.elapsed().as_secs(),
            );
            self.judge(&unsettled)
        })
    }

    fn look_after_replicas(&self, is_over: &AtomicBool) -> Result<()> {
        while !is_over.load(Ordering::SeqCst) {
            self.replicas.look_after()?;
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn kill(&self) -> Result<()> {
        for at in &self.plan.kills {
            self.load.wait_for(at.moment);
            thread::sleep(Duration::from_millis(at.what.after_ms));
            self.replicas.kill(at.what)?;
        }
        Ok(())
    }

    fn interrupt(&self) -> Result<()> {
        for at in &self.plan.interruptions {
            self.load.wait_for(at.moment);
            self.tally.count(match at.what.what {
                Interrupted::Replaced => "replica replaced",
                Interrupted::Frozen { .. } => "replica frozen",
            });
            self.replicas.interrupt(at.what)?;
        }
        Ok(())
    }

    fn change_weather(&self) -> Result<()> {
        for at in &self.plan.weathers {
            self.load.wait_for(at.moment);
            self.become_like(at.what)?;
        }
        Ok(())
    }

    fn become_like(&self, weather: Weather) -> Result<()> {
        self.bank.behave(weather.bank, weather.forgetful)?;
        self.scheme.behave(weather.scheme)?;
        self.backend.behave(weather.backend);
        Ok(())
    }

    fn trouble_database(&self) -> Result<()> {
        for at in &self.plan.database {
            self.load.wait_for(at.moment);
            self.tally.count(at.what.as_str());
            self.database
                .suffer(at.what)
                .with_context(|| format!("{:?}", at.what))?;
        }
        Ok(())
    }

    /// Lets everything end when all is well again. What has not ended is returned.
    fn settle(&self) -> Result<Vec<String>> {
        self.become_like(Weather::CALM)?;
        self.database.revive()?;
        let deadline = Instant::now() + LONGEST_SETTLING;
        loop {
            let unsettled = self.database.unsettled()?;
            if unsettled.is_empty() && !self.backend.is_busy() {
                break;
            }
            if Instant::now() > deadline {
                return Ok(unsettled);
            }
            thread::sleep(POLL_INTERVAL);
        }
        thread::sleep(QUIET);
        self.database.unsettled()
    }

    /// What the bank's channels are told of every payment that was offered to them.
    fn told_now(&self) -> Result<HashMap<String, String>> {
        let replicas = self.replicas.dfsp_apis();
        let mut told = HashMap::new();
        for (payment, port) in self
            .memory
            .all_outgoing()
            .iter()
            .zip(replicas.iter().cycle())
        {
            let Some(offer) = payment.offers.first() else {
                continue;
            };
            let path = format!("/transfers/{}", offer.transfer_id);
            let answer = send(*port, "GET", &path, None)?;
            let state = answer.json()["fulfil"]["body"]["transferState"].clone();
            let state = state.as_str().unwrap_or(&answer.text).to_owned();
            told.insert(offer.transfer_id.clone(), state);
        }
        Ok(told)
    }

    fn judge(&self, unsettled: &[String]) -> Result<Outcome> {
        let books = report(self.bank_port, "/ledger")?;
        let transfers = report(self.simulator_port, "/simulator/transfers")?;
        let evidence = Evidence {
            incoming: self.memory.all_incoming(),
            outgoing: self.memory.all_outgoing(),
            hub: Hub::read(&transfers)?,
            ledger: Ledger::read(&books)?,
            journal: self.database.payments()?,
            quotes: self.database.quotes()?,
            exceptions: self.database.exceptions()?,
            told_now: self.told_now()?,
        };
        let mut verdict = judge(self.order.pattern, &evidence);
        for payment in unsettled {
            verdict.add(format!("not settled: {payment}"));
        }
        for panic in self.replicas.panics()? {
            verdict.add(format!("the connector has panicked: {panic}"));
        }
        if !verdict.is_good() || self.order.keeps {
            fs::write(self.folder.join("ledger.json"), format!("{books:#}"))?;
            fs::write(self.folder.join("hub.json"), format!("{transfers:#}"))?;
            let answered = format!("{:#?}\n{:#?}", evidence.incoming, evidence.outgoing);
            fs::write(self.folder.join("answered.txt"), answered)?;
            fs::write(self.folder.join("verdict.txt"), verdict.to_string())?;
            self.database.keep(&self.folder)?;
        }
        println!("  faults: {}", self.tally);
        println!("  ended by itself: {}", self.replicas.ended_by_themselves());
        for (state, count) in verdict.states() {
            println!("  {state}: {count}");
        }
        for (reason, count) in verdict.parked_by_reason() {
            println!("  parked {count}: {reason}");
        }
        Ok(Outcome {
            transfers: self.load.begun(),
            kills: self.replicas.kills(),
            faults: self.tally.total(),
            verdict,
        })
    }
}

fn extent(order: Order, payments: u64, fills_disk: bool) -> Extent {
    let so_many = |each: u64| usize::try_from(payments / each).unwrap_or(usize::MAX);
    Extent {
        replicas: order.replicas,
        kills: order.kills,
        interruptions: order.kills.div_ceil(3),
        weathers: so_many(150).max(9),
        database_troubles: so_many(400).max(4),
        has_server: order.database == Kind::Postgresql,
        fills_disk,
    }
}
