//! The words by which one recognises an answer: where another one was chosen,
//! they must not occur.

use crate::questions::{Answers, Kind, Question};

/// Words that belong to an answer, besides its name: question, answer, phrases.
/// The last word of a phrase stands for all words that begin like it.
const PHRASES: [(&str, &str, &[&str]); 12] = [
    ("funding_model", "float_account", &["float"]),
    (
        "funding_model",
        "disbursement_collection",
        &["disbursement", "collection account"],
    ),
    ("funding_model", "deposit_withdraw", &["exposure"]),
    ("payee_pattern", "loan_repayment", &["loan", "repayment"]),
    ("payer_debit", "push_approval", &["approval", "approve"]),
    ("fees", "percent", &["commission percent", "percent fee"]),
    ("fees", "tiered", &["tier"]),
    (
        "cbs_auth",
        "oauth2",
        &["oauth", "client credentials", "client secret"],
    ),
    ("cbs_auth", "api_key", &["cbs api key"]),
    (
        "cbs_auth",
        "mtls",
        &["cbs client certificate", "cbs client key"],
    ),
    ("role", "fxp", &AS_AN_FXP),
    ("role", "both", &AS_AN_FXP),
];

/// What is said of a connector that converts. Every other connector knows that
/// there are FXPs, too.
const AS_AN_FXP: [&str; 3] = ["as an fxp", "role of an fxp", "this fxp"];

/// Names of answers that are ordinary words, too. The bank's channels can have keys
/// whatever the connector is to the bank.
const ORDINARY: [&str; 5] = [
    "reserve_commit",
    "one_step",
    "two_steps",
    "three_steps",
    "api_key",
];

/// Some words in a row, however they are written: `push approval`,
/// `push_approval`, `PushApproval`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    /// Whose it is, such as `fees=tiered`.
    of: String,
    words: Vec<String>,
}

impl Phrase {
    fn new(question: &str, answer: &str, phrase: &str) -> Self {
        Self {
            of: format!("{question}={answer}"),
            words: words(phrase).into_iter().map(|word| word.text).collect(),
        }
    }

    /// Where a text uses it: the number of the line, and what is wrong with it.
    pub fn uses(&self, text: &Text) -> Vec<String> {
        text.words
            .windows(self.words.len())
            .filter(|window| self.is_in(window))
            .map(|window| {
                let number = window[0].line;
                let line = text.lines.get(number).copied().unwrap_or_default();
                format!(
                    "{}: '{}' belongs to {}: {}",
                    number + 1,
                    self.words.join(" "),
                    self.of,
                    line.trim()
                )
            })
            .collect()
    }

    fn is_in(&self, window: &[Word]) -> bool {
        let last = self.words.len() - 1;
        let pairs = self.words.iter().zip(window).enumerate();
        let mut pairs = pairs.map(|(index, (word, found))| match index == last {
            true => found.text.starts_with(word.as_str()),
            false => found.text == *word,
        });
        pairs.all(|is_same| is_same)
    }
}

/// The phrases of all answers that were not chosen, but for those that an answer
/// which was chosen uses, too.
pub fn foreign(questions: &[Question], answers: &Answers) -> Vec<Phrase> {
    let (mut own, mut foreign) = (Vec::new(), Vec::new());
    for question in questions.iter().filter(|one| one.kind == Kind::Choice) {
        for choice in &question.choices {
            let is_chosen = answers.get(&question.name) == choice;
            let phrases = phrases(&question.name, choice);
            if is_chosen { &mut own } else { &mut foreign }.extend(phrases);
        }
    }
    foreign.retain(|phrase: &Phrase| own.iter().all(|one: &Phrase| one.words != phrase.words));
    foreign
}

/// The name of an answer, if it is more than an ordinary word, and what else
/// belongs to it.
fn phrases(question: &str, answer: &str) -> Vec<Phrase> {
    let is_name = answer.contains('_') && !ORDINARY.contains(&answer);
    let name = is_name.then_some(answer);
    let others = PHRASES
        .iter()
        .filter(|(of_question, of_answer, _)| *of_question == question && *of_answer == answer)
        .flat_map(|(_, _, phrases)| phrases.iter().copied());
    name.into_iter()
        .chain(others)
        .map(|phrase| Phrase::new(question, answer, phrase))
        .collect()
}

/// A text, taken apart once for all phrases.
pub struct Text<'a> {
    lines: Vec<&'a str>,
    words: Vec<Word>,
}

/// In lower case, and the number of its line.
struct Word {
    text: String,
    line: usize,
}

impl<'a> Text<'a> {
    pub fn new(text: &'a str) -> Self {
        Self {
            lines: text.lines().collect(),
            words: words(text),
        }
    }
}

/// A word ends where the letters end, and within `camelCase`.
fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    for (line, characters) in text.lines().enumerate() {
        let mut word = String::new();
        let mut previous = ' ';
        for character in characters.chars().chain([' ']) {
            let is_new = character.is_uppercase() && previous.is_lowercase();
            if (is_new || !character.is_alphanumeric()) && !word.is_empty() {
                let text = std::mem::take(&mut word);
                words.push(Word { text, line });
            }
            if character.is_alphanumeric() {
                word.extend(character.to_lowercase());
            }
            previous = character;
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{questions::questions, repository};

    fn uses(phrase: &str, text: &str) -> usize {
        Phrase::new("question", "answer", phrase)
            .uses(&Text::new(text))
            .len()
    }

    #[test]
    fn a_phrase_is_found_however_it_is_written() {
        for text in [
            "push_approval",
            "PUSH_APPROVAL=1",
            "struct PushApproval;",
            "a push-approval",
            "Push\n// approvals",
        ] {
            assert_eq!(uses("push_approval", text), 1, "{text}");
        }
        for text in ["pushed approval", "approval push", "a push for approval"] {
            assert_eq!(uses("push_approval", text), 0, "{text}");
        }
        assert_eq!(uses("tier", "tiers, tiered, frontier"), 2);
    }

    #[test]
    fn a_use_says_where_it_is_and_whose_word_it_is() {
        let phrase = Phrase::new("fees", "tiered", "tier");
        assert_eq!(
            phrase.uses(&Text::new("one\n  a tier of fees\n")),
            ["2: 'tier' belongs to fees=tiered: a tier of fees"]
        );
    }

    #[test]
    fn the_words_of_the_chosen_answers_are_not_foreign() {
        let questions = questions(repository()).unwrap();
        let given = [("fees", "tiered"), ("cbs_auth", "mtls")];
        let answers = Answers::new(&questions, &given).unwrap();
        let foreign = foreign(&questions, &answers);
        let has = |of: &str| foreign.iter().any(|phrase| phrase.of == of);
        assert!(!has("fees=tiered") && !has("cbs_auth=mtls"));
        assert!(has("fees=percent") && has("cbs_auth=oauth2") && has("cbs_auth=api_key"));
    }

    #[test]
    fn every_phrase_belongs_to_an_answer() {
        let questions = questions(repository()).unwrap();
        for (question, answer, _) in PHRASES {
            let found = questions.iter().find(|one| one.name == question);
            let is_choice =
                found.is_some_and(|found| found.choices.iter().any(|one| one == answer));
            assert!(is_choice, "{question}={answer}");
        }
    }
}
