//! What lies in `template/`, and which of it is rendered.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::{Context, Result, bail};

/// How a rendered file's twin is called: `<file>.liquid`.
pub const TWIN_SUFFIX: &str = ".liquid";

/// What builds and runs leave behind is not part of the template, nor of a connector.
const LEFT_BEHIND: [&str; 8] = [
    ".env",
    ".git",
    "data",
    "review/node_modules",
    "review/review-pack.html",
    "target",
    "ttk/node_modules",
    "ttk/report",
];

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
        if LEFT_BEHIND.contains(&path.as_str()) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{path}/"), files)?;
        } else {
            files.insert(path);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository;

    /// What git ignores in a generated repository.
    fn git_ignores() -> BTreeSet<String> {
        let text = read(&repository().join("template/.gitignore")).unwrap();
        let lines = text.lines().map(|line| line.trim_start_matches('/'));
        lines.map(str::to_owned).collect()
    }

    #[test]
    fn what_git_ignores_is_not_listed() {
        let folder = tempfile::tempdir().unwrap();
        let put = |file: &str| {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        };
        for ignored in git_ignores() {
            match ignored.rsplit('/').next() {
                Some(name) if name.contains('.') => put(&ignored),
                _ => put(&format!("{ignored}/left/behind")),
            }
        }
        put("review/pack.mjs");
        put("src/data/target");
        let expected = ["review/pack.mjs", "src/data/target"].map(str::to_owned);
        assert_eq!(files(folder.path()).unwrap(), BTreeSet::from(expected));
    }

    #[test]
    fn what_git_ignores_is_not_generated_from_a_folder_either() {
        let configuration = configuration(repository()).unwrap();
        let ignored = configuration["template"]["ignore"].as_array().unwrap();
        let ignored = ignored.iter().map(|path| path.as_str().unwrap().to_owned());
        assert_eq!(ignored.collect::<BTreeSet<_>>(), git_ignores());
    }
}
