//! What funds payments in these tests: one float account.

use crate::{
    incoming_payment::IncomingPayment,
    test_connector::{TestConnector, variable},
};

/// What incoming payments are paid from.
pub const PAYS_PAYEES: &str = "float-1";

/// What outgoing payments are collected on.
pub const COLLECTS_FROM_PAYERS: &str = PAYS_PAYEES;

/// What the bank opens with.
pub const SEED: &str = "float_account = \"float-1\"\nfloat_balance = 100000\n";

#[tokio::test]
async fn no_quote_is_given_that_would_take_the_float_below_its_floor() {
    let floor = variable("FLOAT_FLOOR");
    let connector = TestConnector::with(&[(&floor, "99000")]).await;
    connector.quote(&IncomingPayment::of("100")).await.served();
    let too_much = IncomingPayment::of("2000");
    connector.quote(&too_much).await.assert_error(400, "5001");
    connector.assert_books([]);
}

#[tokio::test]
async fn no_quote_is_given_while_the_float_is_not_known() {
    let connector = TestConnector::start().await;
    let payment = IncomingPayment::of("100");
    connector.bank_fault("balance", "fail", Some(1));
    connector.quote(&payment).await.assert_error(500, "2003");
    connector.quote(&payment).await.served();
    connector.assert_books([]);
}
