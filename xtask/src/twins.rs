//! The twins: what cargo-generate renders.
//!
//! `template/` is an ordinary crate that holds the canonical answers. A file that
//! depends on them has a twin beside it, `<file>.liquid`, in which each answer is
//! a placeholder, and each region is conditional. The twin is derived from the
//! file, so the two cannot disagree.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    lock_file::{LOCK_FILE, marked},
    places::CLIENT,
    questions::{Asked, Kind, Question, questions},
    regions::{first_marker, to_liquid},
    template::{TWIN_SUFFIX, files, rendered_files},
};

/// The canonical answers that are recognised wherever they stand.
const NAMES: [(&str, &str); 6] = [
    ("savanna-connector", "{{project-name}}"),
    ("savanna_connector", "{{crate_name}}"),
    ("Savanna Core", "{{cbs_name}}"),
    ("savanna_core", "{{cbs_module}}"),
    ("Savanna Bank", "{{dfsp_name}}"),
    ("savannabank", "{{fsp_id}}"),
];

/// What all of [`NAMES`] have in common: no form of it may stay in a rendered file.
const CANONICAL_WORD: &str = "savanna";

/// A canonical answer that is an ordinary word elsewhere (`KES` in a test, say),
/// and is an answer only in this phrase, in the files that end like this.
struct Phrase {
    files: &'static [&'static str],
    canonical: &'static str,
    placeholder: &'static str,
}

/// Pages that show what a channel sends.
const BODIES: &[&str] = &[
    "docs/bulk-payments/bulk.md",
    "docs/requests-to-pay/request_to_pay.md",
];

const PHRASES: [Phrase; 22] = [
    Phrase {
        files: &[".rs"],
        canonical: r#"pub const COUNTRY: &str = "KE";"#,
        placeholder: r#"pub const COUNTRY: &str = "{{country}}";"#,
    },
    Phrase {
        files: &[".rs"],
        canonical: r#"pub const CURRENCY: &str = "KES";"#,
        placeholder: r#"pub const CURRENCY: &str = "{{first_currency}}";"#,
    },
    Phrase {
        files: &[".rs"],
        canonical: r#"pub const CURRENCIES: &str = "KES";"#,
        // With more than 17 currencies the line is too long for rustfmt.
        placeholder: "pub const CURRENCIES: &str =\
            {% if currencies_list.size > 67 %}\n    {% else %} {% endif %}\"{{currencies_list}}\";",
    },
    Phrase {
        files: &[".rs"],
        canonical: r#"pub const DIAL_CODE: &str = "254";"#,
        placeholder: r#"pub const DIAL_CODE: &str = "{{effective_dial_code}}";"#,
    },
    Phrase {
        files: &[".rs"],
        canonical: r#"pub const LEI: &str = "";"#,
        placeholder: r#"pub const LEI: &str = "{{lei}}";"#,
    },
    Phrase {
        files: &[".rs"],
        canonical: r#"pub const SUPPORTED_ID_TYPE: &str = "MSISDN";"#,
        // With all eight types the line is one character too long for rustfmt.
        placeholder: "pub const SUPPORTED_ID_TYPE: &str =\
            {% if id_types.size == 8 %}\n    {% else %} {% endif %}\"{{id_types_list}}\";",
    },
    Phrase {
        files: &["sandbox/accounts.toml"],
        canonical: r#"currency = "KES""#,
        placeholder: r#"currency = "{{first_currency}}""#,
    },
    Phrase {
        files: &[".env.example", ".md", ".yaml", ".yml"],
        canonical: "CURRENCY=KES",
        placeholder: "CURRENCY={{first_currency}}",
    },
    Phrase {
        files: &[".env.example", ".md", ".yaml", ".yml"],
        canonical: "SUPPORTED_ID_TYPE=MSISDN",
        placeholder: "SUPPORTED_ID_TYPE={{id_types_list}}",
    },
    Phrase {
        files: &[".env.example", ".md", ".yaml", ".yml"],
        canonical: "MSISDN_DIAL_CODE=254",
        placeholder: "MSISDN_DIAL_CODE={{effective_dial_code}}",
    },
    Phrase {
        files: &["compose.yaml"],
        canonical: "SUPPORTED_CURRENCIES: KES",
        placeholder: "SUPPORTED_CURRENCIES: {{currencies_list}}",
    },
    Phrase {
        files: &["ttk/environment.json"],
        canonical: r#"Currency": "KES""#,
        placeholder: r#"Currency": "{{first_currency}}""#,
    },
    Phrase {
        files: &["ttk/environment.json"],
        canonical: r#""currencyAbroad": "GBP""#,
        placeholder: r#""currencyAbroad": "{{currency_abroad}}""#,
    },
    Phrase {
        files: &["ttk/environment.json"],
        canonical: r#""payeeIdType": "MSISDN""#,
        placeholder: r#""payeeIdType": "{{payee_id_type}}""#,
    },
    Phrase {
        files: &["ttk/environment.json"],
        canonical: r#""payeeId": "265998571175""#,
        placeholder: r#""payeeId": "{{payee_id}}""#,
    },
    Phrase {
        files: &["ttk/environment.json"],
        canonical: r#""payerIdType": "MSISDN""#,
        placeholder: r#""payerIdType": "{{payer_id_type}}""#,
    },
    Phrase {
        files: &["ttk/environment.json"],
        canonical: r#""payerId": "971938765""#,
        placeholder: r#""payerId": "{{payer_id}}""#,
    },
    Phrase {
        files: &["docs/operating.md"],
        canonical: "COMMITTED,100,KES",
        placeholder: "COMMITTED,100,{{first_currency}}",
    },
    Phrase {
        files: BODIES,
        canonical: r#""currency": "KES""#,
        placeholder: r#""currency": "{{first_currency}}""#,
    },
    Phrase {
        files: BODIES,
        canonical: r#""payeeIdType": "MSISDN", "payeeId": "265998571175""#,
        placeholder: r#""payeeIdType": "{{payee_id_type}}", "payeeId": "{{payee_id}}""#,
    },
    Phrase {
        files: BODIES,
        canonical: r#""payerIdType": "MSISDN", "payerId": "971938765""#,
        placeholder: r#""payerIdType": "{{payer_id_type}}", "payerId": "{{payer_id}}""#,
    },
    Phrase {
        files: &["ttk/rehearsal.env"],
        canonical: "KES/GBP",
        placeholder: "{{first_currency}}/{{currency_abroad}}",
    },
];

/// The record of the answers, from which a connector can be generated again.
const ANSWERS_FILE: &str = "answers.toml";

const PACKAGE: &str = "[[package]]\n";

/// A rendered file, as a path below `template/`, and what its twin says.
struct Twin {
    file: String,
    text: String,
}

/// Writes every twin anew, and removes those of files that are no longer rendered.
/// Returns the twins that changed.
pub fn write(repository: &Path) -> Result<Vec<String>> {
    let template = repository.join("template");
    let twins = derive(repository)?;
    let mut changed = Vec::new();
    for twin in &twins {
        let path = template.join(&twin.file);
        let is_up_to_date = fs::read_to_string(&path).is_ok_and(|text| text == twin.text);
        if !is_up_to_date {
            fs::write(&path, &twin.text)
                .with_context(|| format!("cannot write {}", path.display()))?;
            changed.push(twin.file.clone());
        }
    }
    for orphan in orphans(&template, &twins)? {
        fs::remove_file(template.join(&orphan))
            .with_context(|| format!("cannot remove template/{orphan}"))?;
        changed.push(orphan);
    }
    Ok(changed)
}

/// Fails when a twin is missing, has drifted from its file, or belongs to none.
pub fn check(repository: &Path) -> Result<()> {
    let template = repository.join("template");
    let twins = derive(repository)?;
    for twin in &twins {
        let Ok(text) = fs::read_to_string(template.join(&twin.file)) else {
            bail!("template/{} is missing: run `cargo xtask twins`", twin.file);
        };
        if let Some(difference) = first_difference(&text, &twin.text) {
            bail!(
                "template/{} has drifted from the file that it is derived from: run `cargo xtask twins`\n{difference}",
                twin.file
            );
        }
    }
    if let Some(orphan) = orphans(&template, &twins)?.first() {
        bail!("template/{orphan} is the twin of no rendered file: run `cargo xtask twins`");
    }
    Ok(())
}

fn orphans(template: &Path, twins: &[Twin]) -> Result<Vec<String>> {
    let mut orphans = files(template)?;
    orphans
        .retain(|file| file.ends_with(TWIN_SUFFIX) && !twins.iter().any(|twin| twin.file == *file));
    Ok(orphans.into_iter().collect())
}

fn derive(repository: &Path) -> Result<Vec<Twin>> {
    let template = repository.join("template");
    let rendered = rendered_files(repository)?;
    let questions = questions(repository)?;
    let files = files(&template)?;
    if let Some(missing) = rendered.difference(&files).next() {
        bail!(
            "`include` in cargo-generate.toml names '/{missing}', but there is no template/{missing}"
        );
    }

    let mut twins = Vec::new();
    for file in files.iter().filter(|file| !file.ends_with(TWIN_SUFFIX)) {
        ensure!(
            !has_canonical_word(file.strip_prefix(CLIENT).unwrap_or(file)),
            "template/{file} has a canonical answer in its name; only {CLIENT} is renamed"
        );
        let Ok(text) = marked(&template, file) else {
            ensure!(
                !rendered.contains(file),
                "template/{file} is rendered, so it must be UTF-8"
            );
            continue;
        };
        let mut replaced = replace_answers(file, &text);
        if file == ANSWERS_FILE {
            replaced = record_answers(&replaced, &questions)?;
        }
        if let Some(line) = first_marker(file, &text)
            && !rendered.contains(file)
        {
            bail!(
                "template/{file}:{line} holds a region, but the file is not rendered: add '/{file}' to `include` in cargo-generate.toml"
            )
        }
        match (
            rendered.contains(file),
            replaced == text && first_marker(file, &text).is_none(),
        ) {
            (true, false) => twins.push(twin(file, &text, &replaced, &questions)?),
            (true, true) => bail!(
                "template/{file} depends on no answer: take '/{file}' out of `include` in cargo-generate.toml"
            ),
            (false, false) => {
                let line = text
                    .lines()
                    .zip(replaced.lines())
                    .position(|(before, after)| before != after)
                    .map_or(1, |index| index + 1);
                bail!(
                    "template/{file}:{line} names a canonical answer, but the file is not rendered: write it without, or add '/{file}' to `include` in cargo-generate.toml"
                )
            }
            (false, true) => refuse_unknown_forms(file, &text)?,
        }
    }
    Ok(twins)
}

fn replace_answers(file: &str, text: &str) -> String {
    let mut text = text.to_owned();
    for (canonical, placeholder) in NAMES {
        text = text.replace(canonical, placeholder);
    }
    for phrase in &PHRASES {
        if phrase.files.iter().any(|end| file.ends_with(end)) {
            text = text.replace(phrase.canonical, phrase.placeholder);
        }
    }
    text
}

/// In the record of the answers, each has a line of its own.
fn record_answers(text: &str, questions: &[Question]) -> Result<String> {
    let mut text = text.to_owned();
    for question in questions {
        let name = &question.name;
        let (canonical, placeholder) = match question.kind {
            // It stands in a region, and counts only if it is confirmed.
            Kind::Bool if question.asked != Asked::Always => (format!("{name} = true"), None),
            Kind::Bool => (
                format!("{name} = {}", question.default),
                Some(format!("{name} = {{{{{name}}}}}")),
            ),
            Kind::Array => (
                format!("{name} = [\"{}\"]", question.default.replace(',', "\", \"")),
                Some(format!(
                    "{name} = [{{% if {name}.size > 0 %}}\"{{{{{name} | join: '\", \"'}}}}\"{{% endif %}}]"
                )),
            ),
            Kind::Text | Kind::Choice => (
                format!("{name} = \"{}\"", question.default),
                Some(format!("{name} = \"{{{{{name}}}}}\"")),
            ),
        };
        // What is recognised wherever it stands has been replaced already.
        let is_replaced = text.contains(&format!("\n{name} = \"{{{{{name}}}}}\"\n"));
        let line = format!("\n{canonical}\n");
        ensure!(
            is_replaced || text.contains(&line),
            "template/{ANSWERS_FILE} has no line '{canonical}'"
        );
        if let Some(placeholder) = placeholder {
            text = text.replace(&line, &format!("\n{placeholder}\n"));
        }
    }
    Ok(text)
}

fn twin(file: &str, original: &str, replaced: &str, questions: &[Question]) -> Result<Twin> {
    for (index, line) in original.lines().enumerate() {
        ensure!(
            !line.contains("{{") && !line.contains("{%"),
            "template/{file}:{} holds '{{{{' or '{{%', which would be taken for a placeholder: write it without, or move it to a file that is not rendered",
            index + 1
        );
    }
    refuse_unknown_forms(file, replaced)?;
    let text = if file == LOCK_FILE {
        sorted_on_generation(&to_liquid(file, replaced, questions)?)?
    } else {
        to_liquid(file, replaced, questions)?
    };
    Ok(Twin {
        file: format!("{file}{TWIN_SUFFIX}"),
        text,
    })
}

fn has_canonical_word(text: &str) -> bool {
    text.to_lowercase().contains(CANONICAL_WORD)
}

fn refuse_unknown_forms(file: &str, text: &str) -> Result<()> {
    match text.lines().position(has_canonical_word) {
        None => Ok(()),
        Some(index) => bail!(
            "template/{file}:{} holds '{CANONICAL_WORD}' in a form that no answer replaces",
            index + 1
        ),
    }
}

/// Cargo keeps the packages of its lock file in the order of their names, and
/// rewrites a file that is not. The connector's own name decides where it stands,
/// so its lock file is sorted when it is generated.
///
/// The versions of one package stay together, because text does not sort as
/// versions do: a blank line more stands between packages of different names.
fn sorted_on_generation(lock: &str) -> Result<String> {
    let lock = lock.trim_end();
    let start = lock
        .find(PACKAGE)
        .context("template/Cargo.lock holds no package")?;
    let (head, packages) = lock.split_at(start);

    let mut text = format!("{head}{{% capture packages %}}");
    let mut previous = None;
    for package in packages.split("\n\n") {
        let name = package.lines().nth(1);
        match previous {
            None => {}
            Some(_) if previous == name => text.push_str("\n\n"),
            Some(_) => text.push_str("\n\n\n"),
        }
        text.push_str(package);
        previous = name;
    }
    text.push_str("{% endcapture %}{{ packages | split: \"\n\n\n\" | sort | join: \"\n\n\" }}\n");
    Ok(text)
}

fn first_difference(found: &str, expected: &str) -> Option<String> {
    if found == expected {
        return None;
    }
    let (mut found_lines, mut expected_lines) = (found.lines(), expected.lines());
    let mut number = 0;
    loop {
        number += 1;
        match (found_lines.next(), expected_lines.next()) {
            (None, None) => return Some("only the line ends differ".to_owned()),
            (found, expected) if found != expected => {
                return Some(format!(
                    "line {number}\n  is:        {}\n  should be: {}",
                    found.unwrap_or("(the end)"),
                    expected.unwrap_or("(the end)")
                ));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    const MANIFEST: &str = "[package]\nname = \"savanna-connector\"\n";

    /// A repository whose template holds `files`, and renders `rendered`.
    fn repository(rendered: &[&str], files: &[(&str, &str)]) -> TempDir {
        let folder = TempDir::new().unwrap();
        let include: Vec<String> = rendered.iter().map(|file| format!("/{file}")).collect();
        let configuration = format!(
            "[template]\ninclude = {include:?}\n\
             [placeholders.fees]\nchoices = [\"none\", \"flat\"]\ndefault = \"none\"\n"
        );
        fs::write(folder.path().join("cargo-generate.toml"), configuration).unwrap();
        for (file, text) in files {
            let path = folder.path().join("template").join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn refusal(rendered: &[&str], files: &[(&str, &str)]) -> String {
        let repository = repository(rendered, files);
        write(repository.path()).unwrap_err().to_string()
    }

    #[test]
    fn a_twin_is_written_once_and_holds_placeholders() {
        let repository = repository(&["Cargo.toml"], &[("Cargo.toml", MANIFEST)]);
        assert_eq!(write(repository.path()).unwrap(), ["Cargo.toml.liquid"]);
        let twin = repository.path().join("template/Cargo.toml.liquid");
        assert_eq!(
            fs::read_to_string(twin).unwrap(),
            "[package]\nname = \"{{project-name}}\"\n"
        );
        check(repository.path()).unwrap();
        assert!(write(repository.path()).unwrap().is_empty());
    }

    #[test]
    fn an_answer_that_is_an_ordinary_word_is_replaced_only_in_its_phrase() {
        let original = "pub const CURRENCY: &str = \"KES\";\nlet other = \"KES\";\n";
        assert_eq!(
            replace_answers("src/answers.rs", original),
            "pub const CURRENCY: &str = \"{{first_currency}}\";\nlet other = \"KES\";\n"
        );
        assert_eq!(replace_answers("docs/answers.md", original), original);
    }

    #[test]
    fn check_shows_where_a_twin_has_drifted() {
        let repository = repository(&["Cargo.toml"], &[("Cargo.toml", MANIFEST)]);
        let missing = check(repository.path()).unwrap_err().to_string();
        assert!(
            missing.contains("Cargo.toml.liquid is missing"),
            "{missing}"
        );

        write(repository.path()).unwrap();
        let changed = MANIFEST.replace("[package]", "[package] # changed");
        fs::write(repository.path().join("template/Cargo.toml"), changed).unwrap();
        let drifted = check(repository.path()).unwrap_err().to_string();
        assert!(
            drifted.contains("run `cargo xtask twins`\nline 1\n  is:        [package]\n"),
            "{drifted}"
        );
    }

    #[test]
    fn a_twin_of_nothing_is_found_and_removed() {
        let repository = repository(&[], &[("notes.md.liquid", "text")]);
        assert!(check(repository.path()).is_err());
        assert_eq!(write(repository.path()).unwrap(), ["notes.md.liquid"]);
        check(repository.path()).unwrap();
    }

    #[test]
    fn a_file_that_names_an_answer_must_be_rendered() {
        let refusal = refusal(&[], &[("notes.md", "First\nSavanna Core\n")]);
        assert!(refusal.contains("template/notes.md:2"), "{refusal}");
        assert!(refusal.contains("add '/notes.md'"), "{refusal}");
    }

    #[test]
    fn a_file_that_names_no_answer_must_not_be_rendered() {
        let refusal = refusal(&["notes.md"], &[("notes.md", "text")]);
        assert!(refusal.contains("take '/notes.md' out"), "{refusal}");
    }

    #[test]
    fn a_rendered_file_must_exist() {
        let refusal = refusal(&["notes.md"], &[("other.md", "text")]);
        assert!(refusal.contains("no template/notes.md"), "{refusal}");
    }

    #[test]
    fn the_record_of_the_answers_has_a_line_for_every_question() {
        let lines =
            "[values]\nfees = \"none\"\nkinds = [\"A\"]\nsure = true\nfsp_id = \"savannabank\"\n";
        let question = |name: &str, kind, default: &str, asked| Question {
            name: name.to_owned(),
            kind,
            choices: Vec::new(),
            default: default.to_owned(),
            asked,
        };
        let asked_if = Asked::When("fees == \"cbs\"".to_owned());
        let mut questions = vec![
            question("fees", Kind::Choice, "none", Asked::Always),
            question("kinds", Kind::Array, "A", Asked::Always),
            question("sure", Kind::Bool, "false", asked_if),
            question("fsp_id", Kind::Text, "savannabank", Asked::Always),
        ];
        let replaced = replace_answers(ANSWERS_FILE, lines);
        assert_eq!(
            record_answers(&replaced, &questions).unwrap(),
            "[values]\nfees = \"{{fees}}\"\nkinds = [{% if kinds.size > 0 %}\"{{kinds | join: '\", \"'}}\"{% endif %}]\n\
             sure = true\nfsp_id = \"{{fsp_id}}\"\n"
        );
        questions.push(question("country", Kind::Text, "KE", Asked::Always));
        let refusal = record_answers(&replaced, &questions)
            .unwrap_err()
            .to_string();
        assert!(
            refusal.contains("template/answers.toml has no line 'country = \"KE\"'"),
            "{refusal}"
        );
    }

    #[test]
    fn a_region_makes_a_file_depend_on_an_answer() {
        let text = "# [if fees is flat]\nFEE=1\n# [end]\n";
        let repository = repository(&[".env.example"], &[(".env.example", text)]);
        write(repository.path()).unwrap();
        let twin = repository.path().join("template/.env.example.liquid");
        assert_eq!(
            fs::read_to_string(twin).unwrap(),
            "{% if fees == \"flat\" %}FEE=1\n{% endif %}"
        );
        let refusal = refusal(&[], &[("notes.env", text)]);
        assert!(
            refusal.contains("template/notes.env:1 holds a region, but the file is not rendered"),
            "{refusal}"
        );
    }

    #[test]
    fn what_would_be_taken_for_a_placeholder_is_refused() {
        for text in ["savannabank\n{{x}}", "savannabank\n{% x"] {
            let refusal = refusal(&["notes.md"], &[("notes.md", text)]);
            assert!(refusal.contains("template/notes.md:2"), "{refusal}");
        }
    }

    #[test]
    fn a_form_that_no_answer_replaces_is_refused() {
        for text in ["savannabank\nSavannaCore", "savannabank\nSAVANNA_CORE"] {
            let refusal = refusal(&["notes.md"], &[("notes.md", text)]);
            assert!(refusal.contains("template/notes.md:2"), "{refusal}");
        }
        assert!(refusal(&[], &[("savanna.md", "text")]).contains("in its name"));
    }

    #[test]
    fn the_versions_of_a_package_stay_in_the_order_that_cargo_gave_them() {
        let package = |name: &str, version: &str| {
            format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n")
        };
        let lock = [
            "version = 4\n".to_owned(),
            package("rand", "0.9.5"),
            package("rand", "0.10.3"),
            package("{{project-name}}", "0.1.0"),
        ]
        .join("\n");
        let twin = sorted_on_generation(&lock).unwrap();
        assert!(
            twin.contains("\"0.9.5\"\n\n[[package]]\nname = \"rand\""),
            "{twin}"
        );
        assert!(twin.contains("\"0.10.3\"\n\n\n[[package]]\n"), "{twin}");
    }
}
