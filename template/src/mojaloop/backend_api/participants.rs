//! `GET /participants`: is this a customer of this DFSP?

use actix_web::web;
use utoipa::OpenApi;

use super::not_enabled::{NotEnabled, not_enabled};
use crate::mojaloop::{
    http::resource,
    openapi::{
        errors::OnlyRefused,
        words::{IdTypeName, IdValue},
    },
};

/// Participant lookup is not enabled
#[utoipa::path(
    get,
    path = "/participants/{idType}/{idValue}",
    tag = "participants",
    params(("idType" = IdTypeName, Path), ("idValue" = IdValue, Path)),
    responses(OnlyRefused),
)]
async fn find_participant() -> NotEnabled {
    not_enabled("participant lookup is")
}

/// Participant lookup is not enabled
#[utoipa::path(
    get,
    path = "/participants/{idType}/{idValue}/{idSubValue}",
    tag = "participants",
    params(("idType" = IdTypeName, Path), ("idValue" = IdValue, Path), ("idSubValue" = IdValue, Path)),
    responses(OnlyRefused),
)]
async fn find_participant_by_part() -> NotEnabled {
    not_enabled("participant lookup is")
}

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            resource("/participants/{idType}/{idValue}").route(web::get().to(find_participant)),
        )
        .service(
            resource("/participants/{idType}/{idValue}/{idSubValue}")
                .route(web::get().to(find_participant_by_part)),
        );
}

#[derive(OpenApi)]
#[openapi(paths(find_participant, find_participant_by_part))]
struct Operations;

pub fn document() -> utoipa::openapi::OpenApi {
    Operations::openapi()
}
