//! What is generated, and what is refused.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::LazyLock,
    time::Duration,
};

use xtask::{
    generated::{
        Attempt, CANONICAL_NAME, GeneratedConnector, Snapshot, attempt, attempt_with_environment,
        attempt_with_values, generate,
    },
    known_names, places,
    questions::{self, Answers, Kind, Question},
    regions, repository,
    template::{TWIN_SUFFIX, files, rendered_files},
    twins,
};

const EMPTY_FOLDER: &str = "demo-connector/";

static SNAPSHOT: LazyLock<Snapshot> = LazyLock::new(|| Snapshot::take().unwrap());

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
    questions::check(repository()).unwrap();
    places::check(repository()).unwrap();
    twins::check(repository()).unwrap();
}

/// Every file that a connector with these answers should have, and its content, as
/// long as the names are the canonical ones.
fn expected(snapshot: &Snapshot, given: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
    let repository = snapshot.folder();
    let questions = questions::questions(repository).unwrap();
    let rendered = rendered_files(repository).unwrap();
    let answers = Answers::new(&questions, given).unwrap();
    places::generated_files(repository, &answers, "savanna_core")
        .unwrap()
        .into_iter()
        .map(|(file, source)| {
            let content = fs::read(repository.join("template").join(&source)).unwrap();
            if !rendered.contains(&source) {
                return (file, content);
            }
            let text = String::from_utf8(content).unwrap();
            let kept = regions::kept(&source, &text, &questions, &answers).unwrap();
            (file, kept.into_bytes())
        })
        .collect()
}

fn assert_generates(
    snapshot: &Snapshot,
    given: &[(&str, &str)],
    expected: &BTreeMap<String, Vec<u8>>,
) {
    let connector = generate(snapshot, CANONICAL_NAME, given).unwrap();
    let expected_files: BTreeSet<String> = expected.keys().cloned().collect();
    assert_eq!(connector.files().unwrap(), expected_files, "{given:?}");
    for (file, content) in expected {
        let generated = fs::read(connector.folder().join(file)).unwrap();
        assert!(
            generated == *content,
            "{given:?}: {file} differs:\n{}",
            String::from_utf8_lossy(&generated)
        );
    }
}

#[test]
fn the_canonical_answers_reproduce_the_template_byte_for_byte() {
    let questions = questions::questions(repository()).unwrap();
    let all: Vec<(&str, &str)> = questions
        .iter()
        .map(|question| (question.name.as_str(), question.default.as_str()))
        .collect();
    let expected = expected(&SNAPSHOT, &[]);
    assert_generates(&SNAPSHOT, &[], &expected);
    assert_generates(&SNAPSHOT, &all, &expected);
}

/// One answer that differs from its default, with what has to go along with it.
fn other_choices(questions: &[Question]) -> Vec<Vec<(&str, &str)>> {
    let of_one = |question| matches!(question, Kind::Choice);
    questions
        .iter()
        .filter(|question| of_one(question.kind))
        .flat_map(|question| {
            question
                .choices
                .iter()
                .skip(1)
                .map(move |choice| (question, choice))
        })
        .map(|(question, choice)| {
            let mut given = vec![(question.name.as_str(), choice.as_str())];
            match choice.as_str() {
                "loan_repayment" => given.push(("confirm_loan_repayment", "true")),
                "several" => given.push(("currency", "KES,UGX")),
                _ => {}
            }
            given
        })
        .collect()
}

#[test]
fn every_other_choice_changes_its_files_and_no_other() {
    let questions = questions::questions(repository()).unwrap();
    for given in other_choices(&questions) {
        let mut expected = expected(&SNAPSHOT, &given);
        let record = expected.get_mut("answers.toml").unwrap();
        let mut text = String::from_utf8(record.clone()).unwrap();
        for (name, answer) in &given {
            let question = questions.iter().find(|one| one.name == *name).unwrap();
            let line = |answer: &str| format!("\n{name} = \"{answer}\"\n");
            text = text.replace(&line(&question.default), &line(answer));
        }
        *record = text.into_bytes();
        assert_generates(&SNAPSHOT, &given, &expected);
    }
}

/// The template with places and regions that were made up for this test.
fn snapshot_with_places() -> Snapshot {
    let snapshot = Snapshot::take().unwrap();
    let files = [
        ("docs/made_up/money.md", "both\n"),
        (
            "docs/made_up/money/float_account_or_disbursement_collection.md",
            "{{kept as it is}}\n",
        ),
        ("docs/made_up/money/deposit_withdraw.md", "limit\n"),
        ("docs/made_up/charge.md", "all\n"),
        (
            "docs/made_up/charge/flat.md",
            "Savanna Core\n<!-- [if cbs_auth is basic, mtls] -->\nsecret\n<!-- [end] -->\n",
        ),
        ("docs/made_up/charge/tiered.md", "bands\n"),
        ("docs/made_up/charge/tiered/inner/table.md", "table\n"),
        ("docs/made_up/charge/tiered/role.md", "inner switch\n"),
        ("docs/made_up/charge/tiered/role/both.md", "inner\n"),
        ("docs/made_up/charge/tiered/role/fxp.md", "inner\n"),
        (
            "src/core_banking/savanna_core/debit/push_approval.rs",
            "//! Asks.\n",
        ),
        ("src/core_banking/savanna_core/always.rs", "//! Stays.\n"),
        (
            "regions.toml",
            "# savannabank\n# [if id_types has IBAN]\niban = 1\n# [end]\n# [if role is not fxp, both]\ndfsp = 1\n# [end]\n",
        ),
    ];
    for (file, text) in files {
        snapshot.write(&format!("template/{file}"), text).unwrap();
    }
    let configuration = fs::read_to_string(snapshot.folder().join("cargo-generate.toml")).unwrap();
    let configuration = configuration.replace(
        "include = [",
        "include = [\"/docs/made_up/charge/flat.md\", \"/regions.toml\",",
    );
    snapshot
        .write("cargo-generate.toml", &configuration)
        .unwrap();
    places::write(snapshot.folder()).unwrap();
    twins::write(snapshot.folder()).unwrap();
    snapshot
}

#[test]
fn what_was_chosen_takes_its_place_and_the_rest_is_gone() {
    let snapshot = snapshot_with_places();
    let made_up = |given: &[(&str, &str)], name: &str| -> BTreeMap<String, String> {
        let connector = generate(&snapshot, name, given).unwrap();
        connector
            .files()
            .unwrap()
            .into_iter()
            .filter(|file| {
                file.contains("made_up") || file.contains("_core/") || file == "regions.toml"
            })
            .map(|file| {
                let text = fs::read_to_string(connector.folder().join(&file)).unwrap();
                (file, text)
            })
            .collect()
    };
    let pairs = |expected: &[(&str, &str)]| -> BTreeMap<String, String> {
        let pair = |(file, text): &(&str, &str)| (file.to_string(), text.to_string());
        expected.iter().map(pair).collect()
    };

    assert_eq!(
        made_up(&[], CANONICAL_NAME),
        pairs(&[
            ("docs/made_up/money.md", "{{kept as it is}}\n"),
            ("regions.toml", "# savannabank\ndfsp = 1\n"),
            ("src/core_banking/savanna_core/always.rs", "//! Stays.\n"),
        ])
    );
    let answers = [
        ("cbs_name", "Harbour Core"),
        ("fsp_id", "harbourbank"),
        ("id_types", "MSISDN,IBAN"),
        ("funding_model", "deposit_withdraw"),
        ("payer_debit", "push_approval"),
        ("fees", "flat"),
        ("cbs_auth", "mtls"),
        ("role", "fxp"),
    ];
    assert_eq!(
        made_up(&answers, "harbour-connector"),
        pairs(&[
            ("docs/made_up/charge.md", "Harbour Core\nsecret\n"),
            ("docs/made_up/money.md", "limit\n"),
            ("regions.toml", "# harbourbank\niban = 1\n"),
            ("src/core_banking/harbour_core/always.rs", "//! Stays.\n"),
            ("src/core_banking/harbour_core/debit.rs", "//! Asks.\n"),
        ])
    );
    let answers = [
        ("cbs_name", "Harbour Core"),
        ("fees", "tiered"),
        ("role", "both"),
    ];
    assert_eq!(
        made_up(&answers, "harbour-connector"),
        pairs(&[
            ("docs/made_up/charge.md", "bands\n"),
            ("docs/made_up/charge/inner/table.md", "table\n"),
            ("docs/made_up/charge/role.md", "inner\n"),
            ("docs/made_up/money.md", "{{kept as it is}}\n"),
            ("regions.toml", "# savannabank\n"),
            ("src/core_banking/harbour_core/always.rs", "//! Stays.\n"),
        ])
    );
    // The tests' own idea of what is generated agrees with the hooks.
    for given in [
        &[][..],
        &[("fees", "flat"), ("cbs_auth", "basic")],
        &[("fees", "tiered"), ("role", "fxp")],
        &[("payer_debit", "push_approval"), ("fees", "cbs")],
    ] {
        let connector = generate(&snapshot, CANONICAL_NAME, given).unwrap();
        let expected: BTreeSet<String> = expected(&snapshot, given).into_keys().collect();
        assert_eq!(connector.files().unwrap(), expected, "{given:?}");
    }
}

struct Names {
    name: &'static str,
    cbs_name: &'static str,
    cbs_module: &'static str,
    dfsp_name: &'static str,
    fsp_id: &'static str,
    currency: &'static str,
    id_types: &'static str,
}

/// Names that are as short and as long as they may be, sort before and after the
/// canonical ones, and have every character that is allowed.
const OTHER_ANSWERS: [Names; 3] = [
    Names {
        name: "demo-connector",
        cbs_name: "Demo Core",
        cbs_module: "demo_core",
        dfsp_name: "Demo Bank",
        fsp_id: "demobank",
        currency: "UGX",
        id_types: "MSISDN,ACCOUNT_ID",
    },
    Names {
        name: "ab",
        cbs_name: "T2",
        cbs_module: "t2",
        dfsp_name: "2B",
        fsp_id: "-",
        currency: "TND",
        id_types: "IBAN",
    },
    Names {
        name: "zebra-connector-with-a-name-that-is-as-long-as-any-name-may-be-x",
        cbs_name: "Zebra Bank-Core_System v2.0 For Everyone",
        cbs_module: "zebra_bank_core_system_v2_0_for_everyone",
        dfsp_name: "Zebra-Bank_of Everyone, No. 1 (Everywhere and Any Time) Ltd.",
        fsp_id: "Zebra.Bank_Of-Everyone.012345678",
        currency: "GMD",
        id_types: "MSISDN,ACCOUNT_ID,IBAN,PERSONAL_ID,BUSINESS,EMAIL,DEVICE,ALIAS",
    },
];

impl Names {
    /// With the files of the template that they come from.
    fn expected_files(&self) -> BTreeMap<String, String> {
        let questions = questions::questions(repository()).unwrap();
        let defaults = Answers::new(&questions, &[]).unwrap();
        places::generated_files(SNAPSHOT.folder(), &defaults, self.cbs_module).unwrap()
    }

    fn generate(&self) -> GeneratedConnector {
        let answers = [
            ("cbs_name", self.cbs_name),
            ("dfsp_name", self.dfsp_name),
            ("fsp_id", self.fsp_id),
            ("currency", self.currency),
            ("id_types", self.id_types),
        ];
        generate(&SNAPSHOT, self.name, &answers).unwrap()
    }
}

#[test]
fn other_names_make_the_same_files_with_the_client_renamed() {
    for answers in &OTHER_ANSWERS {
        let connector = answers.generate();
        let expected: BTreeSet<String> = answers.expected_files().into_keys().collect();
        assert_eq!(connector.files().unwrap(), expected);
    }
}

#[test]
fn no_placeholder_and_no_canonical_answer_is_left() {
    for answers in &OTHER_ANSWERS {
        let connector = answers.generate();
        for (file, source) in answers.expected_files() {
            let generated = fs::read(connector.folder().join(&file)).unwrap();
            let text = String::from_utf8_lossy(&generated);
            assert!(!text.to_lowercase().contains("savanna"), "{file}");
            assert!(!text.contains(".liquid"), "{file}");
            // A file that is copied may hold braces of its own.
            if generated == template_file(&source) {
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
