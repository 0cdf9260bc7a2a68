//! Requests to pay, of both sides: the simulator takes those of this connector's
//! customers and plays the payers who answer, and it plays payees who ask.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use actix_web::{
    http::StatusCode,
    web::{self, Data, Json, Path},
};
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    domain::{currency::Currency, transfer_id::TransferId},
    sandbox::mojaloop_connector::{
        SimulatedMojaloopConnector,
        answer::Answer,
        backend::Backend,
        behaviour::Operation,
        identifiers::{new_trace_id, new_ulid},
        network::Network,
        payment::{Decision, hub_refusal},
        simulated_hub::CurrentState,
    },
};

/// More requests than this are not taken.
const MAX_REQUESTS: usize = 10_000;

/// The FSP of the payees who ask.
const ASKING_FSP: &str = "greenbank";

/// The party that no participant knows.
const UNKNOWN_PARTY: &str = "46733123450";

/// The requests that the simulated Mojaloop Connector has in its cache.
#[derive(Clone, Default)]
pub struct RequestsToPay {
    requests: Arc<Mutex<HashMap<String, KnownRequest>>>,
}

/// What is known of one request.
#[derive(Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct KnownRequest {
    /// How often this connector has asked for it.
    asked: u32,
    /// How often this connector has said that its customer does not pay.
    declined: u32,
    /// The transfer that answers it.
    transfer_id: Option<String>,
    /// What this connector asked for.
    #[serde(skip)]
    document: Value,
}

impl RequestsToPay {
    fn known(&self) -> MutexGuard<'_, HashMap<String, KnownRequest>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, id: &str, change: impl FnOnce(&mut KnownRequest)) -> Option<Answer> {
        let mut known = self.known();
        if known.len() >= MAX_REQUESTS && !known.contains_key(id) {
            let status = StatusCode::INSUFFICIENT_STORAGE;
            return Some(Answer::refusal(status, "too many requests to pay"));
        }
        change(known.entry(id.to_owned()).or_default());
        None
    }
}

async fn post_request_to_pay(
    simulator: Data<SimulatedMojaloopConnector>,
    requests: Data<RequestsToPay>,
    body: Json<Value>,
) -> Answer {
    let mut document = body.into_inner();
    for field in [
        "homeR2PTransactionId",
        "from",
        "to",
        "amountType",
        "currency",
        "amount",
        "transactionType",
    ] {
        if document.get(field).is_none() {
            let message = format!("requestBody must have required property '{field}'");
            return Answer::bad_request(message);
        }
    }
    let id = match document["transactionRequestId"].as_str() {
        Some(id) => id.to_owned(),
        None => new_ulid(),
    };
    document["transactionRequestId"] = json!(id);
    let misfortune = simulator.suffer(Operation::Any).await;
    if let Some(answer) = misfortune
        .as_ref()
        .and_then(|misfortune| misfortune.answer_without_acting(&document))
    {
        return answer;
    }
    if document["to"]["idValue"] == UNKNOWN_PARTY {
        return hub_refusal("3204", "Party not found", &document);
    }
    let refused = requests.note(&id, |request| {
        request.asked += 1;
        request.document = document.clone();
    });
    if let Some(refused) = refused {
        return refused;
    }
    if let Some(misfortune) = misfortune.filter(|misfortune| misfortune.is_mojaloop_error()) {
        return misfortune.mojaloop_error(&document);
    }
    if simulator.state().behaviour.auto_accept_party {
        return passed_on(document);
    }
    document["currentState"] = json!("WAITING_FOR_PARTY_ACCEPTANCE");
    Answer::ok(document)
}

/// The payer's FSP has the request.
fn passed_on(mut document: Value) -> Answer {
    document["currentState"] = json!("COMPLETED");
    document["transactionRequestResponse"] = json!({
        "transactionId": new_ulid(),
        "transactionRequestState": "RECEIVED",
    });
    Answer::ok(document)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PartyDecision {
    accept_party: Option<bool>,
}

/// The real one goes on with requests that it has sent, and knows no others.
async fn put_request_to_pay(
    requests: Data<RequestsToPay>,
    id: Path<String>,
    decision: Json<PartyDecision>,
) -> Answer {
    let accepts = decision.accept_party == Some(true);
    if !accepts && let Some(refused) = requests.note(&id, |request| request.declined += 1) {
        return refused;
    }
    let known = requests.known().get(id.as_str()).cloned();
    match known.map(|request| request.document) {
        Some(document) if accepts && !document.is_null() => passed_on(document),
        _ => {
            let message = format!("No cached data found for transactionRequestId: {id}");
            Answer::refusal(StatusCode::INTERNAL_SERVER_ERROR, message)
        }
    }
}

/// It is begun like every other transfer, without a party to ask about.
async fn post_request_to_pay_transfer(
    simulator: Data<SimulatedMojaloopConnector>,
    network: Data<Network>,
    requests: Data<RequestsToPay>,
    body: Json<Value>,
) -> Answer {
    let mut document = body.into_inner();
    for field in [
        "homeR2PTransactionId",
        "transactionRequestId",
        "scenario",
        "initiator",
        "initiatorType",
    ] {
        if document.get(field).and_then(Value::as_str).is_none() {
            let message = format!("requestBody must have required property '{field}'");
            return Answer::bad_request(message);
        }
    }
    if document["to"]["fspId"].as_str().is_none() {
        let message = "the payee's FSP is not said";
        return Answer::refusal(StatusCode::INTERNAL_SERVER_ERROR, message);
    }
    let id = document["transactionRequestId"].to_string();
    let id = id.trim_matches('"');
    let transfer_id = match document["transferId"].as_str() {
        Some(transfer_id) => transfer_id.to_owned(),
        None => new_ulid(),
    };
    document["transferId"] = json!(transfer_id);
    document["homeTransactionId"] = document["homeR2PTransactionId"].clone();
    document["transactionType"] = json!("TRANSFER");
    let refused = requests.note(id, |request| request.transfer_id = Some(transfer_id));
    match refused {
        Some(refused) => refused,
        None => simulator.begin(&network, document, &new_trace_id()).await,
    }
}

/// A rejection is answered in a shape of its own.
async fn put_request_to_pay_transfer(
    simulator: Data<SimulatedMojaloopConnector>,
    network: Data<Network>,
    requests: Data<RequestsToPay>,
    id: Path<String>,
    decision: Json<Decision>,
) -> Answer {
    let known = requests.known().get(id.as_str()).cloned();
    let Some(transfer_id) = known.and_then(|request| request.transfer_id) else {
        let message = format!("No cached data found for transactionRequestId: {id}");
        return Answer::refusal(StatusCode::INTERNAL_SERVER_ERROR, message);
    };
    let answer = simulator.go_on(&network, &transfer_id, *decision).await;
    if decision.accepts(CurrentState::WaitingForQuoteAcceptance) {
        return answer;
    }
    Answer::ok(json!({ "status": format!("{id} has been REJECTED") }))
}

/// The request that a payee is to make.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WantedRequest {
    id_type: String,
    id_value: String,
    amount: String,
    currency: Option<Currency>,
    transaction_request_id: Option<TransferId>,
    expiration: Option<String>,
    note: Option<String>,
}

/// Plays a payee of another FSP who asks a customer of this connector's.
async fn ask(
    simulator: Data<SimulatedMojaloopConnector>,
    backend: Data<Backend>,
    wanted: Json<WantedRequest>,
) -> Answer {
    let settings = simulator.settings();
    let wanted = wanted.into_inner();
    let id = match wanted.transaction_request_id {
        Some(id) => id.to_string(),
        None => new_ulid(),
    };
    let mut body = json!({
        "transactionRequestId": id,
        "from": { "idType": "MSISDN", "idValue": "25471111111", "fspId": ASKING_FSP },
        "to": {
            "idType": wanted.id_type,
            "idValue": wanted.id_value,
            "fspId": settings.fsp_id,
        },
        "amount": wanted.amount,
        "currency": wanted.currency.unwrap_or(settings.currency),
        "transactionType": "TRANSFER",
        "initiator": "PAYEE",
        "initiatorType": "CONSUMER",
    });
    for (name, value) in [("expiration", wanted.expiration), ("note", wanted.note)] {
        if let Some(value) = value {
            body[name] = json!(value);
        }
    }
    let step = backend
        .call(Method::POST, &["transactionrequests"], Some(&body))
        .await;
    Answer::ok(json!({ "transactionRequestId": id, "steps": [step] }))
}

/// What the payer's FSP is to say.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WantedWord {
    transaction_request_state: String,
}

/// Plays the payer's FSP of a request that this connector's customer made.
async fn answer(
    requests: Data<RequestsToPay>,
    backend: Data<Backend>,
    id: Path<String>,
    wanted: Json<WantedWord>,
) -> Answer {
    let known = requests.known().get(id.as_str()).cloned();
    let home = known.map(|request| request.document["homeR2PTransactionId"].clone());
    let mut body = json!({ "transactionRequestState": wanted.transaction_request_state });
    if let Some(home) = home.filter(|home| !home.is_null()) {
        body["homeR2PTransactionId"] = home;
    }
    let step = backend.notify(&["requestToPay", &id], &body).await;
    Answer::ok(json!({ "transactionRequestId": id.as_str(), "steps": [step] }))
}

async fn list(requests: Data<RequestsToPay>) -> Answer {
    Answer::ok(json!(*requests.known()))
}

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/requestToPay", web::post().to(post_request_to_pay))
        .route("/requestToPay/{id}", web::put().to(put_request_to_pay))
        .route(
            "/requestToPayTransfer",
            web::post().to(post_request_to_pay_transfer),
        )
        .route(
            "/requestToPayTransfer/{id}",
            web::put().to(put_request_to_pay_transfer),
        )
        .route("/simulator/requests-to-pay", web::post().to(ask))
        .route("/simulator/requests-to-pay", web::get().to(list))
        .route(
            "/simulator/requests-to-pay/{id}/answer",
            web::post().to(answer),
        );
}
