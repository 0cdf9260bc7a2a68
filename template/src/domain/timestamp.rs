//! A moment in time, written as Mojaloop writes it.

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};

/// A moment, to the millisecond, in UTC: `2026-05-24T08:38:08.699Z`.
///
/// Mojaloop's `DateTime` has exactly three decimals, so this type has no more.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp {
    milliseconds: i64,
}

/// The text is not a moment in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a moment is written like 2026-05-24T08:38:08.699Z")]
pub struct NotATimestamp;

impl Timestamp {
    pub fn now() -> Self {
        #[cfg(test)]
        if let Some(now) = test_clock::now() {
            return now;
        }
        Self {
            milliseconds: jiff::Timestamp::now().as_millisecond(),
        }
    }

    /// A moment later than every payment.
    pub fn end_of_time() -> Self {
        Self::from_milliseconds(i64::MAX)
    }

    /// The moment this many milliseconds after 1970-01-01T00:00:00Z.
    pub fn from_milliseconds(milliseconds: i64) -> Self {
        let (first, last) = (jiff::Timestamp::MIN, jiff::Timestamp::MAX);
        Self {
            milliseconds: milliseconds.clamp(first.as_millisecond(), last.as_millisecond()),
        }
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn as_milliseconds(self) -> i64 {
        self.milliseconds
    }

    /// The moment `duration` later.
    pub fn after(self, duration: Duration) -> Self {
        let milliseconds = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self::from_milliseconds(self.milliseconds.saturating_add(milliseconds))
    }

    /// The moment `duration` earlier.
    pub fn before(self, duration: Duration) -> Self {
        let milliseconds = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self::from_milliseconds(self.milliseconds.saturating_sub(milliseconds))
    }

    /// How long after `earlier` this moment is; `None` if it is not later.
    pub fn since(self, earlier: Self) -> Option<Duration> {
        let milliseconds = self.milliseconds.checked_sub(earlier.milliseconds)?;
        let milliseconds = u64::try_from(milliseconds).ok()?;
        (milliseconds > 0).then(|| Duration::from_millis(milliseconds))
    }
}

impl FromStr for Timestamp {
    type Err = NotATimestamp;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let timestamp: jiff::Timestamp = text.parse().map_err(|_| NotATimestamp)?;
        Ok(Self {
            milliseconds: timestamp.as_millisecond(),
        })
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Every value comes from `jiff` or was bounded by its range.
        let timestamp =
            jiff::Timestamp::from_millisecond(self.milliseconds).map_err(|_| fmt::Error)?;
        write!(formatter, "{timestamp:.3}")
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl TryFrom<String> for Timestamp {
    type Error = NotATimestamp;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Timestamp> for String {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.to_string()
    }
}

#[cfg(test)]
pub mod test_clock {
    //! A clock that a test sets, for its thread alone. It goes on with the clock
    //! of tokio, which a test can pause, in whole seconds: what takes less takes
    //! no time.

    use std::cell::Cell;

    use tokio::time::Instant;

    use super::Timestamp;

    thread_local! {
        static SET: Cell<Option<(Timestamp, Instant)>> = const { Cell::new(None) };
    }

    pub fn set(now: Timestamp) {
        SET.set(Some((now, Instant::now())));
    }

    pub(super) fn now() -> Option<Timestamp> {
        let (then, since) = SET.get()?;
        let seconds = since.elapsed().as_secs();
        Some(then.after(std::time::Duration::from_secs(seconds)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_with_three_decimals_in_utc() {
        for (text, written) in [
            ("2026-11-21T20:40:02.472Z", "2026-11-21T20:40:02.472Z"),
            ("2026-11-21T20:40:02Z", "2026-11-21T20:40:02.000Z"),
            ("2016-05-24T08:38:08.699-04:00", "2016-05-24T12:38:08.699Z"),
            ("2026-11-21T20:40:02.4729Z", "2026-11-21T20:40:02.472Z"),
        ] {
            assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), written);
        }
    }

    #[test]
    fn refuses_what_is_not_a_moment() {
        for text in ["", "yesterday", "2026-11-21", "2026-13-01T00:00:00Z"] {
            assert_eq!(text.parse::<Timestamp>(), Err(NotATimestamp), "{text}");
        }
    }
}
