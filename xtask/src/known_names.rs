//! `hooks/known_names.rhai`: what the hooks must know and cannot read for
//! themselves, because a hook reads no files.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::{Context, Result, ensure};
use toml::{Table, Value};

use crate::template::read;

const FILE: &str = "hooks/known_names.rhai";

/// Writes the list anew.
pub fn write(repository: &Path) -> Result<()> {
    let path = repository.join(FILE);
    fs::write(&path, derive(repository)?)
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Fails when the list no longer says what the template and ISO 4217 say.
pub fn check(repository: &Path) -> Result<()> {
    let is_up_to_date = read(&repository.join(FILE))? == derive(repository)?;
    ensure!(
        is_up_to_date,
        "{FILE} is out of date: run `cargo xtask twins`"
    );
    Ok(())
}

fn derive(repository: &Path) -> Result<String> {
    let manifest: Table = read(&repository.join("template/Cargo.toml"))?.parse()?;
    let lock: Table = read(&repository.join("template/Cargo.lock"))?.parse()?;
    let package = manifest
        .get("package")
        .and_then(|package| package.get("name"))
        .and_then(Value::as_str)
        .context("template/Cargo.toml has no name")?;

    let mut packages = names_in(&lock, "package");
    packages.remove(package);
    let mut programs = names_in(&manifest, "bin");
    programs.remove(package);
    let library = manifest
        .get("lib")
        .and_then(|library| library.get("name"))
        .and_then(Value::as_str);
    // The library's name is spelt with underscores, the names that it is compared with are not.
    programs.extend(library.map(|name| name.replace('_', "-")));
    let dependencies: BTreeSet<String> = ["dependencies", "dev-dependencies"]
        .into_iter()
        .filter_map(|section| manifest.get(section)?.as_table())
        .flat_map(|section| section.keys().map(|name| name.replace('-', "_")))
        .collect();

    Ok(format!(
        "// Derived by `cargo xtask twins`; never edited by hand.\n\n{}\n{}\n{}\n{}\n{}",
        function(
            "Currencies of ISO 4217 that have minor units, so that an amount can be written in them.",
            "currencies",
            &currencies(),
        ),
        function(
            "Packages that the connector is built from.",
            "packages",
            &packages,
        ),
        function(
            "Its programs and its library, besides the one that has its own name.",
            "programs",
            &programs,
        ),
        function("Crates that its code names.", "dependencies", &dependencies,),
        customers(repository)?,
    ))
}

/// The first two customers of the sandbox bank, the payee and the payer of examples:
/// what each kind of identifier calls them.
fn customers(repository: &Path) -> Result<String> {
    let accounts: Table = read(&repository.join("template/sandbox/accounts.toml"))?.parse()?;
    let customers = accounts.get("customers").and_then(Value::as_array);
    let customers: Vec<&Value> = customers.into_iter().flatten().take(2).collect();
    ensure!(
        customers.len() == 2,
        "the sandbox bank has no two customers"
    );
    let mut text = String::from(
        "// The payee and the payer of examples: what each kind of identifier calls them.\nfn customers() {\n    [\n",
    );
    for customer in customers {
        text.push_str("        #{\n");
        let identifiers = customer.get("identifiers").and_then(Value::as_array);
        for identifier in identifiers.into_iter().flatten() {
            let (kind, value) = identifier
                .as_str()
                .and_then(|identifier| identifier.split_once(' '))
                .context("an identifier in template/sandbox/accounts.toml has no kind")?;
            text.push_str(&format!("            \"{kind}\": \"{value}\",\n"));
        }
        text.push_str("        },\n");
    }
    text.push_str("    ]\n}\n");
    Ok(text)
}

fn names_in(document: &Table, array: &str) -> BTreeSet<String> {
    document
        .get(array)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.get("name")?.as_str())
        .map(str::to_owned)
        .collect()
}

/// Every currency that the template's own type accepts: both ask `iso_currency`.
fn currencies() -> BTreeSet<String> {
    let letters = 'A'..='Z';
    letters
        .clone()
        .flat_map(|first| letters.clone().map(move |second| (first, second)))
        .flat_map(|(first, second)| {
            letters
                .clone()
                .map(move |third| String::from_iter([first, second, third]))
        })
        .filter(|code| {
            iso_currency::Currency::from_code(code)
                .and_then(|currency| currency.exponent())
                .is_some()
        })
        .collect()
}

fn function(comment: &str, name: &str, values: &BTreeSet<String>) -> String {
    let mut text = format!("// {comment}\nfn {name}() {{\n    [\n");
    for value in values {
        text.push_str(&format!("        \"{value}\",\n"));
    }
    text.push_str("    ]\n}\n");
    text
}
