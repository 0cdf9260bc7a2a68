//! The choices of one run, and the way from one run to the next.

/// What was chosen in a run, in the order in which it was asked. The first run
/// chooses the first alternative everywhere; each further one repeats the one
/// before up to the last choice that had another alternative, and takes that.
#[derive(Debug, Clone, Default)]
pub struct Choices {
    made: Vec<Choice>,
    next: usize,
}

#[derive(Debug, Clone, Copy)]
struct Choice {
    alternative: usize,
    of: usize,
}

impl Choices {
    /// Chooses one of so many alternatives.
    pub fn choose(&mut self, of: usize) -> usize {
        if self.next == self.made.len() {
            self.made.push(Choice { alternative: 0, of });
        }
        let choice = self.made[self.next];
        assert_eq!(choice.of, of, "a run that is repeated asks the same");
        self.next += 1;
        choice.alternative
    }

    /// The same choices once more.
    pub fn again(mut self) -> Self {
        self.next = 0;
        self
    }

    /// The choices of the next run; `None` if this was the last one.
    pub fn following(mut self) -> Option<Self> {
        while let Some(last) = self.made.pop() {
            let alternative = last.alternative + 1;
            if alternative < last.of {
                let of = last.of;
                self.made.push(Choice { alternative, of });
                return Some(self.again());
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_combination_is_made_once_also_if_one_choice_depends_on_another() {
        let mut seen = Vec::new();
        let mut next = Some(Choices::default());
        while let Some(mut choices) = next {
            let first = choices.choose(2);
            let second = if first == 0 { choices.choose(3) } else { 0 };
            seen.push((first, second));
            next = choices.following();
        }
        assert_eq!(seen, [(0, 0), (0, 1), (0, 2), (1, 0)]);
    }
}
