//! What is generated, and what is refused.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::BTreeSet, fs, sync::LazyLock, time::Duration};

use xtask::{
    generated::{
        Attempt, CANONICAL_NAME, GeneratedConnector, Snapshot, attempt, attempt_with_values,
        generate,
    },
    known_names, repository,
    template::{TWIN_SUFFIX, files},
    twins,
};

const EMPTY_FOLDER: &str = "demo-connector/";

static SNAPSHOT: LazyLock<Snapshot> = LazyLock::new(|| Snapshot::take().unwrap());

/// The files of `template/` that a connector gets.
fn template_files() -> BTreeSet<String> {
    let mut expected = files(&SNAPSHOT.folder().join("template")).unwrap();
    expected.retain(|file| !file.ends_with(TWIN_SUFFIX));
    expected
}

fn template_file(file: &str) -> Vec<u8> {
    fs::read(SNAPSHOT.folder().join("template").join(file)).unwrap()
}

fn refused(name: &str, answers: &[(&str, &str)]) -> Attempt {
    let attempt = attempt(&SNAPSHOT, name, answers).unwrap();
    assert!(!attempt.succeeded, "accepted {name:?} {answers:?}");
    attempt
}

fn assert_says(attempt: &Attempt, sentence: &str) {
    assert!(
        attempt.output.contains(sentence),
        "'{sentence}' is not in:\n{}",
        attempt.output
    );
}

fn assert_leaves(attempt: &Attempt, expected: &[&str]) {
    let left: Vec<String> = attempt.left_behind().unwrap().into_iter().collect();
    assert_eq!(left, expected);
}

#[test]
fn derived_files_are_up_to_date() {
    known_names::check(repository()).unwrap();
    twins::check(repository()).unwrap();
}

#[test]
fn the_canonical_answers_reproduce_the_template_byte_for_byte() {
    let answers = [
        ("cbs_name", "Savanna Core"),
        ("fsp_id", "savannabank"),
        ("currency", "KES"),
        ("id_types", "MSISDN"),
        ("funding_model", "float_account"),
    ];
    for answers in [&answers[..], &[]] {
        let connector = generate(&SNAPSHOT, CANONICAL_NAME, answers).unwrap();
        assert_eq!(connector.files().unwrap(), template_files());
        for file in template_files() {
            let generated = fs::read(connector.folder().join(&file)).unwrap();
            assert!(generated == template_file(&file), "{file} differs");
        }
    }
}

struct Answers {
    name: &'static str,
    cbs_name: &'static str,
    cbs_module: &'static str,
    fsp_id: &'static str,
    currency: &'static str,
    id_types: &'static str,
}

/// Names that are as short and as long as they may be, sort before and after the
/// canonical ones, and have every character that is allowed.
const OTHER_ANSWERS: [Answers; 3] = [
    Answers {
        name: "demo-connector",
        cbs_name: "Demo Core",
        cbs_module: "demo_core",
        fsp_id: "demobank",
        currency: "UGX",
        id_types: "MSISDN,ACCOUNT_ID",
    },
    Answers {
        name: "ab",
        cbs_name: "T2",
        cbs_module: "t2",
        fsp_id: "-",
        currency: "TND",
        id_types: "IBAN",
    },
    Answers {
        name: "zebra-connector-with-a-name-that-is-as-long-as-any-name-may-be-x",
        cbs_name: "Zebra Bank-Core_System v2.0 For Everyone",
        cbs_module: "zebra_bank_core_system_v2_0_for_everyone",
        fsp_id: "Zebra.Bank_Of-Everyone.012345678",
        currency: "GMD",
        id_types: "MSISDN,ACCOUNT_ID,IBAN,PERSONAL_ID,BUSINESS,EMAIL,DEVICE,ALIAS",
    },
];

impl Answers {
    fn generate(&self) -> GeneratedConnector {
        let answers = [
            ("cbs_name", self.cbs_name),
            ("fsp_id", self.fsp_id),
            ("currency", self.currency),
            ("id_types", self.id_types),
        ];
        generate(&SNAPSHOT, self.name, &answers).unwrap()
    }
}

#[test]
fn other_answers_make_the_same_files_with_one_module_renamed() {
    for answers in &OTHER_ANSWERS {
        let connector = answers.generate();
        let expected: BTreeSet<String> = template_files()
            .into_iter()
            .map(|file| match file.as_str() {
                "src/core_banking/savanna_core.rs" => {
                    format!("src/core_banking/{}.rs", answers.cbs_module)
                }
                _ => file,
            })
            .collect();
        assert_eq!(connector.files().unwrap(), expected);
    }
}

#[test]
fn no_placeholder_and_no_canonical_answer_is_left() {
    for answers in &OTHER_ANSWERS {
        let connector = answers.generate();
        for file in connector.files().unwrap() {
            let generated = fs::read(connector.folder().join(&file)).unwrap();
            let text = String::from_utf8_lossy(&generated);
            assert!(!text.to_lowercase().contains("savanna"), "{file}");
            assert!(!text.contains(".liquid"), "{file}");
            // A file that is copied may hold braces of its own.
            if template_files().contains(&file) && generated == template_file(&file) {
                continue;
            }
            assert!(!text.contains("{{") && !text.contains("{%"), "{file}");
        }
    }
}

#[test]
fn the_answers_are_where_the_connector_reads_them() {
    for answers in &OTHER_ANSWERS {
        let connector = answers.generate();
        let manifest = fs::read_to_string(connector.folder().join("Cargo.toml")).unwrap();
        assert!(manifest.contains(&format!("name = \"{}\"", answers.name)));
        let environment = fs::read_to_string(connector.folder().join(".env.example")).unwrap();
        assert!(environment.contains(&format!("CURRENCY={}\n", answers.currency)));
        assert!(environment.contains(&format!("SUPPORTED_ID_TYPE={}\n", answers.id_types)));
    }
}

#[test]
fn a_generated_connector_is_formatted() {
    for answers in &OTHER_ANSWERS {
        let connector = answers.generate();
        connector.cargo(&["fmt", "--check"]).unwrap();
    }
}

#[test]
fn cargo_accepts_the_generated_lock_file_and_leaves_it_unchanged() {
    for answers in &OTHER_ANSWERS {
        let connector = answers.generate();
        let lock = connector.folder().join("Cargo.lock");
        let generated = fs::read_to_string(&lock).unwrap();
        connector
            .cargo(&["metadata", "--format-version", "1", "--locked"])
            .unwrap();
        connector
            .cargo(&["metadata", "--format-version", "1"])
            .unwrap();
        assert!(fs::read_to_string(&lock).unwrap() == generated);
    }
}

#[test]
fn generating_takes_less_than_two_seconds_and_says_what_to_do_next() {
    let connector = generate(&SNAPSHOT, "demo-connector", &[]).unwrap();
    assert!(connector.took() < Duration::from_secs(2));
    for step in ["demo-connector", "cargo run", "README.md"] {
        assert!(connector.output().contains(step), "{}", connector.output());
    }
}

#[test]
fn a_bad_name_is_refused_and_leaves_nothing() {
    let too_long = "a".repeat(65);
    let names = [
        "a",
        "1bank",
        "-bank",
        "bank-",
        "my--bank",
        "Bank Name",
        "BankName",
        "bank_name",
        "bank.name",
        "b\u{e4}nk",
        "../bank",
        &too_long,
        "fn",
        "self",
        "gen",
        "test",
        "core",
        "std",
        "proc-macro",
        "build",
        "deps",
        "con",
        "sandbox",
        "tokio",
        "actix-web",
        "bytes",
    ];
    for name in names {
        let attempt = refused(name, &[]);
        assert_says(&attempt, "cannot be the connector's name");
        assert_says(&attempt, "2 to 64 lower-case letters and digits");
        assert_leaves(&attempt, &[]);
    }
}

#[test]
fn a_bad_name_of_the_core_banking_system_is_refused() {
    let too_long = "a".repeat(41);
    let names = [
        "",
        "a",
        "1core",
        " core",
        "core ",
        "core.",
        "fn",
        "Self",
        "crate",
        "Test",
        "std",
        "Port",
        "fees",
        "Float Account",
        "Serde",
        "Serde JSON",
        &too_long,
        "My \"Core\"",
        "it's",
        "a{{b}}",
        "S\u{e3}o",
        "a/b",
        "a\\b",
        "a`b",
    ];
    for name in names {
        let attempt = refused("demo-connector", &[("cbs_name", name)]);
        assert_says(&attempt, "cannot be the name of the core banking system");
        assert_says(&attempt, "2 to 40 letters, digits");
        assert_says(&attempt, "remove it, then generate again");
        assert_leaves(&attempt, &[EMPTY_FOLDER]);
    }
}

#[test]
fn a_bad_fsp_id_is_refused() {
    let too_long = "a".repeat(33);
    for fsp_id in ["", "my bank", "bank/1", "b\u{e4}nk", "\"", &too_long] {
        let attempt = refused("demo-connector", &[("fsp_id", fsp_id)]);
        assert_says(&attempt, "It has 1 to 32 letters, digits, hyphens");
        assert_leaves(&attempt, &[EMPTY_FOLDER]);
    }
}

#[test]
fn a_currency_that_no_payment_can_be_made_in_is_refused() {
    for currency in ["", "XXX", "XAU", "ABC", "kes", "KE", "KESS", "404", " KES"] {
        let values = format!("currency = \"{currency}\"");
        let attempt = attempt_with_values(&SNAPSHOT, "demo-connector", &values).unwrap();
        assert!(!attempt.succeeded, "accepted {currency:?}");
        assert_says(&attempt, "a current code of ISO 4217 in capital letters");
        assert_leaves(&attempt, &[EMPTY_FOLDER]);
    }
}

#[test]
fn bad_identifier_types_are_refused() {
    let cases = [
        ("", "at least one of MSISDN, ACCOUNT_ID, IBAN"),
        (",", "at least one of MSISDN, ACCOUNT_ID, IBAN"),
        ("MSISDN,IBAN,MSISDN", "It lists each type once"),
        ("PHONE", "\"PHONE\" is not a valid value for id_types"),
        ("msisdn", "\"msisdn\" is not a valid value for id_types"),
        ("MSISDN,FAX", "\"FAX\" is not a valid value for id_types"),
    ];
    for (id_types, sentence) in cases {
        let attempt = refused("demo-connector", &[("id_types", id_types)]);
        assert_says(&attempt, sentence);
        assert_leaves(&attempt, &[EMPTY_FOLDER]);
    }
}

#[test]
fn an_unknown_funding_model_is_refused() {
    for funding_model in ["", "FLOAT_ACCOUNT", "credit"] {
        let attempt = refused("demo-connector", &[("funding_model", funding_model)]);
        assert_says(&attempt, "is not a valid value for funding_model");
        assert_leaves(&attempt, &[EMPTY_FOLDER]);
    }
}

#[test]
fn an_answer_of_several_lines_is_refused() {
    for question in ["cbs_name", "fsp_id", "currency"] {
        let values = format!("{question} = \"KES\\nKES\"");
        let attempt = attempt_with_values(&SNAPSHOT, "demo-connector", &values).unwrap();
        assert!(!attempt.succeeded, "accepted two lines for {question}");
        assert_says(&attempt, question);
        assert_leaves(&attempt, &[EMPTY_FOLDER]);
    }
}

#[test]
fn a_misspelt_question_is_refused() {
    let slips = [
        ("cbs-name", "cbs_name"),
        ("cbs_nam", "cbs_name"),
        ("fspid", "fsp_id"),
        ("FSP_ID", "fsp_id"),
        ("curency", "currency"),
        ("currrency", "currency"),
        ("currencx", "currency"),
        ("id_type", "id_types"),
        ("idTypes", "id_types"),
        ("funding-model", "funding_model"),
        ("fudning_model", "funding_model"),
    ];
    for (slip, question) in slips {
        let attempt = refused("demo-connector", &[(slip, "KES")]);
        let sentence = format!("There is no question '{slip}': it is '{question}'.");
        assert_says(&attempt, &sentence);
        assert_leaves(&attempt, &[EMPTY_FOLDER]);
    }
}

#[test]
fn the_values_file_takes_a_list_of_identifier_types() {
    let values = "id_types = [\"MSISDN\", \"IBAN\"]";
    let attempt = attempt_with_values(&SNAPSHOT, "demo-connector", values).unwrap();
    assert!(attempt.succeeded, "{}", attempt.output);
    assert_says(&attempt, "MSISDN,IBAN");
}
