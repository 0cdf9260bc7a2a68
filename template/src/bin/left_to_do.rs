//! Lists what is left to fill in of the core banking system's client, flow by
//! flow.
//!
//! A method that is to be filled in says so in its documentation, in a line
//! that begins with `Replace (incoming):` or another flow. Delete that line
//! when the method is done.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

const FOLDER: &str = "src/core_banking";

/// The flows, in the order in which it is best to fill them in.
const FLOWS: &[&str] = &[
    "party lookup",
    "recovery",
    "quote",
    "outgoing",
    "incoming",
    // [if use_cases has request_to_pay]
    "request to pay",
    // [end]
    "reconciliation",
    "authentication",
];

fn main() -> ExitCode {
    let repository = env::var_os("CARGO_MANIFEST_DIR").map_or_else(PathBuf::new, PathBuf::from);
    match left_below(&repository) {
        Ok(left) => {
            print!("{}", report(&left));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{FOLDER} cannot be read: {error}");
            ExitCode::FAILURE
        }
    }
}

/// One method that is left.
#[derive(Debug, PartialEq, Eq)]
struct Left {
    flow: String,
    method: String,
    what: String,
    place: String,
}

fn left_below(repository: &Path) -> io::Result<Vec<Left>> {
    let mut folders = vec![repository.join(FOLDER)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    let mut left = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file)?;
        let name = file.strip_prefix(repository).unwrap_or(&file);
        left.extend(left_in(&name.display().to_string(), &text));
    }
    Ok(left)
}

fn left_in(file: &str, text: &str) -> Vec<Left> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mut left = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let marked = line.strip_prefix("/// Replace (");
        let Some((flow, what)) = marked.and_then(|marked| marked.split_once("): ")) else {
            continue;
        };
        let method = lines[index..].iter().find_map(|line| method_name(line));
        left.push(Left {
            flow: flow.to_owned(),
            method: method.unwrap_or_default().to_owned(),
            what: sentence(what, &lines[index + 1..]),
            place: format!("{file}:{}", index + 1),
        });
    }
    left
}

fn method_name(line: &str) -> Option<&str> {
    let declared = line.strip_prefix("pub ").unwrap_or(line);
    let declared = declared.strip_prefix("async ").unwrap_or(declared);
    let name = declared.strip_prefix("fn ")?;
    name.split(['(', '<']).next()
}

/// What is to be replaced, which may go on in the next lines.
fn sentence(begin: &str, next: &[&str]) -> String {
    let mut sentence = begin.to_owned();
    for line in next {
        match line.strip_prefix("/// ") {
            Some(more) if !sentence.ends_with('.') => {
                sentence.push(' ');
                sentence.push_str(more);
            }
            _ => break,
        }
    }
    sentence
}

fn report(left: &[Left]) -> String {
    if left.is_empty() {
        return format!("Nothing below {FOLDER} says that it is left to fill in.\n");
    }
    let mut report = format!("{} left to fill in:\n", left.len());
    let known = FLOWS.iter().map(|flow| (*flow).to_owned());
    let unknown = left.iter().map(|one| one.flow.clone());
    let mut flows: Vec<String> = Vec::new();
    for flow in known.chain(unknown) {
        if !flows.contains(&flow) {
            flows.push(flow);
        }
    }
    for flow in flows {
        let of_flow: Vec<_> = left.iter().filter(|one| one.flow == flow).collect();
        if !of_flow.is_empty() {
            report.push_str(&format!("\n{flow}\n"));
        }
        for one in of_flow {
            let (place, method, what) = (&one.place, &one.method, &one.what);
            report.push_str(&format!("  {place}  {method}\n      {what}\n"));
        }
    }
    report.push_str("\nDelete the line \"Replace\" of a method when it is done.\n");
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: &str = "
        impl Customers for Client {
            /// Replace (party lookup): the path,
            /// and the fields.
            ///
            /// The bank must answer.
            async fn find_customer(
                &self,
            ) -> Nothing {}

            /// Done.
            async fn check_credit(&self) {}

            /// Replace (incoming): the call.
            async fn commit_credit(&self) {}
        }
    ";

    #[test]
    fn a_method_is_left_until_its_line_is_deleted() {
        let left = left_in("client.rs", CLIENT);
        let named: Vec<_> = left
            .iter()
            .map(|one| (one.method.as_str(), one.what.as_str(), one.place.as_str()))
            .collect();
        assert_eq!(
            named,
            [
                ("find_customer", "the path, and the fields.", "client.rs:3"),
                ("commit_credit", "the call.", "client.rs:14"),
            ]
        );
    }

    #[test]
    fn what_is_left_is_told_flow_by_flow() {
        let report = report(&left_in("client.rs", CLIENT));
        assert!(
            report.starts_with("2 left to fill in:\n\nparty lookup\n"),
            "{report}"
        );
        assert!(
            report.contains("\nincoming\n  client.rs:14  commit_credit\n"),
            "{report}"
        );
        assert!(super::report(&[]).starts_with("Nothing"));
    }
}
