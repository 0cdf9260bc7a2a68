//! An OpenTelemetry collector that keeps what it is sent, to look at.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use actix_web::{
    HttpResponse,
    web::{self, Bytes},
};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value::Value},
    trace::v1::{ResourceSpans, Span, span::SpanKind},
};
use prost::Message;

use crate::stand_in::StandIn;

/// Takes spans as protobuf over HTTP, where the standard says.
pub struct Collector {
    pub url: String,
    bodies: Bodies,
    _server: StandIn,
}

/// What was sent, byte for byte.
type Bodies = Arc<Mutex<Vec<Bytes>>>;

/// A span, with what it takes to find its place in a trace.
#[derive(Debug)]
pub struct Exported {
    /// Which process sent it.
    pub service: String,
    pub name: String,
    pub kind: SpanKind,
    /// Identifiers are hexadecimal, as in a `traceparent`.
    pub trace_id: String,
    pub span_id: String,
    pub parent_id: String,
    pub attributes: BTreeMap<String, String>,
}

impl Collector {
    pub fn start() -> Self {
        let bodies = Bodies::default();
        let kept = web::Data::new(Arc::clone(&bodies));
        let server = StandIn::start(move |collector| {
            collector
                .app_data(kept.clone())
                .route("/v1/traces", web::post().to(keep));
        });
        Self {
            url: server.url.clone(),
            bodies,
            _server: server,
        }
    }

    pub fn bodies(&self) -> Vec<Bytes> {
        self.bodies.lock().unwrap().clone()
    }

    /// All spans so far, in the order in which they ended.
    pub fn spans(&self) -> Vec<Exported> {
        let sent = self.bodies().into_iter().map(read);
        let of_processes = sent.flat_map(|sent| sent.resource_spans);
        of_processes.flat_map(of_one_process).collect()
    }

    /// The spans of requests to the connector that have ended so far.
    pub fn requests(&self) -> Vec<Exported> {
        let spans = self.spans().into_iter();
        spans.filter(|span| span.kind == SpanKind::Server).collect()
    }
}

async fn keep(body: Bytes, bodies: web::Data<Bodies>) -> HttpResponse {
    bodies.lock().unwrap().push(body);
    HttpResponse::Ok().finish()
}

pub fn read(body: Bytes) -> ExportTraceServiceRequest {
    ExportTraceServiceRequest::decode(body).unwrap()
}

fn of_one_process(sent: ResourceSpans) -> impl Iterator<Item = Exported> {
    let resource = texts(sent.resource.unwrap().attributes);
    let spans = sent.scope_spans.into_iter().flat_map(|scope| scope.spans);
    spans.map(move |span: Span| Exported {
        service: resource["service.name"].clone(),
        kind: span.kind(),
        name: span.name,
        trace_id: hexadecimal(&span.trace_id),
        span_id: hexadecimal(&span.span_id),
        parent_id: hexadecimal(&span.parent_span_id),
        attributes: texts(span.attributes),
    })
}

/// The attributes that are texts.
fn texts(attributes: Vec<KeyValue>) -> BTreeMap<String, String> {
    let texts = attributes.into_iter().filter_map(|attribute| {
        match attribute.value.and_then(|value| value.value) {
            Some(Value::StringValue(text)) => Some((attribute.key, text)),
            _ => None,
        }
    });
    texts.collect()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
