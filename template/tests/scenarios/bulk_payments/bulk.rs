//! Payments that one customer sends together: agreed to as a bulk, settled one
//! by one.

use std::{sync::Arc, thread};

use core_connector::{
    domain::{outgoing::OutgoingState, transfer_id::TransferId},
    sandbox::mojaloop_connector::bulk_transactions::{
        COMMISSION, LEFT_OUT, NOT_CALLED_BACK, NOT_TAKEN, ODD_TERMS, REFUSED, SAID_COMMITTED,
        SHORT_TERMS, TIMED_OUT, UNKNOWN_PAYEE, UNNAMED,
    },
};
use serde_json::{Value, json};
use tokio::{runtime::Builder, sync::Notify};

use crate::{
    books::Booked,
    customers::{Customer::Joshua, currency},
    debits::{self, as_payer},
    outgoing_payment::sent,
    stopping_store::{StopAt, stopping},
    test_connector::{TestConnector, eventually, once, rule},
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

    /// The payer agrees to all payments.
    async fn agree_to_bulk(&self, bulk: &Value) -> Value {
        let all = json!({ "acceptQuotes": true });
        self.decide_bulk(bulk, all).await
    }

    async fn decide_bulk(&self, bulk: &Value, decision: Value) -> Value {
        self.dfsp.put(&path_of(bulk), &decision).await.served()
    }

    async fn bulk_becomes(&self, bulk: &Value, state: &str) {
        let path = path_of(bulk);
        eventually(state, async || {
            self.dfsp.get(&path).await.served()["state"] == state
        })
        .await;
    }

    async fn bulk_is_called_back(&self, bulk: &Value, callback: &Value) {
        let path = format!("/bulkTransactions/{}", bulk["bulkId"].as_str().unwrap());
        let answer = self.backend.put(&path, callback).await;
        assert_eq!(answer.status, 202, "{}", answer.body);
    }

    /// How often the Mojaloop Connector was told to make each of the transfers.
    async fn accepts(&self) -> Vec<u64> {
        let seen = self.simulator.get("/simulator/transfers").await.served();
        let transfers = seen.as_array().unwrap().iter();
        let accepts = transfers.map(|transfer| transfer["accepts"].as_u64().unwrap());
        accepts.collect()
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

    connector.agree_to_bulk(&quoted).await;
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
    assert_eq!(connector.accepts().await, [1, 0, 1, 1]);
}

// [if payer_debit is not dfsp_debits]
#[tokio::test]
async fn a_payment_whose_money_cannot_be_secured_is_rejected_by_name() {
    let connector = TestConnector::start().await;
    let quoted = connector
        .quoted_bulk(&bulk(&[("100", "a"), ("999999999", "more than there is")]))
        .await;
    let ids = transfers(&quoted);
    connector.agree_to_bulk(&quoted).await;
    connector.payments_become(&ids, &[COMPLETED, ABORTED]).await;
    connector.assert_books([debits::committed(&ids[0], Joshua, sent("100"))]);
    assert_eq!(connector.accepts().await, [1, 0]);
}

// [end]
#[tokio::test]
async fn a_payment_whose_terms_cannot_be_paid_is_rejected_by_name() {
    // They do not add up, or transfer less than the Mojaloop Connector would.
    for terms in [ODD_TERMS, COMMISSION] {
        let connector = TestConnector::start().await;
        let quoted = connector
            .quoted_bulk(&bulk(&[("100", "salary"), ("50", terms)]))
            .await;
        let ids = transfers(&quoted);
        assert_eq!(quoted["items"][1]["offer"], Value::Null);
        assert_eq!(quoted["items"][1]["error"]["statusCode"], "5101");
        connector.agree_to_bulk(&quoted).await;
        connector.payments_become(&ids, &[COMPLETED, ABORTED]).await;
        connector.assert_books([debits::committed(&ids[0], Joshua, sent("100"))]);
        assert_eq!(connector.accepts().await, [1, 0], "{terms}");
    }
}

#[tokio::test]
async fn a_bulk_of_which_a_payment_cannot_be_rejected_is_not_accepted() {
    for note in [LEFT_OUT, UNNAMED] {
        let connector = TestConnector::start().await;
        let quoted = connector
            .quoted_bulk(&bulk(&[("100", "salary"), ("50", note)]))
            .await;
        let ids = transfers(&quoted);
        let decision = json!({ "acceptQuotes": true });
        for _ in 0..2 {
            let refused = connector.dfsp.put(&path_of(&quoted), &decision).await;
            refused.assert_error(500, "2001");
        }
        connector.payments_become(&ids, &[ABORTED, ABORTED]).await;
        connector.assert_books([]);
        assert_eq!(connector.accepts().await, [0, 0], "{note}");
    }
}

#[tokio::test]
async fn a_journal_that_fails_after_the_decision_is_not_a_payment_that_was_not_made() {
    for state in ["agreed", "reserving"] {
        let variables = [("SDK_REQUEST_TIMEOUT_MS", "2000")];
        let connector = TestConnector::with_store(&variables, |store| {
            let stop_at = StopAt::Failing(state);
            stopping(store, stop_at, Arc::default())
        });
        let mut connector = connector.await;
        let quoted = connector.quoted_bulk(&bulk(&[("100", "a")])).await;
        let ids = transfers(&quoted);
        let decision = json!({ "acceptQuotes": true });
        let unknown = connector.dfsp.put(&path_of(&quoted), &decision).await;
        unknown.assert_error(500, "2005");

        connector.start_again().await;
        connector.decide_bulk(&quoted, decision).await;
        connector.payments_become(&ids, &[COMPLETED]).await;
        connector.assert_books([debits::committed(&ids[0], Joshua, sent("100"))]);
        assert_eq!(connector.accepts().await, [1], "{state}");
    }
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
    let booked = || [debits::committed(&ids[1], Joshua, sent("50"))];
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
    let unknown = json!({ "items": [{ "transferId": "another", "acceptQuote": true }] });
    let refused = connector.dfsp.put(&path, &unknown).await;
    refused.assert_error(404, "3208");
    connector.assert_books(booked());
    assert_eq!(connector.accepts().await, [0, 1]);
}

#[tokio::test]
async fn a_bulk_that_is_rejected_moves_nothing() {
    let connector = TestConnector::start().await;
    let quoted = connector
        .quoted_bulk(&bulk(&[("100", "a"), ("50", "b")]))
        .await;
    connector
        .decide_bulk(&quoted, json!({ "acceptQuotes": false }))
        .await;
    let ids = transfers(&quoted);
    connector.payments_become(&ids, &[ABORTED, ABORTED]).await;
    connector.bulk_becomes(&quoted, "closed").await;
    connector.assert_books([]);
    assert_eq!(connector.accepts().await, [0, 0]);
}

#[tokio::test]
async fn an_acceptance_that_was_not_taken_gives_everything_back() {
    let connector = TestConnector::start().await;
    let quoted = connector
        .quoted_bulk(&bulk(&[("100", NOT_TAKEN), ("50", "b")]))
        .await;
    connector.agree_to_bulk(&quoted).await;
    let ids = transfers(&quoted);
    connector.payments_become(&ids, &[ABORTED, ABORTED]).await;
    connector.assert_books([
        debits::released(&ids[0], Joshua, sent("100")),
        debits::released(&ids[1], Joshua, sent("50")),
    ]);
    assert_eq!(connector.accepts().await, [0, 0]);
}

#[tokio::test]
async fn an_acceptance_without_an_answer_is_found_out_and_made_once() {
    for (fault, states) in [
        // Nothing was done: it is accepted again.
        ("fail", [COMPLETED, ABORTED]),
        ("gatewayTimeout", [COMPLETED, ABORTED]),
        // It was done: the hub knows it.
        ("commitThenFail", [COMPLETED, ABORTED]),
    ] {
        let connector = TestConnector::start().await;
        let quoted = connector
            .quoted_bulk(&bulk(&[("100", "a"), ("50", REFUSED)]))
            .await;
        connector
            .scheme_behaves(json!({ "rules": [once("accept", fault)] }))
            .await;
        connector.agree_to_bulk(&quoted).await;
        let ids = transfers(&quoted);
        connector.payments_become(&ids, &states).await;
        connector.assert_books([
            debits::committed(&ids[0], Joshua, sent("100")),
            debits::released(&ids[1], Joshua, sent("50")),
        ]);
        assert_eq!(connector.accepts().await, [1, 1], "{fault}");
    }
}

#[tokio::test]
async fn a_bank_that_does_not_answer_delays_the_acceptance() {
    let connector = TestConnector::start().await;
    let quoted = connector
        .quoted_bulk(&bulk(&[("100", "a"), ("50", "b")]))
        .await;
    let (operation, _) = debits::OPERATIONS[0];
    connector.bank_fault(operation, "act_then_silent", Some(1));
    connector.agree_to_bulk(&quoted).await;
    let ids = transfers(&quoted);
    connector
        .payments_become(&ids, &[COMPLETED, COMPLETED])
        .await;
    connector.assert_books([
        debits::committed(&ids[0], Joshua, sent("100")),
        debits::committed(&ids[1], Joshua, sent("50")),
    ]);
}

// [if payer_debit is cbs_hold, debit_then_reverse]
#[tokio::test]
async fn a_bulk_that_the_scheme_ends_while_money_is_being_secured_is_not_accepted() {
    let connector = TestConnector::with(&[("CBS_SETTLE_MS", "3000")]).await;
    let quoted = connector
        .quoted_bulk(&bulk(&[("100", "a"), ("50", "b")]))
        .await;
    let ids = transfers(&quoted);
    let (operation, _) = debits::OPERATIONS[0];
    connector.bank_rule(json!({
        "operation": operation, "fault": "slow", "delay_ms": 1500, "times": 1
    }));
    let decided = connector.agree_to_bulk(&quoted).await;
    assert_eq!(decided["state"], "agreed");
    let callback = json!({ "currentState": "ERROR_OCCURRED", "individualTransferResults": [] });
    connector.bulk_is_called_back(&quoted, &callback).await;
    connector.payments_become(&ids, &[ABORTED, ABORTED]).await;
    connector.bulk_becomes(&quoted, "closed").await;
    connector.assert_books([
        debits::released(&ids[0], Joshua, sent("100")),
        debits::released(&ids[1], Joshua, sent("50")),
    ]);
    assert_eq!(connector.accepts().await, [0, 0]);
}

// [end]
#[tokio::test]
async fn a_bulk_is_not_accepted_again_when_terms_of_it_have_expired() {
    let connector = TestConnector::start().await;
    connector
        .scheme_behaves(json!({ "quoteLifetimeMs": 3000, "rules": [rule("accept", "fail")] }))
        .await;
    let quoted = connector
        .quoted_bulk(&bulk(&[("100", SHORT_TERMS), ("50", "b")]))
        .await;
    connector.agree_to_bulk(&quoted).await;
    // It is told so in vain until then.
    connector.bulk_becomes(&quoted, "closed").await;
    connector.scheme_recovers().await;
    let accepting = OutgoingState::Accepting;
    connector
        .payments_become(&transfers(&quoted), &[accepting, accepting])
        .await;
    assert_eq!(connector.accepts().await, [0, 0]);
}

#[tokio::test]
async fn a_payment_that_is_left_to_a_person_is_settled_by_proof_and_by_nothing_less() {
    let connector = TestConnector::with(&[("RETRY_MAX_ATTEMPTS", "3")]).await;
    let quoted = connector
        .quoted_bulk(&bulk(&[("100", NOT_CALLED_BACK)]))
        .await;
    let ids = transfers(&quoted);
    connector
        .scheme_behaves(json!({ "rules": [rule("get_transfer", "fail")] }))
        .await;
    connector.agree_to_bulk(&quoted).await;
    eventually("it is left to a person", async || {
        connector.outgoing(&ids[0]).await.work.parked.is_some()
    })
    .await;

    let fulfilled = |fulfil: Value| {
        json!({
            "currentState": "COMPLETED",
            "individualTransferResults": [{ "homeTransactionId": ids[0], "fulfil": fulfil }],
        })
    };
    let said = fulfilled(json!({ "transferState": "COMMITTED" }));
    connector.bulk_is_called_back(&quoted, &said).await;
    let parked = connector.outgoing(&ids[0]).await;
    assert_eq!(parked.payment.state(), OutgoingState::Accepting);
    let reason = parked.work.parked.clone().unwrap();
    assert!(
        reason.ends_with("the scheme says that it has transferred"),
        "{reason}"
    );
    connector.bulk_is_called_back(&quoted, &said).await;
    assert_eq!(connector.outgoing(&ids[0]).await.work, parked.work);

    let proven = fulfilled(json!({ "transferState": "COMMITTED", "fulfilment": "f" }));
    connector.bulk_is_called_back(&quoted, &proven).await;
    connector.payments_become(&ids, &[COMPLETED]).await;
    connector.assert_books([debits::committed(&ids[0], Joshua, sent("100"))]);
}

#[tokio::test]
async fn a_result_that_proves_nothing_is_found_out_at_the_hub() {
    let connector = TestConnector::start().await;
    let request = bulk(&[("100", TIMED_OUT), ("50", SAID_COMMITTED)]);
    let quoted = connector.quoted_bulk(&request).await;
    let ids = transfers(&quoted);
    connector.agree_to_bulk(&quoted).await;
    connector.payments_become(&ids, &[COMPLETED, ABORTED]).await;
    connector.assert_books([
        debits::committed(&ids[0], Joshua, sent("100")),
        debits::released(&ids[1], Joshua, sent("50")),
    ]);
}

#[tokio::test]
async fn a_scheme_that_contradicts_itself_is_left_to_a_person() {
    let connector = TestConnector::start().await;
    let quoted = connector.quoted_bulk(&bulk(&[("100", REFUSED)])).await;
    let ids = transfers(&quoted);
    connector.agree_to_bulk(&quoted).await;
    connector.payments_become(&ids, &[ABORTED]).await;
    let callback = json!({
        "currentState": "COMPLETED",
        "individualTransferResults": [{
            "homeTransactionId": ids[0],
            "fulfil": { "transferState": "COMMITTED", "fulfilment": "f" },
        }],
    });
    connector.bulk_is_called_back(&quoted, &callback).await;
    assert!(connector.outgoing(&ids[0]).await.work.parked.is_some());
    connector.assert_books([debits::released(&ids[0], Joshua, sent("100"))]);
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
    connector.agree_to_bulk(&quoted).await;
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
    connector.agree_to_bulk(&quoted).await;
    let path = format!("/bulkTransactions/{}", quoted["bulkId"].as_str().unwrap());
    let callback = json!({
        "currentState": "COMPLETED",
        "individualTransferResults": [
            { "homeTransactionId": ids[0], "fulfil": { "transferState": "COMMITTED" } },
            { "homeTransactionId": "another", "fulfil": { "transferState": "COMMITTED" } },
        ],
    });
    let mut twice = callback.clone();
    let results = twice["individualTransferResults"].as_array_mut().unwrap();
    results.push(results[0].clone());
    let refused = connector.backend.put(&path, &twice).await;
    refused.assert_error(400, "3101");
    let times = [0; 5].map(|_| connector.backend.put(&path, &callback));
    for answer in futures_util::future::join_all(times).await {
        assert_eq!(answer.status, 202, "{}", answer.body);
    }
    connector.payments_become(&ids, &[COMPLETED]).await;
    connector.assert_books([debits::committed(&ids[0], Joshua, sent("100"))]);
    let unknown = connector
        .backend
        .put("/bulkTransactions/never-sent", &callback);
    unknown.await.assert_error(400, "3100");
}

#[tokio::test]
async fn a_bulk_that_is_not_agreed_to_in_time_moves_nothing() {
    let connector = TestConnector::with(&[("BULK_LIFETIME_MS", "1000")]).await;
    let quoted = connector
        .quoted_bulk(&bulk(&[("100", "a"), ("50", "b")]))
        .await;
    let ids = transfers(&quoted);
    connector.payments_become(&ids, &[ABORTED, ABORTED]).await;
    connector.bulk_becomes(&quoted, "closed").await;
    let late = json!({ "acceptQuotes": true });
    let refused = connector.dfsp.put(&path_of(&quoted), &late).await;
    refused.assert_error(400, "3302");
    connector.assert_books([]);
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

#[test]
fn a_bulk_that_is_agreed_to_survives_a_crash_at_any_record() {
    let stops = (1..=17).flat_map(|number| [StopAt::Before(number), StopAt::After(number)]);
    let stops: Vec<_> = stops.collect();
    // They wait more than they work, and what blocks one must not block another.
    thread::scope(|scope| {
        for stops in stops.chunks(3) {
            scope.spawn(move || {
                let runtime = Builder::new_current_thread().enable_all().build();
                let runtime = runtime.unwrap();
                for stop_at in stops {
                    runtime.block_on(bulk_survives(*stop_at));
                }
            });
        }
    });
}

/// The connector dies at a record. What was secured ends transferred or given
/// back, although the next connector listens elsewhere and hears of no result.
async fn bulk_survives(stop_at: StopAt) {
    let stopped = Arc::new(Notify::new());
    let notice = Arc::clone(&stopped);
    let variables = [
        ("BULK_LIFETIME_MS", "8000"),
        ("SDK_REQUEST_TIMEOUT_MS", "2000"),
    ];
    let connector =
        TestConnector::with_store(&variables, |store| stopping(store, stop_at, stopped));
    let mut connector = connector.await;
    let request = bulk(&[("100", "a"), ("50", "b")]);
    let pay = async {
        let quoted = connector.quoted_bulk(&request).await;
        connector.agree_to_bulk(&quoted).await;
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
    let mut completed = 0;
    for (id, amount) in ids.iter().zip(["100", "50"]) {
        let payment = connector.outgoing(id).await.payment;
        booked.push(match (payment.state(), &payment.reservation) {
            (COMPLETED, _) => debits::committed(id, Joshua, sent(amount)),
            (_, Some(_)) => debits::released(id, Joshua, sent(amount)),
            (_, None) => Booked::nothing(),
        });
        completed += u64::from(payment.state() == COMPLETED);
    }
    let [first, second]: [_; 2] = booked.try_into().unwrap();
    connector.assert_books([first, second]);
    let accepts = connector.accepts().await;
    assert_eq!(completed, accepts.iter().sum::<u64>(), "{stop_at:?}");
}
