//! Payments that one customer sends together: agreed to as a bulk, settled one
//! by one.

use std::sync::Arc;

use core_connector::{
    domain::{outgoing::OutgoingState, transfer_id::TransferId},
    sandbox::mojaloop_connector::bulk_transactions::{NOT_CALLED_BACK, REFUSED, UNKNOWN_PAYEE},
};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::{
    customers::{Customer::Joshua, currency},
    debits::{self, as_payer},
    outgoing_payment::sent,
    stopping_store::{StopAt, StoppingStore},
    test_connector::{TestConnector, eventually},
};

/// The body of `POST /bulk-payments`: an amount and a note for each payment.
fn bulk(items: &[(&str, &str)]) -> Value {
    let items = items.iter().map(|(amount, note)| {
        json!({
            "payeeIdType": "MSISDN",
            "payeeId": "25471111111",
            "amount": amount,
            "note": note,
        })
    });
    let items: Vec<_> = items.collect();
    json!({
        "homeTransactionId": TransferId::generate(),
        "payer": as_payer(Joshua),
        "currency": currency(),
        "items": items,
    })
}

fn path_of(bulk: &Value) -> String {
    format!("/bulk-payments/{}", bulk["bulkId"].as_str().unwrap())
}

fn transfers(bulk: &Value) -> Vec<TransferId> {
    let items = bulk["items"].as_array().unwrap().iter();
    let ids = items.map(|item| item["transferId"].as_str().unwrap().parse().unwrap());
    ids.collect()
}

impl TestConnector {
    /// A bulk whose terms are known.
    async fn quoted_bulk(&self, request: &Value) -> Value {
        let asked = self.dfsp.post("/bulk-payments", request).await.served();
        let path = path_of(&asked);
        eventually("the terms are known", async || {
            self.dfsp.get(&path).await.served()["state"] == "quoted"
        })
        .await;
        self.dfsp.get(&path).await.served()
    }

    async fn decide_bulk(&self, bulk: &Value, decision: Value) -> Value {
        self.dfsp.put(&path_of(bulk), &decision).await.served()
    }

    async fn payments_become(&self, transfers: &[TransferId], states: &[OutgoingState]) {
        assert_eq!(transfers.len(), states.len());
        for (transfer_id, state) in transfers.iter().zip(states) {
            self.outgoing_becomes(transfer_id, *state).await;
        }
    }
}

const COMPLETED: OutgoingState = OutgoingState::Completed;
const ABORTED: OutgoingState = OutgoingState::Aborted;

#[tokio::test]
async fn each_payment_of_a_bulk_is_settled_alone() {
    let connector = TestConnector::start().await;
    let request = bulk(&[
        ("100", "salary"),
        ("50", UNKNOWN_PAYEE),
        ("30", REFUSED),
        ("20", "salary"),
    ]);
    let quoted = connector.quoted_bulk(&request).await;
    let ids = transfers(&quoted);
    assert_eq!(quoted["items"][0]["offer"]["sendAmount"], "100");
    assert_eq!(quoted["items"][1]["error"]["statusCode"], "3204");
    connector.assert_books([]);

    connector
        .decide_bulk(&quoted, json!({ "acceptQuotes": true }))
        .await;
    connector
        .payments_become(&ids, &[COMPLETED, ABORTED, ABORTED, COMPLETED])
        .await;
    connector.assert_books([
        debits::committed(&ids[0], Joshua, sent("100")),
        debits::released(&ids[2], Joshua, sent("30")),
        debits::committed(&ids[3], Joshua, sent("20")),
    ]);
    let known = connector.dfsp.get(&path_of(&quoted)).await.served();
    assert_eq!(known["state"], "closed");
}

#[tokio::test]
async fn the_payer_agrees_to_some_and_not_to_others() {
    let connector = TestConnector::start().await;
    let quoted = connector
        .quoted_bulk(&bulk(&[("100", "a"), ("50", "b")]))
        .await;
    let ids = transfers(&quoted);
    let decision = json!({ "items": [{ "transferId": ids[1], "acceptQuote": true }] });
    connector.decide_bulk(&quoted, decision.clone()).await;
    connector.payments_become(&ids, &[ABORTED, COMPLETED]).await;
    let booked = || {
        [
            debits::released(&ids[0], Joshua, sent("100")),
            debits::committed(&ids[1], Joshua, sent("50")),
        ]
    };
    connector.assert_books(booked());

    // The same decision changes nothing, and another one is refused.
    connector.decide_bulk(&quoted, decision).await;
    let path = path_of(&quoted);
    let other = json!({ "acceptQuotes": true });
    connector
        .dfsp
        .put(&path, &other)
        .await
        .assert_error(400, "3106");
    connector.assert_books(booked());
}

#[tokio::test]
async fn the_same_request_opens_a_bulk_once() {
    let connector = TestConnector::start().await;
    let request = bulk(&[("100", "a"), ("50", "b")]);
    let quoted = connector.quoted_bulk(&request).await;
    let again = connector.dfsp.post("/bulk-payments", &request).await;
    assert_eq!(again.served(), quoted);
    let mut other = request.clone();
    other["items"][0]["amount"] = json!("101");
    let refused = connector.dfsp.post("/bulk-payments", &other).await;
    refused.assert_error(400, "3106");
    connector.assert_books([]);
}

#[tokio::test]
async fn a_payment_of_a_bulk_is_not_decided_on_alone() {
    let connector = TestConnector::start().await;
    let quoted = connector.quoted_bulk(&bulk(&[("100", "a")])).await;
    let ids = transfers(&quoted);
    for accept in [true, false] {
        let path = format!("/send-money/{}", ids[0]);
        let decision = json!({ "acceptQuote": accept });
        let answer = connector.dfsp.put(&path, &decision).await;
        assert!(answer.status >= 400, "{}", answer.body);
    }
    assert_eq!(
        connector.outgoing(&ids[0]).await.payment.state(),
        OutgoingState::Quoted
    );
    connector.assert_books([]);
}

#[tokio::test]
async fn a_result_that_is_not_called_back_is_found_out() {
    let connector = TestConnector::start().await;
    let request = bulk(&[("100", NOT_CALLED_BACK), ("50", "salary")]);
    let quoted = connector.quoted_bulk(&request).await;
    let ids = transfers(&quoted);
    connector
        .decide_bulk(&quoted, json!({ "acceptQuotes": true }))
        .await;
    connector
        .payments_become(&ids, &[COMPLETED, COMPLETED])
        .await;
    connector.assert_books([
        debits::committed(&ids[0], Joshua, sent("100")),
        debits::committed(&ids[1], Joshua, sent("50")),
    ]);
}

#[tokio::test]
async fn a_callback_that_comes_often_moves_money_once_and_an_unknown_one_none() {
    let connector = TestConnector::start().await;
    let quoted = connector
        .quoted_bulk(&bulk(&[("100", NOT_CALLED_BACK)]))
        .await;
    let ids = transfers(&quoted);
    connector
        .decide_bulk(&quoted, json!({ "acceptQuotes": true }))
        .await;
    let path = format!("/bulkTransactions/{}", quoted["bulkId"].as_str().unwrap());
    let callback = json!({
        "currentState": "COMPLETED",
        "individualTransferResults": [
            { "homeTransactionId": ids[0], "fulfil": { "transferState": "COMMITTED" } },
            { "homeTransactionId": "another", "fulfil": { "transferState": "COMMITTED" } },
        ],
    });
    let times = [0; 5].map(|_| connector.backend.put(&path, &callback));
    for answer in futures_util::future::join_all(times).await {
        assert_eq!(answer.status, 202, "{}", answer.body);
    }
    connector.payments_become(&ids, &[COMPLETED]).await;
    connector.assert_books([debits::committed(&ids[0], Joshua, sent("100"))]);
    let unknown = connector
        .backend
        .put("/bulkTransactions/never-sent", &callback);
    unknown.await.assert_error(404, "3208");
}

#[tokio::test]
async fn a_bulk_that_is_not_agreed_to_in_time_moves_nothing() {
    let connector = TestConnector::with(&[("BULK_LIFETIME_MS", "1000")]).await;
    let quoted = connector
        .quoted_bulk(&bulk(&[("100", "a"), ("50", "b")]))
        .await;
    let ids = transfers(&quoted);
    connector.payments_become(&ids, &[ABORTED, ABORTED]).await;
    let path = path_of(&quoted);
    eventually("the bulk is closed", async || {
        connector.dfsp.get(&path).await.served()["state"] == "closed"
    })
    .await;
    let late = json!({ "acceptQuotes": true });
    connector
        .dfsp
        .put(&path, &late)
        .await
        .assert_error(400, "3106");
    connector.assert_books([
        debits::released(&ids[0], Joshua, sent("100")),
        debits::released(&ids[1], Joshua, sent("50")),
    ]);
}

#[tokio::test]
async fn a_bulk_of_nothing_or_of_too_much_is_refused() {
    let connector = TestConnector::with(&[("BULK_MAX_ITEMS", "1")]).await;
    for request in [bulk(&[]), bulk(&[("1", "a"), ("2", "b")])] {
        let refused = connector.dfsp.post("/bulk-payments", &request).await;
        refused.assert_error(400, "3100");
    }
    connector.assert_books([]);
}

#[tokio::test]
async fn a_bulk_that_is_agreed_to_survives_a_crash_at_any_record() {
    for number in 1..=16 {
        for stop_at in [StopAt::Before(number), StopAt::After(number)] {
            bulk_survives(stop_at).await;
        }
    }
}

/// The connector dies at a record. What was secured ends transferred or given
/// back, also if the next connector hears of no result.
async fn bulk_survives(stop_at: StopAt) {
    let stopped = Arc::new(Notify::new());
    let notice = Arc::clone(&stopped);
    let connector = TestConnector::with_store(&[("BULK_LIFETIME_MS", "3000")], |store| {
        Arc::new(StoppingStore::new(store, stop_at, stopped))
    });
    let mut connector = connector.await;
    let request = bulk(&[("100", "a"), ("50", "b")]);
    let pay = async {
        let quoted = connector.quoted_bulk(&request).await;
        connector
            .decide_bulk(&quoted, json!({ "acceptQuotes": true }))
            .await;
        connector
            .payments_become(&transfers(&quoted), &[COMPLETED, COMPLETED])
            .await;
    };
    tokio::select! {
        () = pay => {}
        () = notice.notified() => {}
    }
    connector.start_again().await;
    // The channel asks again for what it has not been answered.
    let known = connector
        .dfsp
        .post("/bulk-payments", &request)
        .await
        .served();
    let ids = transfers(&known);
    eventually("every payment is settled", async || {
        let mut is_settled = true;
        for id in &ids {
            is_settled &= connector.outgoing(id).await.payment.state().is_final();
        }
        is_settled
    })
    .await;
    let mut booked = Vec::new();
    for (id, amount) in ids.iter().zip(["100", "50"]) {
        let state = connector.outgoing(id).await.payment.state();
        booked.push(match state {
            COMPLETED => debits::committed(id, Joshua, sent(amount)),
            _ => debits::released(id, Joshua, sent(amount)),
        });
    }
    let [first, second]: [_; 2] = booked.try_into().unwrap();
    connector.assert_books([first, second]);
    let seen = connector
        .simulator
        .get("/simulator/transfers")
        .await
        .served();
    let accepted = seen.as_array().unwrap().iter();
    let accepted = accepted
        .filter(|transfer| transfer["accepts"] != json!(0))
        .count();
    let mut completed = 0;
    for id in &ids {
        let state = connector.outgoing(id).await.payment.state();
        completed += usize::from(state == COMPLETED);
    }
    assert_eq!(completed, accepted, "{stop_at:?}: {seen}");
}
