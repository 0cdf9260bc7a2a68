//! What a production build is made of, found out without `cargo tree`: the crates that the
//! compiler is started for, of those that the manifests link.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::{
    coverage::{list, text},
    programs::run_within,
    template::read,
    workshop::Workshop,
};

/// The pack itself waits no longer.
const LONGEST_CHECK: Duration = Duration::from_secs(120);

/// A crate, and its licence as its manifest writes it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Crate {
    pub name: String,
    pub version: String,
    pub licence: String,
}

/// All crates that are linked, but for the connector itself.
pub fn linked(workshop: &Workshop) -> Result<BTreeSet<Crate>> {
    let built = workshop.cargo(&[
        "build",
        "--locked",
        "--no-default-features",
        "--lib",
        "--message-format",
        "json",
    ])?;
    // `cargo metadata` alone names more: what only tests make dependencies ask for.
    let metadata = workshop.cargo(&[
        "metadata",
        "--locked",
        "--no-default-features",
        "--format-version",
        "1",
    ])?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let (compiled, reachable) = (compiled(&built)?, reachable(&metadata)?);
    let mut linked = BTreeSet::new();
    for package in list(&metadata, "packages")? {
        let id = text(package, "id")?;
        let is_own = package["source"].is_null();
        if !is_own && compiled.contains(id) && reachable.contains(id) {
            linked.insert(Crate {
                name: text(package, "name")?.to_owned(),
                version: text(package, "version")?.to_owned(),
                licence: package["license"].as_str().unwrap_or_default().to_owned(),
            });
        }
    }
    Ok(linked)
}

/// What the compiler was started for, now or before.
fn compiled(built: &str) -> Result<BTreeSet<String>> {
    let mut compiled = BTreeSet::new();
    for line in built.lines() {
        let message: Value = serde_json::from_str(line)?;
        if message["reason"] == "compiler-artifact" {
            compiled.insert(text(&message, "package_id")?.to_owned());
        }
    }
    Ok(compiled)
}

/// What the connector depends on to run: not to be built, and not to be tested.
fn reachable(metadata: &Value) -> Result<BTreeSet<&str>> {
    let resolved = &metadata["resolve"];
    let mut dependencies = BTreeMap::new();
    for node in list(resolved, "nodes")? {
        dependencies.insert(text(node, "id")?, list(node, "deps")?);
    }
    let mut reached = BTreeSet::new();
    let mut ahead = vec![text(resolved, "root")?];
    while let Some(id) = ahead.pop() {
        if !reached.insert(id) {
            continue;
        }
        for dependency in dependencies.get(id).copied().into_iter().flatten() {
            let kinds = list(dependency, "dep_kinds")?;
            if kinds.iter().any(|kind| kind["kind"].is_null()) {
                ahead.push(text(dependency, "pkg")?);
            }
        }
    }
    Ok(reached)
}

/// Name and version of every crate of a lock file.
pub fn locked(connector: &Path) -> Result<BTreeSet<(String, String)>> {
    let lock: toml::Table = read(&connector.join("Cargo.lock"))?.parse()?;
    let packages = lock.get("package").and_then(toml::Value::as_array);
    let packages = packages.context("Cargo.lock has no packages")?;
    let named = packages.iter().filter_map(|package| {
        let text = |name: &str| package.get(name)?.as_str().map(str::to_owned);
        Some((text("name")?, text("version")?))
    });
    Ok(named.collect())
}

/// How many advisories are known, if that can be found out here.
pub fn advisories(connector: &Path) -> Option<usize> {
    let mut deny = Command::new("cargo");
    deny.args([
        "deny",
        "--format",
        "json",
        "--color",
        "never",
        "--all-features",
        "check",
        "advisories",
    ])
    .current_dir(connector);
    let checked = run_within(&mut deny, LONGEST_CHECK).ok()?;
    let messages = checked.output.lines();
    let messages: Vec<Value> = messages
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let is_checked = messages.iter().any(|one| one["type"] == "summary");
    let known = messages
        .iter()
        .filter(|one| one["type"] == "diagnostic" && one["fields"]["advisory"].is_object());
    is_checked.then(|| known.count())
}
