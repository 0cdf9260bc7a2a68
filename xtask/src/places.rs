//! The places: what depends on the answer to one question.
//!
//! A place is a folder that is named like the file that it becomes, and holds a
//! file for each answer that brings one: of `fees/flat.rs` and `fees/tiered.rs`,
//! the chosen one becomes `fees.rs`. `fees.rs` itself is a switch, which lets all
//! of them compile in the template; it is replaced, or removed if the answer
//! brings no file. A file may have a folder of its own beside it
//! (`fees/tiered/`), which then becomes `fees/`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    questions::{Answers, Kind, Question, questions},
    template::{TWIN_SUFFIX, files, read},
};

/// Stands between the answers that share a file.
const OR: &str = "_or_";

/// Of a question with several answers, a place is about one: `bulk.rs` is for
/// those who chose it, `no_bulk.rs` for those who did not.
pub const NO: &str = "no_";

/// The file and the folder of the client, which are named after the core banking
/// system when everything else has found its place.
pub const CLIENT: &str = "src/core_banking/savanna_core";

const HOOK: &str = "hooks/places.rhai";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub question: String,
    /// The choice that it is about, if the question has several answers.
    pub choice: Option<String>,
    /// The folder, as a path below `template/`; and, with the extension, the file
    /// that it becomes.
    pub path: String,
    /// Of the files, without the dot.
    pub extension: String,
    /// The file that an answer brings, as a path below `template/`. An answer
    /// that is not listed brings none.
    pub files: BTreeMap<String, String>,
}

impl Place {
    /// The file that these answers bring, if they bring one.
    pub fn chosen(&self, answers: &Answers) -> Option<&String> {
        let given = answers.get(&self.question);
        match &self.choice {
            None => self.files.get(given),
            Some(choice) if given.split(',').any(|one| one == choice) => self.files.get(choice),
            Some(choice) => self.files.get(&format!("{NO}{choice}")),
        }
    }

    /// What the chosen file becomes; in the template, the switch.
    pub fn target(&self) -> String {
        format!("{}.{}", self.path, self.extension)
    }

    /// The folder that a file has for itself, if it has one.
    fn folder_of(&self, file: &str) -> String {
        file.strip_suffix(&format!(".{}", self.extension))
            .unwrap_or(file)
            .to_owned()
    }
}

/// All places of the template, inner ones before those that hold them.
pub fn places(repository: &Path) -> Result<Vec<Place>> {
    let questions = questions(repository)?;
    let mut folders: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in template_files(repository)? {
        if let Some((folder, name)) = file.rsplit_once('/') {
            folders
                .entry(folder.to_owned())
                .or_default()
                .push(name.to_owned());
        }
    }
    let mut places = Vec::new();
    for (folder, names) in &folders {
        let place = place(folder, names, &questions)
            .with_context(|| format!("template/{folder}/ looks like a place"))?;
        if let Some(place) = place {
            refuse_stray_folders(&place, &folders)?;
            places.push(place);
        }
    }
    places.sort_by_key(|place| std::cmp::Reverse(place.path.split('/').count()));
    Ok(places)
}

/// The files of the template, without the twins.
fn template_files(repository: &Path) -> Result<BTreeSet<String>> {
    let mut files = files(&repository.join("template"))?;
    files.retain(|file| !file.ends_with(TWIN_SUFFIX));
    Ok(files)
}

/// The place that a folder is, if all of its files are named by the answers to
/// one question.
fn place(folder: &str, names: &[String], questions: &[Question]) -> Result<Option<Place>> {
    let stems: Vec<&str> = names.iter().map(|name| stem(name)).collect();
    if let Some((question, choice)) = choice_that_all_are_about(&stems, questions) {
        let files = names
            .iter()
            .zip(&stems)
            .map(|(name, stem)| ((*stem).to_owned(), format!("{folder}/{name}")))
            .collect();
        return Ok(Some(Place {
            question: question.name.clone(),
            choice: Some(choice.to_owned()),
            path: folder.to_owned(),
            extension: common_extension(names)?,
            files,
        }));
    }
    let answers: Vec<&str> = stems.iter().flat_map(|stem| stem.split(OR)).collect();
    let mut candidates = Vec::new();
    for question in questions.iter().filter(|one| one.kind == Kind::Choice) {
        let is_answer = |answer: &&str| question.choices.iter().any(|choice| choice == answer);
        let known = answers.iter().copied().filter(is_answer).count();
        if known == answers.len() {
            candidates.push(question);
        } else if known > 1 {
            let other = answers.iter().find(|answer| !is_answer(answer));
            bail!(
                "it holds answers to '{}' and '{}', which is none: move one of them elsewhere",
                question.name,
                other.unwrap_or(&"")
            );
        }
    }
    // An answer such as `none` belongs to several questions.
    let name = folder.rsplit_once('/').map_or(folder, |(_, name)| name);
    if candidates.iter().any(|question| question.name == name) {
        candidates.retain(|question| question.name == name);
    }
    let question = match candidates[..] {
        [] => return Ok(None),
        [question] => question,
        [first, second, ..] => bail!(
            "its files could be answers to '{}' or to '{}': one more of them, or the folder's name, has to say which",
            first.name,
            second.name
        ),
    };

    let mut files = BTreeMap::new();
    for (name, stem) in names.iter().zip(&stems) {
        for answer in stem.split(OR) {
            let other = files.insert(answer.to_owned(), format!("{folder}/{name}"));
            ensure!(other.is_none(), "it has two files for '{answer}'");
        }
    }
    Ok(Some(Place {
        question: question.name.clone(),
        choice: None,
        path: folder.to_owned(),
        extension: common_extension(names)?,
        files,
    }))
}

/// The one choice of a question with several answers that all of these files
/// are about.
fn choice_that_all_are_about<'a>(
    stems: &[&str],
    questions: &'a [Question],
) -> Option<(&'a Question, &'a str)> {
    let of_several = questions.iter().filter(|one| one.kind == Kind::Array);
    of_several
        .flat_map(|question| {
            question
                .choices
                .iter()
                .map(move |choice| (question, choice))
        })
        .find(|(_, choice)| {
            let is_about = |stem: &&str| stem.strip_prefix(NO).unwrap_or(stem) == choice.as_str();
            stems.iter().all(is_about)
        })
        .map(|(question, choice)| (question, choice.as_str()))
}

fn common_extension(names: &[String]) -> Result<String> {
    let extension = |name: &String| {
        name.rsplit_once('.')
            .map(|(_, extension)| extension.to_owned())
    };
    for name in names {
        ensure!(
            extension(name) == extension(&names[0]),
            "its files have different extensions: {} and {name}",
            names[0]
        );
    }
    extension(&names[0]).context("its files have no extension")
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// A folder inside of a place belongs to the file that it is named like.
fn refuse_stray_folders(place: &Place, folders: &BTreeMap<String, Vec<String>>) -> Result<()> {
    let prefix = format!("{}/", place.path);
    for folder in folders.keys().filter(|folder| folder.starts_with(&prefix)) {
        let belongs = place.files.values().any(|file| {
            let own = place.folder_of(file);
            *folder == own || folder.starts_with(&format!("{own}/"))
        });
        ensure!(
            belongs,
            "template/{folder}/ lies in a place, but belongs to none of its files"
        );
    }
    Ok(())
}

/// The files that a connector gets, each with the file of the template that it
/// comes from. This says once more, in another language, what the hooks do, so
/// that tests can compare the two.
pub fn generated_files(
    repository: &Path,
    answers: &Answers,
    cbs_module: &str,
) -> Result<BTreeMap<String, String>> {
    let mut sources: BTreeMap<String, String> = template_files(repository)?
        .into_iter()
        .map(|file| (file.clone(), file))
        .collect();
    for place in places(repository)? {
        let chosen = place.chosen(answers);
        let folder = format!("{}/", place.path);
        let own = chosen.map(|file| format!("{}/", place.folder_of(file)));
        let mut moved = BTreeMap::new();
        for (file, source) in sources {
            if file == place.target() {
                continue;
            }
            if !file.starts_with(&folder) {
                moved.insert(file, source);
            } else if Some(&file) == chosen {
                moved.insert(place.target(), source);
            } else if let Some(rest) = own.as_ref().and_then(|own| file.strip_prefix(own)) {
                moved.insert(format!("{folder}{rest}"), source);
            }
        }
        sources = moved;
    }
    Ok(sources
        .into_iter()
        .map(|(file, source)| (renamed(&file, cbs_module), source))
        .collect())
}

fn renamed(file: &str, cbs_module: &str) -> String {
    let client = CLIENT
        .rsplit_once('/')
        .map_or(CLIENT.to_owned(), |(folder, _)| {
            format!("{folder}/{cbs_module}")
        });
    match file.strip_prefix(CLIENT) {
        Some(rest) if rest == ".rs" || rest.starts_with('/') => format!("{client}{rest}"),
        _ => file.to_owned(),
    }
}

/// Writes the list that the hooks go through.
pub fn write(repository: &Path) -> Result<()> {
    let path = repository.join(HOOK);
    fs::write(&path, derive(repository)?)
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Fails when the list no longer says what the template and the questions say.
pub fn check(repository: &Path) -> Result<()> {
    let is_up_to_date = read(&repository.join(HOOK))? == derive(repository)?;
    ensure!(
        is_up_to_date,
        "{HOOK} is out of date: run `cargo xtask twins`"
    );
    Ok(())
}

fn derive(repository: &Path) -> Result<String> {
    let mut text = "// Derived by `cargo xtask twins`; never edited by hand.\n\n\
        // Which file each answer brings, and what that becomes. Inner places come first.\n\
        fn places() {\n    [\n"
        .to_owned();
    for place in places(repository)? {
        text.push_str(&format!(
            "        #{{\n            question: \"{}\",\n            choice: \"{}\",\n            path: \"{}\",\n            extension: \"{}\",\n            files: #{{\n",
            place.question,
            place.choice.as_deref().unwrap_or_default(),
            place.path,
            place.extension
        ));
        for (answer, file) in &place.files {
            text.push_str(&format!(
                "                \"{answer}\": \"{}\",\n",
                place.folder_of(file)
            ));
        }
        text.push_str("            },\n        },\n");
    }
    text.push_str("    ]\n}\n");
    Ok(text)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    const QUESTIONS: &str = "
        [placeholders.fees]
        choices = [\"none\", \"flat\", \"tiered\", \"cbs\"]
        default = \"none\"

        [placeholders.cbs_auth]
        choices = [\"none\", \"basic\", \"mtls\"]
        default = \"none\"

        [placeholders.uses]
        type = \"array\"
        choices = [\"request\", \"bulk\"]
        default = [\"request\", \"bulk\"]
        ";

    /// A repository whose template holds these files, each of which says where it lies.
    fn repository(files: &[&str]) -> TempDir {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("cargo-generate.toml"), QUESTIONS).unwrap();
        for file in files {
            let path = folder.path().join("template").join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        folder
    }

    fn refusal(files: &[&str]) -> String {
        format!("{:#}", places(repository(files).path()).unwrap_err())
    }

    fn generated(files: &[&str], answers: &[(&str, &str)]) -> Vec<(String, String)> {
        let repository = repository(files);
        let questions = questions(repository.path()).unwrap();
        let answers = Answers::new(&questions, answers).unwrap();
        generated_files(repository.path(), &answers, "harbour_core")
            .unwrap()
            .into_iter()
            .collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected
            .iter()
            .map(|(file, source)| (file.to_string(), source.to_string()))
            .collect()
    }

    #[test]
    fn of_several_answers_a_place_is_about_one() {
        let files = [
            "src/bulk/bulk.rs",
            "src/bulk/bulk/items.rs",
            "src/bulk/no_bulk.rs",
            "src/asking/request.rs",
        ];
        let given = |uses| generated(&files, &[("uses", uses)]);
        assert_eq!(
            given("request,bulk"),
            pairs(&[
                ("src/asking.rs", "src/asking/request.rs"),
                ("src/bulk.rs", "src/bulk/bulk.rs"),
                ("src/bulk/items.rs", "src/bulk/bulk/items.rs"),
            ])
        );
        assert_eq!(given(""), pairs(&[("src/bulk.rs", "src/bulk/no_bulk.rs")]));
    }

    #[test]
    fn a_folder_whose_files_are_answers_is_a_place() {
        let repository = repository(&[
            "src/fees.rs",
            "src/fees/flat.rs",
            "src/fees/tiered_or_cbs.rs",
            "src/other/rounding.rs",
        ]);
        let places = places(repository.path()).unwrap();
        assert_eq!(places.len(), 1);
        assert_eq!(places[0].question, "fees");
        assert_eq!(places[0].target(), "src/fees.rs");
        let files: Vec<_> = places[0].files.iter().collect();
        assert_eq!(
            files,
            [
                (&"cbs".to_owned(), &"src/fees/tiered_or_cbs.rs".to_owned()),
                (&"flat".to_owned(), &"src/fees/flat.rs".to_owned()),
                (
                    &"tiered".to_owned(),
                    &"src/fees/tiered_or_cbs.rs".to_owned()
                ),
            ]
        );
    }

    #[test]
    fn one_answer_among_other_files_makes_no_place() {
        let repository = repository(&["src/flat.rs", "src/rounding.rs"]);
        assert!(places(repository.path()).unwrap().is_empty());
    }

    #[test]
    fn an_unclear_place_is_refused() {
        assert!(refusal(&["a/none.rs"]).contains("'fees' or to 'cbs_auth'"));
        assert!(refusal(&["a/flat.rs", "a/flat_or_cbs.rs"]).contains("two files for 'flat'"));
        assert!(refusal(&["a/flat.rs", "a/cbs.md"]).contains("different extensions"));
        assert!(
            refusal(&["a/flat.rs", "a/cbs.rs", "a/round.rs"]).contains("'round', which is none")
        );
        assert!(refusal(&["a/flat.rs", "a/extra/x.rs"]).contains("belongs to none of its files"));
    }

    #[test]
    fn files_that_are_shared_by_questions_are_told_apart_by_the_others() {
        let repository = repository(&["a/none.rs", "a/basic.rs"]);
        assert_eq!(places(repository.path()).unwrap()[0].question, "cbs_auth");
    }

    #[test]
    fn a_folder_that_is_named_like_a_question_is_about_that_question() {
        let repository = repository(&["src/fees/none.rs"]);
        assert_eq!(places(repository.path()).unwrap()[0].question, "fees");
    }

    #[test]
    fn the_chosen_file_takes_the_place() {
        let files = ["fees.rs", "fees/flat.rs", "fees/tiered.rs"];
        let flat = generated(&files, &[("fees", "flat")]);
        assert_eq!(flat, pairs(&[("fees.rs", "fees/flat.rs")]));
        // Neither is the switch left where no file is chosen.
        assert!(generated(&files, &[("fees", "none")]).is_empty());
    }

    #[test]
    fn the_folder_of_the_chosen_file_comes_along() {
        let files = [
            "fees.rs",
            "fees/flat.rs",
            "fees/flat/amount.rs",
            "fees/tiered.rs",
            "fees/tiered/bands/reading.rs",
        ];
        let expected = [
            ("fees.rs", "fees/tiered.rs"),
            ("fees/bands/reading.rs", "fees/tiered/bands/reading.rs"),
        ];
        assert_eq!(generated(&files, &[("fees", "tiered")]), pairs(&expected));
    }

    #[test]
    fn a_place_below_the_client_is_renamed_with_it() {
        let files = [
            "src/core_banking/savanna_core.rs",
            "src/core_banking/savanna_core/auth.rs",
            "src/core_banking/savanna_core/auth/basic.rs",
            "src/core_banking/savanna_core/auth/none.rs",
        ];
        let expected = [
            ("src/core_banking/harbour_core.rs", files[0]),
            ("src/core_banking/harbour_core/auth.rs", files[2]),
        ];
        assert_eq!(
            generated(&files, &[("cbs_auth", "basic")]),
            pairs(&expected)
        );
    }

    #[test]
    fn an_inner_place_is_filled_before_the_outer_one_moves() {
        let files = [
            "fees.rs",
            "fees/cbs.rs",
            "fees/cbs/auth.rs",
            "fees/cbs/auth/basic.rs",
            "fees/cbs/auth/mtls.rs",
        ];
        let answers = [("fees", "cbs"), ("cbs_auth", "mtls")];
        let expected = [
            ("fees.rs", "fees/cbs.rs"),
            ("fees/auth.rs", "fees/cbs/auth/mtls.rs"),
        ];
        assert_eq!(generated(&files, &answers), pairs(&expected));
    }

    #[test]
    fn the_list_for_the_hooks_follows_the_template() {
        let repository = repository(&["fees.rs", "fees/flat_or_cbs.rs"]);
        fs::create_dir(repository.path().join("hooks")).unwrap();
        assert!(check(repository.path()).is_err());
        write(repository.path()).unwrap();
        check(repository.path()).unwrap();
        let list = fs::read_to_string(repository.path().join(HOOK)).unwrap();
        assert!(list.contains("\"cbs\": \"fees/flat_or_cbs\""), "{list}");
        fs::write(repository.path().join("template/fees/tiered.rs"), "").unwrap();
        assert!(check(repository.path()).is_err());
    }
}
