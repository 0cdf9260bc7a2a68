//! `cargo xtask twins` derives the rendered files, the lists of the hooks, and the
//! README's table; `cargo xtask twins --check` only says whether they are up to
//! date. `cargo xtask matrix` tries combinations of answers. `cargo xtask fuzz` sends a
//! connector what nobody would think of. `cargo xtask bench` measures what one costs.
//! `cargo xtask chaos` kills connectors under load. `cargo xtask image` builds the image and
//! pays through it. `cargo xtask lint` looks at what no compiler reads.

use std::process::ExitCode;

use anyhow::Result;
use xtask::{
    bench,
    chaos::command as chaos,
    derived, fuzz,
    image::command as image,
    lint,
    matrix::command::{self, Request},
    repository,
};

const USAGE: &str = "usage: cargo xtask twins [--check]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match &arguments[..] {
        ["twins"] => write().map(|()| ExitCode::SUCCESS),
        ["twins", "--check"] => derived::check(repository()).map(|()| ExitCode::SUCCESS),
        ["matrix", "--help"] => {
            println!("{}", command::USAGE);
            Ok(ExitCode::SUCCESS)
        }
        ["matrix", options @ ..] => match Request::parse(options) {
            Ok(request) => request.carry_out(),
            Err(error) => {
                eprintln!("{error:#}\n\n{}", command::USAGE);
                return ExitCode::from(2);
            }
        },
        ["bench", options @ ..] => match bench::Options::parse(options) {
            Ok(options) => bench::bench(options),
            Err(error) => {
                eprintln!("{error:#}\n\n{}", bench::USAGE);
                return ExitCode::from(2);
            }
        },
        ["fuzz", options @ ..] => match fuzz::seed(options) {
            Ok(seed) => fuzz::fuzz(seed).map(|()| ExitCode::SUCCESS),
            Err(error) => {
                eprintln!("{error:#}\n\n{}", fuzz::USAGE);
                return ExitCode::from(2);
            }
        },
        ["chaos", "--help"] => {
            println!("{}", chaos::USAGE);
            Ok(ExitCode::SUCCESS)
        }
        ["chaos", options @ ..] => match chaos::Request::parse(options) {
            Ok(request) => request.carry_out().map(|()| ExitCode::SUCCESS),
            Err(error) => {
                eprintln!("{error:#}\n\n{}", chaos::USAGE);
                return ExitCode::from(2);
            }
        },
        ["image", options @ ..] => match image::parse(options) {
            Ok(twice) => image::carry_out(twice).map(|()| ExitCode::SUCCESS),
            Err(error) => {
                eprintln!("{error:#}\n\n{}", image::USAGE);
                return ExitCode::from(2);
            }
        },
        ["lint", options @ ..] => match lint::parse(options) {
            Ok(advisories) => lint::lint(advisories).map(|()| ExitCode::SUCCESS),
            Err(error) => {
                eprintln!("{error:#}\n\n{}", lint::USAGE);
                return ExitCode::from(2);
            }
        },
        _ => {
            eprintln!(
                "{USAGE}\n\n{}\n\n{}\n\n{}\n\n{}\n\n{}\n\n{}",
                command::USAGE,
                fuzz::USAGE,
                bench::USAGE,
                chaos::USAGE,
                image::USAGE,
                lint::USAGE
            );
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn write() -> Result<()> {
    for file in derived::write(repository())? {
        println!("{file}");
    }
    Ok(())
}
