//! Spans to an OpenTelemetry collector (OTLP over HTTP, protobuf).
//!
//! What is sent is what is logged at `info`: no names, no numbers, no amounts.
//! Payments do not wait for the collector; what it does not take is lost.

use std::time::Duration;

use async_trait::async_trait;
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use reqwest::{Url, redirect::Policy};
use tokio::runtime::Handle;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{Layer, filter::Targets};

use super::{BoxedLayer, OWN_LIBRARY, TraceSettings};

/// How long the collector may take for one batch.
const LONGEST_EXPORT: Duration = Duration::from_secs(10);

/// How long the end waits for the last one.
const LONGEST_END: Duration = Duration::from_secs(2);

/// Answers of a collector are empty, or say how many spans it has left out.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// What sends spans.
#[derive(Debug)]
pub struct Traces(SdkTracerProvider);

impl Traces {
    pub fn end(self) {
        if let Err(error) = self.0.shutdown_with_timeout(LONGEST_END) {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }
}

/// Makes what sends spans, on a thread of its own. The standard variables of
/// OpenTelemetry for the sampler, the resource and the headers count.
pub fn start(settings: &TraceSettings) -> Result<(BoxedLayer, Traces), HttpError> {
    let client = reqwest::Client::builder()
        .timeout(LONGEST_EXPORT)
        .redirect(Policy::none())
        .no_proxy()
        .build()?;
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Client {
            client,
            runtime: Handle::current(),
        })
        .with_endpoint(traces_of(&settings.endpoint))
        .build()?;
    let resource = Resource::builder()
        .with_service_name(settings.service_name.clone())
        .build();
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource)
        .build();
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer(env!("CARGO_PKG_NAME")))
        .with_location(false)
        .with_threads(false)
        .with_filter(Targets::new().with_target(OWN_LIBRARY, LevelFilter::INFO));
    Ok((layer.boxed(), Traces(provider)))
}

/// Where a collector takes spans.
fn traces_of(endpoint: &Url) -> String {
    format!("{}/v1/traces", endpoint.as_str().trim_end_matches('/'))
}

/// The HTTP client that everything else here uses, too.
#[derive(Debug)]
struct Client {
    client: reqwest::Client,
    /// The thread that sends has none.
    runtime: Handle,
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let request = reqwest::Request::try_from(request)?;
        let client = self.client.clone();
        self.runtime.spawn(exchange(client, request)).await?
    }
}

async fn exchange(
    client: reqwest::Client,
    request: reqwest::Request,
) -> Result<Response<Bytes>, HttpError> {
    // The URL may hold a key.
    let without_url = reqwest::Error::without_url;
    let mut answer = client.execute(request).await.map_err(without_url)?;
    let status = answer.status();
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(without_url)? {
        if body.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err("the answer of the collector is too long".into());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Response::builder().status(status).body(body.into())?)
}
