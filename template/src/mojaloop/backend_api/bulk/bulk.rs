//! `/bulkQuotes` and `/bulkTransfers`: many payments of one request.

mod wire;

use actix_web::{
    HttpResponse,
    web::{self, Data, Json, Path},
};
use utoipa::OpenApi;

use self::wire::{BulkQuoteAnswer, BulkQuoteBody, BulkTransferAnswer, BulkTransferBody};
use crate::mojaloop::{
    backend_api::{BackendApi, BackendError, not_enabled::not_enabled},
    http::{body_settings_up_to, read_transfer_id, resource},
    openapi::{
        errors::{Errors, ErrorsOrUnknown, OnlyRefused},
        words::CorrelationId,
    },
};

/// A thousand items with all that is known of each payee.
const MAX_BULK_BYTES: usize = 4 * 1024 * 1024;

/// What would these payments come to?
#[utoipa::path(
    post,
    path = "/bulkQuotes",
    tag = "bulk",
    request_body = BulkQuoteBody,
    responses((status = 200, body = BulkQuoteAnswer, description = "The quotes, and why there is none where there is none."), Errors),
)]
async fn quote_each(
    api: Data<BackendApi>,
    body: Json<BulkQuoteBody>,
) -> Result<Json<BulkQuoteAnswer>, BackendError> {
    let request = body.into_inner().read(&api)?;
    let bulk = api.bulk_payee.quote(request).await?;
    Ok(Json(bulk.into()))
}

/// The quotes of a bulk
#[utoipa::path(
    get,
    path = "/bulkQuotes/{idValue}",
    tag = "bulk",
    params(("idValue" = CorrelationId, Path)),
    responses((status = 200, body = BulkQuoteAnswer, description = "The quotes."), ErrorsOrUnknown),
)]
async fn find_quotes(
    api: Data<BackendApi>,
    path: Path<String>,
) -> Result<Json<BulkQuoteAnswer>, BackendError> {
    let bulk_quote_id = read_transfer_id(path.into_inner(), "bulkQuoteId")?;
    let bulk = api.bulk_payee.find_quotes(&bulk_quote_id).await?;
    Ok(Json(bulk.into()))
}

/// Bulk payments are not enabled
#[utoipa::path(
    put,
    path = "/bulkTransactions/{bulkTransactionId}",
    tag = "bulk",
    params(("bulkTransactionId" = CorrelationId, Path)),
    responses(OnlyRefused),
)]
async fn transaction_result() -> Result<HttpResponse, BackendError> {
    not_enabled("bulk payments are").map(|_| HttpResponse::Accepted().finish())
}

/// Reserve the payments of a bulk
#[utoipa::path(
    post,
    path = "/bulkTransfers",
    tag = "bulk",
    request_body = BulkTransferBody,
    responses((status = 200, body = BulkTransferAnswer, description = "What became of each of them."), ErrorsOrUnknown),
)]
async fn prepare_each(
    api: Data<BackendApi>,
    body: Json<BulkTransferBody>,
) -> Result<Json<BulkTransferAnswer>, BackendError> {
    let request = body.into_inner().read(&api)?;
    let bulk = api.bulk_payee.prepare(request).await?;
    Ok(Json(bulk.into()))
}

/// What became of the payments of a bulk?
#[utoipa::path(
    get,
    path = "/bulkTransfers/{idValue}",
    tag = "bulk",
    params(("idValue" = CorrelationId, Path)),
    responses((status = 200, body = BulkTransferAnswer, description = "What became of each of them."), ErrorsOrUnknown),
)]
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

#[derive(OpenApi)]
#[openapi(paths(
    quote_each,
    find_quotes,
    transaction_result,
    prepare_each,
    find_transfers
))]
struct Operations;

pub fn document() -> utoipa::openapi::OpenApi {
    Operations::openapi()
}
