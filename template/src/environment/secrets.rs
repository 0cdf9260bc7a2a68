//! Secrets that lie in files, and may come late.
//!
//! A variable that is not set itself is looked for, in this order, in the file
//! that `<NAME>_FILE` names, in a file called like the variable in the folder
//! `SECRETS_DIR`, and among the `NAME=value` lines of `SECRETS_FILE`. So a
//! variable of the environment counts for more than any file.
//!
//! Whoever puts the files there may start later than the connector: a start
//! waits for them, for `SECRETS_WAIT_MS` at the most.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::time::{Instant, sleep};

use super::{Problems, Variables};

const FOLDER: &str = "SECRETS_DIR";
const FILE: &str = "SECRETS_FILE";
const WAIT: &str = "SECRETS_WAIT_MS";

/// The suffix of a variable that names the file of another one.
const SUFFIX: &str = "_FILE";

const PAUSE: Duration = Duration::from_millis(250);

/// A longer file holds something else.
const MAX_BYTES: u64 = 256 * 1024;

/// The environment, completed by the files that it names.
pub struct SecretFiles<V> {
    variable: V,
    folder: Option<PathBuf>,
    lines: BTreeMap<String, String>,
    /// What the environment names and cannot be read, with the reason.
    missing: RefCell<BTreeMap<String, String>>,
}

impl<V: Fn(&str) -> Option<String>> SecretFiles<V> {
    /// Reads what is there now.
    pub fn of(variable: V) -> Self {
        let set = |name| variable(name).filter(|path| !path.trim().is_empty());
        let folder = set(FOLDER).map(PathBuf::from);
        let mut missing = BTreeMap::new();
        if let Some(folder) = &folder
            && !folder.is_dir()
        {
            missing.insert(FOLDER.to_owned(), "the folder is not there".to_owned());
        }
        let lines = match set(FILE).map(|path| read_file(Path::new(&path))) {
            None => BTreeMap::new(),
            Some(Ok(text)) => assignments(&text),
            Some(Err(error)) => {
                missing.insert(FILE.to_owned(), error.to_string());
                BTreeMap::new()
            }
        };
        Self {
            folder,
            lines,
            missing: RefCell::new(missing),
            variable,
        }
    }

    /// A variable, wherever it is.
    pub fn variable(&self, name: &str) -> Option<String> {
        let set = |name: &str| (self.variable)(name).filter(|value| !value.trim().is_empty());
        if let Some(value) = set(name) {
            return Some(value);
        }
        let named = [name, SUFFIX].concat();
        if let Some(path) = set(&named) {
            return match read_file(Path::new(&path)) {
                Ok(text) => Some(text),
                Err(error) => {
                    let mut missing = self.missing.borrow_mut();
                    missing.insert(named, error.to_string());
                    None
                }
            };
        }
        let folder = self.folder.as_ref().filter(|_| is_name(name));
        let file = folder.map(|folder| folder.join(name));
        if let Some(file) = file.filter(|file| file.is_file()) {
            return match read_file(&file) {
                Ok(text) => Some(text),
                Err(error) => {
                    let mut missing = self.missing.borrow_mut();
                    missing.insert(format!("{FOLDER}/{name}"), error.to_string());
                    None
                }
            };
        }
        self.lines.get(name).cloned()
    }

    /// What is named and cannot be read, as far as it has been asked for.
    fn missing(&self) -> Vec<String> {
        let missing = self.missing.borrow();
        let lines = missing
            .iter()
            .map(|(name, error)| format!("{name} cannot be read: {error}"));
        lines.collect()
    }

    /// Reads something out of it, and refuses what leaves out a file that is named.
    pub fn read<T>(
        &self,
        read: impl Fn(&dyn Fn(&str) -> Option<String>) -> Result<T, Problems>,
    ) -> Result<T, Problems> {
        let outcome = read(&|name| self.variable(name));
        let mut problems = self.missing();
        match outcome {
            Ok(read) if problems.is_empty() => Ok(read),
            Ok(_) => Err(Problems(problems)),
            Err(Problems(others)) => {
                problems.extend(others);
                Err(Problems(problems))
            }
        }
    }
}

/// Whether variables may lie in files that are not there yet.
pub fn come_late(variables: &Variables) -> bool {
    variables.text(FOLDER).is_some() || variables.text(FILE).is_some()
}

/// Reads something out of the environment and its files. If files are named,
/// and something is missing, it is read again until that has come, or the time
/// for it is over.
pub async fn read_when_there<T>(
    variable: impl Fn(&str) -> Option<String> + Copy,
    read: impl Fn(&dyn Fn(&str) -> Option<String>) -> Result<T, Problems>,
) -> Result<T, Problems> {
    let mut variables = Variables::of(&variable);
    let longest = variables.milliseconds(WAIT, "60000");
    let are_named = come_late(&variables);
    let longest = variables.finish(longest)?;
    let deadline = Instant::now() + longest;
    let mut told = None;
    loop {
        let files = SecretFiles::of(variable);
        let problems = match files.read(&read) {
            Ok(read) => return Ok(read),
            Err(problems) => problems,
        };
        let is_waited_for = are_named || !files.missing().is_empty();
        if !is_waited_for || !problems.may_pass() || Instant::now() >= deadline {
            return Err(problems);
        }
        // Logs are configured by what is being waited for.
        if told.as_ref() != Some(&problems) {
            eprintln!(
                "waiting for secrets, {} ms at the most: {problems}",
                longest.as_millis()
            );
        }
        told = Some(problems);
        sleep(PAUSE).await;
    }
}

fn read_file(path: &Path) -> io::Result<String> {
    if fs::metadata(path)?.len() > MAX_BYTES {
        return Err(io::Error::other("it is too long for a secret"));
    }
    let text = fs::read_to_string(path)?;
    Ok(text.trim().to_owned())
}

/// The `NAME=value` lines of a text. A value may stand in quotes; nothing in it
/// is replaced, since a secret may hold any character.
pub fn assignments(text: &str) -> BTreeMap<String, String> {
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| {
            let line = line.strip_prefix("export ").unwrap_or(line);
            let (name, value) = line.split_once('=')?;
            let value = value.trim();
            let quoted = ['"', '\'']
                .into_iter()
                .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
            Some((name.trim().to_owned(), quoted.unwrap_or(value).to_owned()))
        })
        .collect()
}

/// A name leads to no other folder.
fn is_name(name: &str) -> bool {
    name.bytes()
        .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn environment(variables: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> + use<> {
        let variables: BTreeMap<String, String> = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        move |name: &str| variables.get(name).cloned()
    }

    fn password(variable: &dyn Fn(&str) -> Option<String>) -> Result<String, Problems> {
        let mut variables = Variables::of(variable);
        let password = variables.required("PASSWORD", "what opens the door");
        variables.finish(password)
    }

    #[test]
    fn the_environment_counts_for_more_than_a_file_and_one_file_for_more_than_many() {
        let folder = TempDir::new().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        fs::write(path("PASSWORD"), "of the folder\n").unwrap();
        fs::write(path("one"), "of its file\n").unwrap();
        fs::write(
            path("all"),
            "# secrets\nexport PASSWORD='of $all'\nOTHER=1\n",
        )
        .unwrap();
        let (directory, one, all) = (path(""), path("one"), path("all"));
        let mut known = vec![("SECRETS_FILE", all.as_str())];
        let mut next = |name, value, expected| {
            let read = SecretFiles::of(environment(&known)).read(password);
            assert_eq!(read.unwrap(), expected);
            known.push((name, value));
        };
        next("SECRETS_DIR", directory.as_str(), "of $all");
        next("PASSWORD_FILE", one.as_str(), "of the folder");
        next("PASSWORD", "of the environment", "of its file");
        next("", "", "of the environment");
    }

    #[test]
    fn a_file_that_is_named_and_not_there_is_a_problem_also_if_nothing_needs_it() {
        let files = SecretFiles::of(environment(&[("PASSWORD_FILE", "/nowhere/password")]));
        let optional = |variable: &dyn Fn(&str) -> Option<String>| Ok(variable("PASSWORD"));
        let problems = files.read(optional).unwrap_err().to_string();
        assert!(
            problems.contains("- PASSWORD_FILE cannot be read"),
            "{problems}"
        );
    }

    #[tokio::test]
    async fn a_file_that_comes_late_is_waited_for() {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("secrets.env");
        let path = file.display().to_string();
        let environment = environment(&[("SECRETS_FILE", &path)]);
        let late = tokio::spawn(async move {
            sleep(Duration::from_millis(400)).await;
            // What is still being written has not all that is needed.
            fs::write(&file, "OTHER=1\n").unwrap();
            sleep(Duration::from_millis(400)).await;
            fs::write(&file, "OTHER=1\nPASSWORD=hunter2\n").unwrap();
        });
        let read = read_when_there(&environment, password).await;
        assert_eq!(read.unwrap(), "hunter2");
        late.await.unwrap();
    }

    #[tokio::test]
    async fn a_file_that_does_not_come_ends_the_start_with_its_name_alone() {
        let environment = environment(&[
            ("SECRETS_FILE", "/nowhere/secrets.env"),
            ("SECRETS_WAIT_MS", "300"),
        ]);
        let problems = read_when_there(&environment, password)
            .await
            .unwrap_err()
            .to_string();
        assert!(
            problems.contains("- SECRETS_FILE cannot be read"),
            "{problems}"
        );
        assert!(problems.contains("- PASSWORD is missing"), "{problems}");
    }

    #[tokio::test]
    async fn what_no_file_can_mend_is_not_waited_for() {
        let wrong = |_: &dyn Fn(&str) -> Option<String>| -> Result<(), Problems> {
            Err(Problems::of("PORT is not usable"))
        };
        let environment = environment(&[("SECRETS_DIR", "/tmp"), ("SECRETS_WAIT_MS", "60000")]);
        let started = Instant::now();
        assert!(read_when_there(&environment, wrong).await.is_err());
        assert!(started.elapsed() < Duration::from_secs(10));
    }
}
