//! One span and one measurement for each request of an API.

use std::{sync::Arc, time::Instant};

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::StatusCode,
    middleware::Next,
    web::Data,
};
use tracing::field::Empty;

use super::Metrics;
use crate::{
    domain::error::PaymentError,
    remote::trace::{TRACEPARENT, TRACESTATE, Trace, follow},
};

/// An API whose requests are watched.
#[derive(Debug, Clone)]
pub struct WatchedApi {
    pub name: &'static str,
    pub metrics: Arc<Metrics>,
}

/// Puts a request into a span, which everything that is logged about it names,
/// and into the trace of its caller. The resource is named by its pattern: the
/// path holds personal data.
pub async fn watch(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let began = Instant::now();
    let api = request.app_data::<Data<WatchedApi>>().cloned();
    let api_name = api.as_ref().map_or("", |api| api.name);
    let method = known_method(&request);
    let resource = request.match_pattern();
    let resource = resource.unwrap_or_else(|| "unknown".to_owned());
    // Of the highest level: whatever is logged at all says which payment it is about.
    let span = tracing::error_span!(
        "request",
        otel.kind = "server",
        otel.name = format!("{method} {resource}"),
        api = api_name,
        method,
        resource,
        status = Empty,
        transfer_id = Empty,
        trace_id = Empty,
    );
    let caller = trace_of(&request);
    let answered = follow(span.clone(), caller, next.call(request)).await;
    // A handler that has panicked is an error until the server answers it.
    let (status, code) = match &answered {
        Ok(response) => {
            let told = response.response().extensions();
            let code = told.get::<PaymentError>().map(|error| error.code);
            (response.status(), code)
        }
        Err(error) => (error.as_response_error().status_code(), None),
    };
    span.record("status", status.as_u16());
    if let Some(api) = api {
        let labels = [
            ("api", api.name.into()),
            ("method", method.into()),
            ("resource", resource.clone().into()),
            ("status", class_of(status).into()),
        ];
        let duration = api.metrics.request_duration.get_or_create(&labels);
        duration.observe(began.elapsed().as_secs_f64());
        drop(duration);
        if let Some(code) = code {
            let labels = [
                ("api", api.name.into()),
                ("resource", resource.into()),
                ("code", code.as_str().into()),
            ];
            api.metrics.request_errors.get_or_create(&labels).inc();
        }
    }
    answered
}

/// What a caller makes up is no label.
fn known_method(request: &ServiceRequest) -> &'static str {
    match request.method().as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        _ => "other",
    }
}

fn class_of(status: StatusCode) -> &'static str {
    match status.as_u16() {
        ..400 => "2xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}

fn trace_of(request: &ServiceRequest) -> Option<Trace> {
    let header = |name| request.headers().get(name)?.to_str().ok();
    Trace::taken_over(header(TRACEPARENT)?, header(TRACESTATE))
}
