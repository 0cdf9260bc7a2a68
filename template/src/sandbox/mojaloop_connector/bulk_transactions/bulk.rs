//! The outbound API for bulks: it takes one at once, and calls back with what
//! has become of its items.
//!
//! The note of an item can say what goes wrong with it.

use std::time::Duration;

use actix_web::{
    rt,
    web::{Data, Json, Path, ServiceConfig, post, put},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::sandbox::mojaloop_connector::{
    SimulatedMojaloopConnector,
    answer::Answer,
    backend::Backend,
    identifiers::new_ulid,
    simulated_hub::{CurrentState, Direction, HubState, SimulatedTransfer},
};

/// The note of an item whose payee nobody knows.
pub const UNKNOWN_PAYEE: &str = "unknown payee";
/// The note of an item that the payee's FSP refuses when it is transferred.
pub const REFUSED: &str = "refused";
/// The note of an item that is transferred, and never called back.
pub const NOT_CALLED_BACK: &str = "not called back";

/// Later than the answer to the request that it is about.
const CALLS_BACK_AFTER: Duration = Duration::from_millis(20);

pub(in crate::sandbox::mojaloop_connector) fn routes(config: &mut ServiceConfig) {
    config
        .route("/bulkTransactions", post().to(begin))
        .route("/bulkTransactions/{id}", put().to(go_on));
}

async fn begin(
    simulator: Data<SimulatedMojaloopConnector>,
    backend: Data<Backend>,
    body: Json<Value>,
) -> Answer {
    let options = &body["options"];
    let (Some(bulk_id), Some(items)) = (
        body["bulkTransactionId"].as_str().map(str::to_owned),
        body["individualTransfers"].as_array(),
    ) else {
        return Answer::bad_request("no bulkTransactionId, or no individualTransfers");
    };
    if options["autoAcceptQuote"]["enabled"] != json!(false) {
        return Answer::bad_request("a bulk that accepts its own quotes is not simulated");
    }
    let mut results = Vec::new();
    for item in items {
        let Some(currency) = item["currency"].as_str().and_then(|code| code.parse().ok()) else {
            return Answer::bad_request("an item without a currency");
        };
        let transfer_id = new_ulid();
        let mut result = item.clone();
        result["transferId"] = json!(transfer_id);
        if item["note"] == UNKNOWN_PAYEE {
            result["lastError"] = error("3204", "Party not found");
        } else {
            let money = json!({ "amount": item["amount"], "currency": item["currency"] });
            result["to"]["partyIdInfo"]["fspId"] = json!("greenbank");
            result["to"]["name"] = json!("Grace Green");
            result["quoteResponse"] = json!({
                "quoteId": new_ulid(),
                "transferAmount": money,
                "payeeReceiveAmount": money,
            });
        }
        simulator.state().hub.remember(SimulatedTransfer {
            transfer_id,
            direction: Direction::Outbound,
            hub_state: HubState::None,
            current_state: CurrentState::WaitingForQuoteAcceptance,
            amount: item["amount"].as_str().unwrap_or_default().to_owned(),
            currency,
            accepts: 0,
            payee_leg: None,
            conversion_home_id: Value::Null,
            document: result.clone(),
        });
        results.push(result);
    }
    let state = CurrentState::WaitingForQuoteAcceptance;
    call_back(backend, bulk_id, state, results);
    Answer::accepted()
}

async fn go_on(
    simulator: Data<SimulatedMojaloopConnector>,
    backend: Data<Backend>,
    bulk_id: Path<String>,
    body: Json<Value>,
) -> Answer {
    let Some(items) = body["individualTransfers"].as_array() else {
        return Answer::bad_request("no individualTransfers");
    };
    let mut results = Vec::new();
    for item in items {
        let mut state = simulator.state();
        let transfer_id = item["transferId"].as_str().unwrap_or_default();
        let Some(transfer) = state.hub.find_mut(transfer_id) else {
            return Answer::bad_request("an item that is not of this bulk");
        };
        if item["acceptQuote"] != json!(true) {
            transfer.enter(CurrentState::Aborted);
            continue;
        }
        transfer.accepts += 1;
        let mut result = transfer.document.clone();
        let note = result["note"].as_str().unwrap_or_default();
        let hub_state = match note {
            REFUSED => HubState::Aborted,
            _ => HubState::Committed,
        };
        let is_called_back = note != NOT_CALLED_BACK;
        transfer.hub_state = hub_state;
        transfer.enter(CurrentState::Completed);
        match hub_state {
            HubState::Committed => {
                result["fulfil"] = json!({
                    "transferId": transfer_id, "transferState": "COMMITTED",
                });
            }
            _ => result["lastError"] = error("5104", "Payee rejected the transaction"),
        }
        if is_called_back {
            results.push(result);
        }
    }
    call_back(
        backend,
        bulk_id.into_inner(),
        CurrentState::Completed,
        results,
    );
    Answer::accepted()
}

fn error(code: &str, description: &str) -> Value {
    json!({
        "httpStatusCode": 500,
        "mojaloopError": {
            "errorInformation": { "errorCode": code, "errorDescription": description },
        },
    })
}

fn call_back(backend: Data<Backend>, bulk_id: String, state: CurrentState, results: Vec<Value>) {
    let body = json!({
        "bulkHomeTransactionID": bulk_id,
        "bulkTransactionId": bulk_id,
        "currentState": state.as_str(),
        "individualTransferResults": results,
    });
    rt::spawn(async move {
        tokio::time::sleep(CALLS_BACK_AFTER).await;
        let path = ["bulkTransactions", bulk_id.as_str()];
        backend.call(Method::PUT, &path, Some(&body)).await;
    });
}
