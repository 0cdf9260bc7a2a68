//! What Prometheus is told. `docs/monitoring.md` describes every metric, `ops/`
//! has alerts and a dashboard of them, and tests compare the three.
//!
//! Labels have few values: no identifier, no name, no amount of a payment is
//! among them. Amounts are numbers for people to look at here; nothing is
//! decided by them.

mod calls;
mod journal;
mod requests;
mod scrape;
mod server;
mod states;

use std::borrow::Cow;

use prometheus_client::{
    encoding::text,
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Metric, Registry},
};

pub use self::{
    calls::WatchedCalls,
    journal::WatchedJournal,
    requests::{WatchedApi, watch},
    scrape::{Scrape, Sources},
    server::serve,
};
use self::{journal::JournalMetrics, states::States};

/// Label names with their values.
type Labels<const N: usize> = [(&'static str, Cow<'static, str>); N];

type Counters<const N: usize> = Family<Labels<N>, Counter>;
type Gauges<const N: usize> = Family<Labels<N>, Gauge<f64, std::sync::atomic::AtomicU64>>;
type Durations<const N: usize> = Family<Labels<N>, Histogram, fn() -> Histogram>;

/// From 5 ms to 82 s: what a bank takes, and what the Mojaloop Connector waits.
fn durations() -> Histogram {
    Histogram::new(exponential_buckets(0.005, 2.0, 15))
}

/// From a quarter of a millisecond to 8 s: what a disk or a database takes.
fn short_durations() -> Histogram {
    Histogram::new(exponential_buckets(0.000_25, 2.0, 16))
}

/// All metrics of a connector.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    names: Vec<&'static str>,
    request_duration: Durations<4>,
    request_errors: Counters<3>,
    call_duration: Durations<2>,
    calls: Counters<3>,
    journal: JournalMetrics,
    states: States,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut known = Known::default();
        Self {
            request_duration: known.durations(
                "connector_request_duration_seconds",
                "How long requests took",
                durations,
            ),
            request_errors: known.counters(
                "connector_request_errors_total",
                "Requests that were answered with an error, by its FSPIOP code",
            ),
            call_duration: known.durations(
                "connector_call_duration_seconds",
                "How long calls of the core banking system and the Mojaloop Connector took",
                durations,
            ),
            calls: known.counters(
                "connector_calls_total",
                "Calls of the core banking system and the Mojaloop Connector, by what came of them",
            ),
            journal: JournalMetrics::among(&mut known),
            states: States::among(&mut known),
            registry: known.registry,
            names: known.names,
        }
    }
}

impl Metrics {
    /// The names of all metrics, as Prometheus has them.
    pub fn names(&self) -> &[&'static str] {
        &self.names
    }

    /// Everything in the text format of OpenMetrics.
    fn written(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// The metrics that there are, while they are made.
#[derive(Default)]
struct Known {
    registry: Registry,
    names: Vec<&'static str>,
}

impl Known {
    fn counters<const N: usize>(&mut self, name: &'static str, help: &str) -> Counters<N> {
        self.add(name, help, Family::default())
    }

    fn gauges<const N: usize>(&mut self, name: &'static str, help: &str) -> Gauges<N> {
        self.add(name, help, Family::default())
    }

    fn durations<const N: usize>(
        &mut self,
        name: &'static str,
        help: &str,
        buckets: fn() -> Histogram,
    ) -> Durations<N> {
        self.add(name, help, Family::new_with_constructor(buckets))
    }

    fn add<M: Metric + Clone>(&mut self, name: &'static str, help: &str, metric: M) -> M {
        self.names.push(name);
        // The format adds the suffix of a counter itself.
        let name = name.strip_suffix("_total").unwrap_or(name);
        self.registry.register(name, help, metric.clone());
        metric
    }
}

/// Sets a gauge.
fn set<const N: usize>(gauges: &Gauges<N>, labels: Labels<N>, value: f64) {
    gauges.get_or_create(&labels).set(value);
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    fn file(path: &str) -> String {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
        fs::read_to_string(repository.join(path)).unwrap()
    }

    /// What of a text looks like the name of a metric. A histogram is known under
    /// its name without the suffixes of its series.
    fn named_in(text: &str) -> BTreeSet<String> {
        let is_part = |character: char| character.is_ascii_alphanumeric() || character == '_';
        text.split(|character| !is_part(character))
            .filter(|word| word.starts_with("connector_"))
            .map(|word| {
                let suffixes = ["_bucket", "_sum", "_count"];
                let base = suffixes.iter().find_map(|suffix| word.strip_suffix(suffix));
                base.unwrap_or(word).to_owned()
            })
            .collect()
    }

    fn names() -> BTreeSet<String> {
        let metrics = Metrics::default();
        metrics.names().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_metric_is_described_and_no_other() {
        assert_eq!(named_in(&file("docs/monitoring.md")), names());
    }

    #[test]
    fn alerts_and_dashboard_ask_for_metrics_that_exist() {
        for path in ["ops/prometheus-alerts.yaml", "ops/grafana-dashboard.json"] {
            let (asked_for, names) = (named_in(&file(path)), names());
            assert!(!asked_for.is_empty(), "{path}");
            let unknown: Vec<_> = asked_for.difference(&names).collect();
            assert!(unknown.is_empty(), "{path}: {unknown:?}");
        }
    }

    #[test]
    fn every_alert_leads_to_a_section_that_says_what_to_do() {
        let alerts = file("ops/prometheus-alerts.yaml");
        let monitoring = file("docs/monitoring.md");
        let names = alerts.lines().filter_map(|line| {
            let name = line.trim().strip_prefix("- alert: ")?;
            Some(name.trim())
        });
        let mut number = 0;
        for name in names {
            number += 1;
            let heading = format!("\n### {name}\n");
            assert!(monitoring.contains(&heading), "{name}");
            let link = format!("docs/monitoring.md#{}", name.to_lowercase());
            assert!(alerts.contains(&link), "{name}");
        }
        assert!(number > 0);
    }

    #[test]
    fn the_dashboard_is_json_and_every_panel_says_what_it_is_for() {
        let dashboard: serde_json::Value =
            serde_json::from_str(&file("ops/grafana-dashboard.json")).unwrap();
        let panels = dashboard["panels"].as_array().unwrap();
        assert!(!panels.is_empty());
        for panel in panels.iter().filter(|panel| panel["type"] != "row") {
            let is_described = panel["description"]
                .as_str()
                .is_some_and(|text| !text.is_empty());
            assert!(is_described, "{}", panel["title"]);
        }
    }
}
