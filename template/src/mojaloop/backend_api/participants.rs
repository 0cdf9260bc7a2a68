//! `GET /participants`: is this a customer of this DFSP?

use actix_web::web;

use super::not_enabled::{NotEnabled, not_enabled};
use crate::mojaloop::http::resource;

async fn find_participant() -> NotEnabled {
    not_enabled("participant lookup is")
}

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
