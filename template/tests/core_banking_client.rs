//! The client of the core banking system against the bank that it is written
//! for: here the REST API of the sandbox bank.
//!
//! **Replace this file together with the client.** What these tests say is
//! needed of every client; how the bank is started and made to misbehave is
//! the bank's own affair.

#![cfg(feature = "sandbox")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{net::TcpListener, time::Duration};

use actix_web::{App, HttpResponse, HttpServer, http::StatusCode, web};
use core_connector::{
    core_banking::{
        Client, Settings,
        port::{
            BankError, Booking, Bookings, CreditReservation, Customers, Liquidity, PayeeCredits,
            PayerCapture, PayerHolds, Refusal,
        },
    },
    domain::{
        amount::Amount,
        currency::Currency,
        identifier::{IdType, PartyIdentifier},
        party::{AccountNumber, AccountStatus},
        quote::{AmountType, PayeeCharges, Terms},
        reference::{CreditStep, DebitStep, Reference},
        transfer_id::TransferId,
    },
    operations::{answers, startup::choose_tls},
    sandbox::bank::{self, SandboxBank, Seed},
};
use serde_json::{Value, json};

const PAYEE: &str = "payee";
const PAYER: &str = "payer";
const BLOCKED: &str = "blocked";
const FLOAT: &str = "float";
const AUTHORIZATION: &str = "Bearer a-secret";

/// Longer than anything takes that is answered, also on a busy machine.
const PATIENT: Duration = Duration::from_secs(30);

fn seed() -> Seed {
    let text = format!(
        r#"
        currency = "{}"
        float_account = "float"
        float_balance = 1000
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
        answers::CURRENCY
    );
    Seed::parse(&text).unwrap()
}

/// A bank that serves, and its client.
struct Bank {
    bank: SandboxBank,
    client: Client,
}

impl Bank {
    fn open() -> Self {
        Self::with(SandboxBank::new(seed()), None, PATIENT)
    }

    fn with(bank: SandboxBank, authorization: Option<&str>, timeout: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(bank::serve(bank.clone(), listener).unwrap());
        Self {
            bank,
            client: client(port, authorization, timeout),
        }
    }

    fn misbehaves(&self, rule: Value) {
        let faults = serde_json::from_value(json!({ "rules": [rule] }));
        self.bank.set_faults(faults.unwrap());
    }

    fn available(&self, account: &str) -> String {
        let report = self.bank.ledger();
        assert!(report.balanced, "{report:#?}");
        report.account(account).unwrap().available.to_string()
    }
}

fn client(port: u16, authorization: Option<&str>, timeout: Duration) -> Client {
    choose_tls();
    Client::new(Settings {
        base_url: format!("http://127.0.0.1:{port}").parse().unwrap(),
        authorization: authorization.map(|text| text.to_owned().into()),
        timeout,
        max_idle_connections: 4,
    })
    .unwrap()
}

fn currency() -> Currency {
    answers::CURRENCY.parse().unwrap()
}

fn amount(text: &str) -> Amount {
    Amount::parse(text, currency()).unwrap()
}

fn account(number: &str) -> AccountNumber {
    AccountNumber::new(number)
}

fn msisdn(number: &str) -> PartyIdentifier {
    PartyIdentifier::parse(IdType::Msisdn, number, None, None).unwrap()
}

fn of_credit(transfer: &str, step: CreditStep) -> Reference {
    let transfer_id: TransferId = transfer.parse().unwrap();
    Reference::of_credit(&transfer_id, step)
}

fn of_debit(transfer: &str, step: DebitStep) -> Reference {
    let transfer_id: TransferId = transfer.parse().unwrap();
    Reference::of_debit(&transfer_id, step)
}

/// A credit of 100, of which the payee is charged 3 and given 1.
fn credit_to(payee: &str) -> CreditReservation {
    let charges = PayeeCharges {
        fee: amount("3"),
        commission: amount("1"),
    };
    CreditReservation {
        payee: account(payee),
        funding: account(FLOAT),
        terms: Terms::of(AmountType::Send, amount("100"), charges).unwrap(),
    }
}

fn capture() -> PayerCapture {
    PayerCapture {
        funding: account(FLOAT),
        transfer_amount: amount("49"),
        payer_fee: amount("1"),
    }
}

fn refused<T>(refusal: Refusal) -> Result<T, BankError> {
    Err(BankError::Refused(refusal))
}

#[tokio::test]
async fn a_customer_is_found_with_name_and_status_and_a_stranger_is_not() {
    let bank = Bank::open();
    let found = bank.client.find_customer(&msisdn("+265998571175")).await;
    let customer = found.unwrap().unwrap();
    assert_eq!(customer.account, account(PAYEE));
    assert_eq!(customer.display_name(), "John Doe");
    assert_eq!(customer.status, AccountStatus::Active);
    assert_eq!(customer.currency, currency());
    for (number, status) in [
        ("254700000106", AccountStatus::Blocked),
        ("254700000107", AccountStatus::Closed),
    ] {
        let found = bank.client.find_customer(&msisdn(number)).await;
        assert_eq!(found.unwrap().unwrap().status, status);
    }
    let nobody = bank.client.find_customer(&msisdn("46733123450")).await;
    assert_eq!(nobody, Ok(None));
}

#[tokio::test]
async fn a_credit_is_checked_without_moving_anything() {
    let bank = Bank::open();
    let check = async |payee: &str, text: &str| {
        let payee = account(payee);
        bank.client.check_credit(&payee, amount(text)).await
    };
    assert_eq!(check(PAYEE, "100").await, Ok(()));
    assert_eq!(check(PAYEE, "491").await, refused(Refusal::LimitExceeded));
    assert_eq!(check(BLOCKED, "1").await, refused(Refusal::AccountBlocked));
    assert_eq!(check("closed", "1").await, refused(Refusal::AccountClosed));
    assert_eq!(check("?", "1").await, refused(Refusal::UnknownAccount));
    assert_eq!(bank.available(FLOAT), "1000");
}

#[tokio::test]
async fn a_credit_is_reserved_and_committed_and_each_is_found_by_its_reference() {
    let bank = Bank::open();
    let reserve = &of_credit("t-1", CreditStep::Reserve);
    let commit = &of_credit("t-1", CreditStep::Commit);
    assert_eq!(bank.client.find_booking(reserve).await, Ok(None));

    let reserved = bank.client.reserve_credit(reserve, &credit_to(PAYEE)).await;
    let reserved = reserved.unwrap();
    // 99 go from float to payee, who is charged 3 and given 1.
    assert_eq!(bank.available(FLOAT), "901");
    let found = bank.client.find_booking(reserve).await;
    assert_eq!(found, Ok(Some(Booking::Done(reserved.clone()))));
    assert_eq!(bank.client.find_booking(commit).await, Ok(None));

    let committed = bank.client.commit_credit(commit, reserve).await.unwrap();
    assert_ne!(committed, reserved);
    assert_eq!(bank.available(PAYEE), "107");
    assert_eq!(bank.available("fees"), "2");
    let found = bank.client.find_booking(commit).await;
    assert_eq!(found, Ok(Some(Booking::Done(committed))));
}

#[tokio::test]
async fn a_reserved_credit_is_released() {
    let bank = Bank::open();
    let reserve = &of_credit("t-1", CreditStep::Reserve);
    let release = &of_credit("t-1", CreditStep::Release);
    let reserved = bank.client.reserve_credit(reserve, &credit_to(PAYEE)).await;
    reserved.unwrap();
    bank.client.release_credit(release, reserve).await.unwrap();
    assert_eq!(bank.available(FLOAT), "1000");
    assert_eq!(bank.available(PAYEE), "10");
}

#[tokio::test]
async fn money_is_held_and_captured() {
    let bank = Bank::open();
    let hold = &of_debit("t-1", DebitStep::Reserve);
    let held = bank.client.hold(hold, &account(PAYER), amount("50")).await;
    held.unwrap();
    assert_eq!(bank.available(PAYER), "50");

    let step = &of_debit("t-1", DebitStep::Commit);
    bank.client.capture(step, hold, &capture()).await.unwrap();
    assert_eq!(bank.available(PAYER), "50");
    assert_eq!(bank.available(FLOAT), "1049");
    assert_eq!(bank.available("fees"), "1");
    assert!(bank.bank.ledger().open_holds.is_empty());
}

#[tokio::test]
async fn held_money_is_released() {
    let bank = Bank::open();
    let hold = &of_debit("t-1", DebitStep::Reserve);
    let held = bank.client.hold(hold, &account(PAYER), amount("50")).await;
    held.unwrap();
    let release = &of_debit("t-1", DebitStep::Release);
    bank.client.release_hold(release, hold).await.unwrap();
    assert_eq!(bank.available(PAYER), "100");
}

#[tokio::test]
async fn an_instruction_that_comes_again_is_acted_on_once() {
    let bank = Bank::open();
    let hold = &of_debit("t-1", DebitStep::Reserve);
    let payer = &account(PAYER);
    let first = bank.client.hold(hold, payer, amount("50")).await;
    assert!(first.is_ok());
    assert_eq!(bank.client.hold(hold, payer, amount("50")).await, first);
    assert_eq!(bank.available(PAYER), "50");
}

#[tokio::test]
async fn a_refusal_is_named_and_found_by_its_reference() {
    let bank = Bank::open();
    for (transfer, payer, text, refusal) in [
        ("t-1", PAYER, "91", Refusal::LimitExceeded),
        ("t-2", BLOCKED, "1", Refusal::AccountBlocked),
        ("t-3", "closed", "1", Refusal::AccountClosed),
        ("t-4", "?", "1", Refusal::UnknownAccount),
        ("t-5", PAYEE, "11", Refusal::InsufficientFunds),
    ] {
        let hold = &of_debit(transfer, DebitStep::Reserve);
        let held = bank.client.hold(hold, &account(payer), amount(text)).await;
        assert_eq!(held, refused(refusal));
        let found = bank.client.find_booking(hold).await;
        assert_eq!(found, Ok(Some(Booking::Refused(refusal))));
    }
    let commit = of_credit("t-6", CreditStep::Commit);
    let reservation = of_credit("t-6", CreditStep::Reserve);
    let committed = bank.client.commit_credit(&commit, &reservation).await;
    assert_eq!(committed, refused(Refusal::Other));
    assert!(bank.bank.ledger().open_holds.is_empty());
}

#[tokio::test]
async fn what_is_left_on_the_float_is_without_what_is_reserved() {
    let bank = Bank::open();
    let float = &account(FLOAT);
    let available = bank.client.available(float, currency()).await;
    assert_eq!(available, Ok(amount("1000")));
    let reserve = &of_credit("t-1", CreditStep::Reserve);
    let reserved = bank.client.reserve_credit(reserve, &credit_to(PAYEE)).await;
    reserved.unwrap();
    let available = bank.client.available(float, currency()).await;
    assert_eq!(available, Ok(amount("901")));

    let other: Currency = if answers::CURRENCY == "EUR" {
        "USD"
    } else {
        "EUR"
    }
    .parse()
    .unwrap();
    let available = bank.client.available(float, other).await;
    assert_eq!(available, refused(Refusal::CurrencyNotSupported));
    let available = bank.client.available(&account("?"), currency()).await;
    assert_eq!(available, refused(Refusal::UnknownAccount));
}

#[tokio::test]
async fn a_bank_that_says_it_failed_may_have_acted_and_can_be_asked() {
    let bank = Bank::open();
    for (fault, transfer, acted) in [("fail", "t-1", false), ("act_then_fail", "t-2", true)] {
        bank.misbehaves(json!({ "operation": "hold", "fault": fault }));
        let hold = &of_debit(transfer, DebitStep::Reserve);
        let held = bank.client.hold(hold, &account(PAYER), amount("10")).await;
        assert!(matches!(held, Err(BankError::Failed(_))), "{held:?}");
        let found = bank.client.find_booking(hold).await.unwrap();
        assert_eq!(found.is_some(), acted, "{fault}");
    }
    bank.misbehaves(json!({ "operation": "any", "fault": "fail" }));
    let enquired = bank
        .client
        .find_booking(&of_debit("t-2", DebitStep::Reserve))
        .await;
    assert!(
        matches!(enquired, Err(BankError::Failed(_))),
        "{enquired:?}"
    );
    let found = bank.client.find_customer(&msisdn("971938765")).await;
    assert!(matches!(found, Err(BankError::Failed(_))), "{found:?}");
}

#[tokio::test]
async fn a_bank_that_does_not_answer_in_time_may_have_acted() {
    let timeout = Duration::from_millis(500);
    let bank = Bank::with(SandboxBank::new(seed()), None, timeout);
    bank.misbehaves(json!({ "operation": "hold", "fault": "act_then_silent" }));
    let hold = &of_debit("t-1", DebitStep::Reserve);
    let held = bank.client.hold(hold, &account(PAYER), amount("10")).await;
    assert!(matches!(held, Err(BankError::NoAnswer(_))), "{held:?}");
    assert_eq!(bank.available(PAYER), "90");
}

#[tokio::test]
async fn where_nobody_listens_nothing_was_done() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let client = client(port, None, PATIENT);
    let hold = &of_debit("t-1", DebitStep::Reserve);
    let held = client.hold(hold, &account(PAYER), amount("10")).await;
    assert!(matches!(held, Err(BankError::Unreachable(_))), "{held:?}");
}

/// Something between the client and the bank that answers for itself.
fn gateway(status: StatusCode) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer = move || async move { HttpResponse::build(status).body("<html>gateway</html>") };
    let server = HttpServer::new(move || App::new().default_service(web::to(answer)))
        .workers(1)
        .disable_signals()
        .listen(listener)
        .unwrap();
    tokio::spawn(server.run());
    port
}

#[tokio::test]
async fn what_something_in_between_answers_proves_nothing() {
    for status in [200, 302, 404, 422, 500, 502, 503, 504] {
        let port = gateway(StatusCode::from_u16(status).unwrap());
        let client = client(port, None, PATIENT);
        let hold = &of_debit("t-1", DebitStep::Reserve);
        let held = client.hold(hold, &account(PAYER), amount("10")).await;
        assert!(matches!(held, Err(BankError::NoAnswer(_))), "{held:?}");
        let found = client.find_booking(hold).await;
        assert!(matches!(found, Err(BankError::NoAnswer(_))), "{found:?}");
    }
}

#[tokio::test]
async fn the_client_says_who_it_is_and_without_that_it_is_told_nothing() {
    let requiring = || SandboxBank::new(seed()).requiring(AUTHORIZATION.to_owned());
    let known = Bank::with(requiring(), Some(AUTHORIZATION), PATIENT);
    let found = known.client.find_customer(&msisdn("971938765")).await;
    assert!(found.unwrap().is_some());
    for authorization in [None, Some("Bearer another")] {
        let unknown = Bank::with(requiring(), authorization, PATIENT);
        let found = unknown.client.find_customer(&msisdn("971938765")).await;
        // Neither "there is nobody" nor "the bank refuses".
        assert!(matches!(found, Err(BankError::NoAnswer(_))), "{found:?}");
        let hold = &of_debit("t-1", DebitStep::Reserve);
        let payer = account(PAYER);
        let held = unknown.client.hold(hold, &payer, amount("10")).await;
        assert!(matches!(held, Err(BankError::NoAnswer(_))), "{held:?}");
    }
}

#[tokio::test]
async fn an_identifier_does_not_change_the_path() {
    let bank = Bank::open();
    let alias = |value| PartyIdentifier::parse(IdType::Alias, value, None, None).unwrap();
    let found = bank.client.find_customer(&alias("a/b c?d#e%2F")).await;
    assert_eq!(found.unwrap().unwrap().account, account(PAYEE));
    for stranger in ["a", "a/../a", "../a", "?", "a%2Fb"] {
        let found = bank.client.find_customer(&alias(stranger)).await;
        assert!(!matches!(found, Ok(Some(_))), "{stranger}: {found:?}");
    }

    let transfer = "t/../1?x=%2F#y";
    let hold = &of_debit(transfer, DebitStep::Reserve);
    let held = bank.client.hold(hold, &account(PAYER), amount("50")).await;
    let held = held.unwrap();
    let found = bank.client.find_booking(hold).await;
    assert_eq!(found, Ok(Some(Booking::Done(held))));
    let release = &of_debit(transfer, DebitStep::Release);
    bank.client.release_hold(release, hold).await.unwrap();
    assert_eq!(bank.available(PAYER), "100");
}
