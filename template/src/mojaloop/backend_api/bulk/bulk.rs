//! `/bulkQuotes` and `/bulkTransfers`: many payments of one request.

mod wire;

use actix_web::{
    HttpResponse,
    web::{self, Data, Json, Path},
};

use self::wire::{BulkQuoteAnswer, BulkQuoteBody, BulkTransferAnswer, BulkTransferBody};
use crate::mojaloop::{
    backend_api::{BackendApi, BackendError, not_enabled::not_enabled},
    http::{body_settings_up_to, read_transfer_id, resource},
};

/// A thousand items with all that is known of each payee.
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

async fn transaction_result() -> Result<HttpResponse, BackendError> {
    not_enabled("bulk payments are").map(|_| HttpResponse::Accepted().finish())
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
                .route(web::put().to(transaction_result)),
        )
        .service(
            resource("/bulkTransfers")
                .app_data(body_settings_up_to(MAX_BULK_BYTES))
                .route(web::post().to(prepare_each)),
        )
        .service(resource("/bulkTransfers/{idValue}").route(web::get().to(find_transfers)));
}
