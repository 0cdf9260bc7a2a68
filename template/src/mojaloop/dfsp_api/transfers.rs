//! `GET /transfers/{transferId}`: what became of a payment?

use actix_web::web::{Data, Json, Path};
use utoipa::OpenApi;

use super::{DfspApi, FailedPayment, wire::TransferStatus};
use crate::mojaloop::{
    http::read_transfer_id,
    openapi::{errors::ErrorsOrUnknown, words::CorrelationId},
};

/// What became of a payment?
#[utoipa::path(
    get,
    path = "/transfers/{transferId}",
    tag = "payments",
    params(("transferId" = CorrelationId, Path)),
    responses((status = 200, body = TransferStatus, description = "Where it stands."), ErrorsOrUnknown),
)]
pub async fn find_transfer(
    api: Data<DfspApi>,
    path: Path<String>,
) -> Result<Json<TransferStatus>, FailedPayment> {
    let transfer_id = read_transfer_id(path.into_inner(), "transferId")?;
    let payment = api.payer.find_payment(&transfer_id).await?;
    Ok(Json(payment.into()))
}

#[derive(OpenApi)]
#[openapi(paths(find_transfer))]
struct Operations;

pub fn document() -> utoipa::openapi::OpenApi {
    Operations::openapi()
}
