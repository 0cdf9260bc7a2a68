//! The combinations of answers, derived from the questions.

use std::{collections::BTreeMap, fmt};

use anyhow::{Context, Result, bail, ensure};

use super::covering::{self, Choice};
use crate::questions::{Asked, Kind, Question};

/// Answers in which nothing is canonical. They are the same for every
/// combination, so that only what differs is built anew.
const NAMES: [(&str, &str); 5] = [
    ("cbs_name", "Lighthouse Core"),
    ("dfsp_name", "Lighthouse Bank"),
    ("fsp_id", "lighthousebank"),
    ("country", "GM"),
    ("currency", "GMD"),
];

/// What the currency question is answered where several are wanted.
const SEVERAL_CURRENCIES: &str = "GMD,USD";

/// Of the answers to a question that takes several, besides each one and all:
/// these.
const SEVERAL_CHOICES: [(&str, &str); 1] = [("id_types", "MSISDN,IBAN")];

/// The beginning of the name of a question that has to be agreed to before a
/// certain answer to another one is taken.
const CONFIRMATION: &str = "confirm_";

/// The combined answers to questions that have choices, in the order of the
/// questions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Combination {
    answers: Vec<(String, String)>,
    /// Which of them differ from the default.
    chosen: Vec<(String, String)>,
}

impl Combination {
    pub fn get(&self, question: &str) -> Option<&str> {
        let found = self.answers.iter().find(|(name, _)| name == question);
        found.map(|(_, answer)| answer.as_str())
    }
}

/// What differs from the defaults, as `--only` takes it.
impl fmt::Display for Combination {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let chosen = self
            .chosen
            .iter()
            .map(|(question, answer)| format!("{question}={answer}"));
        formatter.write_str(&chosen.collect::<Vec<_>>().join(" "))
    }
}

/// Answers that are interchangeable as far as other questions are concerned:
/// a set of combinations takes them in turns.
type Interchangeable = Vec<String>;

struct Parameter<'a> {
    question: &'a Question,
    answers: Vec<Interchangeable>,
}

/// The questions that are combined.
pub struct Parameters<'a> {
    questions: &'a [Question],
    parameters: Vec<Parameter<'a>>,
}

impl<'a> Parameters<'a> {
    pub fn of(questions: &'a [Question]) -> Self {
        let parameters = questions
            .iter()
            .filter_map(|question| {
                let answers = match question.kind {
                    Kind::Choice => question
                        .choices
                        .iter()
                        .map(|choice| vec![choice.clone()])
                        .collect(),
                    Kind::Array => answers_of_several(question),
                    Kind::Text | Kind::Bool => return None,
                };
                Some(Parameter { question, answers })
            })
            .collect();
        Self {
            questions,
            parameters,
        }
    }

    /// Few combinations that hold every `width` answers which fit together.
    pub fn covering(&self, width: usize) -> Vec<Combination> {
        self.taking_turns(covering::covering(&self.sizes(), width, &|partial| {
            self.fits(partial)
        }))
    }

    /// Every combination that the hooks accept.
    pub fn all(&self) -> Vec<Combination> {
        let choices = covering::all(&self.sizes(), &|partial| self.fits(partial));
        let mut all: Vec<Combination> = choices
            .iter()
            .flat_map(|choice| self.every_turn(choice))
            .collect();
        all.sort();
        all
    }

    /// These answers, and the default of every other question.
    pub fn only(&self, given: &str) -> Result<Combination> {
        let mut answers: BTreeMap<&str, &str> = BTreeMap::new();
        for word in given.split_whitespace() {
            let (question, answer) = word
                .split_once('=')
                .with_context(|| format!("'{word}' is not <question>=<answer>"))?;
            ensure!(
                answers.insert(question, answer).is_none(),
                "'{question}' is answered twice"
            );
        }
        let chosen = self.parameters.iter().map(|parameter| {
            let question = parameter.question;
            let answer = answers.remove(question.name.as_str());
            let answer = answer.unwrap_or(&question.default);
            let is_choice = match question.kind {
                Kind::Array => answer
                    .split(',')
                    .filter(|one| !one.is_empty())
                    .all(|one| question.choices.iter().any(|choice| choice == one)),
                _ => question.choices.iter().any(|choice| choice == answer),
            };
            ensure!(is_choice, "'{answer}' is no answer to '{}'", question.name);
            Ok(answer.to_owned())
        });
        let chosen = chosen.collect::<Result<Vec<_>>>()?;
        if let Some(unknown) = answers.keys().next() {
            bail!("'{unknown}' is no question that has choices");
        }
        let combination = self.combination(chosen);
        if let Some(reason) = why_refused(&|question| combination.get(question)) {
            bail!("the hooks refuse it: {reason}");
        }
        Ok(combination)
    }

    /// All that cargo-generate is told, with names, and with the confirmations
    /// that the answers need.
    pub fn values(&self, combination: &Combination) -> BTreeMap<String, String> {
        let mut values: BTreeMap<String, String> = NAMES
            .iter()
            .filter(|(name, _)| self.questions.iter().any(|question| question.name == *name))
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect();
        values.extend(combination.answers.iter().cloned());
        if combination.get("currency_mode") == Some("several") {
            values.insert("currency".to_owned(), SEVERAL_CURRENCIES.to_owned());
        }
        for question in self.questions {
            if question.kind == Kind::Bool
                && question.name.starts_with(CONFIRMATION)
                && is_asked(question, combination)
            {
                values.insert(question.name.clone(), "true".to_owned());
            }
        }
        values
    }

    fn sizes(&self) -> Vec<usize> {
        let parameters = self.parameters.iter();
        parameters
            .map(|parameter| parameter.answers.len())
            .collect()
    }

    fn fits(&self, partial: &[Option<usize>]) -> bool {
        let answer = |question: &str| {
            let mut parameters = self.parameters.iter().zip(partial);
            let (parameter, chosen) =
                parameters.find(|(parameter, _)| parameter.question.name == question)?;
            let interchangeable = parameter.answers.get((*chosen)?)?;
            interchangeable.first().map(String::as_str)
        };
        why_refused(&answer).is_none()
    }

    /// Combinations in which interchangeable answers take turns.
    fn taking_turns(&self, choices: Vec<Choice>) -> Vec<Combination> {
        let mut turns: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        choices
            .into_iter()
            .map(|choice| {
                let answers = choice.iter().enumerate().map(|(number, chosen)| {
                    let interchangeable = &self.parameters[number].answers[*chosen];
                    let turn = turns.entry((number, *chosen)).or_default();
                    let answer = interchangeable[*turn % interchangeable.len()].clone();
                    *turn += 1;
                    answer
                });
                self.combination(answers.collect())
            })
            .collect()
    }

    /// One combination for each of the interchangeable answers.
    fn every_turn(&self, choice: &Choice) -> Vec<Combination> {
        let mut all = vec![Vec::new()];
        for (parameter, chosen) in self.parameters.iter().zip(choice) {
            all = all
                .into_iter()
                .flat_map(|answers| {
                    let interchangeable = parameter.answers[*chosen].iter();
                    interchangeable.map(move |answer| {
                        let mut answers = answers.clone();
                        answers.push(answer.clone());
                        answers
                    })
                })
                .collect();
        }
        all.into_iter()
            .map(|answers| self.combination(answers))
            .collect()
    }

    fn combination(&self, answers: Vec<String>) -> Combination {
        let names = self.parameters.iter().map(|parameter| parameter.question);
        let answers: Vec<_> = names.zip(answers).collect();
        let chosen = answers
            .iter()
            .filter(|(question, answer)| question.default != *answer);
        let named =
            |(question, answer): &(&Question, String)| (question.name.clone(), answer.clone());
        Combination {
            chosen: chosen.map(named).collect(),
            answers: answers.iter().map(named).collect(),
        }
    }
}

/// The default, a set of two, one other choice (they take turns), and all. Where
/// all are the default: all, none, and one (they take turns).
fn answers_of_several(question: &Question) -> Vec<Interchangeable> {
    if question.default == question.choices.join(",") {
        return vec![
            vec![question.default.clone()],
            vec![String::new()],
            question.choices.clone(),
        ];
    }
    let mut answers = vec![vec![question.default.clone()]];
    let named = SEVERAL_CHOICES
        .iter()
        .filter(|(name, _)| *name == question.name);
    answers.extend(named.map(|(_, several)| vec![several.to_string()]));
    let others = question
        .choices
        .iter()
        .filter(|choice| **choice != question.default);
    answers.push(others.cloned().collect());
    answers.push(vec![question.choices.join(",")]);
    answers
}

/// Whether a question that is asked under `other == "answer"` is asked.
fn is_asked(question: &Question, combination: &Combination) -> bool {
    match &question.asked {
        Asked::Always => true,
        Asked::When(condition) => condition.split_once(" == ").is_some_and(|(other, answer)| {
            combination.get(other) == Some(answer.trim_matches('"'))
        }),
    }
}

/// Why the hooks refuse answers that each are accepted by themselves. A
/// question may still be open. This is the one place, besides the hooks, that
/// knows the rule; a test compares the two.
pub fn why_refused<'a>(answer: &dyn Fn(&str) -> Option<&'a str>) -> Option<&'static str> {
    let id_types = answer("id_types")?;
    let has_phones = id_types.split(',').any(|id_type| id_type == "MSISDN");
    (answer("payer_debit")? == "push_approval" && !has_phones)
        .then_some("push_approval asks the customer on the phone, so id_types has to hold MSISDN")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{questions::questions, repository};

    fn with_parameters(test: impl FnOnce(&Parameters)) {
        let questions = questions(repository()).unwrap();
        test(&Parameters::of(&questions));
    }

    #[test]
    fn every_question_with_choices_is_combined() {
        with_parameters(|parameters| {
            let names: BTreeSet<&str> = parameters
                .parameters
                .iter()
                .map(|parameter| parameter.question.name.as_str())
                .collect();
            for question in parameters.questions {
                let has_choices = !question.choices.is_empty();
                assert_eq!(names.contains(question.name.as_str()), has_choices);
            }
        });
    }

    #[test]
    fn every_two_answers_that_fit_occur_together_in_few_combinations() {
        with_parameters(|parameters| {
            let chosen = parameters.covering(2);
            assert!(chosen.len() <= 35, "{}", chosen.len());
            for pair in covering::tuples(&parameters.sizes(), 2) {
                let [(first, _), (second, _)] = pair[..] else {
                    panic!("no pair");
                };
                let answers = |index: usize| {
                    let (parameter, answer) = pair[index];
                    &parameters.parameters[parameter].answers[answer]
                };
                let name = |parameter: usize| &parameters.parameters[parameter].question.name;
                let occur = chosen.iter().any(|combination| {
                    let holds = |parameter: usize, index: usize| {
                        let answer = combination.get(name(parameter)).unwrap_or_default();
                        answers(index).iter().any(|one| one == answer)
                    };
                    holds(first, 0) && holds(second, 1)
                });
                let mut partial = vec![None; parameters.parameters.len()];
                partial[first] = Some(pair[0].1);
                partial[second] = Some(pair[1].1);
                let fits = parameters.fits(&partial);
                assert_eq!(occur, fits, "{:?} with {:?}", answers(0), answers(1));
            }
        });
    }

    #[test]
    fn every_choice_of_a_question_that_takes_several_is_once_alone() {
        with_parameters(|parameters| {
            let chosen = parameters.covering(2);
            for question in parameters.questions {
                if question.kind == Kind::Array {
                    for choice in &question.choices {
                        let mut answers = chosen.iter().map(|one| one.get(&question.name));
                        assert!(
                            answers.any(|answer| answer == Some(choice)),
                            "{choice} never stands alone"
                        );
                    }
                }
            }
        });
    }

    #[test]
    fn the_first_combination_is_the_canonical_one() {
        with_parameters(|parameters| {
            assert_eq!(parameters.covering(2)[0].to_string(), "");
            assert_eq!(parameters.covering(2)[0], parameters.only("").unwrap());
        });
    }

    #[test]
    fn a_combination_is_repeated_by_what_it_prints() {
        with_parameters(|parameters| {
            for combination in parameters.covering(2) {
                let repeated = parameters.only(&combination.to_string()).unwrap();
                assert_eq!(repeated, combination);
            }
        });
    }

    #[test]
    fn what_is_not_there_cannot_be_repeated() {
        with_parameters(|parameters| {
            let refusal = |given: &str| parameters.only(given).unwrap_err().to_string();
            assert!(refusal("fee=flat").contains("'fee' is no question"));
            assert!(refusal("fees=some").contains("'some' is no answer to 'fees'"));
            assert!(refusal("fees").contains("is not <question>=<answer>"));
            assert!(refusal("fees=flat fees=cbs").contains("answered twice"));
            let refused = refusal("payer_debit=push_approval id_types=IBAN");
            assert!(refused.contains("the hooks refuse it"), "{refused}");
        });
    }

    #[test]
    fn a_combination_confirms_what_has_to_be_confirmed() {
        with_parameters(|parameters| {
            let values = |given: &str| parameters.values(&parameters.only(given).unwrap());
            let confirmed = values("payee_pattern=loan_repayment");
            assert_eq!(confirmed["confirm_loan_repayment"], "true");
            assert!(!values("").contains_key("confirm_loan_repayment"));
            assert_eq!(values("")["currency"], "GMD");
            assert_eq!(values("currency_mode=several")["currency"], "GMD,USD");
        });
    }

    #[test]
    fn nothing_canonical_is_in_the_names() {
        with_parameters(|parameters| {
            let values = parameters.values(&parameters.only("").unwrap());
            for question in parameters.questions {
                if question.kind == Kind::Text && !question.default.is_empty() {
                    assert_ne!(
                        values[&question.name], question.default,
                        "{}",
                        question.name
                    );
                }
            }
        });
    }
}
