//! Requests to pay: customers who are asked for money, and customers who ask.

use std::sync::Arc;

use core_connector::domain::{
    outgoing::OutgoingState,
    quote::{AmountType, Terms},
    timestamp::Timestamp,
    transfer_id::TransferId,
};
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::{
    caller::Answer,
    customers::{
        Customer::{self, Blocked, John, Joshua, Poor},
        currency, id_type, stranger,
    },
    debits::{as_payer, committed},
    incoming_payment::IncomingPayment,
    outgoing_payment::terms,
    restart::has_died,
    stopping_store::{
        StopAt::{self, After, Before},
        stopping,
    },
    test_connector::{TestConnector, eventually, once, rule},
};

/// What somebody asks a customer for, as the Mojaloop Connector passes it on.
fn demand(payer: Customer, amount: &str) -> Value {
    let payer = as_payer(payer);
    let id_type = match &payer["payerIdType"] {
        Value::Null => json!(id_type()),
        given => given.clone(),
    };
    json!({
        "transactionRequestId": TransferId::generate(),
        "from": {
            "idType": "MSISDN",
            "idValue": "25471111111",
            "fspId": "greenbank",
            "displayName": "Corner Shop",
        },
        "to": { "idType": id_type, "idValue": payer["payerId"] },
        "amount": amount,
        "currency": currency(),
        "transactionType": "PAYMENT",
        "initiator": "PAYEE",
        "initiatorType": "BUSINESS",
        "note": "two coffees",
    })
}

/// What a customer asks somebody for.
fn wish(payee: Customer, amount: &str) -> Value {
    json!({
        "homeTransactionId": TransferId::generate(),
        "payeeIdType": id_type(),
        "payeeId": payee.id_value(),
        "payerIdType": "MSISDN",
        "payerId": "25471111111",
        "amount": amount,
        "currency": currency(),
        "transactionType": "TRANSFER",
    })
}

/// What the payment comes to by which a request is answered.
fn requested(amount: &str) -> Terms {
    terms(AmountType::Receive, amount, "0")
}

impl TestConnector {
    async fn receive(&self, demand: &Value) -> Answer {
        self.backend.post("/transactionrequests", demand).await
    }

    /// A request that a customer has to decide on.
    async fn received(&self, payer: Customer, amount: &str) -> TransferId {
        let demand = demand(payer, amount);
        self.receive(&demand).await.served();
        demand["transactionRequestId"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap()
    }

    async fn decide_on_request(&self, id: &TransferId, accept: bool) -> Answer {
        let path = format!("/transactionrequests/{id}");
        self.dfsp.put(&path, &json!({ "accept": accept })).await
    }

    async fn received_request(&self, id: &TransferId) -> Value {
        let path = format!("/transactionrequests/{id}");
        self.dfsp.get(&path).await.served()
    }

    /// The transfer of the payment by which a request is answered.
    async fn answering(&self, id: &TransferId) -> TransferId {
        let request = self.received_request(id).await;
        request["transferId"].as_str().unwrap().parse().unwrap()
    }

    /// The customer pays what he was asked for, as far as the channel does it.
    async fn pay_request(&self, id: &TransferId) -> Answer {
        let begun = self.decide_on_request(id, true).await;
        self.agree(begun).await
    }

    async fn undecided(&self, query: &str) -> Vec<Value> {
        let path = format!("/transactionrequests{query}");
        let listed = self.dfsp.get(&path).await.served();
        listed.as_array().unwrap().clone()
    }

    async fn ask(&self, wish: &Value) -> Answer {
        self.dfsp.post("/request-to-pay", wish).await
    }

    /// A request of a customer that the payer's FSP has.
    async fn asked(&self, wish: &Value) -> String {
        let request = self.ask(wish).await.served();
        assert_eq!(request["state"], "RECEIVED", "{request}");
        request["transactionRequestId"].as_str().unwrap().to_owned()
    }

    async fn sent_state(&self, id: &str) -> Value {
        let path = format!("/request-to-pay/{id}");
        self.dfsp.get(&path).await.served()["state"].clone()
    }

    /// The payer's FSP says what becomes of a request of a customer.
    async fn payer_says(&self, id: &str, word: &str) -> Answer {
        let path = format!("/requestToPay/{id}");
        let word = json!({ "transactionRequestState": word });
        self.backend.put(&path, &word).await
    }

    /// What the simulated Mojaloop Connector knows of a request.
    async fn request_at_scheme(&self, id: &str) -> Value {
        let known = self.simulator.get("/simulator/requests-to-pay").await;
        known.served()[id].clone()
    }
}

#[tokio::test]
async fn a_request_that_is_accepted_is_paid() {
    let connector = TestConnector::start().await;
    let demand = demand(Joshua, "100");
    let answer = connector.receive(&demand).await.served();
    assert_eq!(answer["transactionRequestState"], "RECEIVED");
    let id: TransferId = demand["transactionRequestId"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let shown = connector.received_request(&id).await;
    assert_eq!(shown["state"], "RECEIVED");
    assert_eq!(shown["payee"]["name"], "Corner Shop");
    assert_eq!(shown["payee"]["fspId"], "greenbank");
    assert_eq!(shown["amount"], "100");
    assert_eq!(shown["note"], "two coffees");
    assert_eq!(connector.undecided("").await, [shown]);
    connector.assert_books([]);

    connector.pay_request(&id).await.served();
    let transfer = connector.answering(&id).await;
    assert_eq!(answer["transactionId"], transfer.as_str());
    connector.assert_books([committed(&transfer, Joshua, requested("100"))]);
    assert_eq!(connector.received_request(&id).await["state"], "ACCEPTED");
    assert_eq!(connector.outgoing_state_told(&transfer).await, "COMMITTED");
    let seen = connector.seen_by_scheme(&transfer).await;
    assert_eq!(seen["hubState"], "COMMITTED", "{seen}");
    let answered = connector.request_at_scheme(id.as_str()).await;
    assert_eq!(answered["transferId"], transfer.as_str());
    assert!(connector.undecided("").await.is_empty());
}

#[tokio::test]
async fn a_request_that_is_rejected_takes_nothing() {
    let connector = TestConnector::start().await;
    let id = connector.received(Joshua, "100").await;
    for _ in 0..2 {
        let rejected = connector.decide_on_request(&id, false).await.served();
        assert_eq!(rejected["state"], "REJECTED");
    }
    // It is too late to change one's mind.
    let accepted = connector.decide_on_request(&id, true).await;
    accepted.assert_error(400, "3106");
    assert_eq!(
        connector.request_at_scheme(id.as_str()).await["declined"],
        1
    );
    connector.assert_books([]);
}

#[tokio::test]
async fn an_accepted_request_is_paid_once_however_often_it_is_accepted() {
    let connector = TestConnector::start().await;
    let id = connector.received(Joshua, "100").await;
    let begun = join_all((0..4).map(|_| connector.decide_on_request(&id, true))).await;
    for answer in &begun {
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer, &begun[0]);
    }
    connector.pay_request(&id).await.served();
    let rejected = connector.decide_on_request(&id, false).await;
    rejected.assert_error(400, "3106");
    let transfer = connector.answering(&id).await;
    connector.assert_books([committed(&transfer, Joshua, requested("100"))]);
    let seen = connector.seen_by_scheme(&transfer).await;
    assert_eq!(seen["accepts"], 1, "{seen}");
}

// [if payer_steps is not one_step]
#[tokio::test]
async fn a_customer_who_does_not_agree_to_the_offer_pays_nothing() {
    let connector = TestConnector::start().await;
    let id = connector.received(Joshua, "100").await;
    connector.decide_on_request(&id, true).await.served();
    let transfer = connector.answering(&id).await;
    connector.reject(&transfer).await.assert_error(500, "4101");
    connector.assert_rejected_at_scheme(&transfer).await;
    connector.assert_books([]);
}

// [end]
#[tokio::test]
async fn a_demand_that_comes_again_gets_the_same_answer_and_another_one_none() {
    let connector = TestConnector::start().await;
    let demand = demand(Joshua, "100");
    let answer = connector.receive(&demand).await;
    assert_eq!(connector.receive(&demand).await, answer);
    let mut other = demand.clone();
    other["amount"] = json!("101");
    let refused = connector.receive(&other).await;
    refused.assert_error(400, "3106");
    // Also when it has been decided on.
    let id = demand["transactionRequestId"].as_str().unwrap();
    let id: TransferId = id.parse().unwrap();
    connector.decide_on_request(&id, false).await.served();
    assert_eq!(connector.receive(&demand).await, answer);
}

#[tokio::test]
async fn what_cannot_be_paid_is_refused_when_it_is_asked_for() {
    let connector = TestConnector::start().await;
    connector
        .receive(&demand(Blocked, "100"))
        .await
        .assert_error(400, "5400");
    let mut unknown = demand(Joshua, "100");
    if unknown["to"]["idType"] == json!(id_type()) {
        unknown["to"]["idValue"] = json!(stranger());
        let refused = connector.receive(&unknown).await;
        refused.assert_error(400, "3204");
    }
    let mut late = demand(Joshua, "100");
    late["expiration"] = json!("2020-01-01T00:00:00.000Z");
    connector.receive(&late).await.assert_error(400, "3301");
    let mut incomplete = demand(Joshua, "100");
    incomplete.as_object_mut().unwrap().remove("amount");
    let refused = connector.receive(&incomplete).await;
    refused.assert_error(400, "3102");
    for (element, value) in [
        ("amount", "0"),
        ("initiator", "SOMEBODY"),
        ("expiration", "tomorrow"),
    ] {
        let mut malformed = demand(Joshua, "100");
        malformed[element] = json!(value);
        let refused = connector.receive(&malformed).await;
        refused.assert_error(400, "3101");
    }
    assert!(connector.undecided("").await.is_empty());
}

#[tokio::test]
async fn a_request_that_nobody_decides_on_expires() {
    let connector = TestConnector::with(&[("REQUEST_TO_PAY_LIFETIME_MS", "150")]).await;
    let id = connector.received(Joshua, "100").await;
    eventually("it expires", async || {
        connector.received_request(&id).await["state"] == "EXPIRED"
    })
    .await;
    for accept in [true, false] {
        let decided = connector.decide_on_request(&id, accept).await;
        decided.assert_error(400, "3301");
    }
    assert!(connector.undecided("").await.is_empty());
    connector.assert_books([]);
}

#[tokio::test]
async fn an_accepted_request_whose_payment_was_not_begun_is_not_paid_when_it_has_expired() {
    let connector = TestConnector::with(&[("REQUEST_TO_PAY_LIFETIME_MS", "2000")]).await;
    let id = connector.received(Joshua, "100").await;
    connector.bank_fault("find_customer", "fail", None);
    let accepted = connector.decide_on_request(&id, true).await;
    assert_eq!(accepted.status, 500, "{}", accepted.body);
    tokio::time::sleep(std::time::Duration::from_millis(2000)).await;
    connector.bank_recovers();
    let accepted = connector.decide_on_request(&id, true).await;
    accepted.assert_error(400, "3301");
    connector.assert_books([]);
}

#[tokio::test]
async fn a_channel_lists_the_requests_to_its_customer() {
    let connector = TestConnector::start().await;
    let mut soon = demand(Joshua, "1");
    let in_a_minute = Timestamp::now().after(std::time::Duration::from_secs(60));
    soon["expiration"] = json!(in_a_minute);
    let later = connector.received(Joshua, "2").await;
    connector.receive(&soon).await.served();
    connector.received(Poor, "3").await;
    let payer = &soon["to"];
    let [id_type, id_value] = ["idType", "idValue"].map(|key| payer[key].as_str().unwrap());
    let listed = connector
        .undecided(&format!("?idType={id_type}&idValue={id_value}"))
        .await;
    let ids: Vec<_> = listed
        .iter()
        .map(|request| &request["transactionRequestId"])
        .collect();
    assert_eq!(ids, [&soon["transactionRequestId"], &json!(later)]);
    assert_eq!(connector.undecided("").await.len(), 3);
    let unclear = connector.dfsp.get("/transactionrequests?idType=MSISDN");
    unclear.await.assert_error(400, "3102");
    let unknown = connector.dfsp.get("/transactionrequests/unknown").await;
    unknown.assert_error(404, "3206");
}

#[tokio::test]
async fn a_payer_without_the_money_is_told_so_and_nothing_moves() {
    let connector = TestConnector::start().await;
    let id = connector.received(Poor, "100").await;
    connector.pay_request(&id).await.assert_error(500, "4001");
    connector.assert_books([]);
}

#[tokio::test]
async fn a_commit_that_the_answer_does_not_prove_is_found_out() {
    let connector = TestConnector::start().await;
    let rules = json!({ "rules": [rule("accept", "commitThenGatewayTimeout")] });
    connector.scheme_behaves(rules).await;
    let id = connector.received(Joshua, "100").await;
    connector.pay_request(&id).await.served();
    let transfer = connector.answering(&id).await;
    connector.assert_books([committed(&transfer, Joshua, requested("100"))]);
}

/// A request whose connector dies at a record while it is paid; the channel
/// then asks the next one as it asked the first. Says whether it came to that.
async fn paying_survives(stop_at: StopAt) -> bool {
    let stopped = Arc::new(Notify::new());
    let notice = Arc::clone(&stopped);
    let mut connector =
        TestConnector::with_store(&[], |store| stopping(store, stop_at, stopped)).await;
    let demand = demand(Joshua, "100");
    let id = demand["transactionRequestId"].as_str().unwrap();
    let id: TransferId = id.parse().unwrap();
    let died = has_died(connector.receive(&demand), &notice).await
        || has_died(connector.pay_request(&id), &notice).await;
    connector.start_again().await;
    connector.receive(&demand).await.served();
    connector.pay_request(&id).await.served();
    let transfer = connector.answering(&id).await;
    connector
        .outgoing_becomes(&transfer, OutgoingState::Completed)
        .await;
    connector.assert_books([committed(&transfer, Joshua, requested("100"))]);
    let seen = connector.seen_by_scheme(&transfer).await;
    assert_eq!(seen["accepts"], 1, "{stop_at:?}: {seen}");
    died
}

#[tokio::test]
async fn paying_a_request_survives_a_death_before_and_after_any_record() {
    for stop_at in [Before as fn(usize) -> StopAt, After] {
        let mut number = 1;
        while paying_survives(stop_at(number)).await {
            number += 1;
        }
        assert!(number > 7, "it has died only {} times", number - 1);
    }
}

#[tokio::test]
async fn a_payer_who_is_asked_answers_and_his_payment_arrives() {
    let connector = TestConnector::start().await;
    let wish = wish(John, "100");
    let id = connector.asked(&wish).await;
    connector.payer_says(&id, "PENDING").await.served();
    assert_eq!(connector.sent_state(&id).await, "PENDING");
    for _ in 0..2 {
        connector.payer_says(&id, "ACCEPTED").await.served();
    }
    assert_eq!(connector.sent_state(&id).await, "ACCEPTED");
    connector.assert_books([]);
    let payment = IncomingPayment::of("100");
    let transfer = connector.reserved(&payment).await;
    connector.tell(&transfer, "COMMITTED").await.served();
    connector.assert_books([payment.committed()]);
}

#[tokio::test]
async fn a_payer_is_asked_once_for_one_wish() {
    let connector = TestConnector::start().await;
    let wish = wish(John, "100");
    let id = connector.asked(&wish).await;
    let again = connector.ask(&wish).await.served();
    assert_eq!(again["transactionRequestId"], id);
    assert_eq!(again["homeTransactionId"], wish["homeTransactionId"]);
    assert_eq!(connector.request_at_scheme(&id).await["asked"], 1);
    let mut other = wish.clone();
    other["amount"] = json!("101");
    connector.ask(&other).await.assert_error(400, "3106");
}

#[tokio::test]
async fn a_payer_who_is_shown_first_is_confirmed() {
    let connector = TestConnector::start().await;
    let behaviour = json!({ "autoAcceptParty": false });
    connector.scheme_behaves(behaviour).await;
    connector.asked(&wish(John, "100")).await;
}

#[tokio::test]
async fn what_a_payer_has_decided_is_not_decided_again() {
    let connector = TestConnector::start().await;
    let id = connector.asked(&wish(John, "100")).await;
    connector.payer_says(&id, "REJECTED").await.served();
    connector.payer_says(&id, "ACCEPTED").await.served();
    connector.payer_says(&id, "RECEIVED").await.served();
    assert_eq!(connector.sent_state(&id).await, "REJECTED");
    let unknown = connector.payer_says("unknown", "ACCEPTED").await;
    unknown.assert_error(400, "3206");
    let unheard = connector.payer_says(&id, "PERHAPS").await;
    unheard.assert_error(400, "3101");
}

#[tokio::test]
async fn a_request_whose_answer_is_lost_is_not_made_again() {
    let mut connector = TestConnector::start().await;
    let rules = json!({ "rules": [once("any", "gatewayTimeout")] });
    connector.scheme_behaves(rules).await;
    let wish = wish(John, "100");
    let request = connector.ask(&wish).await.served();
    assert_eq!(request["state"], "UNKNOWN");
    connector.start_again().await;
    assert_eq!(connector.ask(&wish).await.served(), request);
    let id = request["transactionRequestId"].as_str().unwrap();
    assert_eq!(connector.request_at_scheme(id).await, Value::Null);
    // The payer's FSP has heard of it after all, under an identifier of its own.
    let word = json!({
        "transactionRequestState": "ACCEPTED",
        "homeR2PTransactionId": id,
    });
    let path = "/requestToPay/another-id";
    connector.backend.put(path, &word).await.served();
    assert_eq!(connector.sent_state(id).await, "ACCEPTED");
}

#[tokio::test]
async fn a_request_that_was_certainly_not_sent_can_be_sent_again() {
    let nobody = [("SDK_BASE_URL", "http://127.0.0.1:1")];
    let connector = TestConnector::with(&nobody).await;
    let wish = wish(John, "100");
    for _ in 0..2 {
        connector.ask(&wish).await.assert_error(500, "2003");
    }
}

#[tokio::test]
async fn a_request_that_the_scheme_refuses_has_failed_for_good() {
    let connector = TestConnector::start().await;
    let mut wish = wish(John, "100");
    wish["payerId"] = json!("46733123450");
    for _ in 0..2 {
        connector.ask(&wish).await.assert_error(400, "3204");
    }
    let mut of_nobody = wish.clone();
    of_nobody["homeTransactionId"] = json!("another");
    of_nobody["payeeId"] = json!(stranger());
    connector.ask(&of_nobody).await.assert_error(400, "3204");
}

#[tokio::test]
async fn an_answer_that_comes_late_counts_all_the_same() {
    let connector = TestConnector::with(&[("REQUEST_TO_PAY_LIFETIME_MS", "150")]).await;
    let id = connector.asked(&wish(John, "100")).await;
    eventually("it expires", async || {
        connector.sent_state(&id).await == "EXPIRED"
    })
    .await;
    connector.payer_says(&id, "ACCEPTED").await.served();
    assert_eq!(connector.sent_state(&id).await, "ACCEPTED");
}

#[tokio::test]
async fn the_one_time_password_of_a_request_is_told_to_whoever_has_to_check_it() {
    let connector = TestConnector::start().await;
    let mut wish = wish(John, "100");
    wish["authenticationType"] = json!("OTP");
    let id = connector.asked(&wish).await;
    let received = connector.received(Joshua, "100").await;
    for id in [id.as_str(), received.as_str()] {
        let path = format!("/otp/{id}");
        let answer = connector.backend.get(&path).await.served();
        let password = answer["otpValue"].as_str().unwrap();
        assert!(password.bytes().all(|byte| byte.is_ascii_digit()));
        assert_eq!(password.len(), 6);
        assert_eq!(connector.backend.get(&path).await.served(), answer);
    }
    let unknown = format!("/otp/{}", TransferId::generate());
    let unknown = connector.backend.get(&unknown).await;
    unknown.assert_error(404, "3206");
}
