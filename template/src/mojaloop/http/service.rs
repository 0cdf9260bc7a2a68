//! An answer to everything: unknown paths, wrong methods and panics included.

use std::{panic::AssertUnwindSafe, time::Instant};

use actix_web::{
    Error, HttpMessage, HttpResponse, Resource, ResponseError,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::StatusCode,
    middleware::Next,
    web,
};
use futures_util::FutureExt;

use super::error_response;
use crate::domain::{
    channel::ChannelName,
    error::{ErrorCode, PaymentError},
};

/// A resource that answers a method it does not have with an error body.
pub fn resource(path: &str) -> Resource {
    web::resource(path).default_service(web::to(wrong_method))
}

async fn wrong_method() -> HttpResponse {
    let error = PaymentError::new(
        ErrorCode::Unsupported,
        "this resource does not have this method",
    );
    error_response(StatusCode::METHOD_NOT_ALLOWED, &error)
}

/// Answers a path that does not exist.
pub async fn no_such_resource() -> HttpResponse {
    let error = PaymentError::new(ErrorCode::Unsupported, "there is no such resource");
    error_response(StatusCode::NOT_FOUND, &error)
}

/// Turns a panic into an answer, and writes one line for each request. The
/// line names the resource by its pattern: the path holds personal data.
pub async fn answer_everything(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let method = request.method().clone();
    let answered = AssertUnwindSafe(next.call(request)).catch_unwind().await;
    let response = answered.unwrap_or_else(|_panic| Err(Panicked.into()))?;
    let resource = response
        .request()
        .match_pattern()
        .unwrap_or_else(|| "unknown".to_owned());
    let status = response.status().as_u16();
    let took_ms = started.elapsed().as_millis();
    let error = response.response().extensions().get().cloned();
    let channel = response.request().extensions().get().cloned();
    report(&method, &resource, status, took_ms, error, channel);
    Ok(response.map_into_boxed_body())
}

/// A handler panicked; where and why has been written to standard error.
#[derive(Debug, thiserror::Error)]
#[error("a handler panicked")]
struct Panicked;

impl ResponseError for Panicked {
    fn error_response(&self) -> HttpResponse {
        tracing::error!("a handler panicked, this is a defect of the connector");
        let error = PaymentError::new(ErrorCode::Internal, "the request cannot be served");
        error_response(StatusCode::INTERNAL_SERVER_ERROR, &error)
    }
}

fn report(
    method: &actix_web::http::Method,
    resource: &str,
    status: u16,
    took_ms: u128,
    error: Option<PaymentError>,
    channel: Option<ChannelName>,
) {
    let channel = channel.as_ref().map(ChannelName::as_str);
    let Some(error) = error else {
        tracing::debug!(%method, resource, status, took_ms, channel, "served");
        return;
    };
    let (code, answer) = (error.code.as_str(), error.message());
    let detail = error.detail().unwrap_or_default();
    if status >= 500 {
        tracing::warn!(%method, resource, status, took_ms, channel, code, answer, detail, "not served");
    } else {
        tracing::info!(%method, resource, status, took_ms, channel, code, answer, detail, "refused");
    }
}
