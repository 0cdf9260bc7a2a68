//! Few combinations that together hold every pair of answers.
//!
//! Most mistakes in a template need one answer to show, and most of the others
//! two: that a file of one answer does not fit a file of another. So instead of
//! all combinations, of which there are thousands, some are chosen such that any
//! two answers to any two questions occur together. The choice is greedy and
//! always the same.
//!
//! Questions and their answers are numbers here.

use std::collections::{BTreeMap, BTreeSet};

/// An answer to each question: by the number of the question, that of the answer.
pub type Choice = Vec<usize>;

/// As [`Choice`], with questions that are still open.
pub type Partial = Vec<Option<usize>>;

/// Some answers that are to occur together: question and answer, by question.
type Tuple = Vec<(usize, usize)>;

/// How many beginnings of the next combination are tried.
const MAX_BEGINNINGS: usize = 64;

/// Chooses combinations that hold every `width` answers that fit together. The
/// first one has the first answer to every question, if that fits.
///
/// `answers` says how many there are to each question; `fits` says whether the
/// answers given so far can stand together.
pub fn covering(
    answers: &[usize],
    width: usize,
    fits: &dyn Fn(&[Option<usize>]) -> bool,
) -> Vec<Choice> {
    let mut open: BTreeSet<Tuple> = tuples(answers, width)
        .into_iter()
        .filter(|tuple| complete(answers, beginning(answers, tuple), fits, &|_, _| 0).is_some())
        .collect();
    let mut chosen = Vec::new();
    let mut used: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    let mut next = Some(vec![0; answers.len()]).filter(|first| fits(&partial(first)));
    loop {
        if let Some(choice) = next.take() {
            open.retain(|tuple| !holds(&partial(&choice), tuple));
            for given in choice.iter().copied().enumerate() {
                *used.entry(given).or_default() += 1;
            }
            chosen.push(choice);
        }
        if open.is_empty() {
            return chosen;
        }
        next = best(answers, &open, &used, fits);
        if next.is_none() {
            return chosen;
        }
    }
}

/// Every combination of answers that fit together.
pub fn all(answers: &[usize], fits: &dyn Fn(&[Option<usize>]) -> bool) -> Vec<Choice> {
    let mut partials = vec![vec![None; answers.len()]];
    for (question, count) in answers.iter().enumerate() {
        partials = partials
            .into_iter()
            .flat_map(|partial| (0..*count).map(move |answer| with(&partial, question, answer)))
            .filter(|partial| fits(partial))
            .collect();
    }
    partials
        .into_iter()
        .filter_map(|partial| partial.into_iter().collect())
        .collect()
}

/// Every `width` answers, each to another question.
pub fn tuples(answers: &[usize], width: usize) -> Vec<Tuple> {
    let mut tuples = vec![Tuple::new()];
    let mut complete = Vec::new();
    for (question, count) in answers.iter().enumerate() {
        let mut longer = Vec::new();
        for tuple in &tuples {
            for answer in 0..*count {
                let mut extended = tuple.clone();
                extended.push((question, answer));
                if extended.len() == width {
                    complete.push(extended);
                } else {
                    longer.push(extended);
                }
            }
        }
        tuples.extend(longer);
    }
    complete
}

/// The combination that holds the most open tuples, of those that are tried.
fn best(
    answers: &[usize],
    open: &BTreeSet<Tuple>,
    used: &BTreeMap<(usize, usize), usize>,
    fits: &dyn Fn(&[Option<usize>]) -> bool,
) -> Option<Choice> {
    let open: Vec<&Tuple> = open.iter().collect();
    let often = |given: &(usize, usize)| used.get(given).copied().unwrap_or_default();
    // How much an answer adds; of two that add the same, the rarer one.
    let gain = |partial: &[Option<usize>], question: usize| {
        let new = open
            .iter()
            .filter(|tuple| tuple.iter().any(|(one, _)| *one == question) && holds(partial, tuple));
        let answer = partial[question].unwrap_or_default();
        1_000 * new.count() as isize - often(&(question, answer)) as isize
    };
    let stride = open.len().div_ceil(MAX_BEGINNINGS);
    let tried = open.iter().step_by(stride).filter_map(|tuple| {
        let choice = complete(answers, beginning(answers, tuple), fits, &gain)?;
        let choice_is_partial = partial(&choice);
        let covered = open.iter().filter(|tuple| holds(&choice_is_partial, tuple));
        Some((covered.count(), choice))
    });
    // Of several that cover as many, the first.
    let best = tried.reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.map(|(_, choice)| choice)
}

/// Answers the questions that are still open, each by the answer that gains
/// most among those that leave the others answerable.
fn complete(
    answers: &[usize],
    partial: Partial,
    fits: &dyn Fn(&[Option<usize>]) -> bool,
    gain: &dyn Fn(&[Option<usize>], usize) -> isize,
) -> Option<Choice> {
    if !fits(&partial) {
        return None;
    }
    // The question with the most answers first: it leaves the fewest ways.
    let open = (0..answers.len()).filter(|question| partial[*question].is_none());
    let Some(question) = open.max_by_key(|question| (answers[*question], answers.len() - question))
    else {
        return partial.into_iter().collect();
    };
    let mut ways: Vec<(isize, Partial)> = (0..answers[question])
        .map(|answer| with(&partial, question, answer))
        .map(|way| (gain(&way, question), way))
        .collect();
    ways.sort_by_key(|(gain, _)| -gain);
    ways.into_iter()
        .find_map(|(_, way)| complete(answers, way, fits, gain))
}

fn beginning(answers: &[usize], tuple: &Tuple) -> Partial {
    let mut partial = vec![None; answers.len()];
    for (question, answer) in tuple {
        partial[*question] = Some(*answer);
    }
    partial
}

fn partial(choice: &[usize]) -> Partial {
    choice.iter().copied().map(Some).collect()
}

fn with(partial: &[Option<usize>], question: usize, answer: usize) -> Partial {
    let mut partial = partial.to_vec();
    partial[question] = Some(answer);
    partial
}

fn holds(partial: &[Option<usize>], tuple: &Tuple) -> bool {
    tuple
        .iter()
        .all(|(question, answer)| partial[*question] == Some(*answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As many answers as the template's questions have.
    const ANSWERS: [usize; 9] = [2, 4, 3, 3, 3, 4, 5, 5, 3];

    fn anything(_: &[Option<usize>]) -> bool {
        true
    }

    fn is_covered(chosen: &[Choice], tuple: &Tuple) -> bool {
        chosen.iter().any(|choice| holds(&partial(choice), tuple))
    }

    #[test]
    fn every_pair_is_covered_by_few_combinations() {
        let chosen = covering(&ANSWERS, 2, &anything);
        for pair in tuples(&ANSWERS, 2) {
            assert!(is_covered(&chosen, &pair), "{pair:?}");
        }
        // Five answers to each of two questions cannot be paired in fewer than 25.
        assert!((25..=30).contains(&chosen.len()), "{}", chosen.len());
    }

    #[test]
    fn the_first_combination_has_the_first_answers_and_the_choice_is_always_the_same() {
        let chosen = covering(&ANSWERS, 2, &anything);
        assert_eq!(chosen[0], [0; 9]);
        assert_eq!(chosen, covering(&ANSWERS, 2, &anything));
    }

    #[test]
    fn what_does_not_fit_is_never_chosen_and_everything_else_is_covered() {
        // The last answer to the second question asks for the first to the sixth.
        let fits = |partial: &[Option<usize>]| match (partial[1], partial[5]) {
            (Some(3), Some(other)) => other == 0,
            _ => true,
        };
        let chosen = covering(&ANSWERS, 2, &fits);
        assert!(chosen.iter().all(|choice| fits(&partial(choice))));
        for pair in tuples(&ANSWERS, 2) {
            let can_be = fits(&beginning(&ANSWERS, &pair));
            assert_eq!(is_covered(&chosen, &pair), can_be, "{pair:?}");
        }
    }

    #[test]
    fn a_pair_that_a_third_question_makes_impossible_is_not_waited_for() {
        // Neither of the third question's answers goes with both.
        let fits = |partial: &[Option<usize>]| {
            !matches!(partial, [Some(1), _, Some(0)] | [_, Some(1), Some(1)])
        };
        let answers = [2, 2, 2];
        let chosen = covering(&answers, 2, &fits);
        assert!(!is_covered(&chosen, &vec![(0, 1), (1, 1)]));
        assert!(is_covered(&chosen, &vec![(0, 1), (1, 0)]));
    }

    #[test]
    fn three_answers_can_be_covered_too() {
        let answers = [2, 3, 2, 3];
        let chosen = covering(&answers, 3, &anything);
        for triple in tuples(&answers, 3) {
            assert!(is_covered(&chosen, &triple), "{triple:?}");
        }
        assert!(chosen.len() < all(&answers, &anything).len());
    }

    #[test]
    fn all_are_all_that_fit() {
        let fits = |partial: &[Option<usize>]| partial[..2] != [Some(1), Some(2)];
        let chosen = all(&[2, 3], &fits);
        assert_eq!(
            chosen,
            [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1]].map(|choice| choice.to_vec())
        );
    }
}
