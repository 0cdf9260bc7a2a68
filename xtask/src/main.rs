//! `cargo xtask twins` derives the rendered files and the lists of the hooks;
//! `cargo xtask twins --check` only says whether they are up to date.

use std::process::ExitCode;

use anyhow::Result;
use xtask::{known_names, places, questions, repository, twins};

const USAGE: &str = "usage: cargo xtask twins [--check]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments[..] {
        ["twins"] => write(),
        ["twins", "--check"] => check(),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn write() -> Result<()> {
    known_names::write(repository())?;
    questions::write(repository())?;
    places::write(repository())?;
    for file in twins::write(repository())? {
        println!("template/{file}");
    }
    Ok(())
}

fn check() -> Result<()> {
    known_names::check(repository())?;
    questions::check(repository())?;
    places::check(repository())?;
    twins::check(repository())
}
