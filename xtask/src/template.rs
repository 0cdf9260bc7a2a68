//! What lies in `template/`, and which of it is rendered.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::{Context, Result, bail};

/// How a rendered file's twin is called: `<file>.liquid`.
pub const TWIN_SUFFIX: &str = ".liquid";

/// Build output is not part of the template.
const IGNORED_FOLDERS: [&str; 4] = ["target", ".git", "ttk/node_modules", "ttk/report"];

/// Every file below `folder`, as paths relative to it with forward slashes.
pub fn files(folder: &Path) -> Result<BTreeSet<String>> {
    let mut files = BTreeSet::new();
    collect(folder, "", &mut files)?;
    Ok(files)
}

fn collect(folder: &Path, prefix: &str, files: &mut BTreeSet<String>) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else {
            bail!("{} has a name that is not UTF-8", entry.path().display());
        };
        let path = format!("{prefix}{name}");
        if !entry.file_type()?.is_dir() {
            files.insert(path);
        } else if !IGNORED_FOLDERS.contains(&path.as_str()) {
            collect(&entry.path(), &format!("{path}/"), files)?;
        }
    }
    Ok(())
}

/// The files that are rendered: the `include` list of `cargo-generate.toml`,
/// which is the one place that names them.
pub fn rendered_files(repository: &Path) -> Result<BTreeSet<String>> {
    let configuration = configuration(repository)?;
    let include = configuration
        .get("template")
        .and_then(|template| template.get("include"))
        .and_then(toml::Value::as_array)
        .context("cargo-generate.toml has no list `template.include`")?;
    include
        .iter()
        .map(|pattern| {
            let pattern = pattern.as_str().context("`include` holds only texts")?;
            let is_one_file = !pattern.contains(['*', '?', '[', '!']);
            match pattern.strip_prefix('/') {
                Some(file) if is_one_file => Ok(file.to_owned()),
                _ => bail!("`include` names single files, from the root: '/...', not '{pattern}'"),
            }
        })
        .collect()
}

/// What `cargo-generate.toml` says.
pub fn configuration(repository: &Path) -> Result<toml::Table> {
    let path = repository.join("cargo-generate.toml");
    read(&path)?
        .parse()
        .with_context(|| format!("cannot parse {}", path.display()))
}

/// Reads a text, and names the file when that fails.
pub fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
