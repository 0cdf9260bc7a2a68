//! A bank that fails at what it is told about outgoing payments.

use core_connector::{
    core_banking::port::{Booking, Bookings},
    domain::{
        outgoing::OutgoingState,
        reference::{DebitStep, Reference},
        transfer_id::TransferId,
    },
};
use serde_json::json;

use crate::{
    customers::Customer::{Joshua, Poor},
    debits::{committed, released, reserved},
    outgoing_payment::{send_money, sent},
    test_connector::{TestConnector, rule},
};

/// Whether the bank has been told that there is no transfer.
async fn knows_of_no_transfer(connector: &TestConnector, id: &TransferId) -> bool {
    let reference = Reference::of_debit(id, DebitStep::Release);
    let found = connector.bank.find_booking(&reference).await.unwrap();
    matches!(found, Some(Booking::Done(_)))
}

#[tokio::test]
async fn a_bank_that_hears_of_a_transfer_and_does_not_say_so_posts_it_once() {
    for fault in ["act_then_fail", "act_then_silent", "fail"] {
        let connector = TestConnector::start().await;
        connector.bank_fault("report_transfer", fault, Some(1));
        let request = send_money(Joshua, "100");
        connector.pay(&request).await.served();
        let id = connector.id_of(&request).await;
        connector
            .outgoing_becomes(&id, OutgoingState::Completed)
            .await;
        connector.assert_books([committed(&id, Joshua, sent("100"))]);
    }
}

#[tokio::test]
async fn a_transfer_that_the_bank_does_not_hear_of_is_reported_later() {
    let mut connector = TestConnector::start().await;
    connector.bank_fault("report_transfer", "fail", None);
    let request = send_money(Joshua, "100");
    // The payee has the money: that this bank has to catch up is its own affair.
    connector.pay(&request).await.served();
    let id = connector.id_of(&request).await;
    assert_eq!(connector.outgoing_state_told(&id).await, "COMMITTED");
    connector.assert_books([reserved(&id, Joshua, sent("100"))]);

    connector.start_again().await;
    connector.bank_recovers();
    connector
        .outgoing_becomes(&id, OutgoingState::Completed)
        .await;
    connector.assert_books([committed(&id, Joshua, sent("100"))]);
}

#[tokio::test]
async fn a_transfer_that_the_bank_does_not_post_is_left_to_a_person_also_after_a_restart() {
    let mut connector = TestConnector::start().await;
    let request = send_money(Poor, "100");
    connector.pay(&request).await.served();
    let id = connector.id_of(&request).await;
    let reason = connector.outgoing(&id).await.work.parked.unwrap();
    assert!(reason.contains("funds"), "{reason}");
    connector.assert_books([]);

    connector.start_again().await;
    // When this payment is finished, a start has taken up all that it does.
    let request = send_money(Joshua, "200");
    connector.pay(&request).await.served();
    let other = connector.id_of(&request).await;
    connector.assert_books([committed(&other, Joshua, sent("200"))]);
    assert!(connector.outgoing(&id).await.work.parked.is_some());
}

#[tokio::test]
async fn the_bank_is_told_once_that_there_is_no_transfer() {
    for fault in ["act_then_fail", "act_then_silent", "fail"] {
        let connector = TestConnector::start().await;
        connector
            .scheme_behaves(json!({ "rules": [rule("accept", "abort")] }))
            .await;
        connector.bank_fault("report_no_transfer", fault, Some(1));
        let request = send_money(Joshua, "100");
        connector.pay(&request).await.assert_error(500, "5000");
        let id = connector.id_of(&request).await;
        connector
            .outgoing_becomes(&id, OutgoingState::Aborted)
            .await;
        assert!(knows_of_no_transfer(&connector, &id).await);
        connector.assert_books([released(&id, Joshua, sent("100"))]);
    }
}

// [if payer_steps is not one_step]
#[tokio::test]
async fn the_bank_is_told_of_an_offer_that_nobody_agreed_to() {
    let connector = TestConnector::start().await;
    connector
        .scheme_behaves(json!({ "quoteLifetimeMs": 500 }))
        .await;
    let id = connector.offered(Joshua, "100").await;
    connector
        .outgoing_becomes(&id, OutgoingState::Aborted)
        .await;
    assert!(knows_of_no_transfer(&connector, &id).await);
    connector.assert_books([]);
}

// [end]
#[tokio::test]
async fn a_payment_is_not_over_before_the_bank_knows_that_there_is_no_transfer() {
    let mut connector = TestConnector::start().await;
    connector
        .scheme_behaves(json!({ "rules": [rule("accept", "abort")] }))
        .await;
    connector.bank_fault("report_no_transfer", "fail", None);
    let request = send_money(Joshua, "100");
    connector.pay(&request).await.assert_error(500, "5000");
    let id = connector.id_of(&request).await;
    connector.outgoing_is_postponed(&id).await;

    connector.start_again().await;
    connector.bank_recovers();
    connector
        .outgoing_becomes(&id, OutgoingState::Aborted)
        .await;
    assert!(knows_of_no_transfer(&connector, &id).await);
    connector.assert_books([]);
}
