//! The port that Prometheus scrapes, apart from both APIs: whoever may look does
//! not have to be let near payments.

use std::{net::TcpListener, time::Duration};

use actix_web::{
    App, HttpResponse, HttpServer,
    dev::Server,
    web::{self, Data},
};

use super::Scrape;
use crate::mojaloop::http::{health, no_such_resource, resource};

const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Few look, and seldom.
const MAX_CONNECTIONS: usize = 32;
const BACKLOG: u32 = 32;
const LONGEST_HEAD: Duration = Duration::from_secs(5);

/// Serves `/metrics`, and the readiness of the backend API.
pub fn serve(scrape: Data<Scrape>, listener: TcpListener) -> std::io::Result<Server> {
    let server = HttpServer::new(move || {
        App::new()
            .app_data(scrape.clone())
            .app_data(Data::new(scrape.readiness().clone()))
            .service(resource("/metrics").route(web::get().to(metrics)))
            .service(resource("/ready").route(web::get().to(health::ready)))
            .default_service(web::to(no_such_resource))
    });
    let server = server
        .workers(1)
        .client_request_timeout(LONGEST_HEAD)
        .max_connections(MAX_CONNECTIONS)
        .backlog(BACKLOG)
        .disable_signals()
        .listen(listener)?;
    Ok(server.run())
}

async fn metrics(scrape: Data<Scrape>) -> HttpResponse {
    match scrape.text().await {
        Ok(text) => HttpResponse::Ok().content_type(CONTENT_TYPE).body(text),
        Err(error) => {
            tracing::error!(%error, "the metrics cannot be written");
            HttpResponse::InternalServerError().finish()
        }
    }
}
