//! Payments in several currencies: each has its own accounts, and none is
//! converted into another.

use core_connector::{
    domain::{currency::Currency, transfer_id::TransferId},
    environment::answers,
};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::{
    customers::{Customer, currency, id_type},
    incoming_payment::IncomingPayment,
    test_connector::TestConnector,
};

/// A currency that this connector has no funding in.
pub fn other_currency() -> &'static str {
    let letters = || ('A'..='Z').map(String::from);
    let codes = letters().flat_map(|one| letters().map(move |two| format!("{one}{two}")));
    let mut codes = codes.flat_map(|two| letters().map(move |three| format!("{two}{three}")));
    let other = codes.find_map(|code| {
        let currency: Currency = code.parse().ok()?;
        (!answers::CURRENCIES.contains(&code)).then_some(currency)
    });
    other.unwrap().code()
}

/// The second currency of this connector.
fn second_currency() -> &'static str {
    answers::CURRENCIES.split(',').nth(1).unwrap()
}

/// A customer who has an account in the second currency: his identifier, and
/// the number of his account.
fn customer_of_second_currency(connector: &TestConnector) -> (String, String) {
    let seed = crate::customers::seed();
    let mut identifiers = seed
        .active_identifiers(id_type())
        .map(|one| one.canonical());
    let ledger = connector.bank.ledger();
    let mut accounts = ledger.accounts.iter().filter(|account| {
        account.currency.code() == second_currency() && account.account.starts_with("10001")
    });
    let account = accounts.next().unwrap().account.clone();
    let known: Vec<_> = (Customer::ALL.into_iter().map(Customer::id_value)).collect();
    let identifier = identifiers.find(|one| !known.iter().any(|known| known == one));
    (identifier.unwrap().to_owned(), account)
}

fn balance(connector: &TestConnector, account: &str) -> Decimal {
    connector.bank.ledger().account(account).unwrap().balance
}

fn in_second_currency(payment: &IncomingPayment, payee: &str) -> Value {
    let mut request = payment.quote_request();
    request["currency"] = json!(second_currency());
    request["to"]["idValue"] = json!(payee);
    request
}

#[tokio::test]
async fn a_payment_in_the_second_currency_moves_money_of_that_currency_alone() {
    let connector = TestConnector::start().await;
    let (payee, account) = customer_of_second_currency(&connector);
    let before = balance(&connector, &account);
    let payment = IncomingPayment::of("1000");
    let mut request = in_second_currency(&payment, &payee);
    let quote = connector
        .backend
        .post("/quoterequests", &request)
        .await
        .served();
    assert_eq!(quote["transferAmountCurrency"], second_currency());
    request["transferId"] = json!(payment.transfer_id);
    request["quote"] = quote;
    connector
        .backend
        .post("/transfers", &request)
        .await
        .served();
    let told = connector.tell(&payment.transfer_id, "COMMITTED").await;
    told.served();
    let ledger = connector.bank.ledger();
    assert!(ledger.balanced, "{ledger:#?}");
    assert!(balance(&connector, &account) > before);
    let touched = |account: &str| ledger.account(account).unwrap().currency.code();
    for posting in ledger.postings.iter().skip(1) {
        let mut entries = posting.entries.iter();
        assert!(entries.all(|entry| touched(&entry.account) == second_currency()));
    }
}

#[tokio::test]
async fn a_customer_is_not_paid_in_the_currency_of_another_account() {
    let connector = TestConnector::start().await;
    let payment = IncomingPayment::of("100");
    let request = in_second_currency(&payment, &Customer::John.id_value());
    let answer = connector.backend.post("/quoterequests", &request).await;
    answer.assert_error(400, "5106");
    connector.assert_books([]);
}

#[tokio::test]
async fn an_amount_is_not_converted() {
    let connector = TestConnector::start().await;
    let request = json!({
        "homeTransactionId": TransferId::generate(),
        "payeeId": "27713803912",
        "payeeIdType": "MSISDN",
        "sendAmount": "10",
        "sendCurrency": currency(),
        "receiveCurrency": second_currency(),
        "transactionType": "TRANSFER",
        "payer": { "name": "Joshua", "payerId": Customer::Joshua.id_value() },
    });
    let answer = connector.dfsp.post("/send-money", &request).await;
    answer.assert_error(400, "5106");
    connector.assert_books([]);
}
