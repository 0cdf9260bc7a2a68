//! The outbound API for bulks: it takes one at once, and calls back with what
//! has become of its items.
//!
//! The note of an item can say what goes wrong with it.

use std::time::Duration;

use actix_web::{
    http::StatusCode,
    rt,
    web::{Data, Json, Path, ServiceConfig, post, put},
};
use reqwest::Method;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::{
    domain::{amount::Amount, timestamp::Timestamp},
    sandbox::mojaloop_connector::{
        SimulatedMojaloopConnector,
        answer::Answer,
        backend::Backend,
        behaviour::Operation,
        identifiers::new_ulid,
        settlement::Way,
        simulated_hub::{CurrentState, Direction, HubState, SimulatedTransfer},
    },
};

/// The note of an item whose payee nobody knows.
pub const UNKNOWN_PAYEE: &str = "unknown payee";
/// The note of an item whose payee's FSP offers terms that do not add up.
pub const ODD_TERMS: &str = "odd terms";
/// The note of an item whose payee's FSP gives a commission of 1, so that less is
/// to be transferred than was asked for.
pub const COMMISSION: &str = "commission";
/// The note of an item whose terms bind for as long as those of a quote.
pub const SHORT_TERMS: &str = "short terms";
/// The note of an item that the Mojaloop Connector has terms for, and does not
/// name in its callbacks.
pub const UNNAMED: &str = "unnamed";
/// The note of an item that the Mojaloop Connector has terms for, and leaves out
/// of its callbacks.
pub const LEFT_OUT: &str = "left out";
/// The note of an item that the payee's FSP refuses when it is transferred.
pub const REFUSED: &str = "refused";
/// The note of an item with which the Mojaloop Connector refuses an acceptance.
pub const NOT_TAKEN: &str = "not taken";
/// The note of an item that is transferred, and never called back.
pub const NOT_CALLED_BACK: &str = "not called back";
/// The note of an item that is transferred, and called back as timed out.
pub const TIMED_OUT: &str = "timed out";
/// The note of an item that is called transferred, and is not: the hub aborts it.
pub const SAID_COMMITTED: &str = "said to be committed";

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
    let misfortune = simulator.suffer(Operation::PostTransfer).await;
    let misfortune = misfortune.and_then(|one| one.answer_without_acting(&Value::Null));
    if let Some(answer) = misfortune {
        return answer;
    }
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
    if !transfers_of(&simulator, &bulk_id).is_empty() {
        // It is known already: the second request changes nothing.
        return Answer::accepted();
    }
    let mut results = Vec::new();
    for item in items {
        let Some(currency) = item["currency"].as_str().and_then(|code| code.parse().ok()) else {
            return Answer::bad_request("an item without a currency");
        };
        let transfer_id = new_ulid();
        let mut result = quoted(item, &transfer_id);
        if item["note"] == SHORT_TERMS {
            let lifetime = simulator.state().behaviour.quote_lifetime;
            let expires_at = Timestamp::now().after(lifetime);
            result["quoteResponse"]["expiration"] = json!(expires_at);
        }
        let mut document = result.clone();
        document["bulkTransactionId"] = json!(bulk_id);
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
            document,
        });
        if item["note"] == UNNAMED {
            result["transferId"] = Value::Null;
        }
        if item["note"] != LEFT_OUT {
            results.push(result);
        }
    }
    let state = CurrentState::WaitingForQuoteAcceptance;
    call_back(backend, bulk_id, state, results);
    Answer::accepted()
}

/// An item with its terms, or with the error that there are none.
fn quoted(item: &Value, transfer_id: &str) -> Value {
    let mut result = item.clone();
    result["transferId"] = json!(transfer_id);
    if item["note"] == UNKNOWN_PAYEE {
        result["lastError"] = error("3204", "Party not found");
        return result;
    }
    let money = json!({ "amount": item["amount"], "currency": item["currency"] });
    let received = match item["note"] == ODD_TERMS {
        true => json!({ "amount": "1000000", "currency": item["currency"] }),
        false => money.clone(),
    };
    // The same for all items that go to one FSP together.
    result["transactionId"] = json!("of-the-batch");
    result["to"]["partyIdInfo"]["fspId"] = json!("greenbank");
    result["to"]["name"] = json!("Grace Green");
    result["quoteResponse"] = json!({
        "quoteId": transfer_id,
        "transferAmount": money,
        "payeeReceiveAmount": received,
    });
    if item["note"] == COMMISSION {
        let asked = item["amount"].as_str().and_then(|text| text.parse().ok());
        let left = asked.unwrap_or(Decimal::ONE) - Decimal::ONE;
        let one = json!({ "amount": "1", "currency": item["currency"] });
        result["quoteResponse"]["payeeFspCommission"] = one;
        result["quoteResponse"]["transferAmount"]["amount"] = json!(left);
    }
    result
}

/// The transfers of a bulk, in the order of the request.
fn transfers_of(simulator: &SimulatedMojaloopConnector, bulk_id: &str) -> Vec<SimulatedTransfer> {
    let state = simulator.state();
    let of_bulk = |transfer: &&SimulatedTransfer| transfer.document["bulkTransactionId"] == bulk_id;
    state.hub.transfers().filter(of_bulk).cloned().collect()
}

async fn go_on(
    simulator: Data<SimulatedMojaloopConnector>,
    backend: Data<Backend>,
    bulk_id: Path<String>,
    body: Json<Value>,
) -> Answer {
    let misfortune = simulator.suffer(Operation::Accept).await;
    let without_acting = misfortune
        .as_ref()
        .and_then(|misfortune| misfortune.answer_without_acting(&Value::Null));
    if let Some(answer) = without_acting {
        return answer;
    }
    let Some(decided) = body["individualTransfers"].as_array() else {
        return Answer::bad_request("no individualTransfers");
    };
    let transfers = transfers_of(&simulator, &bulk_id);
    let mut notes = transfers.iter().map(|transfer| &transfer.document["note"]);
    if notes.any(|note| note == NOT_TAKEN) {
        return Answer::bad_request("an acceptance that is not taken");
    }
    let is_rejected = |transfer: &SimulatedTransfer| {
        decided.iter().any(|item| {
            item["transferId"] == *transfer.transfer_id && item["acceptQuote"] == json!(false)
        })
    };
    // What was decided once stays decided.
    let is_open = transfers
        .iter()
        .all(|transfer| transfer.current_state == CurrentState::WaitingForQuoteAcceptance);
    if is_open {
        let results = transfers.into_iter().filter_map(|transfer| {
            // Everything is transferred that has terms and is not rejected.
            let goes_on = transfer.document["lastError"].is_null() && !is_rejected(&transfer);
            transferred(&simulator, transfer, goes_on)
        });
        let results = results.collect();
        let bulk_id = bulk_id.into_inner();
        call_back(backend, bulk_id, CurrentState::Completed, results);
    }
    match misfortune {
        Some(_) => {
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            Answer::refusal(status, "simulated failure")
        }
        None => Answer::accepted(),
    }
}

/// Transfers an item, or gives it up; what is called back of it.
fn transferred(
    simulator: &SimulatedMojaloopConnector,
    mut transfer: SimulatedTransfer,
    goes_on: bool,
) -> Option<Value> {
    let mut result = transfer.document.clone();
    if !goes_on {
        transfer.enter(CurrentState::Aborted);
        simulator.state().hub.remember(transfer);
        return Some(result);
    }
    let note = result["note"].as_str().unwrap_or_default().to_owned();
    transfer.accepts += 1;
    transfer.hub_state = match note.as_str() {
        REFUSED | SAID_COMMITTED => HubState::Aborted,
        _ => HubState::Committed,
    };
    transfer.enter(CurrentState::Completed);
    let transfer_id = transfer.transfer_id.clone();
    if transfer.hub_state == HubState::Committed
        && let Ok(amount) = Amount::parse(&transfer.amount, transfer.currency)
    {
        let mut state = simulator.state();
        state.settlement.add(&transfer_id, Way::Outgoing, amount);
    }
    simulator.state().hub.remember(transfer);
    match note.as_str() {
        NOT_CALLED_BACK => return None,
        REFUSED => {
            let error = error("5104", "Payee rejected the transaction");
            result["fulfil"] = json!({
                "transferId": transfer_id, "transferState": "ABORTED", "lastError": error,
            });
        }
        TIMED_OUT => {
            result["lastError"] = error("3303", "Transfer expired");
            result["lastError"]["httpStatusCode"] = json!(504);
        }
        SAID_COMMITTED => {
            result["fulfil"] = json!({
                "transferId": transfer_id, "transferState": "COMMITTED",
            });
        }
        _ => {
            result["fulfil"] = json!({
                "transferId": transfer_id,
                "transferState": "COMMITTED",
                "fulfilment": "UNlJ98hZTY_dsw0cAqw4i_UN3v4utt7CZFB4yfLbVFA",
            });
        }
    }
    Some(result)
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
