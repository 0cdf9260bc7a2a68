//! Tools and tests for the template itself. A generated connector holds none of it.

use std::path::Path;

pub mod bench;
pub mod chaos;
pub mod contract;
pub mod coverage;
pub mod derived;
pub mod evidence;
pub mod fuzz;
pub mod generated;
pub mod golden;
pub mod http;
pub mod image;
pub mod known_names;
pub mod lint;
pub mod linter_versions;
pub mod lock_file;
pub mod matrix;
pub mod official;
pub mod places;
pub mod programs;
pub mod questions;
pub mod recording;
pub mod regions;
pub mod review;
pub mod running;
pub mod table;
pub mod template;
pub mod twins;
pub mod workshop;

/// The repository's root.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("."))
}
