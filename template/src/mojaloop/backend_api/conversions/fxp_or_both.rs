//! `/fxQuotes` and `/fxTransfers`: conversions that other participants ask of
//! this FXP.

pub mod wire;

use actix_web::{
    HttpResponse,
    web::{self, Data, Json, Path},
};
use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::{OpenApi, ToSchema};

use self::wire::{
    ConversionAnswer, ConversionOrderBody, ConversionQuoteAnswer, ConversionRequestBody,
};
use crate::{
    domain::{error::PaymentError, promise::FinalState},
    mojaloop::{
        backend_api::{
            BackendApi, InstructionError,
            lenient::{read_object, read_word},
        },
        http::{malformed, read_transfer_id, resource},
        openapi::{
            errors::Errors,
            words::{CorrelationId, TransferStateName},
        },
        promises::Notification,
    },
};

/// The routes, in the order of the official document.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(resource("/fxQuotes").route(web::post().to(quote_conversion)))
        .service(resource("/fxTransfers").route(web::post().to(prepare_conversion)))
        .service(
            resource("/fxTransfers/{commitRequestId}")
                .route(web::put().to(conversion_result))
                .route(web::patch().to(conversion_final_word)),
        );
}

/// What would this FXP convert an amount to?
#[utoipa::path(
    post,
    path = "/fxQuotes",
    tag = "conversions",
    request_body = ConversionRequestBody,
    responses((status = 200, body = ConversionQuoteAnswer, description = "The terms."), Errors),
)]
async fn quote_conversion(
    api: Data<BackendApi>,
    body: Json<ConversionRequestBody>,
) -> Result<Json<ConversionQuoteAnswer>, InstructionError> {
    let quote = api.fxp.quote(body.into_inner().try_into()?).await?;
    Ok(Json(quote.into()))
}

/// Reserve a conversion
///
/// It is made when the scheme has said its final word.
#[utoipa::path(
    post,
    path = "/fxTransfers",
    tag = "conversions",
    request_body = ConversionOrderBody,
    responses((status = 200, body = ConversionAnswer, description = "It is reserved."), Errors),
)]
async fn prepare_conversion(
    api: Data<BackendApi>,
    body: Json<ConversionOrderBody>,
) -> Result<Json<ConversionAnswer>, InstructionError> {
    let ordered = api.fxp.order(body.into_inner().try_into()?).await?;
    Ok(Json(ordered.into()))
}

/// The scheme's word on a conversion, in whichever of the two forms it comes
#[utoipa::path(
    put,
    path = "/fxTransfers/{commitRequestId}",
    tag = "conversions",
    params(("commitRequestId" = CorrelationId, Path)),
    request_body = ConversionNotification,
    responses((status = 200, body = Object, description = "It is heard."), Errors),
)]
async fn conversion_result(
    api: Data<BackendApi>,
    path: Path<String>,
    body: Json<Box<RawValue>>,
) -> Result<HttpResponse, InstructionError> {
    let conversion_id = read_transfer_id(path.into_inner(), "commitRequestId")?;
    let notification = read_notification(&body)?;
    api.fxp.notify(conversion_id, notification).await?;
    Ok(HttpResponse::Ok().json(serde_json::json!({})))
}

/// The scheme's word on a conversion, in whichever of the two forms it comes
#[utoipa::path(
    patch,
    path = "/fxTransfers/{commitRequestId}",
    tag = "conversions",
    params(("commitRequestId" = CorrelationId, Path)),
    request_body = ConversionNotification,
    responses((status = 200, body = Object, description = "It is heard."), Errors),
)]
async fn conversion_final_word(
    api: Data<BackendApi>,
    path: Path<String>,
    body: Json<Box<RawValue>>,
) -> Result<HttpResponse, InstructionError> {
    conversion_result(api, path, body).await
}

/// What is read of a word. The Mojaloop Connector sends the state alone, the
/// official document also has a form with the whole state of the conversion.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ConversionNotification {
    #[schema(value_type = Option<TransferStateName>)]
    conversion_state: Option<Box<RawValue>>,
    #[schema(value_type = Option<String>)]
    current_state: Option<Box<RawValue>>,
    #[schema(value_type = Option<FinalConversionNotification>)]
    final_notification: Option<Box<RawValue>>,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct FinalConversionNotification {
    #[schema(value_type = Option<TransferStateName>)]
    conversion_state: Option<Box<RawValue>>,
}

fn read_notification(body: &RawValue) -> Result<Notification, PaymentError> {
    let body: ConversionNotification = read_object(body)?.unwrap_or_default();
    let says_nothing = body.conversion_state.is_none()
        && body.current_state.is_none()
        && body.final_notification.is_none();
    if says_nothing {
        return Err(malformed("this is no notification about a conversion"));
    }
    let told: FinalConversionNotification = match &body.final_notification {
        Some(told) => read_object(told)?.unwrap_or_default(),
        None => FinalConversionNotification::default(),
    };
    let words = [body.conversion_state, told.conversion_state];
    let words = words.map(|word| read_word(word.as_deref()));
    let is_told = |word: &str| words.iter().flatten().any(|told| told == word);
    let current_state = read_word(body.current_state.as_deref());
    Ok(match (is_told("COMMITTED"), is_told("ABORTED")) {
        (true, true) => return Err(malformed("the notification contradicts itself")),
        (true, false) => Notification::Final(FinalState::Committed),
        (false, true) => Notification::Final(FinalState::Aborted),
        _ if current_state.as_deref() == Some("COMPLETED") => Notification::CompletedWithoutProof,
        _ => Notification::ErrorOccurred,
    })
}

#[derive(OpenApi)]
#[openapi(paths(
    quote_conversion,
    prepare_conversion,
    conversion_result,
    conversion_final_word
))]
struct Operations;

pub fn document() -> utoipa::openapi::OpenApi {
    Operations::openapi()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json, value::to_raw_value};

    use super::*;

    fn read_value(body: &Value) -> Notification {
        read_notification(&to_raw_value(body).unwrap()).unwrap()
    }

    fn read_text(body: &str) -> Result<Notification, PaymentError> {
        read_notification(&RawValue::from_string(body.to_owned()).unwrap())
    }

    #[test]
    fn only_the_schemes_own_word_is_final() {
        let told = |state: &str| json!({ "conversionState": state });
        let whole = |state: &str| {
            json!({
                "currentState": "COMPLETED",
                "finalNotification": { "conversionState": state },
            })
        };
        let committed = Notification::Final(FinalState::Committed);
        let aborted = Notification::Final(FinalState::Aborted);
        assert_eq!(read_value(&told("COMMITTED")), committed);
        assert_eq!(read_value(&whole("COMMITTED")), committed);
        assert_eq!(read_value(&told("ABORTED")), aborted);
        assert_eq!(read_value(&whole("ABORTED")), aborted);
        let mut reserved_before = whole("ABORTED");
        reserved_before["conversionState"] = json!("RESERVED");
        assert_eq!(read_value(&reserved_before), aborted);
        let unproven = Notification::CompletedWithoutProof;
        assert_eq!(read_value(&whole("RESERVED")), unproven);
        for nothing in [told("RESERVED"), told("RECEIVED"), told("")] {
            let read = read_value(&nothing);
            assert_eq!(read, Notification::ErrorOccurred, "{nothing}");
        }
        for odd in ["{}", "[7]", "null", r#"{"transferState":"COMMITTED"}"#] {
            assert!(read_text(odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn a_word_that_is_said_twice_is_not_acted_on() {
        for contradictory in [
            r#"{"conversionState":"COMMITTED","conversionState":"ABORTED"}"#,
            r#"{"finalNotification":{"conversionState":"ABORTED","conversionState":"COMMITTED"}}"#,
            r#"{"conversionState":"COMMITTED","finalNotification":{"conversionState":"ABORTED"}}"#,
        ] {
            assert!(read_text(contradictory).is_err(), "{contradictory}");
        }
    }

    #[test]
    fn what_is_not_read_may_be_anything() {
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        for odd in ["\"\\ud800\"", &deep, r#"{"a":1,"a":2}"#] {
            let body = format!(r#"{{"conversionState":"ABORTED","completedTimestamp":{odd}}}"#);
            let told = read_text(&body).unwrap();
            assert_eq!(told, Notification::Final(FinalState::Aborted));
        }
    }
}
