//! Is this a customer of this DFSP?

use core_connector::environment::answers;
use serde_json::json;

use crate::{
    customers::{Customer, id_type, stranger},
    test_connector::TestConnector,
};

fn path_of(customer: Customer) -> String {
    format!("/participants/{}/{}", id_type(), customer.id_value())
}

#[tokio::test]
async fn a_customer_is_at_this_dfsp_also_one_who_cannot_be_paid_now() {
    let connector = TestConnector::start().await;
    for customer in [Customer::John, Customer::Blocked] {
        let path = path_of(customer);
        for path in [format!("{path}/savings"), path] {
            let participant = connector.backend.get(&path).await.served();
            assert_eq!(participant, json!({ "fspId": answers::FSP_ID }));
        }
    }
    connector.assert_books([]);
}

#[tokio::test]
async fn a_stranger_is_not_and_neither_is_the_holder_of_a_closed_account() {
    let connector = TestConnector::start().await;
    let stranger = format!("/participants/{}/{}", id_type(), stranger());
    for path in [stranger, path_of(Customer::Closed)] {
        connector.backend.get(&path).await.assert_error(404, "3204");
    }
    connector.assert_books([]);
}

#[tokio::test]
async fn a_type_of_identifier_that_customers_are_not_found_by_is_refused() {
    let connector = TestConnector::with(&[("SUPPORTED_ID_TYPE", "ACCOUNT_ID")]).await;
    for id_type in ["MSISDN", "SHOE_SIZE"] {
        let path = format!("/participants/{id_type}/1234567");
        connector.backend.get(&path).await.assert_error(400, "3100");
    }
    connector.assert_books([]);
}

#[tokio::test]
async fn a_bank_that_fails_does_not_make_a_stranger_of_a_customer() {
    let connector = TestConnector::start().await;
    let path = path_of(Customer::John);
    connector.bank_fault("find_customer", "fail", Some(1));
    connector.backend.get(&path).await.assert_error(500, "2003");
    connector.backend.get(&path).await.served();
    connector.assert_books([]);
}
