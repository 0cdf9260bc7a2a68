//! What watches a generated connector: its alerts are seen firing, and the queries of
//! its dashboard are PromQL. Prometheus's own `promtool` looks at both.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::findings::Findings;
use crate::{official::run, repository, template::read};

const ALERTS: &str = "ops/prometheus-alerts.yaml";
const DASHBOARD: &str = "ops/grafana-dashboard.json";

/// What the alerts have to say, and when.
const TESTS: &str = "xtask/linters/alerts-tests.yaml";

/// What Grafana itself gives a query: a time each.
const TIMES: [&str; 3] = ["__interval", "__range", "__rate_interval"];

/// Says how to get `promtool` where it is missing.
pub fn require_promtool() -> Result<()> {
    run(
        Command::new("promtool").arg("--version"),
        "promtool",
        "Debian's or Ubuntu's package prometheus (`apt-get install prometheus`; without its \
         service: `apt-get download prometheus`, `dpkg -x`), or a release of Prometheus",
    )
}

/// Lints them.
pub fn lint(folder: &Path, findings: &mut Findings) -> Result<()> {
    // Where promtool finds the alerts beside their tests.
    let checked = TempDir::new()?;
    fs::copy(
        folder.join(ALERTS),
        checked.path().join("prometheus-alerts.yaml"),
    )
    .with_context(|| format!("cannot copy {ALERTS}"))?;
    fs::copy(repository().join(TESTS), checked.path().join("tests.yaml"))
        .with_context(|| format!("cannot copy {TESTS}"))?;
    let promtool = || {
        let mut promtool = Command::new("promtool");
        promtool.current_dir(checked.path());
        promtool
    };
    findings.check(
        "promtool: alerts",
        promtool().args(["check", "rules", "--lint-fatal", "prometheus-alerts.yaml"]),
    )?;
    findings.check(
        "promtool: tests of the alerts",
        promtool().args(["test", "rules", "tests.yaml"]),
    )?;
    let alerts = serde_saphyr::from_str(&read(&folder.join(ALERTS))?)?;
    let tests = serde_saphyr::from_str(&read(&repository().join(TESTS))?)?;
    for alert in alerts_in(&alerts).difference(&fired_in(&tests)) {
        findings.missing(&format!("{alert}, seen firing in {TESTS},"));
    }

    let dashboard = serde_json::from_str(&read(&folder.join(DASHBOARD))?)
        .with_context(|| format!("{DASHBOARD} is no JSON"))?;
    let queries = Queries::of(&dashboard);
    if queries.groups.is_empty() {
        findings.missing(&format!("a query of {DASHBOARD}"));
    }
    for variable in &queries.unknown_variables {
        findings.missing(&format!("{variable}, a variable of {DASHBOARD},"));
    }
    let rules = json!({ "groups": queries.groups });
    fs::write(checked.path().join("dashboard.json"), rules.to_string())?;
    findings.check(
        "promtool: queries of the dashboard",
        promtool().args(["check", "rules", "--lint-fatal", "dashboard.json"]),
    )
}

/// The alerts that there are.
fn alerts_in(rules: &Value) -> BTreeSet<&str> {
    items(&rules["groups"])
        .flat_map(|group| items(&group["rules"]))
        .filter_map(|rule| rule["alert"].as_str())
        .collect()
}

/// The alerts that are seen firing at least once.
fn fired_in(tests: &Value) -> BTreeSet<&str> {
    items(&tests["tests"])
        .flat_map(|test| items(&test["alert_rule_test"]))
        .filter(|test| items(&test["exp_alerts"]).next().is_some())
        .filter_map(|test| test["alertname"].as_str())
        .collect()
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

/// The queries of a dashboard as recording rules, which promtool reads. Each panel is
/// a group, so that what promtool says names the panel.
#[derive(Debug, Default)]
struct Queries {
    groups: Vec<Value>,
    /// Inside of quotes they would be any text to promtool.
    unknown_variables: BTreeSet<String>,
}

impl Queries {
    fn of(dashboard: &Value) -> Self {
        let variables: BTreeSet<&str> = items(&dashboard["templating"]["list"])
            .filter_map(|variable| variable["name"].as_str())
            .collect();
        let mut queries = Self::default();
        queries.add_panels(&dashboard["panels"], &variables);
        queries
    }

    fn add_panels(&mut self, panels: &Value, variables: &BTreeSet<&str>) {
        for panel in items(panels) {
            let rules: Vec<Value> = items(&panel["targets"])
                .filter_map(|target| target["expr"].as_str())
                .enumerate()
                .map(|(number, expression)| {
                    let expression = self.filled_in(expression, variables);
                    json!({
                        "record": format!("query_{number}"),
                        "labels": { "panel": panel["id"].to_string() },
                        "expr": expression,
                    })
                })
                .collect();
            if !rules.is_empty() {
                let title = panel["title"].as_str().unwrap_or_default();
                let name = format!("panel {}: {title}", panel["id"]);
                self.groups.push(json!({ "name": name, "rules": rules }));
            }
            // A row that is folded up holds its panels.
            self.add_panels(&panel["panels"], variables);
        }
    }

    /// An expression with something plausible in the place of each variable.
    fn filled_in(&mut self, expression: &str, variables: &BTreeSet<&str>) -> String {
        let mut parts = expression.split('$');
        let mut filled = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let is_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
            let (name, rest) = match part.strip_prefix('{').and_then(|part| part.split_once('}')) {
                Some(braced) => braced,
                None => part.split_at(part.find(|next| !is_name(next)).unwrap_or(part.len())),
            };
            if TIMES.contains(&name) {
                filled.push_str("5m");
            } else if variables.contains(name) {
                filled.push_str(".*");
            } else if name.is_empty() {
                // The end of a regular expression.
                filled.push('$');
            } else {
                self.unknown_variables.insert(format!("${name}"));
            }
            filled.push_str(rest);
        }
        filled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_counts_as_tested_when_it_is_seen_firing() {
        let rules = json!({ "groups": [
            { "rules": [{ "alert": "A" }, { "record": "r" }] },
            { "rules": [{ "alert": "B" }, { "alert": "C" }] },
        ]});
        let tests = json!({ "tests": [
            { "promql_expr_test": [{ "expr": "ALERTS" }] },
            { "alert_rule_test": [
                { "alertname": "A", "exp_alerts": [] },
                { "alertname": "B" },
                { "alertname": "C" },
                { "alertname": "C", "exp_alerts": [{ "exp_labels": {} }] },
            ]},
        ]});
        assert_eq!(alerts_in(&rules), BTreeSet::from(["A", "B", "C"]));
        assert_eq!(fired_in(&tests), BTreeSet::from(["C"]));
    }

    fn dashboard(expressions: &[&str]) -> Value {
        let targets = expressions
            .iter()
            .map(|expression| json!({ "expr": expression }));
        let panel = json!({ "id": 7, "title": "Calls", "targets": Value::from_iter(targets) });
        json!({
            "templating": { "list": [{ "name": "instance" }] },
            "panels": [{ "id": 1, "type": "row", "panels": [panel] }],
        })
    }

    #[test]
    fn every_query_is_a_rule_of_its_panel() {
        let queries = Queries::of(&dashboard(&["up", "down"]));
        let rule = |record, expression| json!({ "record": record, "labels": { "panel": "7" }, "expr": expression });
        assert_eq!(
            queries.groups,
            [json!({
                "name": "panel 7: Calls",
                "rules": [rule("query_0", "up"), rule("query_1", "down")],
            })]
        );
    }

    #[test]
    fn variables_are_filled_in_and_unknown_ones_are_told() {
        let queries = Queries::of(&dashboard(&[
            r#"rate(a{i=~"$instance"}[$__rate_interval])"#,
            r#"b{i=~"${instance}",o=~".+ing$"}"#,
            r#"c{i=~"$elsewhere"}"#,
        ]));
        let filled: Vec<&Value> = items(&queries.groups[0]["rules"])
            .map(|rule| &rule["expr"])
            .collect();
        assert_eq!(
            filled,
            [
                r#"rate(a{i=~".*"}[5m])"#,
                r#"b{i=~".*",o=~".+ing$"}"#,
                r#"c{i=~""}"#,
            ]
        );
        let unknown = queries.unknown_variables.into_iter().collect::<Vec<_>>();
        assert_eq!(unknown, ["$elsewhere"]);
    }
}
