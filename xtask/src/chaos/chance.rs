//! Everything that is left to chance comes from one seed.

use fastrand::Rng;

/// The seed. What is drawn about one subject does not depend on what is drawn
/// about another, however the operating system interleaves them.
#[derive(Debug, Clone, Copy)]
pub struct Chance {
    seed: u64,
}

impl Chance {
    pub fn of(seed: u64) -> Self {
        Self { seed }
    }

    /// What is drawn about the n-th of a kind of thing.
    pub fn about(self, subject: &str, number: u64) -> Rng {
        let mut hash = self.seed ^ 0xcbf2_9ce4_8422_2325;
        let bytes = subject.bytes().chain(number.to_le_bytes());
        for byte in bytes {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        Rng::with_seed(hash)
    }

    /// Another seed, for a part of a whole.
    pub fn part(self, name: &str) -> Self {
        Self {
            seed: self.about(name, 0).u64(..),
        }
    }
}

/// Whether something happens that happens so many times in a thousand.
pub fn happens(rng: &mut Rng, per_mille: u32) -> bool {
    rng.u32(0..1000) < per_mille
}

/// One of several.
pub fn one_of<T: Copy>(rng: &mut Rng, choices: &[T]) -> T {
    choices[rng.usize(0..choices.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_draws_the_same_again_and_another_one_something_else() {
        let draw = |seed, subject, number| Chance::of(seed).about(subject, number).u64(..);
        assert_eq!(draw(1, "bank", 7), draw(1, "bank", 7));
        assert_ne!(draw(1, "bank", 7), draw(2, "bank", 7));
        assert_ne!(draw(1, "bank", 7), draw(1, "bank", 8));
        assert_ne!(draw(1, "bank", 7), draw(1, "scheme", 7));
    }

    /// A seed that somebody has noted has to mean the same with another version.
    #[test]
    fn what_a_seed_draws_does_not_change() {
        assert_eq!(Chance::of(1).about("bank", 7).u32(0..1000), 639);
    }
}
