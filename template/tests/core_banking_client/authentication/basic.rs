//! Who the connector is to the bank: a user with a password.

use std::net::TcpListener;

use core_connector::{
    core_banking::{
        self, Client,
        authentication::Settings,
        port::{BankError, Customers},
    },
    environment::Variables,
    sandbox::bank::{self, SandboxBank, authorization::VARIABLES},
};

use crate::bank::{Bank, PATIENT, PAYEE, account, amount, msisdn, seed};

/// What the bank knows the connector by.
pub fn settings() -> Settings {
    settings_with(|_, known| known.to_owned())
}

fn settings_with(value: impl Fn(&str, &str) -> String) -> Settings {
    let lookup = |name: &str| {
        let known = VARIABLES.iter().find(|(known, _)| *known == name);
        known.map(|(_, known)| value(name, known))
    };
    Settings::read(&mut Variables::of(&lookup)).unwrap()
}

/// A client that says this of itself to a bank of its own.
fn client_as(authentication: Settings) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(bank::serve(SandboxBank::new(seed()), listener).unwrap());
    Client::new(core_banking::Settings {
        base_url: format!("http://127.0.0.1:{port}").parse().unwrap(),
        authentication,
        timeout: PATIENT,
        max_idle_connections: 4,
    })
    .unwrap()
}

#[tokio::test]
async fn a_connector_that_is_not_known_is_told_nothing() {
    let bank = Bank::open();
    let found = bank.client.find_customer(&msisdn("971938765")).await;
    assert!(found.unwrap().is_some());

    for wrong in ["CBS_USER", "CBS_PASSWORD"] {
        let settings = settings_with(|name, known| {
            let known = known.to_owned();
            if name == wrong { known + "?" } else { known }
        });
        let stranger = client_as(settings);
        let found = stranger.find_customer(&msisdn("971938765")).await;
        // Neither "there is nobody" nor "the bank refuses".
        assert!(matches!(found, Err(BankError::NoAnswer(_))), "{found:?}");
        let checked = stranger.check_credit(&account(PAYEE), amount("10")).await;
        assert!(
            matches!(checked, Err(BankError::NoAnswer(_))),
            "{checked:?}"
        );
    }
}
