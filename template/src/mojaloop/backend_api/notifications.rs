//! `PUT /transfers/{transferId}`: the scheme's final word.
//!
//! The body is the Mojaloop Connector's whole state. It is read leniently,
//! since a body that is refused is a final word that is never heard, and none
//! of it is logged, since it holds a bearer token.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use serde_json::Value;
use utoipa::{
    OpenApi, PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

use super::{BackendApi, BackendError};
use crate::{
    domain::{error::PaymentError, incoming::FinalState},
    mojaloop::{
        http::{Present, read_transfer_id},
        openapi::{
            errors::ErrorsOrUnknown,
            words::{CorrelationId, TransferStateName},
        },
        promises::Notification,
    },
};

/// What is read of the body. Everything else is ignored.
struct FinalNotification;

impl PartialSchema for FinalNotification {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String);
        let final_notification =
            ObjectBuilder::new().property("transferState", TransferStateName::schema());
        ObjectBuilder::new()
            .description(Some(
                "The Mojaloop Connector's state. It is read leniently.",
            ))
            .property("currentState", text)
            .property("finalNotification", final_notification)
            .into()
    }
}

impl ToSchema for FinalNotification {}

/// The scheme's final word
///
/// Only `finalNotification.transferState` moves money: `COMMITTED` posts it,
/// `ABORTED` releases it. After anything else, the hub is asked.
#[utoipa::path(
    put,
    path = "/transfers/{transferId}",
    tag = "transfers",
    params(("transferId" = CorrelationId, Path)),
    request_body = FinalNotification,
    responses((status = 200, description = "It is heard.", body = Object), ErrorsOrUnknown),
)]
pub async fn notify(
    api: Data<BackendApi>,
    path: Path<String>,
    body: Json<Value>,
) -> Result<HttpResponse, BackendError> {
    // The path's identifier counts: the official collection has another one in
    // the body.
    let transfer_id = read_transfer_id(path.into_inner(), "transferId")?;
    let notification = read(&body)?;
    api.payee.notify(transfer_id, notification).await?;
    Ok(HttpResponse::Ok().json(serde_json::json!({})))
}

fn read(body: &Value) -> Result<Notification, PaymentError> {
    let text = |pointer| body.pointer(pointer).and_then(Value::as_str);
    match text("/finalNotification/transferState") {
        Some("COMMITTED") => return Ok(Notification::Final(FinalState::Committed)),
        Some("ABORTED") => return Ok(Notification::Final(FinalState::Aborted)),
        _ => {}
    }
    match text("/currentState").present("currentState")? {
        "COMPLETED" => Ok(Notification::CompletedWithoutProof),
        _ => Ok(Notification::ErrorOccurred),
    }
}

#[derive(OpenApi)]
#[openapi(paths(notify))]
struct Operations;

pub fn document() -> utoipa::openapi::OpenApi {
    Operations::openapi()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn notification(transfer_state: &str, current_state: &str) -> Notification {
        read(&json!({
            "currentState": current_state,
            "finalNotification": { "transferState": transfer_state },
        }))
        .unwrap()
    }

    #[test]
    fn only_the_schemes_own_word_is_final() {
        let committed = Notification::Final(FinalState::Committed);
        let aborted = Notification::Final(FinalState::Aborted);
        assert_eq!(notification("COMMITTED", "COMPLETED"), committed);
        assert_eq!(notification("ABORTED", "ABORTED"), aborted);
        for unproven in ["RESERVED", "RECEIVED", ""] {
            assert_eq!(
                notification(unproven, "ERROR_OCCURRED"),
                Notification::ErrorOccurred
            );
        }
    }

    #[test]
    fn odd_shapes_are_read_and_only_a_missing_state_is_refused() {
        let odd = json!({ "currentState": "COMPLETED", "lastError": "text", "prepare": 7 });
        assert_eq!(read(&odd).unwrap(), Notification::CompletedWithoutProof);
        let odd = json!({ "currentState": "ERROR_OCCURRED", "finalNotification": "text" });
        assert_eq!(read(&odd).unwrap(), Notification::ErrorOccurred);
        assert!(read(&json!({})).is_err());
        assert!(read(&json!([1])).is_err());
    }
}
