//! `cargo xtask`: what the template is made and proven with. Each task says itself
//! what it does; `cargo xtask` lists them.

use std::process::ExitCode;

use anyhow::Result;
use xtask::{
    bench, chaos::command as chaos, derived, fuzz, golden, image::command as image, lint,
    matrix::command as matrix, repository, review,
};

const TWINS: &str = "usage: cargo xtask twins [--check]

  Derives the rendered files, the lists of the hooks, and what pages tell of other files;
  with --check, only says whether they are up to date.";

/// Every task, with what it says of itself.
const TASKS: [(&str, &str); 9] = [
    ("twins", TWINS),
    ("matrix", matrix::USAGE),
    ("golden", golden::USAGE),
    ("review", review::USAGE),
    ("image", image::USAGE),
    ("lint", lint::USAGE),
    ("fuzz", fuzz::USAGE),
    ("chaos", chaos::USAGE),
    ("bench", bench::USAGE),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let asked = arguments.first();
    let Some((task, usage)) = TASKS.iter().find(|(name, _)| Some(name) == asked) else {
        return not_understood(&TASKS.map(|(_, usage)| usage).join("\n\n"));
    };
    let options = &arguments[1..];
    if options == ["--help"] {
        println!("{usage}");
        return ExitCode::SUCCESS;
    }
    let success = |()| ExitCode::SUCCESS;
    match *task {
        "matrix" => task_of(matrix::Request::parse(options), usage, |request| {
            request.carry_out()
        }),
        "golden" => task_of(golden::only(options), usage, |only| {
            golden::golden(only).map(success)
        }),
        "review" => task_of(review::Options::parse(options), usage, |options| {
            review::review(&options).map(success)
        }),
        "image" => task_of(image::parse(options), usage, |twice| {
            image::carry_out(twice).map(success)
        }),
        "lint" => task_of(lint::parse(options), usage, |advisories| {
            lint::lint(advisories).map(success)
        }),
        "fuzz" => task_of(fuzz::seed(options), usage, |seed| {
            fuzz::fuzz(seed).map(success)
        }),
        "chaos" => task_of(chaos::Request::parse(options), usage, |request| {
            request.carry_out().map(success)
        }),
        "bench" => task_of(bench::Options::parse(options), usage, bench::bench),
        _ => task_of(twins(options), usage, |run| run().map(success)),
    }
}

/// Carries out what is asked for, if it is understood.
fn task_of<Asked>(
    asked: Result<Asked>,
    usage: &str,
    carry_out: impl FnOnce(Asked) -> Result<ExitCode>,
) -> ExitCode {
    match asked {
        Ok(asked) => carry_out(asked).unwrap_or_else(|error| {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }),
        Err(error) => not_understood(&format!("{error:#}\n\n{usage}")),
    }
}

fn not_understood(why: &str) -> ExitCode {
    eprintln!("{why}");
    ExitCode::from(2)
}

fn twins(options: &[&str]) -> Result<fn() -> Result<()>> {
    match options {
        [] => Ok(write),
        ["--check"] => Ok(|| derived::check(repository())),
        _ => anyhow::bail!("{options:?} is not understood"),
    }
}

fn write() -> Result<()> {
    for file in derived::write(repository())? {
        println!("{file}");
    }
    Ok(())
}
