//! A stretch of time that payments are looked at together.

use super::timestamp::Timestamp;

/// From a moment up to, and without, another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    pub from: Timestamp,
    pub until: Timestamp,
}

impl Period {
    pub fn contains(self, moment: Timestamp) -> bool {
        self.from <= moment && moment < self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_moment_is_in_one_of_two_periods_that_follow_on_each_other() {
        let at = Timestamp::from_milliseconds;
        let period = |from, until| Period {
            from: at(from),
            until: at(until),
        };
        let (first, second) = (period(0, 10), period(10, 20));
        for moment in 0..20 {
            assert_ne!(first.contains(at(moment)), second.contains(at(moment)));
        }
    }
}
