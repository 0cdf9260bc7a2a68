//! Files with secrets: who can read them?

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use super::{Findings, Severity};

/// The bits that let others than owner and group read.
const OTHERS_READ: u32 = 0o004;

const SECRETS_FOLDER: &str = "SECRETS_DIR";

/// Variables that name a file end so.
const SUFFIX: &str = "_FILE";

/// What is in the name of one whose file is no secret.
const PUBLIC: [&str; 4] = ["CERT", "_CA_", "JWKS", "LOG"];

pub fn examine(variable: &dyn Fn(&str) -> Option<String>, findings: &mut Findings) {
    let mut files = vec![".env".to_owned()];
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let names = names.filter(|name| {
        name.ends_with(SUFFIX) && !PUBLIC.iter().any(|public| name.contains(public))
    });
    files.extend(names.filter_map(|name| variable(&name)));
    if let Some(folder) = variable(SECRETS_FOLDER) {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        files.extend(entries.map(|entry| entry.path().display().to_string()));
    }
    files.retain(|file| Path::new(file).is_file());
    let open: Vec<_> = files
        .iter()
        .filter(|file| is_open(Path::new(file)))
        .collect();
    for file in &open {
        findings.add(
            Severity::Warning,
            "secrets",
            format!("everybody on this machine can read {file}"),
            format!("chmod o-rwx {file}"),
        );
    }
    if open.is_empty() && !files.is_empty() {
        findings.fine("secrets", "their files are not readable by everybody");
    }
}

fn is_open(file: &Path) -> bool {
    let mode = fs::metadata(file).map(|metadata| metadata.permissions().mode());
    mode.is_ok_and(|mode| mode & OTHERS_READ != 0)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn a_secret_that_everybody_can_read_is_pointed_out() {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("CBS_PASSWORD");
        fs::write(&file, "hunter2").unwrap();
        let path = folder.path().display().to_string();
        let variable = |name: &str| (name == SECRETS_FOLDER).then(|| path.clone());
        for (mode, severity) in [(0o644, Severity::Warning), (0o640, Severity::Fine)] {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            let mut findings = Findings::default();
            examine(&variable, &mut findings);
            assert_eq!(findings.worst(), severity, "{findings:?}");
            assert!(!format!("{findings:?}").contains("hunter2"));
        }
    }
}
