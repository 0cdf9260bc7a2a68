//! What funds payments in these tests: an operation that pays payees, and one
//! that collects from payers.

use crate::{
    customers::Customer,
    debits,
    incoming_payment::IncomingPayment,
    outgoing_payment::{send_money, sent},
    test_connector::{TestConnector, eventually, variable},
};

/// What incoming payments are paid by.
pub const PAYS_PAYEES: &str = "deposit-1";

/// What outgoing payments are collected by.
pub const COLLECTS_FROM_PAYERS: &str = "withdrawal-1";

/// What the bank opens with.
pub const SEED: &str = "deposit_operation = \"deposit-1\"\n\
                        withdrawal_operation = \"withdrawal-1\"\n\
                        exposure_limit = 100000\n";

#[tokio::test]
async fn no_quote_is_given_that_would_take_the_exposure_above_its_limit() {
    let most = IncomingPayment::of("300");
    let limit = most.terms().transfer_amount().to_string();
    let name = variable("EXPOSURE_LIMIT");
    let connector = TestConnector::with(&[(&name, &limit)]).await;
    let too_much = IncomingPayment::of("301");
    connector.quote(&too_much).await.assert_error(400, "5001");
    connector.quote(&most).await.served();
    connector.assert_books([]);
}

#[tokio::test]
async fn what_was_promised_or_paid_counts_and_what_was_aborted_does_not() {
    let [paid, promised, aborted] = ["100", "100", "100"].map(IncomingPayment::of);
    let each = paid.terms().transfer_amount();
    let limit = each.plus(each).and_then(|two| two.plus(each)).unwrap();
    let name = variable("EXPOSURE_LIMIT");
    let mut connector = TestConnector::with(&[(&name, &limit.to_string())]).await;
    for payment in [&paid, &promised, &aborted] {
        connector.reserved(payment).await;
    }
    let next = IncomingPayment::of("100");
    connector.quote(&next).await.assert_error(400, "5001");
    connector
        .tell(&paid.transfer_id, "COMMITTED")
        .await
        .served();
    connector.quote(&next).await.assert_error(400, "5001");
    connector
        .tell(&aborted.transfer_id, "ABORTED")
        .await
        .served();
    connector.quote(&next).await.served();

    // The journal knows it, so a restart does not forget it.
    connector.start_again().await;
    let too_much = IncomingPayment::of("101");
    connector.quote(&too_much).await.assert_error(400, "5001");
    connector.quote(&IncomingPayment::of("100")).await.served();
    connector.assert_books([paid.committed(), promised.reserved(), aborted.released()]);
}

#[tokio::test]
async fn what_payers_have_paid_makes_room() {
    let limit = variable("EXPOSURE_LIMIT");
    let connector = TestConnector::with(&[(&limit, "300")]).await;
    let incoming = IncomingPayment::of("340");
    connector.quote(&incoming).await.assert_error(400, "5001");
    let outgoing = send_money(Customer::Joshua, "40");
    connector.pay(&outgoing).await.served();
    connector.quote(&incoming).await.served();
    let transfer_id = connector.id_of(&outgoing).await;
    let paid = debits::committed(&transfer_id, Customer::Joshua, sent("40"));
    connector.assert_books([paid]);
}

#[tokio::test]
async fn what_is_older_than_the_window_does_not_count_any_more() {
    let limit = variable("EXPOSURE_LIMIT");
    let window = ("EXPOSURE_WINDOW_MS", "3000");
    let connector = TestConnector::with(&[(&limit, "300"), window]).await;
    let paid = IncomingPayment::of("300");
    connector.reserved(&paid).await;
    let told = connector.tell(&paid.transfer_id, "COMMITTED").await;
    told.served();
    let too_early = connector.quote(&IncomingPayment::of("300")).await;
    too_early.assert_error(400, "5001");
    eventually("the window passes", async || {
        connector.quote(&IncomingPayment::of("300")).await.status == 200
    })
    .await;
    connector.assert_books([paid.committed()]);
}
