//! `/bulkQuotes` and `/bulkTransfers`, many payments of one request; and
//! `/bulkTransactions`, what has become of a bulk that was sent.

mod wire;

use actix_web::{
    HttpResponse,
    web::{self, Data, Json, Path},
};

use serde_json::Value;

use self::wire::{BulkQuoteAnswer, BulkQuoteBody, BulkTransferAnswer, BulkTransferBody};
use crate::{
    domain::error::PaymentError,
    mojaloop::{
        backend_api::{BackendApi, BackendError},
        bulk_payer::CalledBack,
        connector::bulk_transactions::BulkItemReport,
        http::{Present, body_settings_up_to, read_transfer_id, resource},
    },
};

/// A thousand items with all that is known of each payee, and of each quote.
const MAX_BULK_BYTES: usize = 4 * 1024 * 1024;

async fn quote_each(
    api: Data<BackendApi>,
    body: Json<BulkQuoteBody>,
) -> Result<Json<BulkQuoteAnswer>, BackendError> {
    let request = body.into_inner().read(&api)?;
    let bulk = api.bulk_payee.quote(request).await?;
    Ok(Json(bulk.into()))
}

async fn find_quotes(
    api: Data<BackendApi>,
    path: Path<String>,
) -> Result<Json<BulkQuoteAnswer>, BackendError> {
    let bulk_quote_id = read_transfer_id(path.into_inner(), "bulkQuoteId")?;
    let bulk = api.bulk_payee.find_quotes(&bulk_quote_id).await?;
    Ok(Json(bulk.into()))
}

/// The path's identifier counts, and the body is read leniently: what is
/// refused is never heard.
async fn transaction_result(
    api: Data<BackendApi>,
    path: Path<String>,
    body: Json<Value>,
) -> Result<HttpResponse, BackendError> {
    let bulk_id = read_transfer_id(path.into_inner(), "bulkTransactionId")?;
    let (called_back, items) = read_callback(body.into_inner())?;
    api.bulk_payer
        .call_back(bulk_id, called_back, items)
        .await?;
    Ok(HttpResponse::Accepted().json(serde_json::json!({})))
}

fn read_callback(mut body: Value) -> Result<(CalledBack, Vec<BulkItemReport>), PaymentError> {
    let state = body.get("currentState").and_then(Value::as_str);
    let called_back = match state.present("currentState")? {
        "WAITING_FOR_PARTY_ACCEPTANCE" => CalledBack::AtParties,
        "WAITING_FOR_QUOTE_ACCEPTANCE" => CalledBack::AtQuotes,
        "COMPLETED" | "ERROR_OCCURRED" => CalledBack::Ended,
        _ => CalledBack::Underway,
    };
    let items = body.get_mut("individualTransferResults").map(Value::take);
    let items = match items {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    };
    Ok((called_back, items.into_iter().map(Into::into).collect()))
}

async fn prepare_each(
    api: Data<BackendApi>,
    body: Json<BulkTransferBody>,
) -> Result<Json<BulkTransferAnswer>, BackendError> {
    let request = body.into_inner().read(&api)?;
    let bulk = api.bulk_payee.prepare(request).await?;
    Ok(Json(bulk.into()))
}

async fn find_transfers(
    api: Data<BackendApi>,
    path: Path<String>,
) -> Result<Json<BulkTransferAnswer>, BackendError> {
    let bulk_transfer_id = read_transfer_id(path.into_inner(), "bulkTransferId")?;
    let bulk = api.bulk_payee.find_transfers(&bulk_transfer_id).await?;
    Ok(Json(bulk.into()))
}

/// The routes, in the order of the official document.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            resource("/bulkQuotes")
                .app_data(body_settings_up_to(MAX_BULK_BYTES))
                .route(web::post().to(quote_each)),
        )
        .service(resource("/bulkQuotes/{idValue}").route(web::get().to(find_quotes)))
        .service(
            resource("/bulkTransactions/{bulkTransactionId}")
                .app_data(body_settings_up_to(MAX_BULK_BYTES))
                .route(web::put().to(transaction_result)),
        )
        .service(
            resource("/bulkTransfers")
                .app_data(body_settings_up_to(MAX_BULK_BYTES))
                .route(web::post().to(prepare_each)),
        )
        .service(resource("/bulkTransfers/{idValue}").route(web::get().to(find_transfers)));
}
