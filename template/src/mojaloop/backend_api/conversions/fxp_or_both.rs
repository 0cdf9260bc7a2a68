//! `/fxQuotes` and `/fxTransfers`: conversions that other participants ask of
//! this FXP.

pub mod wire;

use actix_web::{
    HttpResponse,
    web::{self, Data, Json, Path},
};
use serde_json::Value;

use self::wire::{
    ConversionAnswer, ConversionOrderBody, ConversionQuoteAnswer, ConversionRequestBody,
};
use crate::{
    domain::promise::FinalState,
    mojaloop::{
        backend_api::{BackendApi, BackendError},
        http::{read_transfer_id, resource},
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
                .route(web::patch().to(conversion_result)),
        );
}

async fn quote_conversion(
    api: Data<BackendApi>,
    body: Json<ConversionRequestBody>,
) -> Result<Json<ConversionQuoteAnswer>, BackendError> {
    let quote = api.fxp.quote(body.into_inner().try_into()?).await?;
    Ok(Json(quote.into()))
}

async fn prepare_conversion(
    api: Data<BackendApi>,
    body: Json<ConversionOrderBody>,
) -> Result<Json<ConversionAnswer>, BackendError> {
    let ordered = api.fxp.order(body.into_inner().try_into()?).await?;
    Ok(Json(ordered.into()))
}

/// The scheme's word on a conversion, in whichever of the two forms it comes.
async fn conversion_result(
    api: Data<BackendApi>,
    path: Path<String>,
    body: Json<Value>,
) -> Result<HttpResponse, BackendError> {
    let conversion_id = read_transfer_id(path.into_inner(), "commitRequestId")?;
    let notification = read_notification(&body);
    api.fxp.notify(conversion_id, notification).await?;
    Ok(HttpResponse::Ok().json(serde_json::json!({})))
}

/// Reads leniently: a final word that is refused is never heard. The Mojaloop
/// Connector sends the state alone, the official document also has a form with
/// the whole state of the conversion.
fn read_notification(body: &Value) -> Notification {
    let text = |pointer| body.pointer(pointer).and_then(Value::as_str);
    let told = text("/conversionState").or_else(|| text("/finalNotification/conversionState"));
    match told {
        Some("COMMITTED") => Notification::Final(FinalState::Committed),
        Some("ABORTED") => Notification::Final(FinalState::Aborted),
        _ if text("/currentState") == Some("COMPLETED") => Notification::CompletedWithoutProof,
        _ => Notification::ErrorOccurred,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
        assert_eq!(read_notification(&told("COMMITTED")), committed);
        assert_eq!(read_notification(&whole("COMMITTED")), committed);
        assert_eq!(read_notification(&told("ABORTED")), aborted);
        assert_eq!(read_notification(&whole("ABORTED")), aborted);
        let unproven = Notification::CompletedWithoutProof;
        assert_eq!(read_notification(&whole("RESERVED")), unproven);
        for nothing in [told("RESERVED"), told("RECEIVED"), json!({}), json!([7])] {
            let read = read_notification(&nothing);
            assert_eq!(read, Notification::ErrorOccurred, "{nothing}");
        }
    }
}
