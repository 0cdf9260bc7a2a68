//! Which trace the present work belongs to (W3C Trace Context), so that whoever
//! traces payments across systems finds this one's part in them.
//!
//! A caller's `traceparent` is passed on to everybody who is called for it, also
//! if nobody traces here. Work that nobody asked for begins a trace of its own.
//! If spans are exported (`operations/telemetry/traces.rs`), what is passed on names the
//! span of the present call.

use tokio::task_local;
use tracing::{Instrument, Span};
use uuid::Uuid;

/// The headers that carry a trace.
pub const TRACEPARENT: &str = "traceparent";
pub const TRACESTATE: &str = "tracestate";

/// `00-<trace>-<span>-<flags>`
const PARENT_LENGTH: usize = 55;

/// Longer lists need not be passed on.
const MAX_STATE_LENGTH: usize = 512;

/// A trace, and the span in it that something is done for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    parent: String,
    state: Option<String>,
}

task_local! {
    static PRESENT: Trace;
}

impl Trace {
    /// The trace that a caller names. What is no `traceparent` counts as none.
    pub fn taken_over(parent: &str, state: Option<&str>) -> Option<Self> {
        let (version, rest) = parent.split_at_checked(2)?;
        if !is_hexadecimal(version) || version == "ff" {
            return None;
        }
        // Of a later version only what this one has is known.
        let is_longer = version != "00" && rest.as_bytes().get(PARENT_LENGTH - 2) == Some(&b'-');
        let known = match is_longer {
            true => rest.get(..PARENT_LENGTH - 2)?,
            false => rest,
        };
        let mut parts = known.strip_prefix('-')?.split('-');
        let (trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?);
        let is_identifier = |text: &str, length: usize| {
            text.len() == length && is_hexadecimal(text) && text.bytes().any(|digit| digit != b'0')
        };
        let is_valid = is_identifier(trace, 32)
            && is_identifier(span, 16)
            && flags.len() == 2
            && is_hexadecimal(flags)
            && parts.next().is_none();
        let is_readable = |state: &&str| {
            (1..=MAX_STATE_LENGTH).contains(&state.len())
                && state.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        };
        is_valid.then(|| Self {
            parent: format!("00-{trace}-{span}-{flags}"),
            state: state.filter(is_readable).map(str::to_owned),
        })
    }

    /// A trace that begins here. Whoever is called may record it.
    fn begun() -> Self {
        let trace = Uuid::now_v7().simple().to_string();
        let span = Uuid::now_v7().simple().to_string();
        // The latter half is random; the former is the time.
        let parent = format!("00-{trace}-{}-01", &span[16..]);
        Self {
            parent,
            state: None,
        }
    }

    /// What all systems that take part know it by.
    pub fn id(&self) -> &str {
        &self.parent[3..35]
    }

    /// The trace of the present work, if it belongs to one.
    fn present() -> Option<Self> {
        if let Some(exported) = exported::of(&Span::current()) {
            return Some(exported);
        }
        PRESENT.try_with(Clone::clone).ok()
    }
}

fn is_hexadecimal(text: &str) -> bool {
    let mut digits = text.bytes();
    digits.all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}

/// The headers of a call that is made now.
pub fn headers() -> impl Iterator<Item = (&'static str, String)> {
    let Trace { parent, state } = Trace::present().unwrap_or_else(Trace::begun);
    let state = state.map(|state| (TRACESTATE, state));
    [(TRACEPARENT, parent)].into_iter().chain(state)
}

/// Does work within a span, as part of the caller's trace, or of one that begins
/// with it. The span has a field `trace_id`.
pub async fn follow<T>(span: Span, caller: Option<Trace>, work: impl Future<Output = T>) -> T {
    let trace = begin(&span, caller);
    span.record("trace_id", trace.id());
    PRESENT.scope(trace, work.instrument(span)).await
}

fn begin(span: &Span, caller: Option<Trace>) -> Trace {
    if let Some(caller) = &caller {
        exported::set_parent(span, caller);
    }
    let exported = exported::of(span);
    exported.or(caller).unwrap_or_else(Trace::begun)
}

/// The same work on a task of its own: it belongs to the trace and the span that
/// it was begun in.
pub fn carried<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
    let trace = PRESENT.try_with(Clone::clone).ok();
    let work = work.in_current_span();
    async move {
        match trace {
            Some(trace) => PRESENT.scope(trace, work).await,
            None => work.await,
        }
    }
}

/// What is known of a span that is exported.
mod exported {
    use opentelemetry::{
        Context,
        trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState},
    };
    use tracing::Span;
    use tracing_opentelemetry::OpenTelemetrySpanExt;

    use super::Trace;

    /// `None` if spans are not exported.
    pub fn of(span: &Span) -> Option<Trace> {
        let context = span.context();
        let span = context.span();
        let known = span.span_context();
        let parent = format!(
            "00-{}-{}-{:02x}",
            known.trace_id(),
            known.span_id(),
            known.trace_flags().to_u8()
        );
        let state = known.trace_state().header();
        known.is_valid().then(|| Trace {
            parent,
            state: Some(state).filter(|state| !state.is_empty()),
        })
    }

    pub fn set_parent(span: &Span, caller: &Trace) {
        let parent = &caller.parent;
        let (Ok(trace), Ok(above), Ok(flags)) = (
            TraceId::from_hex(&parent[3..35]),
            SpanId::from_hex(&parent[36..52]),
            u8::from_str_radix(&parent[53..], 16),
        ) else {
            return;
        };
        let state = caller.state.as_deref().unwrap_or_default();
        let remote = SpanContext::new(
            trace,
            above,
            TraceFlags::new(flags),
            true,
            state.parse::<TraceState>().unwrap_or_default(),
        );
        let context = Context::new().with_remote_span_context(remote);
        // Fails if spans are not exported.
        let _ = span.set_parent(context);
    }
}

#[cfg(test)]
mod tests {
    use tracing::info_span;

    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn of(parent: &str) -> Option<Trace> {
        Trace::taken_over(parent, None)
    }

    fn present() -> Vec<(&'static str, String)> {
        headers().collect()
    }

    #[tokio::test]
    async fn the_trace_of_a_caller_is_passed_on_unchanged() {
        let caller = Trace::taken_over(PARENT, Some("bank=1"));
        let passed_on = follow(info_span!("request"), caller, async { present() }).await;
        let expected = [
            (TRACEPARENT, PARENT.to_owned()),
            (TRACESTATE, "bank=1".to_owned()),
        ];
        assert_eq!(passed_on, expected);
    }

    #[tokio::test]
    async fn all_calls_of_work_that_nobody_asked_for_belong_to_one_trace() {
        let (first, second, elsewhere) = follow(info_span!("recovery"), None, async {
            let elsewhere = tokio::spawn(carried(async { present() }));
            (present(), present(), elsewhere.await.unwrap())
        })
        .await;
        assert_eq!(first, second);
        assert_eq!(first, elsewhere);
        assert!(of(&first[0].1).is_some(), "{}", first[0].1);
        assert_ne!(first, present(), "other work is not part of it");
    }

    #[test]
    fn what_is_no_traceparent_counts_as_none() {
        assert_eq!(of(PARENT).unwrap().id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        let later = PARENT.replacen("00", "01", 1) + "-more";
        assert_eq!(of(&later), of(PARENT));
        let none = [
            String::new(),
            "é".to_owned(),
            "0é".to_owned(),
            PARENT.to_uppercase(),
            PARENT.replacen("00", "ff", 1),
            PARENT.replacen("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32), 1),
            PARENT.replacen("00f067aa0ba902b7", &"0".repeat(16), 1),
            format!("{PARENT}-more"),
            format!("{PARENT}0"),
            PARENT[..54].to_owned(),
            PARENT.replace('-', "_"),
        ];
        for text in none {
            assert_eq!(of(&text), None, "{text}");
        }
    }

    #[test]
    fn a_state_that_cannot_be_passed_on_is_left_out() {
        for state in ["", "line\nbreak", &"x".repeat(MAX_STATE_LENGTH + 1)] {
            let trace = Trace::taken_over(PARENT, Some(state)).unwrap();
            assert_eq!(trace.state, None, "{state:?}");
        }
    }
}
