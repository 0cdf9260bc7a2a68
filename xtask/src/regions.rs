//! The regions: whole lines of a rendered file that only some answers need.
//!
//! ```text
//! // [if fees is percent, tiered]
//! pub mod rounding;
//! // [end]
//! ```
//!
//! In the template, all regions count. The twin holds Liquid in place of the
//! marker lines, so that neither they nor what was not chosen reaches a connector.

use anyhow::{Context, Result, bail, ensure};

use crate::questions::{Answers, Kind, Question};

/// When a region counts: `fees is flat, percent`, `fees is not none`,
/// `id_types has MSISDN`, `id_types has not MSISDN`; or one of several, with `or`
/// between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    terms: Vec<Term>,
}

/// What a condition says of the answer to one question.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    question: String,
    test: Test,
    answers: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Test {
    Is,
    IsNot,
    Has,
    HasNot,
}

impl Condition {
    pub fn parse(text: &str, questions: &[Question]) -> Result<Self> {
        let terms = text.split(" or ").map(|term| Term::parse(term, questions));
        let terms: Vec<Term> = terms.collect::<Result<_>>()?;
        let has_not = terms.iter().any(|term| term.test == Test::HasNot);
        ensure!(
            terms.len() == 1 || !has_not,
            "'{text}' joins a 'has not' with something else, which Liquid cannot say"
        );
        Ok(Self { terms })
    }

    pub fn holds(&self, answers: &Answers) -> bool {
        self.terms.iter().any(|term| term.holds(answers))
    }

    /// The text, if the condition holds.
    fn liquid(&self, text: &str) -> String {
        let terms: Vec<String> = self.terms.iter().map(Term::liquid).collect();
        let block = match self.terms[..] {
            [
                Term {
                    test: Test::HasNot, ..
                },
            ] => "unless",
            _ => "if",
        };
        format!(
            "{{% {block} {} %}}{text}{{% end{block} %}}",
            terms.join(" or ")
        )
    }
}

impl Term {
    fn parse(text: &str, questions: &[Question]) -> Result<Self> {
        let (name, rest) = text.split_once(' ').unwrap_or((text, ""));
        let question = questions
            .iter()
            .find(|question| question.name == name)
            .with_context(|| format!("there is no question '{name}'"))?;
        let (test, answers) = if let Some(answers) = rest.strip_prefix("is not ") {
            (Test::IsNot, answers)
        } else if let Some(answers) = rest.strip_prefix("is ") {
            (Test::Is, answers)
        } else if let Some(answer) = rest.strip_prefix("has not ") {
            (Test::HasNot, answer)
        } else if let Some(answer) = rest.strip_prefix("has ") {
            (Test::Has, answer)
        } else {
            bail!("'{text}' is none of '{name} is a, b', '{name} is not a, b', '{name} has a'");
        };
        match (question.kind, test) {
            (Kind::Choice, Test::Is | Test::IsNot) | (Kind::Array, Test::Has | Test::HasNot) => {}
            (Kind::Choice, Test::Has | Test::HasNot) => {
                bail!("'{name}' has one answer: 'is', not 'has'")
            }
            (Kind::Array, _) => bail!("'{name}' has several answers: 'has', not 'is'"),
            (Kind::Text | Kind::Bool, _) => bail!("'{name}' has no choices"),
        }
        let answers: Vec<String> = match test {
            Test::Has | Test::HasNot => vec![answers.to_owned()],
            Test::Is | Test::IsNot => answers.split(", ").map(str::to_owned).collect(),
        };
        for answer in &answers {
            ensure!(
                question.choices.contains(answer),
                "'{answer}' is no answer to '{name}': {}",
                question.choices.join(", ")
            );
        }
        Ok(Self {
            question: name.to_owned(),
            test,
            answers,
        })
    }

    fn holds(&self, answers: &Answers) -> bool {
        let given = answers.get(&self.question);
        let is_named = |answer: &str| self.answers.iter().any(|named| named == answer);
        match self.test {
            Test::Is => is_named(given),
            Test::IsNot => !is_named(given),
            Test::Has => given.split(',').any(is_named),
            Test::HasNot => !given.split(',').any(is_named),
        }
    }

    fn liquid(&self) -> String {
        let (operator, joint) = match self.test {
            Test::Is => ("==", " or "),
            Test::IsNot => ("!=", " and "),
            Test::Has | Test::HasNot => ("contains", ""),
        };
        let comparisons: Vec<String> = self
            .answers
            .iter()
            .map(|answer| format!("{} {operator} \"{answer}\"", self.question))
            .collect();
        comparisons.join(joint)
    }
}

/// The twin's text: Liquid instead of the marker lines.
pub fn to_liquid(file: &str, text: &str, questions: &[Question]) -> Result<String> {
    let parts = parts(file, text, questions)?;
    Ok(parts
        .into_iter()
        .map(|part| match part.condition {
            None => part.text,
            Some(condition) => condition.liquid(&part.text),
        })
        .collect())
}

/// What a connector with these answers gets: the regions that count, and no markers.
pub fn kept(file: &str, text: &str, questions: &[Question], answers: &Answers) -> Result<String> {
    let parts = parts(file, text, questions)?;
    Ok(parts
        .into_iter()
        .filter(|part| {
            let condition = part.condition.as_ref();
            condition.is_none_or(|condition| condition.holds(answers))
        })
        .map(|part| part.text)
        .collect())
}

/// The number of the first line that is a marker, for files that may hold none.
pub fn first_marker(file: &str, text: &str) -> Option<usize> {
    text.lines()
        .position(|line| marker(file, line).is_some())
        .map(|index| index + 1)
}

/// Lines of a file that belong together.
struct Part {
    condition: Option<Condition>,
    text: String,
}

enum Marker<'a> {
    If(&'a str),
    End,
    Malformed,
}

fn parts(file: &str, text: &str, questions: &[Question]) -> Result<Vec<Part>> {
    let mut parts = vec![Part {
        condition: None,
        text: String::new(),
    }];
    let mut opened = None;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let place = format!("template/{file}:{}", index + 1);
        let condition = match (marker(file, line), opened) {
            (None, _) => {
                if let Some(part) = parts.last_mut() {
                    part.text.push_str(line);
                }
                continue;
            }
            (Some(Marker::Malformed), _) => {
                bail!("{place} is neither '[if question is answer]' nor '[end]'")
            }
            (Some(Marker::If(_)), Some(other)) => {
                bail!("{place} opens a region in that of line {other}: regions do not nest")
            }
            (Some(Marker::End), None) => bail!("{place} ends a region that was not opened"),
            (Some(Marker::If(condition)), None) => {
                opened = Some(index + 1);
                let condition = Condition::parse(condition, questions);
                Some(condition.with_context(|| place)?)
            }
            (Some(Marker::End), Some(_)) => {
                opened = None;
                None
            }
        };
        parts.push(Part {
            condition,
            text: String::new(),
        });
    }
    if let Some(line) = opened {
        bail!("template/{file}:{line} opens a region that is not closed");
    }
    Ok(parts)
}

/// What a line says as a marker, in the comment syntax of its file.
fn marker<'a>(file: &str, line: &'a str) -> Option<Marker<'a>> {
    let line = line.trim();
    let extension = file.rsplit_once('.').map_or("", |(_, extension)| extension);
    let comment = match extension {
        // JSON has no comments: the file is JSON once it is generated.
        "rs" | "json" => line.strip_prefix("//")?,
        "md" => line.strip_prefix("<!--")?.strip_suffix("-->")?,
        _ => line.strip_prefix('#')?,
    };
    let comment = comment.trim();
    if comment == "[end]" {
        return Some(Marker::End);
    }
    let condition = comment
        .strip_prefix("[if ")
        .and_then(|rest| rest.strip_suffix(']'));
    match condition {
        Some(condition) => Some(Marker::If(condition)),
        None if ["[if", "[end", "[else"]
            .iter()
            .any(|start| comment.starts_with(start)) =>
        {
            Some(Marker::Malformed)
        }
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::questions::Asked;

    fn questions() -> Vec<Question> {
        let question = |name: &str, kind, choices: &[&str]| Question {
            name: name.to_owned(),
            kind,
            choices: choices.iter().map(|choice| choice.to_string()).collect(),
            default: choices.first().unwrap_or(&"").to_string(),
            asked: Asked::Always,
        };
        vec![
            question("fees", Kind::Choice, &["none", "flat", "cbs"]),
            question("id_types", Kind::Array, &["MSISDN", "IBAN"]),
            question("country", Kind::Text, &[]),
        ]
    }

    fn kept_of(file: &str, text: &str, given: &[(&str, &str)]) -> String {
        let questions = questions();
        let answers = Answers::new(&questions, given).unwrap();
        kept(file, text, &questions, &answers).unwrap()
    }

    fn refusal(text: &str) -> String {
        format!("{:#}", to_liquid("a.rs", text, &questions()).err().unwrap())
    }

    const REGIONS: &str = "one\n// [if fees is flat, cbs]\ntwo\n// [end]\nthree\n\
        \x20   // [if id_types has IBAN]\n    four\n    // [end]\n// [if fees is not none, flat]\nfive\n// [end]\n";

    #[test]
    fn only_the_regions_that_count_are_kept() {
        assert_eq!(kept_of("a.rs", REGIONS, &[]), "one\nthree\n");
        assert_eq!(
            kept_of(
                "a.rs",
                REGIONS,
                &[("fees", "flat"), ("id_types", "MSISDN,IBAN")]
            ),
            "one\ntwo\nthree\n    four\n"
        );
        assert_eq!(
            kept_of("a.rs", REGIONS, &[("fees", "cbs")]),
            "one\ntwo\nthree\nfive\n"
        );
    }

    #[test]
    fn the_twin_has_liquid_in_place_of_the_marker_lines() {
        assert_eq!(
            to_liquid("a.rs", REGIONS, &questions()).unwrap(),
            "one\n{% if fees == \"flat\" or fees == \"cbs\" %}two\n{% endif %}three\n\
             {% if id_types contains \"IBAN\" %}    four\n{% endif %}\
             {% if fees != \"none\" and fees != \"flat\" %}five\n{% endif %}"
        );
    }

    #[test]
    fn a_region_can_be_for_those_who_did_not_choose_or_for_one_of_several() {
        let text = "# [if id_types has not IBAN]\none\n# [end]\n\
            # [if id_types has IBAN or fees is flat]\ntwo\n# [end]\n";
        assert_eq!(kept_of("a.yaml", text, &[]), "one\n");
        assert_eq!(kept_of("a.yaml", text, &[("id_types", "IBAN")]), "two\n");
        assert_eq!(kept_of("a.yaml", text, &[("fees", "flat")]), "one\ntwo\n");
        assert_eq!(
            to_liquid("a.yaml", text, &questions()).unwrap(),
            "{% unless id_types contains \"IBAN\" %}one\n{% endunless %}\
             {% if id_types contains \"IBAN\" or fees == \"flat\" %}two\n{% endif %}"
        );
        let mixed = refusal("// [if id_types has not IBAN or fees is flat]\n// [end]");
        assert!(mixed.contains("Liquid cannot say"), "{mixed}");
    }

    #[test]
    fn markers_are_comments_of_their_file() {
        let line = "[if fees is flat]";
        for (file, comment) in [
            ("a.rs", "// [if fees is flat]"),
            (".env.example", "# [if fees is flat]"),
            ("Cargo.toml", "  # [if fees is flat]"),
            ("README.md", "<!-- [if fees is flat] -->"),
            ("environment.json", "  // [if fees is flat]"),
        ] {
            assert_eq!(first_marker(file, &format!("text\n{comment}\n")), Some(2));
            assert_eq!(first_marker(file, line), None);
        }
        assert_eq!(first_marker("a.rs", "# [if fees is flat]"), None);
        assert_eq!(first_marker("a.rs", "#[cfg(test)]\n// [1] or [if]"), None);
    }

    #[test]
    fn a_region_that_cannot_be_read_is_refused_where_it_stands() {
        let cases = [
            (
                "// [if fee is flat]\n// [end]",
                "there is no question 'fee'",
            ),
            (
                "// [if fees is flt]\n// [end]",
                "'flt' is no answer to 'fees': none, flat, cbs",
            ),
            (
                "// [if fees was flat]\n// [end]",
                "is none of 'fees is a, b'",
            ),
            ("// [if fees has flat]\n// [end]", "'is', not 'has'"),
            ("// [if id_types is IBAN]\n// [end]", "'has', not 'is'"),
            (
                "// [if country is KE]\n// [end]",
                "'country' has no choices",
            ),
            (
                "// [if fees is flat]\n",
                "template/a.rs:1 opens a region that is not closed",
            ),
            (
                "// [if fees is flat]\n// [if fees is cbs]\n",
                "regions do not nest",
            ),
            (
                "one\n// [end]\n",
                "template/a.rs:2 ends a region that was not opened",
            ),
            ("// [if fees is flat\n", "is neither"),
            ("// [else]\n", "is neither"),
        ];
        for (text, sentence) in cases {
            assert!(refusal(text).contains(sentence), "{}", refusal(text));
            assert!(
                refusal(text).contains("template/a.rs:"),
                "{}",
                refusal(text)
            );
        }
    }
}
