//! `/bulkQuotes` and `/bulkTransfers`, many payments of one request; and
//! `/bulkTransactions`, what has become of a bulk that was sent.

mod distinct;
mod wire;

use actix_web::{
    HttpResponse,
    web::{self, Data, Json, Path},
};
use serde::Deserialize;
use serde_json::Value;
use utoipa::{OpenApi, ToSchema};

use self::wire::{BulkQuoteAnswer, BulkQuoteBody, BulkTransferAnswer, BulkTransferBody};
use crate::{
    domain::error::PaymentError,
    mojaloop::{
        backend_api::{BackendApi, BackendError},
        bulk_payer::CalledBack,
        connector::bulk_transactions::BulkItemReport,
        http::{Present, body_settings_up_to, read_transfer_id, resource},
        openapi::{
            errors::{Errors, ErrorsOrUnknown},
            words::CorrelationId,
        },
    },
};

/// A thousand items with all that is known of each payee, and of each quote.
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

/// What has become of a bulk that was sent. It is read leniently: what is
/// refused is never heard.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BulkTransactionBody {
    #[schema(value_type = String)]
    current_state: Option<String>,
    #[schema(value_type = Option<Vec<Object>>)]
    individual_transfer_results: Option<Value>,
}

/// Take what has become of a bulk that was sent
#[utoipa::path(
    put,
    path = "/bulkTransactions/{bulkTransactionId}",
    tag = "bulk",
    params(("bulkTransactionId" = CorrelationId, Path)),
    request_body = BulkTransactionBody,
    responses((status = 202, body = Object, description = "It has been acted on."), Errors),
)]
async fn transaction_result(
    api: Data<BackendApi>,
    path: Path<String>,
    body: Json<BulkTransactionBody>,
) -> Result<HttpResponse, BackendError> {
    let bulk_id = read_transfer_id(path.into_inner(), "bulkTransactionId")?;
    let (called_back, items) = body.into_inner().read()?;
    api.bulk_payer
        .call_back(bulk_id, called_back, items)
        .await?;
    Ok(HttpResponse::Accepted().json(serde_json::json!({})))
}

impl BulkTransactionBody {
    fn read(self) -> Result<(CalledBack, Vec<BulkItemReport>), PaymentError> {
        let called_back = match self.current_state.as_deref().present("currentState")? {
            "WAITING_FOR_PARTY_ACCEPTANCE" => CalledBack::AtParties,
            "WAITING_FOR_QUOTE_ACCEPTANCE" => CalledBack::AtQuotes,
            "COMPLETED" | "ERROR_OCCURRED" => CalledBack::Ended,
            _ => CalledBack::Underway,
        };
        let items = match self.individual_transfer_results {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        };
        Ok((called_back, items.into_iter().map(Into::into).collect()))
    }
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
