//! `GET /` and `GET /health`: this process is alive.

use actix_web::{HttpResponse, Responder};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

#[derive(Serialize, ToSchema)]
pub struct Health {
    #[schema(pattern = "^OK$")]
    status: &'static str,
}

/// This process is alive
///
/// Says nothing of the core banking system or the Mojaloop Connector: to
/// restart this process would not mend them.
#[utoipa::path(get, path = "/health", tag = "health", responses((status = 200, body = Health, description = "It is.")))]
pub async fn live() -> impl Responder {
    HttpResponse::Ok().json(Health { status: "OK" })
}

/// This process is alive
#[utoipa::path(get, path = "/", tag = "health", responses((status = 200, body = Health, description = "It is.")))]
pub async fn live_at_root() -> impl Responder {
    live().await
}

#[derive(OpenApi)]
#[openapi(paths(live_at_root, live))]
struct Operations;

pub fn document() -> utoipa::openapi::OpenApi {
    Operations::openapi()
}
