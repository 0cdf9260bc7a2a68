//! What is generated is green before anybody has touched it.

use std::fs;

use crate::site::open_workshop;

/// How many tests passed, by the summaries of all test programs.
fn passed(printed: &str) -> u32 {
    let summaries = printed
        .lines()
        .filter(|line| line.starts_with("test result: ok. "));
    summaries
        .filter_map(|line| line.split_whitespace().nth(3)?.parse::<u32>().ok())
        .sum()
}

/// With names that are as far from those of the template, which is tested where it lies,
/// as names may be, and with a currency that has no minor units.
#[test]
fn a_generated_connector_is_green_and_keeps_its_lock_file() {
    let workshop = open_workshop(
        "a-connector-with-a-name-that-is-almost-as-long-as-a-name-may-be",
        &[
            ("cbs_name", "Zebra Bank-Core_System v2.0 For Everyone"),
            ("fsp_id", "Zebra.Bank_Of-Everyone.012345678"),
            ("currency", "UGX"),
            ("id_types", "ALIAS"),
        ],
    );
    let lock = workshop.folder().join("Cargo.lock");
    let generated = fs::read_to_string(&lock).unwrap();
    workshop.cargo(&["fmt", "--check"]).unwrap();
    let lints = ["clippy", "--all-targets", "--", "-D", "warnings"];
    workshop.cargo(&lints).unwrap();
    let without_sandbox = [
        "clippy",
        "--all-targets",
        "--no-default-features",
        "--",
        "-D",
        "warnings",
    ];
    workshop.cargo(&without_sandbox).unwrap();
    let printed = workshop.cargo(&["test"]).unwrap();
    assert!(passed(&printed) > 50, "{printed}");
    assert!(
        fs::read_to_string(&lock).unwrap() == generated,
        "Cargo.lock has changed"
    );
}
