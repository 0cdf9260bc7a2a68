//! The outbound API for accounts: which identifiers the scheme can find.

use std::time::SystemTime;

use actix_web::{
    http::header::HttpDate,
    web::{self, Data, Json},
};
use serde_json::{Value, json};

use super::{
    SimulatedMojaloopConnector, answer::Answer, behaviour::Operation, exchange::copy_fields,
    identifiers::new_ulid,
};
use crate::domain::identifier::IdType;

/// The most accounts that one request may name.
const MAX_ACCOUNTS: usize = 10_000;

const IDENTIFIER_FIELDS: [(&str, &str); 3] = [
    ("idType", "idType"),
    ("idValue", "idValue"),
    ("idSubValue", "idSubValue"),
];

pub(super) async fn post_accounts(
    simulator: Data<SimulatedMojaloopConnector>,
    body: Json<Value>,
) -> Answer {
    let accounts = match body.as_array() {
        Some(accounts) if (1..=MAX_ACCOUNTS).contains(&accounts.len()) => accounts,
        _ => {
            let message = format!("requestBody must be array of 1 to {MAX_ACCOUNTS} accounts");
            return Answer::bad_request(message);
        }
    };
    if let Some(answer) = misfortune(&simulator).await {
        return answer;
    }
    let fsp_id = &simulator.settings().fsp_id;
    let (mut response, mut parties) = (Vec::new(), Vec::new());
    for account in accounts {
        let mut status = json!({});
        copy_fields(account, &mut status, &IDENTIFIER_FIELDS);
        match fault_of(account) {
            Some(fault) => {
                status["error"] = json!({ "statusCode": "3101", "message": fault });
            }
            None => parties.push(party_entry(account, fsp_id)),
        }
        response.push(status);
    }
    let stated_currency = accounts.iter().find_map(|account| account.get("currency"));
    let currency = match stated_currency {
        Some(currency) => currency.clone(),
        None => json!(simulator.settings().currency),
    };
    let callback = json!({ "partyList": parties, "currency": currency });
    Answer::ok(json!({
        "accounts": accounts,
        "modelId": new_ulid(),
        "currentState": "COMPLETED",
        "response": response,
        "postAccountsResponse": {
            "headers": callback_headers(fsp_id, &callback),
            "body": callback,
        },
    }))
}

pub(super) async fn delete_account(
    simulator: Data<SimulatedMojaloopConnector>,
    path: web::Path<(String, String)>,
) -> Answer {
    let (id_type, id_value) = path.into_inner();
    delete(&simulator, &id_type, &id_value, None).await
}

pub(super) async fn delete_sub_account(
    simulator: Data<SimulatedMojaloopConnector>,
    path: web::Path<(String, String, String)>,
) -> Answer {
    let (id_type, id_value, id_sub_value) = path.into_inner();
    delete(&simulator, &id_type, &id_value, Some(&id_sub_value)).await
}

async fn delete(
    simulator: &SimulatedMojaloopConnector,
    id_type: &str,
    id_value: &str,
    id_sub_value: Option<&str>,
) -> Answer {
    let mut account = json!({ "idType": id_type, "idValue": id_value });
    if let Some(id_sub_value) = id_sub_value {
        account["idSubValue"] = json!(id_sub_value);
    }
    if let Some(fault) = fault_of(&account) {
        return Answer::bad_request(fault);
    }
    if let Some(answer) = misfortune(simulator).await {
        return answer;
    }
    let callback = json!({ "fspId": simulator.settings().fsp_id });
    account["currentState"] = json!("COMPLETED");
    account["modelId"] = json!(new_ulid());
    account["response"] = json!([callback]);
    account["deleteAccountResponse"] = json!({
        "headers": callback_headers("simulated-hub", &callback),
        "body": callback,
    });
    Answer::ok(account)
}

async fn misfortune(simulator: &SimulatedMojaloopConnector) -> Option<Answer> {
    let misfortune = simulator.suffer(Operation::Accounts).await?;
    let nothing = json!({});
    misfortune.answer_without_acting(&nothing).or_else(|| {
        let is_refusal = misfortune.is_mojaloop_error();
        is_refusal.then(|| misfortune.mojaloop_error(&nothing))
    })
}

/// Why an account is malformed, if it is.
fn fault_of(account: &Value) -> Option<&'static str> {
    let is_text = |field: &Value| field.as_str().is_some_and(|text| !text.is_empty());
    let known_type = account["idType"]
        .as_str()
        .is_some_and(|id_type| IdType::ALL.iter().any(|known| known.as_str() == id_type));
    if !known_type {
        return Some("idType must be a type of party identifier");
    }
    if !is_text(&account["idValue"]) {
        return Some("idValue must be a string that is not empty");
    }
    let sub_value = account.get("idSubValue");
    if sub_value.is_some_and(|sub_value| !is_text(sub_value)) {
        return Some("idSubValue must be a string that is not empty");
    }
    None
}

fn party_entry(account: &Value, fsp_id: &str) -> Value {
    let mut party_id = json!({ "fspId": fsp_id });
    copy_fields(
        account,
        &mut party_id,
        &[
            ("idType", "partyIdType"),
            ("idValue", "partyIdentifier"),
            ("idSubValue", "partySubIdOrType"),
        ],
    );
    json!({ "partyId": party_id })
}

fn callback_headers(source: &str, body: &Value) -> Value {
    json!({
        "content-type": "application/vnd.interoperability.iso20022.participants+json;version=2.0",
        "date": HttpDate::from(SystemTime::now()).to_string(),
        "fspiop-source": source,
        "user-agent": "axios/1.13.5",
        "content-length": body.to_string().len(),
        "accept-encoding": "gzip, compress, deflate, br",
        "host": "127.0.0.1:4000",
        "connection": "keep-alive",
    })
}
