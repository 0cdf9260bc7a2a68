//! Payments to a customer of the connector's FSP, against a stub of its backend API.

use std::sync::{Arc, Mutex};

use actix_web::{App, HttpRequest, HttpServer, web};

use super::*;

/// What a stub of the backend API does, and what it was sent.
#[derive(Clone)]
pub(super) struct Backend {
    calls: Arc<Mutex<Vec<(String, Value)>>>,
    /// How each call is to be answered, by its number and its request line.
    status: fn(usize, &str) -> u16,
}

pub(super) struct RunningBackend {
    backend: Backend,
    pub(super) base_url: String,
    server: ServerHandle,
}

impl Drop for RunningBackend {
    fn drop(&mut self) {
        drop(self.server.stop(false));
    }
}

impl RunningBackend {
    pub(super) fn answering(status: fn(usize, &str) -> u16) -> Self {
        let backend = Backend {
            calls: Arc::default(),
            status,
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let data = web::Data::new(backend.clone());
        let server = HttpServer::new(move || {
            App::new()
                .app_data(data.clone())
                .default_service(web::to(serve_backend))
        })
        .workers(1)
        .disable_signals()
        .listen(listener)
        .unwrap()
        .run();
        let handle = server.handle();
        rt::spawn(server);
        Self {
            backend,
            base_url,
            server: handle,
        }
    }

    pub(super) fn calls(&self) -> Vec<(String, Value)> {
        self.backend.calls.lock().unwrap().clone()
    }

    /// The body of the last call of this request.
    pub(super) fn body_of(&self, request: &str) -> Value {
        let calls = self.calls();
        let call = calls.into_iter().rfind(|(line, _)| line == request);
        call.unwrap_or_else(|| panic!("{request} was never called"))
            .1
    }
}

async fn serve_backend(
    backend: web::Data<Backend>,
    request: HttpRequest,
    body: web::Bytes,
) -> HttpResponse {
    let line = format!("{} {}", request.method(), request.path());
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let number = {
        let mut calls = backend.calls.lock().unwrap();
        calls.push((line.clone(), body.clone()));
        calls.len()
    };
    let status = (backend.status)(number, &line);
    if status != 200 {
        let error = json!({ "statusCode": "3204", "status": "3204", "message": "no" });
        return HttpResponse::build(StatusCode::from_u16(status).unwrap()).json(error);
    }
    let answer = match line.as_str() {
        "POST /quoterequests" => json!({
            "quoteId": body["quoteId"],
            "transactionId": body["transactionId"],
            "transferAmount": body["amount"],
            "transferAmountCurrency": body["currency"],
            "payeeFspFeeAmount": "0",
            "payeeFspFeeAmountCurrency": body["currency"],
        }),
        "POST /fxQuotes" => {
            let mut terms = body["conversionTerms"].clone();
            match terms["amountType"].as_str() {
                Some("SEND") => terms["targetAmount"]["amount"] = json!("50"),
                _ => terms["sourceAmount"]["amount"] = json!("200"),
            }
            json!({ "conversionTerms": terms, "homeTransactionId": "home-2" })
        }
        "POST /fxTransfers" => json!({ "conversionState": "RESERVED" }),
        "POST /transfers" => json!({ "homeTransactionId": "home-1", "transferState": "RESERVED" }),
        line if line.starts_with("GET ") => json!({
            "firstName": "Jane",
            "lastName": "Doe",
            "displayName": "Jane Doe",
            "supportedCurrencies": ["EUR"],
        }),
        _ => json!({}),
    };
    HttpResponse::Ok().json(answer)
}

fn incoming(wanted: Value) -> Value {
    let mut payment = json!({ "idType": "MSISDN", "idValue": "265998571175", "amount": "100" });
    for (name, field) in wanted.as_object().unwrap() {
        payment[name] = field.clone();
    }
    payment
}

impl Running {
    async fn receive(&self, wanted: Value) -> Value {
        let path = "/simulator/incoming";
        let (status, report) = self.call(Method::POST, path, incoming(wanted)).await;
        assert_eq!(status, 200, "{report}");
        report
    }
}

#[actix_web::test]
async fn a_payment_is_looked_up_quoted_prepared_and_committed() {
    let backend = RunningBackend::answering(|_, _| 200);
    let simulator = Running::in_front_of(&backend.base_url);
    let report = simulator.receive(json!({})).await;
    assert_eq!(report["outcome"], "COMMITTED");
    let transfer_id = report["transferId"].as_str().unwrap();
    let notify = format!("PUT /transfers/{transfer_id}");
    let lines: Vec<_> = backend.calls().into_iter().map(|(line, _)| line).collect();
    let expected = [
        "GET /parties/MSISDN/265998571175",
        "POST /quoterequests",
        "POST /transfers",
        &notify,
    ];
    assert_eq!(lines, expected);

    let expected = [
        "amount",
        "amountType",
        "currency",
        "expiration",
        "extensionList",
        "from",
        "initiator",
        "initiatorType",
        "quoteId",
        "to",
        "transactionId",
        "transactionType",
    ];
    let quote_request = backend.body_of("POST /quoterequests");
    assert_eq!(keys(&quote_request), expected);
    assert_eq!(quote_request["to"]["fspId"], "bluebank");

    let expected = [
        "amount",
        "amountType",
        "currency",
        "extensionList",
        "from",
        "ilpPacket",
        "quote",
        "quoteRequestExtensions",
        "to",
        "transactionType",
        "transferId",
    ];
    let prepare = backend.body_of("POST /transfers");
    assert_eq!(keys(&prepare), expected);
    assert_eq!(prepare["quote"]["quoteId"], report["quoteId"]);
    assert!(prepare["quote"]["expiration"].is_string());

    let expected = [
        "currentState",
        "direction",
        "finalNotification",
        "fulfil",
        "homeTransactionId",
        "initiatedTimestamp",
        "prepare",
        "quote",
        "quoteRequest",
        "quoteResponse",
        "transferId",
    ];
    let notification = backend.body_of(&notify);
    assert_eq!(keys(&notification), expected);
    assert_eq!(notification["currentState"], "COMPLETED");
    assert_eq!(notification["homeTransactionId"], "home-1");
    let token = notification["quoteRequest"]["headers"]["authorization"].as_str();
    assert!(token.unwrap().starts_with("Bearer "));

    let (status, found) = simulator.look_up(transfer_id).await;
    assert_eq!((status, &found["currentState"]), (200, &json!("COMPLETED")));
    assert_eq!(found["fulfil"]["body"]["transferState"], "COMMITTED");
    assert_eq!(simulator.only_transfer().await["direction"], "INBOUND");
}

#[actix_web::test]
async fn the_final_state_is_notified_as_the_mojaloop_connector_words_it() {
    let backend = RunningBackend::answering(|_, _| 200);
    let simulator = Running::in_front_of(&backend.base_url);
    for (final_state, current_state, last_error) in [
        ("ABORTED", "ABORTED", Value::Null),
        (
            "RESERVED",
            "ERROR_OCCURRED",
            json!("Final notification state not COMMITTED"),
        ),
    ] {
        let wanted = json!({ "finalState": final_state, "transferId": final_state });
        let report = simulator.receive(wanted).await;
        assert_eq!(report["outcome"], final_state);
        let notification = backend.body_of(&format!("PUT /transfers/{final_state}"));
        assert_eq!(notification["currentState"], current_state);
        assert_eq!(
            notification["finalNotification"]["transferState"],
            final_state
        );
        assert_eq!(notification["lastError"], last_error);
        let (_, found) = simulator.look_up(final_state).await;
        assert_eq!(found["fulfil"]["body"]["transferState"], final_state);
    }
    let report = simulator.receive(json!({ "finalState": "NONE" })).await;
    assert_eq!(report["outcome"], "NONE");
    assert_eq!(report["steps"].as_array().unwrap().len(), 3);
}

#[actix_web::test]
async fn a_request_that_fails_is_sent_again() {
    let backend = RunningBackend::answering(|number, _| if number <= 2 { 500 } else { 200 });
    let simulator = Running::in_front_of(&backend.base_url);
    let report = simulator.receive(json!({})).await;
    assert_eq!(report["outcome"], "COMMITTED");
    let attempts: Vec<_> = report["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| &step["attempts"])
        .collect();
    assert_eq!(attempts, [3, 1, 1, 1]);
}

#[actix_web::test]
async fn a_request_is_given_up_after_four_failures_and_after_one_refusal() {
    for (status, attempts) in [(503_u16, 4), (404, 1)] {
        let backend = match status {
            503 => RunningBackend::answering(
                |_, line| if line == "POST /transfers" { 503 } else { 200 },
            ),
            _ => RunningBackend::answering(
                |_, line| if line == "POST /transfers" { 404 } else { 200 },
            ),
        };
        let simulator = Running::in_front_of(&backend.base_url);
        let report = simulator.receive(json!({})).await;
        assert_eq!(report["outcome"], "REFUSED");
        let last = report["steps"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(last["request"], "POST /transfers");
        assert_eq!(last["status"], status);
        assert_eq!(last["attempts"], attempts);
        assert_eq!(last["body"]["statusCode"], "3204");
        assert_eq!(simulator.only_transfer().await["hubState"], "ABORTED");
    }
}

#[actix_web::test]
async fn a_backend_that_is_not_there_is_reported_without_a_status() {
    let simulator = Running::new();
    let report = simulator.receive(json!({})).await;
    assert_eq!(report["outcome"], "REFUSED");
    let step = &report["steps"][0];
    assert_eq!(
        (&step["status"], &step["attempts"]),
        (&Value::Null, &json!(4))
    );
}

#[actix_web::test]
async fn a_notification_is_repeated_even_if_it_is_refused() {
    let refusing =
        RunningBackend::answering(|_, line| if line.starts_with("PUT") { 400 } else { 200 });
    let report = Running::in_front_of(&refusing.base_url)
        .receive(json!({}))
        .await;
    assert_eq!(report["steps"][3]["attempts"], 6);
    let failing =
        RunningBackend::answering(|_, line| if line.starts_with("PUT") { 500 } else { 200 });
    let report = Running::in_front_of(&failing.base_url)
        .receive(json!({}))
        .await;
    assert_eq!(report["steps"][3]["attempts"], 24);
    assert_eq!(
        report["outcome"], "COMMITTED",
        "the hub has decided all the same"
    );
}

#[actix_web::test]
async fn notifications_can_come_many_times_and_at_once_or_never() {
    let backend = RunningBackend::answering(|_, _| 200);
    let simulator = Running::in_front_of(&backend.base_url);
    for (number, concurrent) in [(0, false), (3, false), (12, true)] {
        let wanted = json!({ "notifications": number, "concurrent": concurrent });
        let report = simulator.receive(wanted).await;
        assert_eq!(report["steps"].as_array().unwrap().len(), 3 + number);
    }
    let too_many = incoming(json!({ "notifications": 101 }));
    let (status, _) = simulator
        .call(Method::POST, "/simulator/incoming", too_many)
        .await;
    assert_eq!(status, 400);
}

#[actix_web::test]
async fn the_path_keeps_a_plus_sign_and_has_the_sub_value() {
    let backend = RunningBackend::answering(|_, _| 200);
    let simulator = Running::in_front_of(&format!("{}/", backend.base_url));
    let wanted = json!({ "idValue": "+265 1/2", "idSubValue": "till", "amountType": "RECEIVE" });
    let report = simulator.receive(wanted).await;
    assert_eq!(
        report["steps"][0]["request"],
        "GET /parties/MSISDN/+265%201%2F2/till"
    );
    let quote_request = backend.body_of("POST /quoterequests");
    assert_eq!(quote_request["to"]["idSubValue"], "till");
    assert_eq!(quote_request["amountType"], "RECEIVE");
}
