//! A bank that serves, and the client that is tested.

use std::{net::TcpListener, time::Duration};

use core_connector::{
    core_banking::{
        Client, Settings,
        port::{BankError, Refusal},
    },
    domain::{
        amount::Amount,
        currency::Currency,
        identifier::{IdType, PartyIdentifier},
        party::AccountNumber,
    },
    environment::answers,
    operations::startup::choose_tls,
    sandbox::bank::{self, SandboxBank, Seed},
};
use serde_json::{Value, json};

use crate::funding;

pub const PAYEE: &str = "payee";
pub const PAYER: &str = "payer";
pub const BLOCKED: &str = "blocked";

/// Longer than anything takes that is answered, also on a busy machine.
pub const PATIENT: Duration = Duration::from_secs(30);

pub fn seed() -> Seed {
    let text = format!(
        r#"
        currency = "{}"
        {}
        fee_account = "fees"

        [[customers]]
        account = "payee"
        identifiers = ["MSISDN 265998571175", "ALIAS a/b c?d#e%2F"]
        first_name = "John"
        last_name = "Doe"
        balance = 10
        maximum_balance = 500

        [[customers]]
        account = "payer"
        identifiers = ["MSISDN 971938765"]
        balance = 100
        transaction_limit = 90

        [[customers]]
        account = "blocked"
        identifiers = ["MSISDN 254700000106"]
        balance = 100
        status = "blocked"

        [[customers]]
        account = "closed"
        identifiers = ["MSISDN 254700000107"]
        balance = 0
        status = "closed"
        "#,
        answers::CURRENCY,
        funding::SEED,
    );
    Seed::parse(&text).unwrap()
}

/// A bank that serves, and its client.
pub struct Bank {
    pub bank: SandboxBank,
    pub client: Client,
}

impl Bank {
    pub fn open() -> Self {
        Self::with(SandboxBank::new(seed()), PATIENT)
    }

    pub fn with(bank: SandboxBank, timeout: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(bank::serve(bank.clone(), listener).unwrap());
        Self {
            bank,
            client: client(port, timeout),
        }
    }

    pub fn misbehaves(&self, rule: Value) {
        let faults = serde_json::from_value(json!({ "rules": [rule] }));
        self.bank.set_faults(faults.unwrap());
    }

    pub fn available(&self, account: &str) -> String {
        let report = self.bank.ledger();
        assert!(report.balanced, "{report:#?}");
        report.account(account).unwrap().available.to_string()
    }
}

/// A client of the bank, which knows it.
pub fn client(port: u16, timeout: Duration) -> Client {
    choose_tls();
    Client::new(Settings {
        base_url: format!("http://127.0.0.1:{port}").parse().unwrap(),
        // [if cbs_auth is not none]
        authentication: crate::authentication::settings(),
        // [end]
        timeout,
        max_idle_connections: 4,
    })
    .unwrap()
}

pub fn currency() -> Currency {
    answers::CURRENCY.parse().unwrap()
}

pub fn amount(text: &str) -> Amount {
    Amount::parse(text, currency()).unwrap()
}

pub fn account(number: &str) -> AccountNumber {
    AccountNumber::new(number)
}

pub fn msisdn(number: &str) -> PartyIdentifier {
    PartyIdentifier::parse(IdType::Msisdn, number, None, None).unwrap()
}

pub fn refused<T>(refusal: Refusal) -> Result<T, BankError> {
    Err(BankError::Refused(refusal))
}
