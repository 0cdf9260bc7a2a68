//! Who the connector is to the bank: a client that has an access token.

use std::{
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    web::{self, Data},
};
use core_connector::{
    core_banking::{
        self, Client,
        authentication::Settings,
        port::{BankError, Customers},
    },
    environment::Variables,
    sandbox::bank::{self, SandboxBank, authorization::VARIABLES},
};
use futures_util::future::join_all;
use serde_json::json;

use crate::bank::{Bank, PATIENT, PAYEE, account, amount, client, msisdn, seed};

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
async fn a_connector_that_is_not_known_gets_no_token_and_asks_nothing() {
    let bank = Bank::open();
    let found = bank.client.find_customer(&msisdn("971938765")).await;
    assert!(found.unwrap().is_some());

    for wrong in ["CBS_CLIENT_ID", "CBS_CLIENT_SECRET"] {
        let settings = settings_with(|name, known| {
            let known = known.to_owned();
            if name == wrong { known + "?" } else { known }
        });
        let stranger = client_as(settings);
        let checked = stranger.check_credit(&account(PAYEE), amount("10")).await;
        assert!(
            matches!(checked, Err(BankError::Unreachable(_))),
            "{checked:?}"
        );
    }
}

/// Gives a token to whoever asks.
pub async fn give_any_token() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "access_token": "any", "token_type": "Bearer" }))
}

/// A bank that counts, and answers as it is told to.
struct CountingBank {
    tokens: AtomicUsize,
    instructions: AtomicUsize,
    /// Seconds, as the bank says it.
    lifetime: u64,
    /// How long it takes to give a token.
    delay: Duration,
    /// Whether no token is given.
    is_closed: bool,
    /// Tokens up to this one are not taken any more, and what the bank says
    /// then of what it wants.
    revoked: usize,
    challenge: Option<&'static str>,
}

impl Default for CountingBank {
    fn default() -> Self {
        Self {
            tokens: AtomicUsize::new(0),
            instructions: AtomicUsize::new(0),
            lifetime: 3600,
            delay: Duration::ZERO,
            is_closed: false,
            revoked: 0,
            challenge: Some("Bearer error=\"invalid_token\""),
        }
    }
}

impl CountingBank {
    fn open(self, timeout: Duration) -> (Arc<Self>, Client) {
        let bank = Arc::new(self);
        let data = Data::from(Arc::clone(&bank));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = HttpServer::new(move || {
            App::new()
                .app_data(data.clone())
                .route("/oauth2/token", web::post().to(give_token))
                .default_service(web::to(instruct))
        });
        let server = server.workers(1).disable_signals().listen(listener);
        tokio::spawn(server.unwrap().run());
        (bank, client(port, timeout))
    }

    fn seen(&self) -> (usize, usize) {
        (self.tokens.load(SeqCst), self.instructions.load(SeqCst))
    }
}

async fn give_token(bank: Data<CountingBank>) -> HttpResponse {
    let number = bank.tokens.fetch_add(1, SeqCst) + 1;
    tokio::time::sleep(bank.delay).await;
    if bank.is_closed {
        return HttpResponse::ServiceUnavailable().finish();
    }
    HttpResponse::Ok().json(json!({
        "access_token": number.to_string(),
        "token_type": "bearer",
        "expires_in": bank.lifetime,
    }))
}

async fn instruct(bank: Data<CountingBank>, request: HttpRequest) -> HttpResponse {
    bank.instructions.fetch_add(1, SeqCst);
    let said = request.headers().get("authorization").unwrap();
    let token = said.to_str().unwrap().strip_prefix("Bearer ").unwrap();
    if token.parse::<usize>().unwrap() > bank.revoked {
        return HttpResponse::Ok().json(json!({}));
    }
    let mut answer = HttpResponse::Unauthorized();
    if let Some(challenge) = bank.challenge {
        answer.insert_header(("www-authenticate", challenge));
    }
    answer.finish()
}

async fn check(client: &Client) -> Result<(), BankError> {
    client.check_credit(&account(PAYEE), amount("10")).await
}

#[tokio::test]
async fn all_who_wait_share_one_token_until_it_is_about_to_expire() {
    let (bank, client) = CountingBank {
        delay: Duration::from_millis(100),
        ..CountingBank::default()
    }
    .open(PATIENT);
    let answers = join_all((0..8).map(|_| check(&client))).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(bank.seen(), (1, 8));

    let (bank, client) = CountingBank {
        lifetime: 0,
        ..CountingBank::default()
    }
    .open(PATIENT);
    for _ in 0..2 {
        assert_eq!(check(&client).await, Ok(()));
    }
    assert_eq!(bank.seen(), (2, 2));
}

#[tokio::test]
async fn a_token_that_the_bank_does_not_take_any_more_is_replaced_once() {
    let (bank, client) = CountingBank {
        revoked: 1,
        ..CountingBank::default()
    }
    .open(PATIENT);
    assert_eq!(check(&client).await, Ok(()));
    assert_eq!(bank.seen(), (2, 2));

    let (bank, client) = CountingBank {
        revoked: usize::MAX,
        ..CountingBank::default()
    }
    .open(PATIENT);
    let checked = check(&client).await;
    assert!(
        matches!(checked, Err(BankError::NoAnswer(_))),
        "{checked:?}"
    );
    assert_eq!(bank.seen(), (2, 2));
}

#[tokio::test]
async fn a_401_without_the_challenge_proves_nothing_and_nothing_is_repeated() {
    for challenge in [None, Some("Basic realm=\"gateway\"")] {
        let (bank, client) = CountingBank {
            revoked: usize::MAX,
            challenge,
            ..CountingBank::default()
        }
        .open(PATIENT);
        let checked = check(&client).await;
        assert!(
            matches!(checked, Err(BankError::NoAnswer(_))),
            "{checked:?}"
        );
        assert_eq!(bank.seen(), (1, 1));
    }
}

#[tokio::test]
async fn without_a_token_nothing_is_sent_and_not_everybody_asks_for_one() {
    let (bank, client) = CountingBank {
        is_closed: true,
        delay: Duration::from_millis(100),
        ..CountingBank::default()
    }
    .open(PATIENT);
    for checked in join_all((0..8).map(|_| check(&client))).await {
        assert!(
            matches!(checked, Err(BankError::Unreachable(_))),
            "{checked:?}"
        );
    }
    assert_eq!(bank.seen(), (1, 0));
}

#[tokio::test]
async fn nobody_waits_for_a_token_longer_than_for_the_bank() {
    let (bank, client) = CountingBank {
        delay: PATIENT,
        ..CountingBank::default()
    }
    .open(Duration::from_millis(400));
    let checks = join_all((0..8).map(|_| check(&client)));
    let answers = tokio::time::timeout(PATIENT / 2, checks).await.unwrap();
    for checked in answers {
        assert!(
            matches!(checked, Err(BankError::Unreachable(_))),
            "{checked:?}"
        );
    }
    assert_eq!(bank.seen().1, 0);
}
