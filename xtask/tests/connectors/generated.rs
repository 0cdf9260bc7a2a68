//! What is generated is green before anybody has touched it.

use std::fs;

use xtask::workshop::Workshop;

use crate::site::{WORKSHOP, open_workshop};

/// How many tests passed, by the summaries of all test programs.
fn passed(printed: &str) -> u32 {
    let summaries = printed
        .lines()
        .filter(|line| line.starts_with("test result: ok. "));
    summaries
        .filter_map(|line| line.split_whitespace().nth(3)?.parse::<u32>().ok())
        .sum()
}

fn assert_tests_pass(workshop: &Workshop) {
    let printed = workshop.cargo(&["test"]).unwrap();
    assert!(passed(&printed) > 50, "{printed}");
}

#[test]
fn a_generated_connector_is_green_and_keeps_its_lock_file() {
    let lock = WORKSHOP.folder().join("Cargo.lock");
    let generated = fs::read_to_string(&lock).unwrap();
    WORKSHOP.cargo(&["fmt", "--check"]).unwrap();
    let lints = ["clippy", "--all-targets", "--", "-D", "warnings"];
    WORKSHOP.cargo(&lints).unwrap();
    let without_sandbox = [
        "clippy",
        "--all-targets",
        "--no-default-features",
        "--",
        "-D",
        "warnings",
    ];
    WORKSHOP.cargo(&without_sandbox).unwrap();
    assert_tests_pass(&WORKSHOP);
    assert!(
        fs::read_to_string(&lock).unwrap() == generated,
        "Cargo.lock has changed"
    );
}

#[test]
fn another_generated_connector_is_green() {
    let workshop = open_workshop(
        "a-connector-with-a-name-that-is-almost-as-long-as-a-name-may-be",
        &[
            ("cbs_name", "Zebra Bank-Core_System v2.0 For Everyone"),
            ("fsp_id", "Zebra.Bank_Of-Everyone.012345678"),
            ("currency", "UGX"),
            ("id_types", "ALIAS"),
        ],
    );
    assert_tests_pass(&workshop);
}
