//! What the sandbox says at the start: that it is one, and what to try.

use std::{net::SocketAddr, path::PathBuf};

use super::{bank::Seed, trial};
use crate::{
    domain::{
        currency::Currency,
        identifier::{IdType, PartyIdentifier},
    },
    operations::{configuration::Configuration, startup::Listeners},
};

/// The options of a request with a body.
pub const JSON: &str = "-H 'Content-Type: application/json' -d";

/// Who calls the DFSP API: see `DEVELOPMENT_KEY`.
pub const KEY: &str = "-H 'X-API-Key: development-key-of-the-sandbox'";

/// What is known about the sandbox when it has started.
pub struct Greeting {
    cbs_name: String,
    dfsp_name: String,
    currency: Currency,
    id_type: Option<IdType>,
    dfsp_api: SocketAddr,
    /// A payee and a payer, in this order.
    parties: Vec<String>,
    pub bank: Option<SocketAddr>,
    pub connector: Option<SocketAddr>,
    /// The journal, if it is a temporary one.
    pub journal: Option<PathBuf>,
}

impl Greeting {
    pub fn new(configuration: &Configuration, listeners: &Listeners) -> std::io::Result<Self> {
        Ok(Self {
            cbs_name: configuration.cbs_name.clone(),
            dfsp_name: configuration.dfsp_name.clone(),
            currency: configuration.currencies.first(),
            id_type: configuration.identifiers.first(),
            dfsp_api: listeners.dfsp_address()?,
            parties: Vec::new(),
            bank: None,
            connector: None,
            journal: None,
        })
    }

    pub fn choose_parties(&mut self, seed: &Seed) {
        let Some(id_type) = self.id_type else { return };
        let parties = seed.active_identifiers(id_type);
        let parties = parties.map(PartyIdentifier::canonical).map(str::to_owned);
        self.parties = parties.take(2).collect();
    }

    pub fn print(&self) {
        if let Some(bank) = self.bank {
            println!("SANDBOX: no real money is moved.");
            println!(
                "  {} of {} is played by the sandbox bank at http://{bank}",
                self.cbs_name, self.dfsp_name
            );
            println!("  (set CBS_BASE_URL to talk to the real one)");
        }
        if let Some(connector) = self.connector {
            println!("SANDBOX: no scheme is connected.");
            println!("  The Mojaloop Connector is simulated at http://{connector}");
            println!("  (set SDK_BASE_URL to talk to the real one)");
        }
        if let (Some(bank), Some(connector), Some(id_type), [payee, payer]) =
            (self.bank, self.connector, self.id_type, &self.parties[..])
        {
            let dfsp_api = self.dfsp_api;
            let currency = self.currency;
            println!();
            println!(
                "Try an incoming payment of 10 {currency}, from lookup to final notification:"
            );
            println!(
                "  curl -s -X POST http://{connector}/simulator/incoming {JSON} \
                 '{{\"idType\":\"{id_type}\",\"idValue\":\"{payee}\",\"amount\":\"10\"}}'"
            );
            trial::print(dfsp_api, currency, payer);
            println!("and the books of the bank after them:");
            println!("  curl -s http://{bank}/ledger");
        }
        if let Some(journal) = &self.journal {
            println!("Look into the journal, beside it:");
            let journal = journal.display();
            println!("  DATABASE_URL=sqlite:{journal} cargo run -- payments list");
        }
        println!();
    }
}
