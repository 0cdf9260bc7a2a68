//! Who gets through the doors of the sandbox bank.

use actix_web::{
    Error, HttpResponse,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::WWW_AUTHENTICATE,
    middleware::Next,
};
use serde_json::json;

use crate::sandbox::bank::authorization;

/// What no bank has, and only the sandbox offers: it asks nobody who he is.
const OPEN_TO_EVERYBODY: [&str; 2] = ["/ledger", "/faults"];

/// Lets nobody in who does not say who he is.
pub async fn let_in(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let is_open = OPEN_TO_EVERYBODY.contains(&request.path());
    if is_open || authorization::admits(request.request()) {
        let response = next.call(request).await?;
        return Ok(response.map_into_left_body());
    }
    let answer = HttpResponse::Unauthorized()
        .insert_header((WWW_AUTHENTICATE, authorization::CHALLENGE))
        .json(json!({
            "reason": "unauthorized",
            "message": "the caller does not say who he is, or is not believed",
        }));
    Ok(request.into_response(answer).map_into_right_body())
}
