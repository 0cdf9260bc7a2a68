//! Log lines for machines: one flat JSON object each, in which the fields of all
//! spans around an event stand beside its own. So one search for a payment's
//! `transfer_id` finds whatever was logged about it, wherever that was.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{
        FmtContext, FormatEvent, FormattedFields,
        format::{JsonFields, Writer},
        time::{FormatTime, SystemTime},
    },
    registry::LookupSpan,
};

/// Writes an event as a line of JSON.
#[derive(Debug)]
pub struct JsonLines;

#[derive(Serialize)]
struct Line<'a> {
    timestamp: &'a str,
    level: &'a str,
    target: &'a str,
    #[serde(flatten)]
    fields: Map<String, Value>,
}

impl<S> FormatEvent<S, JsonFields> for JsonLines
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut fields = Fields::default();
        // The nearer one counts for more.
        for span in context
            .event_scope()
            .into_iter()
            .flat_map(|scope| scope.from_root())
        {
            let extensions = span.extensions();
            let formatted = extensions.get::<FormattedFields<JsonFields>>();
            let of_span = formatted.and_then(|formatted| serde_json::from_str(formatted).ok());
            if let Some(Value::Object(of_span)) = of_span {
                let told = of_span
                    .into_iter()
                    .filter(|(name, _)| !name.starts_with("otel."));
                fields.0.extend(told);
            }
        }
        event.record(&mut fields);
        let mut timestamp = String::new();
        SystemTime.format_time(&mut Writer::new(&mut timestamp))?;
        let line = Line {
            timestamp: &timestamp,
            level: event.metadata().level().as_str(),
            target: event.metadata().target(),
            fields: fields.0,
        };
        let line = serde_json::to_string(&line).map_err(|_| fmt::Error)?;
        writeln!(writer, "{line}")
    }
}

/// The fields of an event.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        match u64::try_from(value) {
            Ok(value) => self.put(field, value),
            Err(_) => self.put(field, value.to_string()),
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use tracing::{field::Empty, info_span, subscriber::with_default};
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;
    use crate::operations::telemetry::{LogFormat, lines};

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_has_the_fields_of_all_spans_beside_its_own() {
        let written = Written::default();
        let writer = written.clone();
        let filter = "trace".parse().unwrap();
        let lines = lines(filter, LogFormat::Json, move || writer.clone(), false);
        with_default(tracing_subscriber::registry().with(lines), || {
            let request = info_span!(
                "request",
                otel.kind = "server",
                api = "dfsp",
                transfer_id = Empty
            );
            request.in_scope(|| {
                request.record("transfer_id", "t-1");
                info_span!("call", to = "the bank").in_scope(|| {
                    tracing::warn!(api = "nearer", took_ms = 7_u128, "it is slow");
                });
            });
        });
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        assert!(text.starts_with("{\"timestamp\":\""), "{text}");
        let line: Value = serde_json::from_str(text.trim_end()).unwrap();
        for (name, value) in [
            ("level", Value::from("WARN")),
            ("message", "it is slow".into()),
            ("api", "nearer".into()),
            ("to", "the bank".into()),
            ("transfer_id", "t-1".into()),
            ("took_ms", 7.into()),
        ] {
            assert_eq!(line[name], value, "{name} of {text}");
        }
        assert_eq!(line.get("otel.kind"), None, "{text}");
    }
}
