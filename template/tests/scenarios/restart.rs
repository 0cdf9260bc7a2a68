//! A connector that dies, and the one that comes after it: the payment ends as
//! it would have, once.

use std::sync::Arc;

use core_connector::domain::outgoing::OutgoingState;
use tokio::sync::Notify;

use crate::{
    caller::Answer,
    customers::Customer::Joshua,
    debits,
    incoming_payment::IncomingPayment,
    outgoing_payment::{send_money, sent},
    stopping_store::{
        StopAt::{self, After, Before},
        stopping,
    },
    test_connector::{TestConnector, eventually},
};

/// A connector that stops at a record, and the notice that it has.
pub async fn stopping_at(stop_at: StopAt) -> (TestConnector, Arc<Notify>) {
    let stopped = Arc::new(Notify::new());
    let notice = Arc::clone(&stopped);
    let connector = TestConnector::with_store(&[], |store| stopping(store, stop_at, stopped));
    (connector.await, notice)
}

/// Whether the connector has died over a request. One that has given it up, since the
/// machine was busy, is no better than dead: it is asked again in the same way.
pub async fn has_died(request: impl Future<Output = Answer>, stopped: &Notify) -> bool {
    tokio::select! {
        answer = request => answer.status != 200,
        () = stopped.notified() => true,
    }
}

/// An outgoing payment whose connector dies at a record; the channel then asks
/// the next one as it asked the first. Says whether it came to that.
async fn outgoing_payment_survives(stop_at: StopAt) -> bool {
    let (mut connector, stopped) = stopping_at(stop_at).await;
    let request = send_money(Joshua, "100");
    let died = has_died(connector.pay(&request), &stopped).await;
    connector.start_again().await;
    connector.pay(&request).await.served();
    let id = connector.id_of(&request).await;
    connector
        .outgoing_becomes(&id, OutgoingState::Completed)
        .await;
    connector.assert_books([debits::committed(&id, Joshua, sent("100"))]);
    let seen = connector.seen_by_scheme(&id).await;
    assert_eq!(seen["accepts"], 1, "{stop_at:?}: {seen}");
    died
}

/// An incoming transfer whose connector dies at a record; the Mojaloop
/// Connector then repeats the request that was not answered. Says whether it
/// came to that.
async fn incoming_transfer_survives(stop_at: StopAt, final_word: &str) -> bool {
    let (mut connector, stopped) = stopping_at(stop_at).await;
    let payment = IncomingPayment::of("100");
    let id = &payment.transfer_id;
    let mut died = has_died(connector.prepare(&payment), &stopped).await;
    if died {
        connector.start_again().await;
        connector.reserved(&payment).await;
    }
    if has_died(connector.tell(id, final_word), &stopped).await {
        died = true;
        connector.start_again().await;
    }
    connector.tell(id, final_word).await.served();
    connector.assert_books([match final_word {
        "COMMITTED" => payment.committed(),
        _ => payment.released(),
    }]);
    died
}

#[tokio::test]
async fn an_outgoing_payment_survives_a_death_before_any_record() {
    let mut number = 1;
    while outgoing_payment_survives(Before(number)).await {
        number += 1;
    }
    assert!(number > 6, "it has died only {} times", number - 1);
}

#[tokio::test]
async fn an_outgoing_payment_survives_a_death_after_any_record() {
    let mut number = 1;
    while outgoing_payment_survives(After(number)).await {
        number += 1;
    }
    assert!(number > 6, "it has died only {} times", number - 1);
}

#[tokio::test]
async fn an_incoming_transfer_survives_a_death_before_any_record() {
    for final_word in ["COMMITTED", "ABORTED"] {
        let mut number = 1;
        while incoming_transfer_survives(Before(number), final_word).await {
            number += 1;
        }
        assert!(number > 4, "it has died only {} times", number - 1);
    }
}

#[tokio::test]
async fn an_incoming_transfer_survives_a_death_after_any_record() {
    for final_word in ["COMMITTED", "ABORTED"] {
        let mut number = 1;
        while incoming_transfer_survives(After(number), final_word).await {
            number += 1;
        }
        assert!(number > 4, "it has died only {} times", number - 1);
    }
}

#[tokio::test]
async fn a_reservation_outlives_the_connector() {
    let mut connector = TestConnector::start().await;
    let payment = IncomingPayment::of("100");
    let answer = connector.prepare(&payment).await;
    let id = &payment.transfer_id;
    connector.start_again().await;
    assert_eq!(connector.incoming_state_told(id).await, "RESERVED");
    assert_eq!(connector.prepare(&payment).await, answer);
    connector.assert_books([payment.reserved()]);
    connector.tell(id, "COMMITTED").await.served();
    connector.assert_books([payment.committed()]);
}

#[tokio::test]
async fn a_payment_that_was_agreed_to_is_made_although_nobody_asks_again() {
    for (operation, done) in debits::OPERATIONS {
        let mut connector = TestConnector::start().await;
        let request = send_money(Joshua, "100");
        let untouched = done(&connector.bank.ledger());
        connector.bank_fault(operation, "act_then_silent", Some(1));
        tokio::select! {
            _ = connector.pay(&request) => {}
            () = eventually("the bank acts", async || {
                done(&connector.bank.ledger()) > untouched
            }) => {}
        }
        connector.start_again().await;
        let id = connector.id_of(&request).await;
        connector
            .outgoing_becomes(&id, OutgoingState::Completed)
            .await;
        connector.assert_books([debits::committed(&id, Joshua, sent("100"))]);
        let seen = connector.seen_by_scheme(&id).await;
        assert_eq!(seen["accepts"], 1, "{operation}: {seen}");
    }
}
