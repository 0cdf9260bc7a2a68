//! The one-time passwords of the sandbox bank: it makes one for every request
//! to pay whose identifier looks like one, and remembers none.

use actix_web::{
    HttpResponse,
    web::{self, Data, Path, ServiceConfig},
};
use async_trait::async_trait;
use serde_json::json;

use crate::{
    core_banking::port::{BankError, OneTimePasswords},
    domain::{one_time_password::OneTimePassword, transfer_id::TransferId},
    sandbox::bank::{
        SandboxBank,
        api::{not_found, resource, respond},
        faults::Operation,
    },
};

const FIND_ONE_TIME_PASSWORD: Operation = Operation::new("find_one_time_password");

/// What a rule about one-time passwords can name.
pub const OPERATIONS: &[Operation] = &[FIND_ONE_TIME_PASSWORD];

/// Six digits, the same ones for the same request.
fn password_of(request: &str) -> String {
    let number = request.bytes().fold(0_u32, |number, byte| {
        (number * 31 + u32::from(byte)) % 1_000_000
    });
    format!("{number:06}")
}

/// Identifiers of the scheme are UUIDs and ULIDs.
fn looks_like_one(request: &str) -> bool {
    matches!(request.len(), 26 | 36)
}

/// The path for questions about one-time passwords.
pub fn configure(service: &mut ServiceConfig) {
    service.service(resource(
        "/one-time-passwords/{request}",
        web::get().to(find_one_time_password),
    ));
}

async fn find_one_time_password(bank: Data<SandboxBank>, request: Path<String>) -> HttpResponse {
    respond(bank, FIND_ONE_TIME_PASSWORD, move |_, _| {
        if looks_like_one(&request) {
            HttpResponse::Ok().json(json!({ "password": password_of(&request) }))
        } else {
            not_found("unknown_request", "there is no such request to pay")
        }
    })
    .await
}

#[async_trait]
impl OneTimePasswords for SandboxBank {
    async fn find_one_time_password(
        &self,
        transaction_request_id: &TransferId,
    ) -> Result<Option<OneTimePassword>, BankError> {
        let request = transaction_request_id.as_str().to_owned();
        let found = self.call(FIND_ONE_TIME_PASSWORD, move |_, _| {
            looks_like_one(&request).then(|| password_of(&request))
        });
        Ok(found
            .await?
            .and_then(|password| OneTimePassword::try_from(password).ok()))
    }
}
