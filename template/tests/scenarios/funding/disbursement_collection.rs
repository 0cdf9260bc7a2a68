//! What funds payments in these tests: an account that pays payees, and one that
//! collects from payers.

use crate::{
    incoming_payment::IncomingPayment,
    test_connector::{TestConnector, variable},
};

/// What incoming payments are paid from.
pub const PAYS_PAYEES: &str = "disbursement-1";

/// What outgoing payments are collected on.
pub const COLLECTS_FROM_PAYERS: &str = "collection-1";

/// What the bank opens with.
pub const SEED: &str = "disbursement_account = \"disbursement-1\"\n\
                        disbursement_balance = 100000\n\
                        collection_account = \"collection-1\"\n\
                        collection_balance = 500\n";

#[tokio::test]
async fn no_quote_is_given_that_would_take_the_disbursement_account_below_its_floor() {
    let floor = variable("DISBURSEMENT_FLOOR");
    let connector = TestConnector::with(&[(&floor, "99000")]).await;
    connector.quote(&IncomingPayment::of("100")).await.served();
    let too_much = IncomingPayment::of("2000");
    connector.quote(&too_much).await.assert_error(400, "5001");
    connector.assert_books([]);
}

#[tokio::test]
async fn no_quote_is_given_while_the_disbursement_account_is_not_known() {
    let connector = TestConnector::start().await;
    let payment = IncomingPayment::of("100");
    connector.bank_fault("balance", "fail", Some(1));
    connector.quote(&payment).await.assert_error(500, "2003");
    connector.quote(&payment).await.served();
    connector.assert_books([]);
}

#[tokio::test]
async fn a_quote_does_not_depend_on_what_has_been_collected() {
    let warning = variable("COLLECTION_WARNING");
    let connector = TestConnector::with(&[(&warning, "400")]).await;
    connector.quote(&IncomingPayment::of("100")).await.served();
    connector.assert_books([]);
}
