//! `GET /` and `GET /health`: this process is alive, and not about to end.
//! `GET /ready`: it should be given work.

use actix_web::{HttpResponse, http::StatusCode, web::Data};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use super::{ErrorBody, error_response};
use crate::{
    domain::error::{ErrorCode, PaymentError},
    mojaloop::{
        admission::Admission,
        readiness::{Findings, Readiness},
    },
    remote::BreakerState,
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

/// Whether this process should be given work, and what it depends on.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ready {
    #[schema(pattern = "^(READY|NOT_READY)$")]
    status: &'static str,
    /// Whether payments can be recorded.
    #[schema(pattern = "^(USABLE|NOT_USABLE)$")]
    journal: &'static str,
    /// Whether it is called, or left alone for a while. New business is refused
    /// meanwhile; this process is ready all the same.
    #[schema(pattern = "^(CALLED|PROBED|AWAY)$")]
    core_banking_system: &'static str,
    /// Likewise.
    #[schema(pattern = "^(CALLED|PROBED|AWAY)$")]
    mojaloop_connector: &'static str,
}

impl From<Findings> for Ready {
    fn from(findings: Findings) -> Self {
        let called = |state| match state {
            BreakerState::Closed => "CALLED",
            BreakerState::Probing => "PROBED",
            BreakerState::Open => "AWAY",
        };
        Self {
            status: match findings.are_ready() {
                true => "READY",
                false => "NOT_READY",
            },
            journal: match findings.journal_is_usable {
                true => "USABLE",
                false => "NOT_USABLE",
            },
            core_banking_system: called(findings.bank),
            mojaloop_connector: called(findings.connector),
        }
    }
}

/// This process should be given work
///
/// Its journal can be written, and it is not about to end. A core banking system
/// or Mojaloop Connector that is away is only told of.
#[utoipa::path(
    get,
    path = "/ready",
    tag = "health",
    responses(
        (status = 200, body = Ready, description = "It should."),
        (status = 503, body = Ready, description = "It should not."),
    ),
)]
pub async fn ready(readiness: Data<Readiness>) -> HttpResponse {
    let findings = readiness.find_out().await;
    let mut response = match findings.are_ready() {
        true => HttpResponse::Ok(),
        false => HttpResponse::ServiceUnavailable(),
    };
    response.json(Ready::from(findings))
}

#[derive(OpenApi)]
#[openapi(paths(live_at_root, live))]
struct Operations;

pub fn document() -> utoipa::openapi::OpenApi {
    Operations::openapi()
}

#[derive(OpenApi)]
#[openapi(paths(ready))]
struct OperationsOfBackend;

/// What the backend API has besides.
pub fn document_of_backend() -> utoipa::openapi::OpenApi {
    OperationsOfBackend::openapi()
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
