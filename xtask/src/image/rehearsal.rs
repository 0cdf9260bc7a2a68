//! A connector in its container carries payments, and is stopped in the middle of some.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{
    container::{Container, Ports},
    engine::Engine,
};
use crate::{
    http::{Answer, send, send_with_headers},
    running::{RunningProgram, free_port, wait_for},
    workshop::Workshop,
};

/// Customers of the sandbox bank, and one of another bank.
const PAYEE: &str = "265998571175";
const PAYER: &str = "971938765";
const ELSEWHERE: &str = "27713803912";

const FLOAT_ACCOUNT: &str = "9000001";

/// The key of the bank's channel, and how the connector knows it.
const KEY: &str = "key-of-the-rehearsal";
const KEYS: &str = "rehearsal:183249adc72d7758342f11af9a3c78203c7d3259fb4d85ec0045f300e408b8e3";

/// What the connector has from files, which appear when it has been started.
const SECRETS: [(&str, &str); 2] = [("FLOAT_ACCOUNT", FLOAT_ACCOUNT), ("DFSP_API_KEYS", KEYS)];

/// Longer than it takes until a request has reached the bank.
const A_MOMENT: Duration = Duration::from_millis(700);

/// How slow the bank is when the connector is stopped: that much can be waited for.
const SLOW_MS: u64 = 2500;

/// How the connector is configured: a bank that says nothing is waited for longer
/// than the end may take.
const SETTINGS: [(&str, &str); 8] = [
    ("CBS_REQUEST_TIMEOUT_MS", "3000"),
    ("CBS_SETTLE_MS", "4000"),
    ("SDK_REQUEST_TIMEOUT_MS", "10000"),
    ("RECOVERY_INTERVAL_MS", "200"),
    ("RETRY_FIRST_PAUSE_MS", "100"),
    ("RETRY_LONGEST_PAUSE_MS", "500"),
    ("SHUTDOWN_TIMEOUT_MS", "3000"),
    ("LOG_LEVEL", "info,actix_server=warn"),
];

/// The connector in its container, and its partners beside it.
struct Site<'a> {
    container: Container<'a>,
    _sandbox: RunningProgram,
    _logs: TempDir,
    dfsp_api: u16,
    bank: u16,
    scheme: u16,
    variables: Vec<(String, String)>,
}

/// Carries payments through an image, and says what was seen.
pub fn rehearse(engine: &Engine, image: &str, workshop: &Workshop) -> Result<Vec<String>> {
    let folder = TempDir::new()?;
    let site = Site::start(engine, image, workshop, folder.path())?;
    let mut seen = Vec::new();
    let carried = site
        .wait_for_secrets(folder.path(), &mut seen)
        .and_then(|()| site.carry_payments(&mut seen));
    carried.with_context(|| {
        let log = site.container.log().unwrap_or_default();
        format!("the log of the container:\n{log}")
    })?;
    Ok(seen)
}

impl<'a> Site<'a> {
    /// Starts the partners, and the connector, whose secrets are not there yet.
    fn start(
        engine: &'a Engine,
        image: &'a str,
        workshop: &Workshop,
        folder: &'a Path,
    ) -> Result<Self> {
        // Another user has to get in.
        fs::set_permissions(folder, Permissions::from_mode(0o755))?;
        let [backend_api, dfsp_api, metrics, bank, scheme] = [(); 5].map(|()| free_port());
        let ports = [
            ("SDK_SERVER_PORT", backend_api),
            ("SANDBOX_BANK_PORT", bank),
            ("SANDBOX_SDK_PORT", scheme),
        ]
        .map(|(name, port)| (name, port.to_string()));
        let logs = TempDir::new()?;
        let log = logs.path().join("sandbox.log");
        let mut sandbox = RunningProgram::start(&workshop.sandbox(), logs.path(), &log, ports)?;
        sandbox.wait_until_answered(bank, "/ledger")?;

        let on_host = |port: u16| format!("http://127.0.0.1:{port}");
        let mut variables: Vec<(String, String)> = SETTINGS
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
        variables.extend(
            [
                ("SDK_SERVER_PORT", backend_api.to_string()),
                ("DFSP_SERVER_PORT", dfsp_api.to_string()),
                ("METRICS_SERVER_PORT", metrics.to_string()),
                ("CBS_BASE_URL", on_host(bank)),
                ("SDK_BASE_URL", on_host(scheme)),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        let ports = Ports {
            backend_api,
            metrics,
        };
        let container = Container::new(engine, image, workshop.name(), ports, folder);
        container.start(&variables)?;
        Ok(Self {
            container,
            _sandbox: sandbox,
            _logs: logs,
            dfsp_api,
            bank,
            scheme,
            variables,
        })
    }

    /// The connector says what it waits for, and serves when that is there.
    fn wait_for_secrets(&self, folder: &Path, seen: &mut Vec<String>) -> Result<()> {
        wait_for("the connector says that it waits", || {
            let log = self.container.log().ok()?;
            log.contains("waiting for secrets").then_some(())
        })?;
        for (name, secret) in SECRETS {
            let file = folder.join(name);
            fs::write(&file, secret)?;
            fs::set_permissions(&file, Permissions::from_mode(0o444))?;
        }
        let there = Instant::now();
        self.container.wait_until_it_serves()?;
        let took = there.elapsed().as_millis();
        seen.push(format!(
            "it waited for its secrets, and served {took} ms after they had appeared"
        ));
        Ok(())
    }

    fn carry_payments(&self, seen: &mut Vec<String>) -> Result<()> {
        let received = received(&self.receive()?)?;
        let sent = self.offer("sent")?;
        succeeded("the payer agrees", &self.agree(&sent)?)?;
        let mut posted = vec![received, sent];
        self.await_books(&posted)?;
        let (now, highest) = self.container.memory()?;
        seen.push("a payment came and one left; the books hold both".to_owned());
        seen.push(format!(
            "resident memory: {now} KiB, at its highest {highest} KiB; user 65532, no capabilities"
        ));

        // What can be finished before the end is finished, and answered.
        self.bank_faults(&[("commit_credit", "slow")])?;
        let answer = self.stop_during(|| self.receive())?;
        posted.push(self::received(&answer?)?);
        self.assert_logged("nothing was in progress any more")?;
        self.start_again()?;
        let sent = self.offer("sent-in-the-middle")?;
        self.bank_faults(&[("hold", "slow")])?;
        let answer = self.stop_during(|| self.agree(&sent))?;
        succeeded("the payer agrees, and it is stopped", &answer?)?;
        self.assert_logged("nothing was in progress any more")?;
        posted.push(sent);
        self.start_again()?;
        self.await_books(&posted)?;
        seen.push("SIGTERM in the middle of a payment each way: both were finished".to_owned());

        // What cannot is left to the next container, with the volume.
        let sent = self.offer("handed-over")?;
        self.bank_faults(&[("capture", "act_then_silent"), ("enquire", "slow")])?;
        let answer = self.stop_during(|| self.agree(&sent))?;
        let is_answered = answer.is_ok_and(|answer| answer.status == 200);
        ensure!(!is_answered, "a bank that says nothing was not waited for");
        self.assert_logged("before everything is finished")?;
        self.bank_faults(&[])?;
        posted.push(sent);
        self.start_again()?;
        self.await_books(&posted)?;
        seen.push("and with a bank that says nothing: the next container finished it".to_owned());
        Ok(())
    }

    /// Starts the next container with the volume of the last.
    fn start_again(&self) -> Result<()> {
        self.container.start(&self.variables)?;
        self.container.wait_until_it_serves()
    }

    /// Stops the container while something is done, and returns what came of that.
    fn stop_during<T: Send>(&self, work: impl FnOnce() -> Result<T> + Send) -> Result<Result<T>> {
        thread::scope(|scope| {
            let work = scope.spawn(work);
            thread::sleep(A_MOMENT);
            let code = self.container.stop()?;
            ensure!(code == "0", "it was told to end, and ended with {code}");
            let Ok(done) = work.join() else {
                bail!("a payment has panicked");
            };
            Ok(done)
        })
    }

    fn assert_logged(&self, sentence: &str) -> Result<()> {
        let log = self.container.log()?;
        ensure!(log.contains(sentence), "not in the log: {sentence}");
        Ok(())
    }

    /// An incoming payment, from look-up to final notification.
    fn receive(&self) -> Result<Answer> {
        let payment = json!({ "idType": "MSISDN", "idValue": PAYEE, "amount": "10" });
        send(self.scheme, "POST", "/simulator/incoming", Some(&payment))
    }

    /// The offer of an outgoing payment: its transfer.
    fn offer(&self, home_transaction_id: &str) -> Result<String> {
        let payment = json!({
            "homeTransactionId": home_transaction_id,
            "payeeIdType": "MSISDN",
            "payeeId": ELSEWHERE,
            "sendAmount": "20",
            "sendCurrency": "KES",
            "transactionType": "TRANSFER",
            "payer": { "name": "A Customer", "payerId": PAYER },
        });
        let answer = self.dfsp("POST", "/send-money", &payment)?;
        succeeded("an offer", &answer)?;
        Ok(answer.field("transactionId"))
    }

    fn agree(&self, transfer: &str) -> Result<Answer> {
        let path = format!("/send-money/{transfer}");
        let decision = json!({ "acceptQuote": true, "homeTransactionId": "home" });
        self.dfsp("PUT", &path, &decision)
    }

    fn dfsp(&self, method: &str, path: &str, body: &Value) -> Result<Answer> {
        let headers = [("content-type", "application/json"), ("x-api-key", KEY)];
        send_with_headers(self.dfsp_api, method, path, &headers, Some(body))
    }

    /// Makes the bank misbehave once at each of these operations, and not at others.
    fn bank_faults(&self, faults: &[(&str, &str)]) -> Result<()> {
        let rule = |(operation, fault): &(&str, &str)| json!({ "operation": operation, "fault": fault, "delay_ms": SLOW_MS, "times": 1 });
        let rules: Vec<Value> = faults.iter().map(rule).collect();
        let faults = json!({ "rules": rules, "forgetful": true });
        let answer = send(self.bank, "PUT", "/faults", Some(&faults))?;
        ensure!(answer.status == 204, "faults: {}", answer.text);
        Ok(())
    }

    /// Waits until the books balance, hold each of these transfers once and no other,
    /// and nothing is held any more.
    fn await_books(&self, transfers: &[String]) -> Result<()> {
        let mut last = String::new();
        let settled = wait_for("the books hold all payments", || {
            let answer = send(self.bank, "GET", "/ledger", None).ok()?;
            let report = answer.json();
            last = answer.text;
            let references: Vec<&str> = report["postings"]
                .as_array()?
                .iter()
                .filter_map(|posting| posting["reference"].as_str())
                .filter(|reference| reference.contains(":commit-"))
                .collect();
            let is_posted_once = |transfer: &String| {
                let of_transfer = |reference: &&&str| reference.starts_with(transfer.as_str());
                references.iter().filter(of_transfer).count() == 1
            };
            let is_settled = report["balanced"] == true
                && report["open_holds"].as_array()?.is_empty()
                && references.len() == transfers.len()
                && transfers.iter().all(is_posted_once);
            is_settled.then_some(())
        });
        settled.with_context(|| format!("expected {transfers:?}; the books: {last}"))
    }
}

/// The transfer of an incoming payment that went well.
fn received(answer: &Answer) -> Result<String> {
    let report = succeeded("an incoming payment", answer)?;
    ensure!(report["outcome"] == "COMMITTED", "{}", answer.text);
    let steps = report["steps"].as_array().map_or(&[][..], Vec::as_slice);
    let refused = steps.iter().find(|step| step["status"] != 200);
    ensure!(refused.is_none() && !steps.is_empty(), "{}", answer.text);
    Ok(answer.field("transferId"))
}

fn succeeded(what: &str, answer: &Answer) -> Result<Value> {
    ensure!(
        answer.status == 200,
        "{what}: {} {}",
        answer.status,
        answer.text
    );
    Ok(answer.json())
}
