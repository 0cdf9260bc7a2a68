//! What is generated, and what is refused.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    process::Command,
    sync::LazyLock,
    time::Duration,
};

use xtask::{
    derived,
    generated::{
        Attempt, CANONICAL_NAME, GeneratedConnector, Snapshot, attempt, attempt_with_environment,
        attempt_with_values, attempt_with_values_file, generate,
    },
    lock_file, places,
    questions::{self, Answers, Kind, Question},
    regions, repository,
    template::rendered_files,
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
    derived::check(repository()).unwrap();
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
            let text = lock_file::marked(&repository.join("template"), &source).unwrap();
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
        if let Some((_, currencies)) = given.iter().find(|(name, _)| *name == "currency") {
            // The two texts that name all of them.
            let compose = expected.get_mut("compose.yaml").unwrap();
            let text = String::from_utf8(compose.clone()).unwrap();
            let line = |codes: &str| format!("SUPPORTED_CURRENCIES: {codes}\n");
            *compose = text.replace(&line("KES"), &line(currencies)).into_bytes();
            let constants = expected.get_mut("src/environment/answers.rs").unwrap();
            let text = String::from_utf8(constants.clone()).unwrap();
            let line = |codes: &str| format!("CURRENCIES: &str = \"{codes}\";");
            *constants = text.replace(&line("KES"), &line(currencies)).into_bytes();
        }
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
            "src/core_banking/savanna_core/made_up_debit/push_approval.rs",
            "//! Asks.\n",
        ),
        ("src/core_banking/savanna_core/made_up.rs", "//! Stays.\n"),
        (
            "regions.toml",
            "# savannabank\n# [if id_types has IBAN]\niban = 1\n# [end]\n# [if role is not fxp, both]\ndfsp = 1\n# [end]\n",
        ),
    ];
    for (file, text) in files {
        snapshot.write(&format!("template/{file}"), text).unwrap();
    }
    render(&snapshot, &["docs/made_up/charge/flat.md", "regions.toml"]);
    snapshot
}

/// Has these files rendered, besides those of the template.
fn render(snapshot: &Snapshot, files: &[&str]) {
    let configuration = fs::read_to_string(snapshot.folder().join("cargo-generate.toml")).unwrap();
    let added: String = files.iter().map(|file| format!("\"/{file}\", ")).collect();
    let configuration = configuration.replace("include = [", &format!("include = [{added}"));
    snapshot
        .write("cargo-generate.toml", &configuration)
        .unwrap();
    places::write(snapshot.folder()).unwrap();
    twins::write(snapshot.folder()).unwrap();
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
            .filter(|file| file.contains("made_up") || file == "regions.toml")
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
            ("src/core_banking/savanna_core/made_up.rs", "//! Stays.\n"),
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
            ("src/core_banking/harbour_core/made_up.rs", "//! Stays.\n"),
            (
                "src/core_banking/harbour_core/made_up_debit.rs",
                "//! Asks.\n"
            ),
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
            ("src/core_banking/harbour_core/made_up.rs", "//! Stays.\n"),
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
        let answers = Answers::new(&questions, &[("id_types", self.id_types)]).unwrap();
        places::generated_files(SNAPSHOT.folder(), &answers, self.cbs_module).unwrap()
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
fn what_has_regions_in_json_is_json_once_it_is_generated() {
    for answers in &OTHER_ANSWERS {
        let connector = answers.generate();
        let files = connector.files().unwrap();
        let json = files.iter().filter(|file| file.ends_with(".json"));
        for file in json {
            let text = fs::read_to_string(connector.folder().join(file)).unwrap();
            let parsed: Result<serde_json::Value, _> = serde_json::from_str(&text);
            assert!(parsed.is_ok(), "{file}: {parsed:?}");
        }
    }
}

#[test]
fn the_customers_of_a_rehearsal_are_those_of_the_sandbox_bank() {
    for answers in &OTHER_ANSWERS {
        let connector = answers.generate();
        let read = |file| fs::read_to_string(connector.folder().join(file)).unwrap();
        let environment: serde_json::Value =
            serde_json::from_str(&read("ttk/environment.json")).unwrap();
        let accounts = read("sandbox/accounts.toml");
        for customer in ["payee", "payer"] {
            let value = |what| environment["inputValues"][format!("{customer}{what}")].as_str();
            let (kind, id) = (value("IdType").unwrap(), value("Id").unwrap());
            assert!(answers.id_types.split(',').any(|one| one == kind));
            assert!(
                accounts.contains(&format!("\"{kind} {id}\"")),
                "{kind} {id}"
            );
        }
    }
}

#[test]
fn what_was_left_behind_in_the_template_is_not_generated() {
    let snapshot = Snapshot::take().unwrap();
    for file in [
        "ttk/node_modules/made_up.js",
        "review/node_modules/made_up.js",
        "review/review-pack.html",
    ] {
        snapshot.write(&format!("template/{file}"), "").unwrap();
    }
    let connector = generate(&snapshot, CANONICAL_NAME, &[]).unwrap();
    for left in [
        "ttk/node_modules",
        "review/node_modules",
        "review/review-pack.html",
    ] {
        assert!(!connector.folder().join(left).exists(), "{left}");
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
fn whatever_is_to_be_replaced_says_for_which_flow() {
    let template = SNAPSHOT.folder().join("template");
    for file in xtask::template::files(&template).unwrap() {
        if file.starts_with("src/core_banking/") && file.ends_with(".rs") {
            let text = fs::read_to_string(template.join(&file)).unwrap();
            // What names no flow is not listed by `left-to-do`.
            assert!(!text.contains("/// Replace:"), "{file}");
        }
    }
}

#[test]
fn generating_takes_less_than_two_seconds_and_says_what_to_do_next() {
    // The other tests generate at the same time: the quickest of a few is what it takes.
    let attempts = [(); 3].map(|()| generate(&SNAPSHOT, "demo-connector", &[]).unwrap());
    let took = attempts.iter().map(|connector| connector.took()).min();
    assert!(took < Some(Duration::from_secs(2)), "{took:?}");
    let [connector, ..] = attempts;
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
        assert_leaves(&attempt, &[EMPTY_FOLDER]);
    }
}

/// An answer of every kind that is wrong, with what goes along with it, and what
/// the refusal says.
const WRONG_ANSWERS: &[(&[(&str, &str)], &str)] = &[
    (
        &[("cbs_name", "9")],
        "cannot be the name of the core banking system",
    ),
    (&[("dfsp_name", "")], NAME_OF_THE_INSTITUTION),
    (&[("dfsp_name", "B")], NAME_OF_THE_INSTITUTION),
    (&[("dfsp_name", "-Bank")], NAME_OF_THE_INSTITUTION),
    (&[("dfsp_name", "Bank ")], NAME_OF_THE_INSTITUTION),
    (&[("dfsp_name", "The \"Bank\"")], NAME_OF_THE_INSTITUTION),
    (&[("dfsp_name", "Lender's Bank")], NAME_OF_THE_INSTITUTION),
    (&[("dfsp_name", "Bank & Sons")], NAME_OF_THE_INSTITUTION),
    (&[("dfsp_name", "<Bank>")], NAME_OF_THE_INSTITUTION),
    (&[("dfsp_name", "{{Bank}}")], NAME_OF_THE_INSTITUTION),
    (&[("dfsp_name", "Bank\\n")], NAME_OF_THE_INSTITUTION),
    (
        &[("dfsp_name", "Caixa Econ\u{f3}mica")],
        NAME_OF_THE_INSTITUTION,
    ),
    (
        &[(
            "dfsp_name",
            "A Bank Whose Name Is Longer Than Any Name of a Bank Is Allowed",
        )],
        NAME_OF_THE_INSTITUTION,
    ),
    (&[("fsp_id", "")], FSP_ID),
    (&[("fsp_id", "my bank")], FSP_ID),
    (&[("fsp_id", "bank/1")], FSP_ID),
    (&[("fsp_id", "b\u{e4}nk")], FSP_ID),
    (&[("fsp_id", "\"")], FSP_ID),
    (&[("fsp_id", "a-name-that-is-one-letter-too-long")], FSP_ID),
    (&[("country", "")], COUNTRY),
    (&[("country", "ke")], COUNTRY),
    (&[("country", "KEN")], COUNTRY),
    (&[("country", "Kenya")], COUNTRY),
    (&[("country", "XX")], COUNTRY),
    (&[("country", "254")], COUNTRY),
    (&[("dial_code", "+254")], DIAL_CODE),
    (&[("dial_code", "00254")], DIAL_CODE),
    (&[("dial_code", "1246")], DIAL_CODE),
    (&[("dial_code", "KE")], DIAL_CODE),
    (&[("lei", "254900SAVANNABANK0")], LEI),
    (&[("lei", "254900savannabank096")], LEI),
    (&[("lei", "254900SAVANNABANK09A")], LEI),
    (
        &[("lei", "254900SAVANNABANK097")],
        "has a slip in it: its check digits are wrong",
    ),
    (
        &[("lei", "254900ASVANNABANK096")],
        "has a slip in it: its check digits are wrong",
    ),
    (&[("currency", "")], CURRENCY),
    (&[("currency", "XXX")], CURRENCY),
    (&[("currency", "XAU")], CURRENCY),
    (&[("currency", "ABC")], CURRENCY),
    (&[("currency", "kes")], CURRENCY),
    (&[("currency", "KE")], CURRENCY),
    (&[("currency", "KESS")], CURRENCY),
    (&[("currency", "404")], CURRENCY),
    (
        &[("currency", "KES,UGX")],
        "lists several, but currency_mode is 'single'",
    ),
    (
        &[("currency_mode", "several")],
        "is one, but currency_mode is 'several'",
    ),
    (
        &[("currency_mode", "several"), ("currency", "KES,")],
        CURRENCY,
    ),
    (
        &[("currency_mode", "several"), ("currency", "KES, UGX")],
        CURRENCY,
    ),
    (
        &[("currency_mode", "several"), ("currency", "KES,UGX,KES")],
        "It lists each currency once",
    ),
    (
        &[("currency_mode", "many")],
        "currency_mode 'many' is none of its choices: single, several",
    ),
    (
        &[("id_types", "")],
        "at least one of MSISDN, ACCOUNT_ID, IBAN",
    ),
    (
        &[("id_types", ",")],
        "at least one of MSISDN, ACCOUNT_ID, IBAN",
    ),
    (
        &[("id_types", "MSISDN,IBAN,MSISDN")],
        "It lists each type once",
    ),
    (
        &[("id_types", "PHONE")],
        "\"PHONE\" is not a valid value for id_types",
    ),
    (
        &[("id_types", "msisdn")],
        "\"msisdn\" is not a valid value for id_types",
    ),
    (
        &[("id_types", "MSISDN,FAX")],
        "\"FAX\" is not a valid value for id_types",
    ),
    (
        &[("use_cases", "bulk,conversion,bulk")],
        "It lists each use case once",
    ),
    (
        &[("use_cases", "loans")],
        "\"loans\" is not a valid value for use_cases",
    ),
    (
        &[("funding_model", "")],
        "is not a valid value for funding_model",
    ),
    (
        &[("funding_model", "FLOAT_ACCOUNT")],
        "is not a valid value for funding_model",
    ),
    (
        &[("payee_pattern", "reserve")],
        "is not a valid value for payee_pattern",
    ),
    (&[("payee_pattern", "loan_repayment")], CONFIRM),
    (
        &[
            ("payee_pattern", "loan_repayment"),
            ("confirm_loan_repayment", "false"),
        ],
        CONFIRM,
    ),
    (
        &[
            ("payee_pattern", "loan_repayment"),
            ("confirm_loan_repayment", "yes"),
        ],
        "was not `true` or `false`",
    ),
    (
        &[("payer_debit", "hold")],
        "is not a valid value for payer_debit",
    ),
    (
        &[("payer_debit", "push_approval"), ("id_types", "IBAN")],
        "Add MSISDN to id_types",
    ),
    (&[("fees", "free")], "is not a valid value for fees"),
    (
        &[("cbs_auth", "oauth")],
        "is not a valid value for cbs_auth",
    ),
    (
        &[("payer_steps", "")],
        "payer_steps '' is none of its choices: two_steps, one_step, three_steps",
    ),
    (
        &[("payer_steps", "2")],
        "payer_steps '2' is none of its choices",
    ),
    (
        &[("payer_steps", "2"), ("advanced", "true")],
        "is not a valid value for payer_steps",
    ),
    (
        &[("role", "bank")],
        "role 'bank' is none of its choices: dfsp, fxp, both",
    ),
    (&[("advanced", "yes")], "was not `true` or `false`"),
];

const NAME_OF_THE_INSTITUTION: &str = "It has 2 to 60 letters (A to Z), digits, spaces, hyphens";
const FSP_ID: &str = "It has 1 to 32 letters, digits, hyphens";
const COUNTRY: &str = "It is a code of ISO 3166-1 in two capital letters";
const DIAL_CODE: &str = "It has 1 to 3 digits, without + and 00";
const LEI: &str = "is not a legal entity identifier of ISO 17442";
const CURRENCY: &str = "a current code of ISO 4217 in capital letters";
const CONFIRM: &str =
    "has to be confirmed: it posts the repayment before the scheme has committed the transfer";

#[test]
fn a_wrong_answer_is_refused_with_its_sentence_and_leaves_an_empty_folder() {
    for (answers, sentence) in WRONG_ANSWERS {
        let attempt = refused("demo-connector", answers);
        assert_says(&attempt, sentence);
        assert_leaves(&attempt, &[EMPTY_FOLDER]);
    }
}

#[test]
fn every_question_has_a_wrong_answer() {
    let questions = questions::questions(repository()).unwrap();
    for question in questions {
        let is_tried = |(answers, _): &(&[(&str, &str)], &str)| {
            answers.iter().any(|(name, _)| *name == question.name)
        };
        assert!(WRONG_ANSWERS.iter().any(is_tried), "{}", question.name);
    }
}

#[test]
fn a_refusal_by_a_hook_says_what_is_left_and_what_to_do() {
    let attempt = refused("demo-connector", &[("country", "XX")]);
    assert_says(&attempt, "An empty folder is left");
    assert_says(&attempt, "demo-connector: remove it, then generate again.");
}

#[test]
fn the_table_of_countries_is_one_of_codes() {
    let table = fs::read_to_string(repository().join("hooks/countries.rhai")).unwrap();
    let rows: Vec<(&str, &str)> = table
        .lines()
        .filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix("\","))
        .map(|row| row.split_once("\": \"").unwrap())
        .collect();
    assert_eq!(rows.len(), 249);
    assert!(rows.is_sorted_by(|(one, _), (next, _)| one < next));
    for (country, dial_code) in rows {
        assert!(country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase()));
        assert!(dial_code.len() <= 3 && dial_code.bytes().all(|byte| byte.is_ascii_digit()));
        assert!(!dial_code.starts_with('0'), "{country}");
    }
}

#[test]
fn an_answer_of_several_lines_is_refused() {
    let texts = [
        "cbs_name",
        "dfsp_name",
        "fsp_id",
        "country",
        "currency",
        "lei",
        "dial_code",
    ];
    for question in texts {
        let values = format!("{question} = \"KES\\nKES\"");
        let attempt = attempt_with_values(&SNAPSHOT, "demo-connector", &values).unwrap();
        assert!(!attempt.succeeded, "accepted two lines for {question}");
        assert_says(&attempt, &format!("{question} 'KES\n"));
        assert_leaves(&attempt, &[EMPTY_FOLDER]);
    }
}

#[test]
fn a_misspelt_question_is_refused() {
    let slips = [
        ("cbs-name", "cbs_name"),
        ("cbs_nam", "cbs_name"),
        ("name_cbs", "cbs_name"),
        ("dfspname", "dfsp_name"),
        ("fspid", "fsp_id"),
        ("FSP_ID", "fsp_id"),
        ("county", "country"),
        ("curency", "currency"),
        ("currrency", "currency"),
        ("currencx", "currency"),
        ("currencies", "currency"),
        ("id_type", "id_types"),
        ("idTypes", "id_types"),
        ("funding-model", "funding_model"),
        ("fudning_model", "funding_model"),
        ("payee_patern", "payee_pattern"),
        ("payer_debt", "payer_debit"),
        ("fee", "fees"),
        ("cbsAuth", "cbs_auth"),
        ("advance", "advanced"),
        ("LEI", "lei"),
        ("dialcode", "dial_code"),
        ("currency-mode", "currency_mode"),
        ("payer_step", "payer_steps"),
        ("roles", "role"),
        ("confirm_loan_repayments", "confirm_loan_repayment"),
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

#[test]
fn code_has_the_answers_as_constants() {
    let values = |[name, country, lei, dial_code, currency, currencies]: [&str; 6]| {
        format!(
            "pub const DFSP_NAME: &str = \"{name}\";\npub const COUNTRY: &str = \"{country}\";\n\
             pub const LEI: &str = \"{lei}\";\npub const DIAL_CODE: &str = \"{dial_code}\";\n\
             pub const CURRENCY: &str = \"{currency}\";\npub const CURRENCIES: &str = \"{currencies}\";\n"
        )
    };
    let snapshot = Snapshot::take().unwrap();
    let canonical = values(["Savanna Bank", "KE", "", "254", "KES", "KES"]);
    snapshot
        .write("template/src/made_up.rs", &canonical)
        .unwrap();
    render(&snapshot, &["src/made_up.rs"]);
    let constants = |given: &[(&str, &str)]| {
        let connector = generate(&snapshot, "harbour-connector", given).unwrap();
        let file = connector.folder().join("src/made_up.rs");
        let mut rustfmt = Command::new("rustfmt");
        rustfmt.args(["--check", "--edition", "2024"]).arg(&file);
        assert!(rustfmt.status().unwrap().success(), "{given:?}");
        fs::read_to_string(file).unwrap()
    };
    assert_eq!(
        constants(&ANSWERS_TO_ALL),
        values([
            "Harbour Bank (Gambia) Ltd.",
            "GM",
            "254900SAVANNABANK096",
            "221",
            "GMD",
            "GMD,XOF"
        ])
    );
    // The dial code is that of the country, if it has one.
    for (country, dial_code) in [("KE", "254"), ("BB", "1"), ("MM", "95"), ("AQ", "")] {
        let expected = values(["Savanna Bank", country, "", dial_code, "KES", "KES"]);
        assert_eq!(constants(&[("country", country)]), expected);
    }
    let seventeen = "AED,BBD,CAD,DKK,EGP,FJD,GBP,HKD,INR,JMD,KES,LKR,MGA,NAD,OMR,PHP,QAR";
    for currencies in [seventeen.to_owned(), format!("{seventeen},RWF")] {
        constants(&[("currency_mode", "several"), ("currency", &currencies)]);
    }
}

/// An answer to each question that is not its default.
const ANSWERS_TO_ALL: [(&str, &str); 17] = [
    ("cbs_name", "Harbour Core"),
    ("dfsp_name", "Harbour Bank (Gambia) Ltd."),
    ("fsp_id", "harbourbank"),
    ("country", "GM"),
    ("currency", "GMD,XOF"),
    ("currency_mode", "several"),
    ("id_types", "MSISDN,IBAN"),
    ("funding_model", "deposit_withdraw"),
    ("payee_pattern", "loan_repayment"),
    ("confirm_loan_repayment", "true"),
    ("payer_debit", "push_approval"),
    ("payer_steps", "three_steps"),
    ("fees", "tiered"),
    ("cbs_auth", "oauth2"),
    ("role", "both"),
    ("lei", "254900SAVANNABANK096"),
    ("dial_code", "221"),
];

#[test]
fn an_answer_counts_wherever_it_is_given() {
    let name = "harbour-connector";
    let given = generate(&SNAPSHOT, name, &ANSWERS_TO_ALL).unwrap();
    let given = given.contents().unwrap();

    let attempt = attempt_with_environment(&SNAPSHOT, name, &ANSWERS_TO_ALL).unwrap();
    let by_environment = attempt.generated(name).unwrap();
    assert!(by_environment.contents().unwrap() == given);

    let values: Vec<String> = ANSWERS_TO_ALL
        .iter()
        .map(|(question, answer)| format!("{question} = \"{answer}\""))
        .collect();
    let attempt = attempt_with_values(&SNAPSHOT, name, &values.join("\n")).unwrap();
    assert!(attempt.generated(name).unwrap().contents().unwrap() == given);

    // Being asked makes no difference but to the record.
    let mut answers = ANSWERS_TO_ALL.to_vec();
    answers.push(("advanced", "true"));
    let mut asked = generate(&SNAPSHOT, name, &answers)
        .unwrap()
        .contents()
        .unwrap();
    let mut given = given;
    assert!(asked.remove("answers.toml") != given.remove("answers.toml"));
    assert!(asked == given);
}

#[test]
fn the_record_of_the_answers_generates_the_same_again() {
    let mut all = ANSWERS_TO_ALL.to_vec();
    all.push(("advanced", "true"));
    for answers in [&[][..], &ANSWERS_TO_ALL, &all] {
        let first = generate(&SNAPSHOT, "harbour-connector", answers).unwrap();
        let record = first.folder().join("answers.toml");
        let again = attempt_with_values_file(&SNAPSHOT, "harbour-connector", &record).unwrap();
        let again = again.generated("harbour-connector").unwrap();
        assert!(again.contents().unwrap() == first.contents().unwrap());
    }
}

#[test]
fn the_record_states_every_answer_and_the_version_of_the_template() {
    let mut answers = ANSWERS_TO_ALL.to_vec();
    // A record of another version is no reason to refuse it.
    answers.push(("template_version", "0.0.0"));
    let connector = generate(&SNAPSHOT, "harbour-connector", &answers).unwrap();
    let record = fs::read_to_string(connector.folder().join("answers.toml")).unwrap();
    let record: toml::Table = record.parse().unwrap();
    let values = record["values"].as_table().unwrap();
    for (question, answer) in ANSWERS_TO_ALL {
        let recorded = match &values[question] {
            toml::Value::Array(items) => items
                .iter()
                .map(|item| item.as_str().unwrap())
                .collect::<Vec<_>>()
                .join(","),
            toml::Value::Boolean(value) => value.to_string(),
            other => other.as_str().unwrap().to_owned(),
        };
        assert_eq!(recorded, answer, "{question}");
    }
    assert_eq!(values["advanced"], toml::Value::Boolean(false));
    let template: toml::Table = String::from_utf8(template_file("answers.toml"))
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(
        values["template_version"],
        template["values"]["template_version"]
    );
}

#[test]
fn what_a_text_is_has_to_be_a_text() {
    for (question, value) in [("lei", "true"), ("role", "true")] {
        let values = format!("{question} = {value}");
        let attempt = attempt_with_values(&SNAPSHOT, "demo-connector", &values).unwrap();
        assert!(!attempt.succeeded, "accepted {values}");
        assert_says(&attempt, &format!("{question} 'true' is"));
        assert_leaves(&attempt, &[EMPTY_FOLDER]);
    }
}
