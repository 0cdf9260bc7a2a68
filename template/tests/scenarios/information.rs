//! What is told of payer and payee, and what happens if too little is.

use core_connector::{domain::transfer_id::QuoteId, journal::Quotes};
use serde_json::{Value, json};

use crate::{
    customers::{
        Customer::{self, John, Joshua},
        id_type,
    },
    incoming_payment::IncomingPayment,
    outgoing_payment::send_money,
    test_connector::TestConnector,
};

const BIRTH: &str = "CdtTrfTxInf.Dbtr.Id.PrvtId.DtAndPlcOfBirth";

async fn requiring(of_payer: &str, of_payee: &str, if_missing: &str) -> TestConnector {
    TestConnector::with(&[
        ("REQUIRED_PAYER_INFORMATION", of_payer),
        ("REQUIRED_PAYEE_INFORMATION", of_payee),
        ("MISSING_INFORMATION", if_missing),
    ])
    .await
}

fn path_of(customer: Customer) -> String {
    format!("/parties/{}/{}", id_type(), customer.id_value())
}

/// A quote request that tells who the payer is and what the payment is for.
fn telling(payment: &IncomingPayment) -> Value {
    let mut request = payment.quote_request();
    request["extensionList"] = json!([
        { "key": "Rpt.Vrfctn", "value": true },
        { "key": format!("{BIRTH}.BirthDt"), "value": "2001-01-01" },
        { "key": format!("{BIRTH}.PrvcOfBirth"), "value": "Central" },
        { "key": format!("{BIRTH}.CityOfBirth"), "value": "Riverside" },
        { "key": format!("{BIRTH}.CtryOfBirth"), "value": "KE" },
        { "key": "CdtTrfTxInf.Purp.Cd", "value": "P2P" },
    ]);
    request["from"]["firstName"] = json!("Joshua Karame");
    request
}

#[tokio::test]
async fn a_payee_is_described_with_address_and_lei_in_the_extension_list() {
    let connector = TestConnector::with(&[("LEI", "5493001KJTIIGC8Y1R12")]).await;
    let party = connector.backend.get(&path_of(John)).await.served();
    let address = "Rpt.UpdtdPtyAndAcctId.Pty.PstlAdr";
    assert_eq!(
        party["extensionList"],
        json!([
            { "key": "Rpt.UpdtdPtyAndAcctId.Agt.FinInstnId.LEI", "value": "5493001KJTIIGC8Y1R12" },
            { "key": format!("{address}.StrtNm"), "value": "Moi Avenue" },
            { "key": format!("{address}.TwnNm"), "value": "Nairobi" },
            { "key": format!("{address}.Ctry"), "value": "KE" },
        ])
    );
    connector.assert_books([]);
}

#[tokio::test]
async fn what_is_told_of_the_payer_is_kept_with_the_quote() {
    let connector = requiring("name,birth,purpose", "", "refuse").await;
    let payment = IncomingPayment::of("100");
    let request = telling(&payment);
    connector
        .backend
        .post("/quoterequests", &request)
        .await
        .served();
    let quote_id: QuoteId = payment.quote_id.parse().unwrap();
    let quote = Quotes::new(connector.store()).find(&quote_id).await;
    let payer = quote.unwrap().unwrap().request.payer_information;
    assert_eq!(payer.name.as_deref(), Some("Joshua Karame"));
    assert_eq!(payer.birth.unwrap().city, "Riverside");
    assert_eq!(payer.purpose_code.as_deref(), Some("P2P"));
    connector.assert_books([]);
}

#[tokio::test]
async fn a_quote_for_a_payer_of_whom_too_little_is_told_is_refused_or_warned_of() {
    let connector = requiring("birth", "", "refuse").await;
    let payment = IncomingPayment::of("100");
    let mut request = telling(&payment);
    // One part of four.
    request["extensionList"].as_array_mut().unwrap().remove(2);
    let answer = connector.backend.post("/quoterequests", &request).await;
    answer.assert_error(400, "3102");
    let message = answer.body["message"].as_str().unwrap();
    assert!(message.ends_with("birth"), "{message}");
    connector
        .backend
        .post("/quoterequests", &telling(&payment))
        .await
        .served();

    let warning = requiring("birth", "", "warn").await;
    warning
        .backend
        .post("/quoterequests", &request)
        .await
        .served();
}

#[tokio::test]
async fn a_payee_of_whom_too_little_is_known_is_not_described() {
    let connector = requiring("", "address", "refuse").await;
    connector.backend.get(&path_of(John)).await.served();
    let answer = connector.backend.get(&path_of(Joshua)).await;
    answer.assert_error(400, "3102");
    connector.assert_books([]);
}

#[tokio::test]
async fn a_payment_of_a_payer_of_whom_too_little_is_told_is_not_begun() {
    let mut connector = requiring("birth", "", "refuse").await;
    let answer = connector
        .dfsp
        .post("/send-money", &send_money(Joshua, "100"))
        .await;
    answer.assert_error(400, "3102");
    connector.assert_books([]);
    let rows = connector.end_and_count_rows().await;
    assert!(rows.values().all(|count| *count == 0), "{rows:?}");
}

#[tokio::test]
async fn a_payment_to_a_payee_of_whom_too_little_is_told_is_rejected() {
    let connector = requiring("", "lei", "refuse").await;
    let request = send_money(Joshua, "100");
    let answer = connector.dfsp.post("/send-money", &request).await;
    assert!(answer.has_error_body(), "{answer:?}");
    assert_eq!(answer.body["statusCode"], "3102");
    let id = connector.id_of(&request).await;
    connector.assert_rejected_at_scheme(&id).await;
    connector.assert_books([]);
}
