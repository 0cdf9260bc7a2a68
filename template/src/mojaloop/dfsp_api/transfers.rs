//! `GET /transfers/{transferId}`: what became of a payment?

use actix_web::web::{Data, Json, Path};

use super::{DfspApi, FailedPayment, wire::TransferStatus};
use crate::domain::{
    error::{ErrorCode, PaymentError},
    transfer_id::TransferId,
};

pub async fn find_transfer(
    api: Data<DfspApi>,
    path: Path<String>,
) -> Result<Json<TransferStatus>, FailedPayment> {
    let transfer_id = TransferId::try_from(path.into_inner()).map_err(|error| {
        PaymentError::new(ErrorCode::MalformedSyntax, format!("transferId: {error}"))
    })?;
    let payment = api.payer.find_payment(&transfer_id).await?;
    Ok(Json(payment.into()))
}
