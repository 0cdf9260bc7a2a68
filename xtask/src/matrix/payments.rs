//! Starts a generated connector with its sandbox, as `cargo run` does, sends one
//! payment each way, and stops it as an orchestrator does.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;
use toml::Table;

use crate::{
    http::{Answer, send},
    questions::Answers,
    running::{RunningProgram, free_port, wait_for},
};

/// The customer of another bank, whom the simulated scheme knows.
const PAYEE_ELSEWHERE: &str = "27713803912";

const RECEIVED: &str = "10";
const SENT: &str = "20";

/// A connector that runs with everything simulated.
struct Site {
    connector: RunningProgram,
    _folder: TempDir,
    backend_api: u16,
    dfsp_api: u16,
    bank: u16,
    scheme: u16,
}

/// The first two customers that can pay and be paid, by their identifiers.
struct Customers {
    id_type: String,
    payee: String,
    payer: String,
}

/// Carries one payment each way, and checks that the books hold both.
pub fn assert_payments(program: &Path, connector: &Path, answers: &Answers) -> Result<()> {
    let customers = Customers::read(connector, answers)?;
    let mut site = Site::start(program)?;
    let carried = site
        .receive(&customers)
        .and_then(|received| Ok([received, site.send(&customers, answers)?]))
        .and_then(|transfers| site.assert_books(&transfers));
    let stopped = carried.and_then(|()| site.stop());
    stopped.with_context(|| format!("the log:\n{}", site.connector.log().unwrap_or_default()))
}

impl Customers {
    fn read(connector: &Path, answers: &Answers) -> Result<Self> {
        let text = crate::template::read(&connector.join("sandbox/accounts.toml"))?;
        let accounts: Table = text.parse()?;
        let id_type = answers
            .get("id_types")
            .split(',')
            .next()
            .unwrap_or_default();
        let customers = accounts.get("customers").and_then(toml::Value::as_array);
        let identifiers: Vec<String> = customers
            .into_iter()
            .flatten()
            .filter(|customer| customer.get("status").is_none())
            .filter_map(|customer| customer.get("identifiers")?.as_array())
            .filter_map(|identifiers| {
                let texts = identifiers.iter().filter_map(toml::Value::as_str);
                texts
                    .filter_map(|text| text.split_once(' '))
                    .find(|(kind, _)| *kind == id_type)
            })
            .map(|(_, value)| value.to_owned())
            .collect();
        let [payee, payer, ..] = &identifiers[..] else {
            bail!("the sandbox bank has no two customers with a {id_type}");
        };
        Ok(Self {
            id_type: id_type.to_owned(),
            payee: payee.clone(),
            payer: payer.clone(),
        })
    }
}

impl Site {
    fn start(program: &Path) -> Result<Self> {
        let folder = TempDir::new()?;
        let [backend_api, dfsp_api, bank, scheme] = [(); 4].map(|()| free_port());
        let variables = [
            ("SDK_SERVER_PORT", backend_api),
            ("DFSP_SERVER_PORT", dfsp_api),
            ("SANDBOX_BANK_PORT", bank),
            ("SANDBOX_SDK_PORT", scheme),
        ]
        .map(|(name, port)| (name, port.to_string()));
        let log = folder.path().join("connector.log");
        let mut connector = RunningProgram::start(program, folder.path(), &log, variables)?;
        connector.wait_until_healthy(backend_api)?;
        connector.wait_until_healthy(dfsp_api)?;
        Ok(Self {
            connector,
            _folder: folder,
            backend_api,
            dfsp_api,
            bank,
            scheme,
        })
    }

    /// An incoming payment, from lookup to final notification. Returns its id.
    fn receive(&self, customers: &Customers) -> Result<String> {
        let payment = json!({
            "idType": customers.id_type,
            "idValue": customers.payee,
            "amount": RECEIVED,
        });
        let answer = send(self.scheme, "POST", "/simulator/incoming", Some(&payment))?;
        let report = succeeded("an incoming payment", &answer)?;
        ensure!(report["outcome"] == "COMMITTED", "{}", answer.text);
        let steps = report["steps"].as_array().map_or(&[][..], Vec::as_slice);
        let refused = steps.iter().find(|step| step["status"] != 200);
        ensure!(refused.is_none() && !steps.is_empty(), "{}", answer.text);
        Ok(answer.field("transferId"))
    }

    /// An outgoing payment, in as many steps as the channel takes. Returns its id.
    fn send(&self, customers: &Customers, answers: &Answers) -> Result<String> {
        let currency = answers
            .get("currency")
            .split(',')
            .next()
            .unwrap_or_default();
        let payment = json!({
            "homeTransactionId": "first-payment",
            "payeeIdType": "MSISDN",
            "payeeId": PAYEE_ELSEWHERE,
            "sendAmount": SENT,
            "sendCurrency": currency,
            "transactionType": "TRANSFER",
            "payer": { "name": "A Customer", "payerId": customers.payer },
        });
        let answer = send(self.dfsp_api, "POST", "/send-money", Some(&payment))?;
        let first = succeeded("POST /send-money", &answer)?;
        let mut names = ["transactionId", "transferId"].into_iter();
        let id = names.find_map(|name| first[name].as_str());
        let id = id.with_context(|| format!("no transfer is named: {}", answer.text))?;
        let decisions: &[&str] = match answers.get("payer_steps") {
            "one_step" => &[],
            "three_steps" => &["acceptParty", "acceptQuote"],
            _ => &["acceptQuote"],
        };
        for decision in decisions {
            let mut body = json!({ "homeTransactionId": "first-payment" });
            body[*decision] = json!(true);
            let path = format!("/send-money/{id}");
            let answer = send(self.dfsp_api, "PUT", &path, Some(&body))?;
            succeeded(&format!("PUT {path} {decision}"), &answer)?;
        }
        Ok(id.to_owned())
    }

    /// Waits until the books hold all of these transfers, and nothing is held.
    fn assert_books(&self, transfers: &[String]) -> Result<()> {
        let mut last = String::new();
        let settled = wait_for("the books hold both payments", || {
            let answer = send(self.bank, "GET", "/ledger", None).ok()?;
            let report = answer.json();
            last = answer.text;
            let is_empty = |list: &str| report[list].as_array().is_some_and(Vec::is_empty);
            let postings = report["postings"].as_array()?;
            let is_posted = |transfer: &String| {
                let mut references = postings.iter().map(|posting| posting["reference"].as_str());
                references.any(|reference| {
                    reference.is_some_and(|reference| reference.starts_with(transfer.as_str()))
                })
            };
            let is_settled = report["balanced"] == true
                && is_empty("open_holds")
                && transfers.iter().all(is_posted);
            is_settled.then_some(())
        });
        settled.with_context(|| format!("the books: {last}"))
    }

    /// It ends by itself, and without complaint, when it is asked to.
    fn stop(&mut self) -> Result<()> {
        let health = send(self.backend_api, "GET", "/health", None)?;
        succeeded("GET /health", &health)?;
        self.connector.terminate()?;
        let status = self.connector.wait()?;
        ensure!(
            status.success(),
            "it was asked to end, and ended with {status}"
        );
        Ok(())
    }
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
