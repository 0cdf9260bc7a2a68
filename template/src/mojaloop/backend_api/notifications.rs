//! `PUT /transfers/{transferId}`: the scheme's final word.
//!
//! The body is the Mojaloop Connector's whole state. It is read leniently,
//! since a body that is refused is a final word that is never heard, and none
//! of it is logged, since it holds a bearer token. Only a word that is said
//! twice is refused: it is not for this connector to choose between them.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::{OpenApi, ToSchema};

use super::{
    BackendApi, BackendError,
    lenient::{read_object, read_word},
};
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

/// What is read of it. Everything else may have any shape.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct NotificationBody {
    #[schema(value_type = Option<String>)]
    current_state: Option<Box<RawValue>>,
    #[schema(value_type = Option<FinalNotification>)]
    final_notification: Option<Box<RawValue>>,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct FinalNotification {
    #[schema(value_type = Option<TransferStateName>)]
    transfer_state: Option<Box<RawValue>>,
}

/// The scheme's final word
///
/// Only `finalNotification.transferState` moves money: `COMMITTED` posts it,
/// `ABORTED` releases it. After anything else, the hub is asked.
#[utoipa::path(
    put,
    path = "/transfers/{transferId}",
    tag = "transfers",
    params(("transferId" = CorrelationId, Path)),
    request_body = NotificationBody,
    responses((status = 200, body = Object, description = "It is heard."), ErrorsOrUnknown),
)]
pub async fn notify(
    api: Data<BackendApi>,
    path: Path<String>,
    body: Json<Box<RawValue>>,
) -> Result<HttpResponse, BackendError> {
    // The path's identifier counts: the official collection has another one in
    // the body.
    let transfer_id = read_transfer_id(path.into_inner(), "transferId")?;
    let notification = read(&body)?;
    api.payee.notify(transfer_id, notification).await?;
    Ok(HttpResponse::Ok().json(serde_json::json!({})))
}

fn read(body: &RawValue) -> Result<Notification, PaymentError> {
    let body: Option<NotificationBody> = read_object(body)?;
    let body = body.present("currentState")?;
    let told: Option<FinalNotification> = match &body.final_notification {
        Some(told) => read_object(told)?,
        None => None,
    };
    let transfer_state = told.and_then(|told| read_word(told.transfer_state.as_deref()));
    match transfer_state.as_deref() {
        Some("COMMITTED") => return Ok(Notification::Final(FinalState::Committed)),
        Some("ABORTED") => return Ok(Notification::Final(FinalState::Aborted)),
        _ => {}
    }
    match read_word(body.current_state.as_deref())
        .present("currentState")?
        .as_str()
    {
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
    use serde_json::{Value, json, value::to_raw_value};

    use super::*;

    fn read_value(body: &Value) -> Result<Notification, PaymentError> {
        read(&to_raw_value(body).unwrap())
    }

    fn read_text(body: &str) -> Result<Notification, PaymentError> {
        read(&RawValue::from_string(body.to_owned()).unwrap())
    }

    fn notification(transfer_state: &str, current_state: &str) -> Notification {
        read_value(&json!({
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
        assert_eq!(
            read_value(&odd).unwrap(),
            Notification::CompletedWithoutProof
        );
        let odd = json!({ "currentState": "ERROR_OCCURRED", "finalNotification": "text" });
        assert_eq!(read_value(&odd).unwrap(), Notification::ErrorOccurred);
        assert!(read_value(&json!({})).is_err());
        assert!(read_value(&json!([1])).is_err());
    }

    #[test]
    fn a_word_that_is_said_twice_is_not_acted_on() {
        for contradictory in [
            r#"{"finalNotification":{"transferState":"COMMITTED"},
                "finalNotification":{"transferState":"ABORTED"}}"#,
            r#"{"currentState":"COMPLETED",
                "finalNotification":{"transferState":"COMMITTED","transferState":"ABORTED"}}"#,
            r#"{"currentState":"COMPLETED","currentState":"ABORTED"}"#,
        ] {
            assert!(read_text(contradictory).is_err(), "{contradictory}");
        }
    }

    #[test]
    fn what_is_not_read_may_be_anything() {
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        for odd in ["\"\\ud800\"", &deep, r#"{"a":1,"a":2}"#] {
            let body = format!(
                r#"{{"currentState":"COMPLETED","prepare":{odd},
                "finalNotification":{{"transferState":"COMMITTED","completedTimestamp":{odd}}}}}"#
            );
            let told = read_text(&body).unwrap();
            assert_eq!(told, Notification::Final(FinalState::Committed));
        }
        // Elements by their place instead of their name.
        assert!(read_text(r#"["COMPLETED", {"transferState":"COMMITTED"}]"#).is_err());
    }
}
