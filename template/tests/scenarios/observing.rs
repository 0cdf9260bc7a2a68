//! What operations see: metrics, readiness, logs and traces.

use std::sync::{Arc, Mutex};

use actix_web::{HttpRequest, HttpResponse, web};
use reqwest::Method;
use serde_json::json;

use crate::{
    caller::{Caller, answer},
    customers::{Customer, id_type},
    incoming_payment::IncomingPayment,
    secrecy,
    stand_in::StandIn,
    test_connector::{TestConnector, eventually},
};

impl TestConnector {
    /// The metrics, as Prometheus gets them.
    async fn metrics(&self) -> String {
        let url = format!("http://{}/metrics", self.metrics);
        let answer = reqwest::get(url).await.unwrap();
        let content_type = answer.headers()["content-type"]
            .to_str()
            .unwrap()
            .to_owned();
        assert!(content_type.starts_with("application/openmetrics-text"));
        answer.text().await.unwrap()
    }
}

/// The value of the series that begins so.
fn value(metrics: &str, series: &str) -> Option<f64> {
    let mut lines = metrics.lines();
    let value = lines.find_map(|line| {
        let rest = line.strip_prefix(series)?;
        rest.strip_prefix("{}").unwrap_or(rest).strip_prefix(' ')
    })?;
    Some(value.parse().unwrap())
}

fn john() -> String {
    format!("/parties/{}/{}", id_type(), Customer::John.id_value())
}

#[tokio::test]
async fn a_payment_shows_in_the_metrics_without_saying_whose_it_is() {
    let connector = TestConnector::start().await;
    let payment = IncomingPayment::of("100");
    let id = connector.reserved(&payment).await;
    connector.tell(&id, "COMMITTED").await.served();
    connector.backend.get("/quoterequests").await;
    eventually("the connector is ready", async || {
        value(&connector.metrics().await, "connector_ready") == Some(1.0)
    })
    .await;
    let metrics = connector.metrics().await;
    for (series, expected) in [
        (
            "connector_payment_records_total{direction=\"incoming\",state=\"committed\"}",
            1.0,
        ),
        ("connector_parked_payments{direction=\"incoming\"}", 0.0),
        ("connector_payments_known", 1.0),
        ("connector_open_exceptions", 0.0),
        ("connector_ready", 1.0),
        ("connector_ending", 0.0),
        (
            "connector_breaker_state{to=\"core banking system\",state=\"closed\"}",
            1.0,
        ),
        (
            "connector_breaker_state{to=\"core banking system\",state=\"open\"}",
            0.0,
        ),
        (
            "connector_request_duration_seconds_count{api=\"backend\",method=\"PUT\",\
             resource=\"/transfers/{transferId}\",status=\"2xx\"}",
            1.0,
        ),
        (
            "connector_request_errors_total{api=\"backend\",resource=\"/quoterequests\",code=\"3100\"}",
            1.0,
        ),
        (
            "connector_calls_total{to=\"core banking system\",operation=\"find_customer\",\
             outcome=\"answered\"}",
            2.0,
        ),
        (
            "connector_request_places_in_use{api=\"dfsp\",room=\"under way\"}",
            0.0,
        ),
    ] {
        assert_eq!(
            value(&metrics, series),
            Some(expected),
            "{series} in\n{metrics}"
        );
    }
    let known = metrics
        .lines()
        .filter(|line| line.starts_with("connector_funding_known{"));
    let known: Vec<_> = known.collect();
    assert!(
        !known.is_empty() && known.iter().all(|line| line.ends_with(" 1.0")),
        "{known:?}"
    );
    assert!(!metrics.contains(id.as_str()), "{metrics}");
}

#[tokio::test]
async fn payments_that_wait_and_those_that_are_parked_are_counted_apart() {
    let impatient = [("FINAL_WORD_AFTER_MS", "50"), ("RETRY_MAX_ATTEMPTS", "1")];
    let connector = TestConnector::with(&impatient).await;
    let id = connector.reserved(&IncomingPayment::of("100")).await;
    eventually("it is parked", async || {
        connector.incoming(&id).await.work.parked.is_some()
    })
    .await;
    let metrics = connector.metrics().await;
    let parked = value(
        &metrics,
        "connector_parked_payments{direction=\"incoming\"}",
    );
    assert_eq!(parked, Some(1.0), "{metrics}");
    let oldest = value(
        &metrics,
        "connector_oldest_parked_payment_seconds{direction=\"incoming\"}",
    );
    assert!(
        oldest.is_some_and(|age| (0.0..300.0).contains(&age)),
        "{metrics}"
    );
    let waiting = "connector_waiting_payments{direction=\"incoming\",state=\"reserved\"}";
    assert_eq!(value(&metrics, waiting), None, "{metrics}");
}

// [if funding_model is not deposit_withdraw]
#[tokio::test]
async fn a_balance_that_the_bank_does_not_say_is_told_to_be_unknown() {
    let connector = TestConnector::start().await;
    connector.bank_fault("balance", "fail", Some(1));
    let metrics = connector.metrics().await;
    let mut known = metrics
        .lines()
        .filter(|line| line.starts_with("connector_funding_known{"));
    assert!(known.any(|line| line.ends_with(" 0.0")), "{metrics}");
    assert!(!metrics.contains("\nconnector_funding_level{"), "{metrics}");
    // However often it is asked for, the bank, which would know now, is asked once in a while.
    let again = connector.metrics().await;
    assert!(!again.contains("\nconnector_funding_level{"), "{again}");
    connector.bank_recovers();
}

// [end]
#[tokio::test]
async fn a_bank_that_is_away_is_told_of_and_makes_nobody_unready() {
    let breaker = [
        ("BREAKER_FAILURES", "1"),
        ("BREAKER_FIRST_PAUSE_MS", "60000"),
        ("BREAKER_LONGEST_PAUSE_MS", "60000"),
    ];
    let connector = TestConnector::with(&breaker).await;
    // The disk of a busy machine may take longer than a probe waits.
    eventually("it is ready", async || {
        connector.backend.get("/ready").await.status == 200
    })
    .await;
    let ready = connector.backend.get("/ready").await.served();
    let expected = json!({
        "status": "READY",
        "journal": "USABLE",
        "coreBankingSystem": "CALLED",
        "mojaloopConnector": "CALLED",
    });
    assert_eq!(ready, expected);
    connector.bank_fault("find_customer", "fail", Some(1));
    connector
        .backend
        .get(&john())
        .await
        .assert_error(500, "2003");
    for port in [
        &connector.backend,
        &Caller::of(format!("http://{}", connector.metrics)),
    ] {
        let ready = port.get("/ready").await.served();
        assert_eq!(ready["status"], "READY");
        assert_eq!(ready["coreBankingSystem"], "AWAY");
    }
}

#[tokio::test]
async fn every_line_about_a_payment_names_it_wherever_it_is_logged() {
    let connector = TestConnector::start().await;
    let payment = IncomingPayment::of("100");
    let id = connector.reserved(&payment).await;
    connector.tell(&id, "COMMITTED").await.served();
    connector.tell(&id, "ABORTED").await;
    let told = secrecy::logged_about(id.as_str());
    let has = |message: &str, name: &str, value: &str| {
        let mut lines = told.iter().filter(|line| line["message"] == message);
        assert!(
            lines.any(|line| line[name] == value),
            "{message}: {told:#?}"
        );
    };
    has("payment", "state", "committed");
    has("served", "resource", "/transfers/{transferId}");
    has("served", "method", "POST");
    for line in told {
        assert_eq!(line["transfer_id"], id.as_str(), "{line}");
        let is_traced = line["trace_id"]
            .as_str()
            .is_some_and(|trace| trace.len() == 32);
        assert!(is_traced, "{line}");
    }
}

#[tokio::test]
async fn the_trace_of_a_caller_is_passed_on_to_the_mojaloop_connector() {
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let hears = web::Data::new(Arc::clone(&heard));
    let mojaloop_connector = StandIn::start(move |stand_in| {
        stand_in
            .app_data(hears.clone())
            .default_service(web::to(hear));
    });

    let connector = TestConnector::with(&[("SDK_BASE_URL", &mojaloop_connector.url)]).await;
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let path = format!("/accounts/{}/{}", id_type(), Customer::John.id_value());
    let request = connector.dfsp.request(Method::DELETE, &path);
    answer(request.header("traceparent", parent)).await;
    let passed_on = heard.lock().unwrap().clone();
    assert_eq!(passed_on, [parent]);
}

/// A Mojaloop Connector that only notes whose trace it is called for.
async fn hear(request: HttpRequest, hears: web::Data<Arc<Mutex<Vec<String>>>>) -> HttpResponse {
    let parent = request.headers().get("traceparent").unwrap();
    hears
        .lock()
        .unwrap()
        .push(parent.to_str().unwrap().to_owned());
    HttpResponse::InternalServerError().json(json!({ "message": "it does not matter" }))
}
