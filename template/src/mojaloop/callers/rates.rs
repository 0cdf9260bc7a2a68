//! How often a channel may call, so that one that has gone wrong leaves room
//! for the others, and so that nobody learns the names of all customers of the
//! scheme by trying numbers.
//!
//! What a channel has not used for a while it may use at once: ten seconds'
//! worth. The counting is that of a leaky bucket that is kept as the one moment
//! at which it will be empty (the generic cell rate algorithm).

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::{domain::channel::ChannelName, environment::Variables};

const MINUTE: Duration = Duration::from_secs(60);

/// How much of what was not used counts.
const SAVED_FOR: Duration = Duration::from_secs(10);

/// Channels whose requests are counted each by itself. With a token, a channel
/// is whatever the identity provider calls so: further ones share one count.
const MAX_CHANNELS: usize = 1024;

/// What a request asks for, as far as it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// It is answered with what a person is called.
    LookUp,
    Other,
}

/// What a channel may ask for in a minute.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub requests: NonZeroU32,
    pub look_ups: NonZeroU32,
}

impl Limits {
    pub fn read(variables: &mut Variables) -> Option<Self> {
        let requests = variables.parsed("DFSP_API_REQUESTS_PER_MINUTE", "6000");
        let look_ups = variables.parsed("DFSP_API_LOOK_UPS_PER_MINUTE", "600");
        Some(Self {
            requests: requests?,
            look_ups: look_ups?,
        })
    }
}

/// Counts the requests of all channels.
#[derive(Debug)]
pub struct Rates {
    limits: Limits,
    channels: Mutex<HashMap<ChannelName, Used>>,
}

/// When what a channel has used will be used no more.
#[derive(Debug, Clone, Copy)]
struct Used {
    requests_until: Instant,
    look_ups_until: Instant,
}

/// Whoever calls, if nobody has to say who he is; and who is counted together.
pub fn anybody() -> ChannelName {
    "anybody"
        .parse()
        .unwrap_or_else(|_| unreachable!("it is a name"))
}

impl Rates {
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            channels: Mutex::default(),
        }
    }

    /// Counts a request; or says how long the channel has to wait for it.
    pub fn count(&self, channel: &ChannelName, ask: Ask) -> Result<(), Duration> {
        self.count_at(Instant::now(), channel, ask)
    }

    fn count_at(&self, now: Instant, channel: &ChannelName, ask: Ask) -> Result<(), Duration> {
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        if !channels.contains_key(channel) && channels.len() >= MAX_CHANNELS {
            channels.retain(|_, used| used.requests_until > now || used.look_ups_until > now);
        }
        let counted = match channels.contains_key(channel) || channels.len() < MAX_CHANNELS {
            true => channel.clone(),
            false => anybody(),
        };
        let used = channels.entry(counted).or_insert(Used {
            requests_until: now,
            look_ups_until: now,
        });
        let requests_until = one_more(used.requests_until, now, self.limits.requests)?;
        // Both or none is counted.
        if ask == Ask::LookUp {
            used.look_ups_until = one_more(used.look_ups_until, now, self.limits.look_ups)?;
        }
        used.requests_until = requests_until;
        Ok(())
    }
}

/// Until when it is used with one request more, if that is not too long.
fn one_more(until: Instant, now: Instant, a_minute: NonZeroU32) -> Result<Instant, Duration> {
    let each = MINUTE / a_minute.get();
    let more = until.max(now) + each;
    // One request is always possible after a while, however few there may be.
    let latest = now + SAVED_FOR.max(each);
    match more.checked_duration_since(latest) {
        Some(wait) if !wait.is_zero() => Err(wait),
        _ => Ok(more),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(requests: u32, look_ups: u32) -> Rates {
        Rates::new(Limits {
            requests: NonZeroU32::new(requests).unwrap(),
            look_ups: NonZeroU32::new(look_ups).unwrap(),
        })
    }

    fn channel(name: &str) -> ChannelName {
        name.parse().unwrap()
    }

    /// How many requests are let through at this moment.
    fn let_through(rates: &Rates, at: Instant, name: &str, ask: Ask) -> usize {
        let count = || rates.count_at(at, &channel(name), ask).is_ok();
        (0..10_000).take_while(|_| count()).count()
    }

    #[test]
    fn what_was_not_used_for_ten_seconds_can_be_used_at_once_and_no_more() {
        let (rates, start) = (rates(60, 60), Instant::now());
        assert_eq!(let_through(&rates, start, "app", Ask::Other), 10);
        let later = start + Duration::from_secs(3);
        assert_eq!(let_through(&rates, later, "app", Ask::Other), 3);
        let much_later = start + Duration::from_secs(3600);
        assert_eq!(let_through(&rates, much_later, "app", Ask::Other), 10);
    }

    #[test]
    fn whoever_is_refused_is_told_when_to_come_back_and_is_served_then() {
        let (rates, start) = (rates(60, 60), Instant::now());
        let_through(&rates, start, "app", Ask::Other);
        let wait = rates
            .count_at(start, &channel("app"), Ask::Other)
            .unwrap_err();
        assert_eq!(wait, Duration::from_secs(1));
        assert!(
            rates
                .count_at(start + wait, &channel("app"), Ask::Other)
                .is_ok()
        );
    }

    #[test]
    fn one_channel_uses_nothing_of_another() {
        let (rates, start) = (rates(60, 60), Instant::now());
        let_through(&rates, start, "app", Ask::Other);
        assert_eq!(let_through(&rates, start, "branch", Ask::Other), 10);
    }

    #[test]
    fn names_are_looked_up_less_often_than_other_things_are_asked() {
        let (rates, start) = (rates(600, 60), Instant::now());
        assert_eq!(let_through(&rates, start, "app", Ask::LookUp), 10);
        assert_eq!(let_through(&rates, start, "app", Ask::Other), 90);
    }

    #[test]
    fn a_limit_below_one_in_ten_seconds_lets_one_through() {
        let (rates, start) = (rates(1, 1), Instant::now());
        assert_eq!(let_through(&rates, start, "app", Ask::Other), 1);
        let later = start + MINUTE;
        assert_eq!(let_through(&rates, later, "app", Ask::Other), 1);
    }

    #[test]
    fn names_without_end_take_no_memory_without_end() {
        let (rates, start) = (rates(60, 60), Instant::now());
        for number in 0..3 * MAX_CHANNELS {
            let _ = rates.count_at(start, &channel(&format!("c{number}")), Ask::Other);
        }
        assert!(rates.channels.lock().unwrap().len() <= MAX_CHANNELS + 1);
        assert_eq!(
            let_through(&rates, start, "one-more", Ask::Other),
            0,
            "shared"
        );
        assert_eq!(
            let_through(&rates, start, "c1", Ask::Other),
            9,
            "not shared"
        );
        let later = start + MINUTE;
        assert_eq!(let_through(&rates, later, "one-more", Ask::Other), 10);
    }
}
