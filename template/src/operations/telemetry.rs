//! Logs: one line an event, as text for people or as JSON for machines. And
//! traces, if the environment says to where.

mod json;
mod traces;

use std::{io::IsTerminal, panic::PanicHookInfo, str::FromStr};

use reqwest::Url;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{
    Layer, Registry,
    filter::{ParseError, Targets},
    fmt::{MakeWriter, format::JsonFields},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use self::json::JsonLines;

/// What is written by this program itself: its library, and `main.rs`.
const OWN_LIBRARY: &str = "core_connector";

/// How a log line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

/// The text is not a log format.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a log format is text or json")]
pub struct UnknownLogFormat;

impl FromStr for LogFormat {
    type Err = UnknownLogFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(UnknownLogFormat),
        }
    }
}

/// What is logged: `info`, or `info,tower=warn` and the like.
///
/// Libraries are never logged below `info`, whatever is asked for: there they
/// print what they send and receive, and with it names, numbers and secrets.
#[derive(Debug, Clone)]
pub struct LogFilter(Targets);

impl FromStr for LogFilter {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let asked_for: Targets = text.parse()?;
        let own = [OWN_LIBRARY.to_owned(), own_program()];
        let everywhere = asked_for.default_level().unwrap_or(LevelFilter::OFF);
        let of_others = |level: LevelFilter| level.min(LevelFilter::INFO);
        let capped = Targets::new()
            .with_default(of_others(everywhere))
            .with_targets(own.clone().map(|own| (own, everywhere)))
            .with_targets(asked_for.iter().map(|(target, level)| {
                let is_own = own.iter().any(|own| is_part_of(target, own));
                let level = if is_own { level } else { of_others(level) };
                (target.to_owned(), level)
            }));
        Ok(Self(capped))
    }
}

fn own_program() -> String {
    env!("CARGO_PKG_NAME").replace('-', "_")
}

/// Whether a target lies within a crate, and not within one whose name begins
/// the same.
fn is_part_of(target: &str, own: &str) -> bool {
    let rest = target.strip_prefix(own);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Where spans are sent to.
#[derive(Debug, Clone)]
pub struct TraceSettings {
    /// The base URL of an OpenTelemetry collector.
    pub endpoint: Url,
    /// What this process is called there.
    pub service_name: String,
}

/// What has to be told when the process ends.
#[derive(Debug, Default)]
pub struct Telemetry {
    traces: Option<traces::Traces>,
}

impl Telemetry {
    /// Sends what has not been sent yet, and waits for that a little.
    pub fn end(self) {
        if let Some(traces) = self.traces {
            traces.end();
        }
    }
}

type BoxedLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// A panic is a line like others. What it says is only written if it is fixed
/// text: what was put into it may be a customer's.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let fixed = panic.payload().downcast_ref::<&str>().copied();
    tracing::error!(
        says = fixed.unwrap_or("(not written, it may hold personal data)"),
        location = panic.location().map(ToString::to_string),
        "a panic: this is a defect of the connector"
    );
}

/// Starts writing logs to standard error, and sending traces if it is said to
/// where. Later calls change nothing.
pub fn start(filter: LogFilter, format: LogFormat, traces: Option<&TraceSettings>) -> Telemetry {
    let colours = std::io::stderr().is_terminal();
    let lines = lines(filter, format, std::io::stderr, colours);
    let (layer, telemetry) = exported(traces);
    let layers: Vec<BoxedLayer> = layer.into_iter().chain([lines]).collect();
    // Fails if something has been started before, which is as well.
    let _ = tracing_subscriber::registry().with(layers).try_init();
    std::panic::set_hook(Box::new(log_panic));
    telemetry
}

fn exported(settings: Option<&TraceSettings>) -> (Option<BoxedLayer>, Telemetry) {
    let Some(settings) = settings else {
        return (None, Telemetry::default());
    };
    match traces::start(settings) {
        Ok((layer, traces)) => {
            let traces = Some(traces);
            (Some(layer), Telemetry { traces })
        }
        Err(error) => {
            // Payments do not depend on it.
            eprintln!("no traces are sent: {error}");
            (None, Telemetry::default())
        }
    }
}

/// What writes log lines.
pub fn lines<Writer>(
    filter: LogFilter,
    format: LogFormat,
    writer: Writer,
    colours: bool,
) -> BoxedLayer
where
    Writer: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(writer)
        .with_ansi(colours);
    match format {
        LogFormat::Text => lines.with_filter(filter.0).boxed(),
        LogFormat::Json => lines
            .fmt_fields(JsonFields::new())
            .event_format(JsonLines)
            .with_filter(filter.0)
            .boxed(),
    }
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    fn filter(text: &str) -> Targets {
        text.parse::<LogFilter>().unwrap().0
    }

    #[test]
    fn libraries_are_not_logged_below_info_whatever_is_asked_for() {
        for text in [
            "trace",
            "debug,hyper=trace",
            "hyper=trace,core_connector=trace",
            "trace,hyper::proto=trace",
        ] {
            let filter = filter(text);
            for library in ["hyper", "hyper::proto", "reqwest"] {
                let is_told = filter.would_enable(library, &Level::DEBUG);
                assert!(!is_told, "{library} with {text}");
            }
        }
        assert!(filter("trace").would_enable("hyper", &Level::INFO));
        assert!(!filter("trace,hyper=warn").would_enable("hyper", &Level::INFO));
    }

    #[test]
    fn the_connector_is_logged_as_it_is_asked_for() {
        let program = own_program();
        for own in ["core_connector::mojaloop::steps", &program] {
            assert!(filter("trace").would_enable(own, &Level::TRACE), "{own}");
            assert!(!filter("info").would_enable(own, &Level::DEBUG), "{own}");
        }
        let filter = filter("warn,core_connector::mojaloop=debug");
        assert!(filter.would_enable("core_connector::mojaloop::steps", &Level::DEBUG));
        assert!(!filter.would_enable("core_connector::journal", &Level::INFO));
    }
}
