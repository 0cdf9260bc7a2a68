//! Payments that arrive many at a time: each stands or falls alone.

use std::sync::Arc;

use core_connector::domain::{incoming::IncomingState, quote::AmountType, transfer_id::TransferId};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::{
    caller::Answer,
    customers::{
        Customer::{self, Blocked, John, Joshua},
        amount, currency, id_type,
    },
    incoming_payment::IncomingPayment,
    stopping_store::{StopAt, stopping},
    test_connector::TestConnector,
};

/// Payments of one payer, and the identifiers under which they come.
struct Bulk {
    quotes: TransferId,
    transfers: TransferId,
    payments: Vec<IncomingPayment>,
}

impl Bulk {
    fn of(payments: impl IntoIterator<Item = (Customer, &'static str)>) -> Self {
        let payments = payments.into_iter();
        Self {
            quotes: TransferId::generate(),
            transfers: TransferId::generate(),
            payments: payments
                .map(|(payee, amount)| IncomingPayment::of(amount).to(payee))
                .collect(),
        }
    }

    fn quote_request(&self) -> Value {
        let items = self.payments.iter().map(|payment| {
            let mut item = payment.quote_request();
            item.as_object_mut().unwrap().remove("from");
            item
        });
        json!({
            "bulkQuoteId": self.quotes,
            "from": { "idType": "MSISDN", "idValue": "971938765", "fspId": "bluebank" },
            "individualQuotes": items.collect::<Vec<_>>(),
        })
    }

    /// As the Mojaloop Connector sends it: with our answer to the bulk quote.
    fn transfer_request(&self, quotes: &Value) -> Value {
        let items = self.payments.iter().map(|payment| {
            json!({
                "transferId": payment.transfer_id,
                "to": { "idType": id_type(), "idValue": payment.payee.id_value() },
                "amountType": payment.amount_type,
                "amount": payment.terms().transfer_amount().to_string(),
                "currency": currency(),
                "transactionType": "TRANSFER",
            })
        });
        json!({
            "bulkTransferId": self.transfers,
            "bulkQuotes": quotes,
            "individualTransfers": items.collect::<Vec<_>>(),
        })
    }
}

impl TestConnector {
    async fn quote_bulk(&self, bulk: &Bulk) -> Answer {
        self.backend
            .post("/bulkQuotes", &bulk.quote_request())
            .await
    }

    async fn prepare_bulk(&self, bulk: &Bulk) -> Answer {
        let quotes = self.quote_bulk(bulk).await.served();
        let request = bulk.transfer_request(&quotes);
        self.backend.post("/bulkTransfers", &request).await
    }

    async fn states_of(&self, bulk: &Bulk) -> Vec<String> {
        let path = format!("/bulkTransfers/{}", bulk.transfers);
        states(&self.backend.get(&path).await.served())
    }
}

fn states(answer: &Value) -> Vec<String> {
    let results = answer["individualTransferResults"].as_array().unwrap();
    let state = |result: &Value| result["transferState"].as_str().unwrap().to_owned();
    results.iter().map(state).collect()
}

/// The codes of the items that failed; null for the others.
fn codes<'a>(answer: &'a Value, results: &str) -> Vec<&'a Value> {
    let results = answer[results].as_array().unwrap();
    let code = |result: &'a Value| &result["errorResponse"]["statusCode"];
    results.iter().map(code).collect()
}

#[tokio::test]
async fn a_quote_that_is_refused_does_not_fail_the_others() {
    let connector = TestConnector::start().await;
    let bulk = Bulk::of([(John, "100"), (Blocked, "100"), (Joshua, "50")]);
    let mut request = bulk.quote_request();
    request["individualQuotes"][2]["currency"] = json!("XTS");
    let answer = connector.backend.post("/bulkQuotes", &request).await;
    let quotes = answer.clone().served();
    let results = "individualQuoteResults";
    assert_eq!(
        codes(&quotes, results),
        [&Value::Null, &json!("5400"), &json!("5106")]
    );
    let terms = bulk.payments[0].terms();
    let first = &quotes[results][0];
    assert_eq!(first["quoteId"], bulk.payments[0].quote_id);
    assert_eq!(first["transferAmount"], terms.transfer_amount().to_string());
    assert_eq!(quotes["expiration"], first["expiration"]);
    let failed = quotes[results][1]["errorResponse"].as_object().unwrap();
    assert_eq!(failed.len(), 2, "the official document has these two alone");

    // The same request gets the same answer, and so does whoever asks later.
    let again = connector.backend.post("/bulkQuotes", &request).await;
    assert_eq!(again, answer);
    let path = format!("/bulkQuotes/{}", bulk.quotes);
    assert_eq!(connector.backend.get(&path).await, answer);
    connector.quote_bulk(&bulk).await.assert_error(400, "3106");
    connector.assert_books([]);
}

#[tokio::test]
async fn each_transfer_of_a_bulk_has_a_final_word_of_its_own() {
    let connector = TestConnector::start().await;
    let bulk = Bulk::of([(John, "100"), (Joshua, "50"), (Blocked, "70"), (John, "30")]);
    let answer = connector.prepare_bulk(&bulk).await.served();
    assert_eq!(answer["bulkTransferId"], bulk.transfers.as_str());
    assert!(answer["homeTransactionId"].is_string());
    assert_eq!(
        states(&answer),
        ["RESERVED", "RESERVED", "ABORTED", "RESERVED"]
    );
    let [first, second, _, last] = &bulk.payments[..] else {
        unreachable!("four payments");
    };
    connector.assert_books([first.reserved(), second.reserved(), last.reserved()]);

    connector
        .tell(&first.transfer_id, "COMMITTED")
        .await
        .served();
    connector
        .tell(&second.transfer_id, "ABORTED")
        .await
        .served();
    assert_eq!(
        connector.states_of(&bulk).await,
        ["COMMITTED", "ABORTED", "ABORTED", "RESERVED"]
    );
    connector.assert_books([first.committed(), second.released(), last.reserved()]);

    // Again: what was aborted is not promised any more, and nothing moves.
    let again = connector.prepare_bulk(&bulk).await.served();
    let results = "individualTransferResults";
    assert_eq!(
        codes(&again, results),
        [&Value::Null, &json!("3303"), &json!("3205"), &Value::Null]
    );
    connector.assert_books([first.committed(), second.released(), last.reserved()]);
}

#[tokio::test]
async fn two_equal_payments_to_one_payee_take_a_quote_each_and_a_third_none() {
    let connector = TestConnector::start().await;
    let mut bulk = Bulk::of([(John, "100"), (John, "100")]);
    let quotes = connector.quote_bulk(&bulk).await.served();
    bulk.payments.push(IncomingPayment::of("100"));
    let request = bulk.transfer_request(&quotes);
    let answer = connector.backend.post("/bulkTransfers", &request).await;
    assert_eq!(
        states(&answer.served()),
        ["RESERVED", "RESERVED", "ABORTED"]
    );
    connector.assert_books([bulk.payments[0].reserved(), bulk.payments[1].reserved()]);
}

#[tokio::test]
async fn a_transfer_of_what_was_asked_for_is_refused_if_its_quote_transfers_another_amount() {
    let connector = TestConnector::start().await;
    let mut bulk = Bulk::of([(John, "100")]);
    bulk.payments[0].amount_type = AmountType::Receive;
    let quotes = connector.quote_bulk(&bulk).await.served();
    let mut request = bulk.transfer_request(&quotes);
    // As the Mojaloop Connector of the payer may have it, whatever the quote.
    request["individualTransfers"][0]["amount"] = json!("100");
    let answer = connector.backend.post("/bulkTransfers", &request).await;
    let answer = answer.served();
    let payment = &bulk.payments[0];
    if payment.terms().transfer_amount() == amount("100") {
        assert_eq!(states(&answer), ["RESERVED"]);
        connector.assert_books([payment.reserved()]);
    } else {
        assert_eq!(codes(&answer, "individualTransferResults"), ["3106"]);
        connector.assert_books([]);
    }
}

#[tokio::test]
async fn transfers_without_quotes_of_this_connector_are_refused_one_by_one() {
    let connector = TestConnector::start().await;
    let bulk = Bulk::of([(John, "100"), (Joshua, "50")]);
    let mut request = bulk.transfer_request(&json!({ "bulkQuoteId": "never-given" }));
    let without_payee = request["individualTransfers"][1].as_object_mut();
    without_payee.unwrap().remove("to");
    let answer = connector.backend.post("/bulkTransfers", &request).await;
    let answer = answer.served();
    let results = "individualTransferResults";
    assert_eq!(codes(&answer, results), [&json!("3205"), &json!("3102")]);
    assert_eq!(connector.states_of(&bulk).await, ["ABORTED", "ABORTED"]);
    connector.assert_books([]);
}

#[tokio::test]
async fn a_bulk_that_is_too_long_or_names_an_identifier_twice_is_refused_whole() {
    let connector = TestConnector::with(&[("BULK_MAX_ITEMS", "2")]).await;
    let too_long = Bulk::of([(John, "10"), (John, "20"), (John, "30")]);
    let empty = Bulk::of([]);
    for bulk in [&too_long, &empty] {
        connector.quote_bulk(bulk).await.assert_error(400, "3100");
        let request = bulk.transfer_request(&Value::Null);
        let answer = connector.backend.post("/bulkTransfers", &request).await;
        answer.assert_error(400, "3100");
    }

    let mut twice = Bulk::of([(John, "10"), (John, "20")]);
    twice.payments[1].quote_id = twice.payments[0].quote_id.clone();
    connector.quote_bulk(&twice).await.assert_error(400, "3101");
    twice.payments[1].transfer_id = twice.payments[0].transfer_id.clone();
    let request = twice.transfer_request(&Value::Null);
    let answer = connector.backend.post("/bulkTransfers", &request).await;
    answer.assert_error(400, "3101");

    for path in [
        format!("/bulkQuotes/{}", too_long.quotes),
        format!("/bulkQuotes/{}", twice.quotes),
    ] {
        connector.backend.get(&path).await.assert_error(404, "3205");
    }
    for path in [
        format!("/bulkTransfers/{}", too_long.transfers),
        format!("/bulkTransfers/{}", twice.transfers),
    ] {
        connector.backend.get(&path).await.assert_error(404, "3208");
    }
    connector.assert_books([]);
}

#[tokio::test]
async fn another_bulk_under_a_known_identifier_is_refused() {
    let connector = TestConnector::start().await;
    let bulk = Bulk::of([(John, "100"), (Joshua, "50")]);
    let quotes = connector.quote_bulk(&bulk).await.served();
    let request = bulk.transfer_request(&quotes);
    connector
        .backend
        .post("/bulkTransfers", &request)
        .await
        .served();
    let mut other = request.clone();
    other["individualTransfers"][1]["amount"] = json!("40");
    let refused = connector.backend.post("/bulkTransfers", &other).await;
    refused.assert_error(400, "3106");
    connector.assert_books([bulk.payments[0].reserved(), bulk.payments[1].reserved()]);
}

#[tokio::test]
async fn concurrent_repetitions_reserve_once() {
    let connector = TestConnector::start().await;
    let bulk = Bulk::of([(John, "100"), (Joshua, "50")]);
    let [first, second, third] = futures_util::future::join_all([
        connector.prepare_bulk(&bulk),
        connector.prepare_bulk(&bulk),
        connector.prepare_bulk(&bulk),
    ])
    .await
    .try_into()
    .unwrap();
    assert_eq!(states(&first.body), ["RESERVED", "RESERVED"]);
    assert_eq!((&first, &first), (&second, &third));
    connector.assert_books([bulk.payments[0].reserved(), bulk.payments[1].reserved()]);
}

#[tokio::test]
async fn a_bulk_survives_a_crash_at_any_record() {
    for number in 1..=8 {
        for stop_at in [StopAt::Before(number), StopAt::After(number)] {
            bulk_survives(stop_at).await;
        }
    }
}

/// The connector dies at a record; the Mojaloop Connector then repeats the
/// requests, and the next connector goes on.
async fn bulk_survives(stop_at: StopAt) {
    let stopped = Arc::new(Notify::new());
    let notice = Arc::clone(&stopped);
    let connector = TestConnector::with_store(&[], |store| stopping(store, stop_at, stopped));
    let mut connector = connector.await;
    let bulk = Bulk::of([(John, "100"), (Blocked, "70"), (Joshua, "50")]);
    tokio::select! {
        _ = connector.prepare_bulk(&bulk) => {}
        () = notice.notified() => {}
    }
    connector.start_again().await;
    let answer = connector.prepare_bulk(&bulk).await.served();
    assert_eq!(
        states(&answer),
        ["RESERVED", "ABORTED", "RESERVED"],
        "{stop_at:?}"
    );
    let [first, _, last] = &bulk.payments[..] else {
        unreachable!("three payments");
    };
    connector.assert_books([first.reserved(), last.reserved()]);
    for (payment, word) in [(first, "COMMITTED"), (last, "ABORTED")] {
        connector.tell(&payment.transfer_id, word).await.served();
    }
    connector
        .incoming_becomes(&first.transfer_id, IncomingState::Committed)
        .await;
    connector.assert_books([first.committed(), last.released()]);
}
