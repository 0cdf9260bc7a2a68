//! Which period is meant.

use std::str::FromStr;

use crate::domain::timestamp::Timestamp;

/// A moment as it is written on a command line: a day, which begins at midnight
/// UTC, or a moment with its offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment(pub Timestamp);

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let midnight = format!("{text}T00:00:00Z");
        [text, &midnight]
            .iter()
            .find_map(|text| text.parse().ok())
            .map(Self)
            .ok_or_else(|| {
                "write a day (2026-11-22, from midnight UTC) or a moment \
                 (2026-11-22T06:00:00+02:00)"
                    .to_owned()
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_utc_and_an_offset_counts() {
        for (text, moment) in [
            ("2026-11-22", "2026-11-22T00:00:00.000Z"),
            ("2026-11-22T06:00:00+02:00", "2026-11-22T04:00:00.000Z"),
            ("2026-11-22T06:00:00Z", "2026-11-22T06:00:00.000Z"),
        ] {
            let Moment(read) = text.parse().unwrap();
            assert_eq!(read.to_string(), moment);
        }
        for text in ["", "22.11.2026", "2026-11-22T06:00:00", "2026-13-01"] {
            assert!(text.parse::<Moment>().is_err(), "{text}");
        }
    }
}
