//! Logs: one line an event, as text for people or as JSON for machines.

use std::{io::IsTerminal, str::FromStr};

use tracing_subscriber::{
    Layer, Registry,
    filter::{ParseError, Targets},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

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
#[derive(Debug, Clone)]
pub struct LogFilter(Targets);

impl FromStr for LogFilter {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// Starts writing logs to standard error. Later calls change nothing.
pub fn start(filter: LogFilter, format: LogFormat) {
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match format {
        LogFormat::Text => lines.with_filter(filter.0).boxed(),
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_filter(filter.0)
            .boxed(),
    };
    // Fails if something has been started before, which is as well.
    let _ = tracing_subscriber::registry().with(lines).try_init();
}
