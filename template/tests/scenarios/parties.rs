//! Who is this? The scheme looks for a payee, and a channel for whom to pay.

use core_connector::{domain::identifier::IdType, environment::answers};
use serde_json::json;

use crate::{
    customers::{Customer, currency, id_type, stranger},
    test_connector::{TestConnector, once},
};

/// A party of another FSP.
const ELSEWHERE: &str = "25471111111";

fn path_of(customer: Customer) -> String {
    format!("/parties/{}/{}", id_type(), customer.id_value())
}

#[tokio::test]
async fn a_customer_is_described_under_the_identifier_that_was_asked_for() {
    let connector = TestConnector::start().await;
    let party = connector.backend.get(&path_of(Customer::John)).await;
    let party = party.served();
    assert_eq!(party["idType"], id_type().as_str());
    assert_eq!(party["idValue"], Customer::John.id_value());
    assert_eq!(party["fspId"], answers::FSP_ID);
    assert_eq!(party["displayName"], "John Doe");
    assert_eq!(party["firstName"], "John");
    assert_eq!(party["dateOfBirth"], "1990-05-15");
    assert_eq!(party["supportedCurrencies"], json!([currency()]));
    assert!(party["extensionList"].is_array());
    assert_eq!(party.get("idSubValue"), None);
    connector.assert_books([]);
}

#[tokio::test]
async fn an_identifier_is_echoed_as_it_was_written() {
    let connector = TestConnector::with(&[("SUPPORTED_ID_TYPE", "MSISDN")]).await;
    let number = Customer::John.id_value_of(IdType::Msisdn);
    let written = format!("+{number}");
    let path = format!("/parties/MSISDN/{written}/savings");
    let party = connector.backend.get(&path).await.served();
    assert_eq!(party["idValue"], written);
    assert_eq!(party["idSubValue"], "savings");
    assert_eq!(party["firstName"], "John");
    connector.assert_books([]);
}

#[tokio::test]
async fn an_iban_is_read_however_it_is_written_if_its_check_digits_are_right() {
    let connector = TestConnector::with(&[("SUPPORTED_ID_TYPE", "IBAN")]).await;
    let iban = Customer::John.id_value_of(IdType::Iban);
    let (country, rest) = iban.split_at(2);
    let written = format!("{} {rest}", country.to_lowercase());
    let path = format!("/parties/IBAN/{}", written.replace(' ', "%20"));
    let party = connector.backend.get(&path).await.served();
    assert_eq!(party["idValue"], written);
    assert_eq!(party["firstName"], "John");

    let misspelt = format!("/parties/IBAN/{}", iban.replace("TEST", "TETS"));
    let answer = connector.backend.get(&misspelt).await;
    answer.assert_error(400, "3101");
    connector.assert_books([]);
}

#[tokio::test]
async fn a_phone_number_in_national_form_is_completed_by_the_dial_code() {
    let variables = [("SUPPORTED_ID_TYPE", "MSISDN"), ("MSISDN_DIAL_CODE", "254")];
    let connector = TestConnector::with(&variables).await;
    let number = Customer::John.id_value_of(IdType::Msisdn);
    let national = number.replacen("254", "0", 1);
    let path = format!("/parties/MSISDN/{national}");
    let party = connector.backend.get(&path).await.served();
    assert_eq!(party["idValue"], national);
    assert_eq!(party["firstName"], "John");
    connector.assert_books([]);
}

#[tokio::test]
async fn a_stranger_is_not_found_and_neither_is_the_holder_of_a_closed_account() {
    let connector = TestConnector::start().await;
    let stranger = format!("/parties/{}/{}", id_type(), stranger());
    for path in [stranger, path_of(Customer::Closed)] {
        connector.backend.get(&path).await.assert_error(400, "3204");
    }
    connector.assert_books([]);
}

#[tokio::test]
async fn a_blocked_customer_cannot_be_paid() {
    let connector = TestConnector::start().await;
    let answer = connector.backend.get(&path_of(Customer::Blocked)).await;
    answer.assert_error(400, "5400");
    connector.assert_books([]);
}

#[tokio::test]
async fn a_type_of_identifier_that_is_not_supported_is_refused() {
    let connector = TestConnector::with(&[("SUPPORTED_ID_TYPE", "ACCOUNT_ID")]).await;
    let number = Customer::John.id_value_of(IdType::Msisdn);
    for id_type in ["MSISDN", "SHOE_SIZE"] {
        let path = format!("/parties/{id_type}/{number}");
        connector.backend.get(&path).await.assert_error(400, "3100");
    }
    connector.assert_books([]);
}

#[tokio::test]
async fn a_bank_that_fails_is_not_taken_for_one_that_does_not_know_the_customer() {
    let connector = TestConnector::start().await;
    let path = path_of(Customer::John);
    for (fault, code) in [("fail", "2003"), ("act_then_silent", "2005")] {
        connector.bank_fault("find_customer", fault, Some(1));
        connector.backend.get(&path).await.assert_error(500, code);
        connector.backend.get(&path).await.served();
    }
    connector.assert_books([]);
}

#[tokio::test]
async fn a_channel_sees_who_would_be_paid() {
    let connector = TestConnector::start().await;
    let path = format!("/parties/MSISDN/{ELSEWHERE}");
    for path in [path.clone(), format!("{path}/savings")] {
        let party = connector.dfsp.get(&path).await.served();
        assert_eq!(party["idType"], "MSISDN");
        assert_eq!(party["idValue"], ELSEWHERE);
        assert_eq!(party["fspId"], "greenbank");
        assert_eq!(party["displayName"], "John Doe");
        assert_eq!(party["supportedCurrencies"], json!([currency()]));
        let is_part = path.ends_with("/savings");
        let part = is_part.then(|| json!("savings"));
        assert_eq!(party.get("idSubValue"), part.as_ref());
    }
    connector.assert_books([]);
}

#[tokio::test]
async fn a_channel_is_told_that_there_is_nobody_or_that_it_is_not_known() {
    let connector = TestConnector::start().await;
    let nobody = "/parties/MSISDN/46733123450";
    let answer = connector.dfsp.get(nobody).await;
    answer.assert_error(404, "3204");
    let path = format!("/parties/MSISDN/{ELSEWHERE}");
    let once = once("get_party", "unavailable");
    connector.scheme_behaves(json!({ "rules": [once] })).await;
    assert_eq!(connector.dfsp.get(&path).await.status, 500);
    connector.dfsp.get(&path).await.served();
    connector.assert_books([]);
}
