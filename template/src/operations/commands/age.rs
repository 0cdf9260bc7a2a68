//! How long ago, for people.

use std::time::Duration;

use crate::domain::timestamp::Timestamp;

/// How long after `earlier` it is: `40 s`, `3 min`, `2 h 5 min`, `4 d 3 h`.
pub fn age(earlier: Timestamp, now: Timestamp) -> String {
    written(now.since(earlier).unwrap_or_default())
}

fn written(age: Duration) -> String {
    let seconds = age.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min"),
        (0, _, _) => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_written_in_the_two_units_that_matter() {
        for (seconds, expected) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3_599, "59 min"),
            (3_600, "1 h 0 min"),
            (7_500, "2 h 5 min"),
            (86_400, "1 d 0 h"),
            (100_000, "1 d 3 h"),
        ] {
            assert_eq!(written(Duration::from_secs(seconds)), expected);
        }
    }
}
