//! `GET /` and `GET /health`: this process is alive, and not about to end.

use actix_web::{HttpResponse, http::StatusCode, web::Data};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use super::{ErrorBody, error_response};
use crate::{
    domain::error::{ErrorCode, PaymentError},
    mojaloop::admission::Admission,
};

#[derive(Serialize, ToSchema)]
pub struct Health {
    #[schema(pattern = "^OK$")]
    status: &'static str,
}

/// This process is alive
///
/// Says nothing of the core banking system or the Mojaloop Connector: to
/// restart this process would not mend them. One that is about to end is not to
/// be given anything more.
#[utoipa::path(
    get,
    path = "/health",
    tag = "health",
    responses(
        (status = 200, body = Health, description = "It is."),
        (status = 503, body = ErrorBody, description = "It is about to end."),
    ),
)]
pub async fn live(admission: Data<Admission>) -> HttpResponse {
    if admission.is_ending() {
        let error = PaymentError::new(
            ErrorCode::ServiceUnavailable,
            "the connector is about to end",
        );
        return error_response(StatusCode::SERVICE_UNAVAILABLE, &error);
    }
    HttpResponse::Ok().json(Health { status: "OK" })
}

/// This process is alive
#[utoipa::path(
    get,
    path = "/",
    tag = "health",
    responses(
        (status = 200, body = Health, description = "It is."),
        (status = 503, body = ErrorBody, description = "It is about to end."),
    ),
)]
pub async fn live_at_root(admission: Data<Admission>) -> HttpResponse {
    live(admission).await
}

#[derive(OpenApi)]
#[openapi(paths(live_at_root, live))]
struct Operations;

pub fn document() -> utoipa::openapi::OpenApi {
    Operations::openapi()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::runtime::Handle;

    use super::*;
    use crate::mojaloop::{admission::Bounds, tasks::Tasks};

    #[tokio::test]
    async fn what_is_about_to_end_is_not_healthy() {
        let bounds = Bounds {
            at_once: 1,
            waiting: 0,
            longest_wait: Duration::ZERO,
        };
        let tasks = Tasks::new(Handle::current());
        let admission = Data::new(Admission::new(bounds, tasks.clone()));
        let before = live(admission.clone()).await;
        assert_eq!(before.status(), StatusCode::OK);
        tasks.begin_to_end();
        let after = live(admission).await;
        assert_eq!(after.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
}
