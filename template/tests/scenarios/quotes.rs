//! What would a payment come to? A quote moves and reserves nothing.

use core_connector::domain::{quote::AmountType, timestamp::Timestamp, transfer_id::TransferId};
use serde_json::json;

use crate::{
    customers::{Customer, currency, other_currency},
    incoming_payment::IncomingPayment,
    test_connector::TestConnector,
};

#[tokio::test]
async fn a_quote_says_what_is_transferred_what_arrives_and_until_when() {
    let connector = TestConnector::start().await;
    for amount_type in [AmountType::Send, AmountType::Receive] {
        let mut payment = IncomingPayment::of("100");
        payment.amount_type = amount_type;
        let quote = connector.quote(&payment).await.served();
        let terms = payment.terms();
        assert_eq!(quote["quoteId"], payment.quote_id);
        assert_eq!(quote["transactionId"], payment.transfer_id.as_str());
        for (name, expected) in [
            ("transferAmount", terms.transfer_amount()),
            ("payeeReceiveAmount", terms.payee_receives()),
            ("payeeFspFeeAmount", terms.payee_charges().fee),
            ("payeeFspCommissionAmount", terms.payee_charges().commission),
        ] {
            assert_eq!(quote[name], expected.to_string(), "{name}");
            assert_eq!(quote[format!("{name}Currency")], json!(currency()));
        }
        let expiration: Timestamp = quote["expiration"].as_str().unwrap().parse().unwrap();
        assert!(expiration > Timestamp::now());
    }
    connector.assert_books([]);
}

#[tokio::test]
async fn the_same_request_gets_the_same_quote_and_another_one_none() {
    let connector = TestConnector::start().await;
    let payment = IncomingPayment::of("100");
    let quote = connector.quote(&payment).await;
    assert_eq!(connector.quote(&payment).await, quote);
    assert_eq!(quote.status, 200);

    let mut other = payment.clone();
    other.amount = "200".to_owned();
    connector.quote(&other).await.assert_error(400, "3106");
    other = payment.clone();
    other.transfer_id = TransferId::generate();
    connector.quote(&other).await.assert_error(400, "3106");
    assert_eq!(connector.quote(&payment).await, quote);
    connector.assert_books([]);
}

#[tokio::test]
async fn an_amount_is_answered_in_the_form_that_the_scheme_takes() {
    let connector = TestConnector::start().await;
    let mut payment = IncomingPayment::of("150.00");
    let quote = connector.quote(&payment).await.served();
    payment.amount = "150".to_owned();
    let expected = payment.terms().transfer_amount().to_string();
    assert_eq!(quote["transferAmount"], expected);
    assert_eq!(connector.quote(&payment).await.served(), quote);
    connector.assert_books([]);
}

#[tokio::test]
async fn an_amount_has_all_the_decimals_of_its_currency_and_no_more() {
    let connector = TestConnector::start().await;
    let decimals = currency().minor_units() as usize;
    if decimals > 0 {
        let payment = IncomingPayment::of(&format!("100.{}", "1".repeat(decimals)));
        let quote = connector.quote(&payment).await.served();
        let expected = payment.terms().transfer_amount().to_string();
        assert_eq!(quote["transferAmount"], expected);
    }
    let payment = IncomingPayment::of(&format!("100.{}", "1".repeat(decimals + 1)));
    connector.quote(&payment).await.assert_error(400, "3101");
    connector.assert_books([]);
}

#[tokio::test]
async fn what_is_not_an_amount_is_refused_and_leaves_nothing_behind() {
    let connector = TestConnector::start().await;
    for text in [
        "1e3",
        "-1",
        "1,50",
        " 1",
        "",
        "1000000000000000000",
        "0",
        "0.00",
    ] {
        let mut payment = IncomingPayment::of(text);
        connector.quote(&payment).await.assert_error(400, "3101");
        payment.amount = "100".to_owned();
        connector.quote(&payment).await.served();
    }
    connector.assert_books([]);
}

#[tokio::test]
async fn a_currency_without_funding_is_refused_whatever_else_is_wrong() {
    let connector = TestConnector::start().await;
    for currency in [other_currency(), "XXX", "kes", ""] {
        let mut request = IncomingPayment::of("100").quote_request();
        request["currency"] = json!(currency);
        for id_type in [request["to"]["idType"].clone(), json!("SHOE_SIZE")] {
            request["to"]["idType"] = id_type;
            let answer = connector.backend.post("/quoterequests", &request).await;
            answer.assert_error(400, "5106");
        }
    }
    connector.assert_books([]);
}

#[tokio::test]
async fn no_quote_is_given_for_a_credit_that_the_account_cannot_take() {
    let connector = TestConnector::start().await;
    for (payee, code) in [
        (Customer::NearlyFull, "5200"),
        (Customer::Limited, "5200"),
        (Customer::Blocked, "5400"),
        (Customer::Closed, "3204"),
    ] {
        let payment = IncomingPayment::of("500").to(payee);
        connector.quote(&payment).await.assert_error(400, code);
    }
    connector.assert_books([]);
}

#[tokio::test]
async fn a_bank_that_cannot_be_asked_is_a_passing_failure() {
    let connector = TestConnector::start().await;
    let payment = IncomingPayment::of("100");
    for operation in ["find_customer", "check_credit"] {
        connector.bank_fault(operation, "fail", Some(1));
        connector.quote(&payment).await.assert_error(500, "2003");
    }
    connector.quote(&payment).await.served();
    connector.assert_books([]);
}
