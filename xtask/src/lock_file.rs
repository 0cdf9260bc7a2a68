//! The lock file, as the regions of the manifest have it.
//!
//! A dependency that only some answers need stands in a region of `Cargo.toml`.
//! `Cargo.lock` has to name it for the same answers, or cargo would rewrite it;
//! but cargo writes the lock file, and drops every comment. So the markers are
//! put in where they are needed.

use std::{collections::HashMap, path::Path};

use anyhow::Result;

use crate::{regions::first_marker, template::read};

pub const MANIFEST: &str = "Cargo.toml";
pub const LOCK_FILE: &str = "Cargo.lock";

/// The text of a file of the template, with all its markers.
pub fn marked(template: &Path, file: &str) -> Result<String> {
    let text = read(&template.join(file))?;
    match file {
        LOCK_FILE => Ok(with_regions_of(&read(&template.join(MANIFEST))?, &text)),
        _ => Ok(text),
    }
}

fn with_regions_of(manifest: &str, lock: &str) -> String {
    let markers = markers_of_dependencies(manifest);
    let own_package = manifest
        .lines()
        .find(|line| line.starts_with("name = "))
        .unwrap_or_default();
    let mut text = String::new();
    let mut in_own_package = false;
    for line in lock.split_inclusive('\n') {
        if line.starts_with("name = ") {
            in_own_package = line.trim_end() == own_package;
        }
        // Such as ` "ring",`, or ` "rand 0.9.2",` if there are several versions.
        let named = line.trim().trim_matches(['"', ',']);
        let name = named.split(' ').next().unwrap_or(named);
        match markers.get(name) {
            Some(marker) if in_own_package && line.starts_with(" \"") => {
                text.push_str(&format!("{marker}\n{line}# [end]\n"));
            }
            _ => text.push_str(line),
        }
    }
    text
}

/// The line that opens the region of each dependency that is in one.
fn markers_of_dependencies(manifest: &str) -> HashMap<&str, &str> {
    let mut markers = HashMap::new();
    let mut section = "";
    let mut open = None;
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line;
        } else if first_marker(MANIFEST, line).is_some() {
            open = line.contains("[if ").then_some(line);
        } else if let (Some(marker), Some((name, _))) = (open, line.split_once(" = "))
            && section.ends_with("dependencies]")
        {
            markers.insert(name, marker);
        }
    }
    markers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_in_a_region_is_in_that_region_of_the_lock_file() {
        let manifest = "[package]\nname = \"own\"\n\n[dependencies]\n# [if fees is cbs]\n\
                        ring = \"0.17\"\n# [end]\nserde = \"1\"\n";
        let lock = "[[package]]\nname = \"other\"\ndependencies = [\n \"ring\",\n]\n\n\
                    [[package]]\nname = \"own\"\ndependencies = [\n \"ring\",\n \"serde\",\n]\n";
        let expected = lock.replace(
            " \"ring\",\n \"serde\"",
            "# [if fees is cbs]\n \"ring\",\n# [end]\n \"serde\"",
        );
        assert_eq!(with_regions_of(manifest, lock), expected);
    }

    #[test]
    fn a_lock_file_of_a_manifest_without_regions_stays_as_it_is() {
        let lock = "[[package]]\nname = \"own\"\ndependencies = [\n \"serde\",\n]\n";
        let manifest = "[package]\nname = \"own\"\n\n[dependencies]\nserde = \"1\"\n";
        assert_eq!(with_regions_of(manifest, lock), lock);
    }
}
