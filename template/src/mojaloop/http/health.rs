//! `GET /` and `GET /health`: this process is alive.

use actix_web::{HttpResponse, Responder};

/// Says nothing of the core banking system or the Mojaloop Connector: to
/// restart this process would not mend them.
pub async fn live() -> impl Responder {
    HttpResponse::Ok().json(serde_json::json!({ "status": "OK" }))
}
