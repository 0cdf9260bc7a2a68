//! The doors of the sandbox bank: its REST API.

use std::str::FromStr;

use actix_web::{
    Error, HttpRequest, HttpResponse, Resource, Route,
    error::{InternalError, JsonPayloadError},
    http::StatusCode,
    rt,
    web::{self, Data, Json, Path},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Reaction, SandboxBank,
    books::{Answer, Books},
    faults::{Faults, LONGEST_SILENCE, Operation},
    order::Order,
    refusal::Refusal,
};
use crate::domain::{amount::Amount, identifier::IdType, party::AccountNumber};

/// No request of a connector is longer.
const MAX_BODY_BYTES: usize = 16 * 1024;

/// The paths that every bank has. `Path` percent-decodes what is in a path after the
/// path has been split, so that a reference may hold a slash.
pub fn configure(service: &mut web::ServiceConfig) {
    let json = web::JsonConfig::default()
        .limit(MAX_BODY_BYTES)
        .error_handler(unreadable_body);
    service
        .app_data(json)
        .service(resource(
            "/customers/{id_type}/{id_value}",
            web::get().to(find_customer),
        ))
        .service(resource(
            "/accounts/{account}/balance",
            web::get().to(balance),
        ))
        .service(resource("/credit-checks", web::post().to(check_credit)))
        .service(resource("/bookings/{reference}", web::get().to(enquire)))
        .service(resource("/ledger", web::get().to(ledger)))
        .service(
            resource("/faults", web::put().to(set_faults)).route(web::delete().to(clear_faults)),
        )
        .default_service(web::to(no_such_path));
}

/// A path of the bank. What else is tried there is answered in JSON too.
pub fn resource(path: &str, route: Route) -> Resource {
    web::resource(path)
        .route(route)
        .default_service(web::to(no_such_method))
}

/// The content of an instruction and the reference that it comes under.
#[derive(Deserialize)]
pub struct Referenced<T> {
    pub reference: String,
    #[serde(flatten)]
    pub content: T,
}

/// An instruction that says everything in its path.
#[derive(Deserialize)]
pub struct ReferenceAlone {
    pub reference: String,
}

/// What became of an instruction.
#[derive(Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
enum Outcome<'a> {
    Done { booking_id: &'a str },
    Refused { reason: Refusal },
}

async fn find_customer(bank: Data<SandboxBank>, path: Path<(String, String)>) -> HttpResponse {
    let (id_type, value) = path.into_inner();
    respond(bank, Operation::FIND_CUSTOMER, move |books, _| {
        let id_type = IdType::from_str(&id_type).ok();
        match id_type.and_then(|id_type| books.find_customer(id_type, &value)) {
            Some(customer) => HttpResponse::Ok().json(customer),
            None => not_found("unknown_customer", "nobody has this identifier"),
        }
    })
    .await
}

async fn balance(bank: Data<SandboxBank>, account: Path<String>) -> HttpResponse {
    let account = AccountNumber::new(account.into_inner());
    respond(bank, Operation::BALANCE, move |books, _| {
        match books.balance(&account) {
            Some(balance) => HttpResponse::Ok().json(balance),
            None => not_found("unknown_account", "there is no such account"),
        }
    })
    .await
}

#[derive(Deserialize)]
struct CreditCheck {
    account: AccountNumber,
    amount: Amount,
}

async fn check_credit(bank: Data<SandboxBank>, check: Json<CreditCheck>) -> HttpResponse {
    respond(bank, Operation::CHECK_CREDIT, move |books, _| {
        match books.check_credit(&check.account, check.amount) {
            Ok(()) => HttpResponse::Ok().json(json!({})),
            Err(refusal) => refused(refusal),
        }
    })
    .await
}

async fn enquire(bank: Data<SandboxBank>, reference: Path<String>) -> HttpResponse {
    respond(bank, Operation::ENQUIRE, move |books, _| {
        match books.enquire(&reference) {
            Some(Ok(booking_id)) => HttpResponse::Ok().json(Outcome::Done { booking_id }),
            Some(Err(reason)) => HttpResponse::Ok().json(Outcome::Refused { reason: *reason }),
            None => not_found("unknown_reference", "nothing came under this reference"),
        }
    })
    .await
}

async fn ledger(bank: Data<SandboxBank>) -> HttpResponse {
    match serde_json::to_string_pretty(&bank.ledger()) {
        Ok(text) => HttpResponse::Ok()
            .content_type("application/json")
            .body(text),
        Err(error) => problem(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal_error",
            &error.to_string(),
        ),
    }
}

async fn set_faults(bank: Data<SandboxBank>, faults: Json<Faults>) -> HttpResponse {
    bank.set_faults(faults.into_inner());
    HttpResponse::NoContent().finish()
}

async fn clear_faults(bank: Data<SandboxBank>) -> HttpResponse {
    bank.set_faults(Faults::default());
    HttpResponse::NoContent().finish()
}

async fn no_such_path() -> HttpResponse {
    not_found("unknown_path", "the sandbox bank has no such path")
}

async fn no_such_method() -> HttpResponse {
    problem(
        StatusCode::METHOD_NOT_ALLOWED,
        "unknown_method",
        "this path has no such method",
    )
}

/// Gives the bank an instruction, and answers with the number of its booking.
pub async fn instruct<O: Order>(
    bank: Data<SandboxBank>,
    operation: Operation,
    reference: String,
    order: O,
) -> HttpResponse {
    respond(bank, operation, move |books, forgetful| {
        let answer: Answer = books.instruct(&reference, order, forgetful);
        match answer {
            Ok(booking_id) => HttpResponse::Ok().json(json!({ "booking_id": booking_id })),
            Err(refusal) => refused(refusal),
        }
    })
    .await
}

/// Acts and answers, or does what the bank was told to do instead. The server
/// keeps a handler going whose caller has hung up.
pub async fn respond(
    bank: Data<SandboxBank>,
    operation: Operation,
    act: impl FnOnce(&mut Books, bool) -> HttpResponse + 'static,
) -> HttpResponse {
    match bank.react(operation, act).await {
        Reaction::Answered(response) => response,
        Reaction::Refused(reason) => problem(
            StatusCode::UNPROCESSABLE_ENTITY,
            &reason,
            "the sandbox bank was told to refuse",
        ),
        Reaction::Failed => told_to_fail(),
        Reaction::Silent => {
            rt::time::sleep(LONGEST_SILENCE).await;
            told_to_fail()
        }
    }
}

fn told_to_fail() -> HttpResponse {
    problem(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal_error",
        "the sandbox bank was told to fail",
    )
}

/// The answer to what the bank does not do.
pub fn refused(refusal: Refusal) -> HttpResponse {
    HttpResponse::UnprocessableEntity().json(json!({
        "reason": refusal,
        "message": refusal.to_string(),
    }))
}

/// The answer to a question about what is not there.
pub fn not_found(reason: &str, message: &str) -> HttpResponse {
    problem(StatusCode::NOT_FOUND, reason, message)
}

fn problem(status: StatusCode, reason: &str, message: &str) -> HttpResponse {
    HttpResponse::build(status).json(json!({ "reason": reason, "message": message }))
}

fn unreadable_body(error: JsonPayloadError, _request: &HttpRequest) -> Error {
    let (status, reason) = match &error {
        JsonPayloadError::Overflow { .. } | JsonPayloadError::OverflowKnownLength { .. } => {
            (StatusCode::PAYLOAD_TOO_LARGE, "too_large")
        }
        _ => (StatusCode::BAD_REQUEST, "malformed"),
    };
    let answer = problem(status, reason, &error.to_string());
    InternalError::from_response(error, answer).into()
}

#[cfg(test)]
pub mod caller;
#[cfg(test)]
mod tests;
