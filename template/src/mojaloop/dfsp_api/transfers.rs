//! `GET /transfers/{transferId}`: what became of a payment?

use actix_web::web::{Data, Json, Path};

use super::{DfspApi, FailedPayment, wire::TransferStatus};
use crate::mojaloop::http::read_transfer_id;

pub async fn find_transfer(
    api: Data<DfspApi>,
    path: Path<String>,
) -> Result<Json<TransferStatus>, FailedPayment> {
    let transfer_id = read_transfer_id(path.into_inner(), "transferId")?;
    let payment = api.payer.find_payment(&transfer_id).await?;
    Ok(Json(payment.into()))
}
