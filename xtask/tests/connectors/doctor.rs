//! The doctor and the maker of keys, as processes beside a connector that runs; and
//! a start whose secrets come late.

use std::{fs, thread, time::Duration};

use serde_json::{Value, json};
use xtask::http::{send, send_with_headers};

use crate::site::{Books, PAYEE, Site};

/// What the doctor says, and its exit code.
fn examined(site: &Site, more: &[(&str, &str)]) -> (Option<i32>, Value) {
    let mut doctor = site.command(&["doctor", "--json"]);
    let output = doctor.envs(more.iter().copied()).output().unwrap();
    let found = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output.status.code(), found)
}

fn of<'a>(found: &'a Value, subject: &str) -> Vec<&'a Value> {
    let findings = found["findings"].as_array().unwrap().iter();
    findings
        .filter(|finding| finding["subject"] == subject)
        .collect()
}

#[test]
fn a_sound_connector_is_in_no_danger_and_a_bank_that_forgets_is_a_danger() {
    let site = Site::start();
    let before = site.books();
    let (code, found) = examined(&site, &[]);
    assert_eq!(code, Some(0), "{found:#}");
    let bank = of(&found, "core banking system");
    assert_eq!(bank[0]["severity"], "fine", "{found:#}");

    let rules = json!({ "rules": [{ "operation": "enquire", "fault": "fail" }] });
    send(site.ports().bank, "PUT", "/faults", Some(&rules)).unwrap();
    let (code, found) = examined(&site, &[]);
    assert_eq!(code, Some(3), "{found:#}");
    let bank = of(&found, "core banking system");
    assert_eq!(bank[0]["severity"], "danger", "{found:#}");
    assert!(bank[0]["remedy"].as_str().unwrap().contains("find_booking"));
    let after: Books = site.books();
    assert_eq!(after, before, "the doctor moves no money");
}

#[test]
fn a_key_that_is_made_opens_the_dfsp_api_and_no_other_does() {
    let mut site = Site::start();
    let made = site.command(&["api-key", "branch"]).output().unwrap();
    let made = String::from_utf8(made.stdout).unwrap();
    let after = |start: &str| {
        let line = made
            .lines()
            .map(str::trim)
            .find(|line| line.starts_with(start));
        line.unwrap().to_owned()
    };
    let key = after("X-API-Key: ").replace("X-API-Key: ", "");
    site.restart_connector(&[("DFSP_API_KEYS", &after("branch:"))]);
    let path = format!("/parties/MSISDN/{PAYEE}");
    let status = |key: &str| {
        let headers = [("x-api-key", key)];
        send_with_headers(site.ports().dfsp_api, "GET", &path, &headers, None)
            .unwrap()
            .status
    };
    assert_ne!(status(&key), 401);
    assert_eq!(status("development-key-of-the-sandbox"), 401);
    assert!(!site.log().contains(&key));
}

#[test]
fn a_start_waits_for_secrets_that_come_late() {
    let mut site = Site::start();
    let folder = site.folder().join("secrets");
    let secrets = folder.display().to_string();
    let keys = xtask::http::KEYS.1;
    let late = folder.clone();
    let put_there = thread::spawn(move || {
        thread::sleep(Duration::from_secs(1));
        fs::create_dir(&late).unwrap();
        fs::write(late.join("DFSP_API_KEYS"), keys).unwrap();
    });
    site.restart_connector(&[("DFSP_API_KEYS", ""), ("SECRETS_DIR", &secrets)]);
    put_there.join().unwrap();
    let log = site.log();
    assert!(log.contains("waiting for secrets"), "{log}");
    assert!(log.contains("DFSP_API_KEYS is missing"), "{log}");
}
