//! The bank's side: what it posted, payment by payment.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use super::{
    difference::{Difference, Kind},
    ours::{Ours, Sums},
};
use crate::{
    core_banking::port::{BankError, Posting, Postings},
    domain::{
        period::Period,
        reference::{Reference, Subject},
        timestamp::Timestamp,
        transfer_id::TransferId,
    },
    journal::{inspection::Inspection, store::Direction},
    operations::commands::CommandError,
};

/// How far the clocks of bank and connector may be apart, and how long before
/// its record a payment's last posting may have been made.
const LEEWAY: Duration = Duration::from_secs(15 * 60);

/// A bank that goes on for ever is not listened to.
const MAX_POSTINGS: usize = 1_000_000;

/// A payment, as both sides name it.
pub type Key = (Direction, TransferId);

/// All that the bank posted for the payments of a period, and what it posted in
/// the period besides.
#[derive(Debug, Default)]
pub struct Statement {
    pub of: HashMap<Key, Vec<Posting>>,
    pub unknown: Vec<Posting>,
    pub differences: Vec<Difference>,
}

impl Statement {
    pub async fn read(
        bank: &(impl Postings + ?Sized),
        journal: &dyn Inspection,
        period: Period,
        ended: &[Ours],
    ) -> Result<Self, CommandError> {
        let mut statement = Self::default();
        for ours in ended {
            let key = (ours.direction, ours.transfer_id.clone());
            statement.of.insert(key, Vec::new());
        }
        // The steps of a payment are as old as the payment.
        let opened = ended.iter().map(|ours| ours.opened_at);
        let first = opened.min().unwrap_or(period.from).min(period.from);
        let asked = Period {
            from: first.before(LEEWAY),
            until: period.until.after(LEEWAY),
        };
        let mut others = Vec::new();
        let (mut page, mut number) = (None, 0);
        loop {
            let answer = bank.postings(asked, page.as_deref()).await;
            let answer = answer.map_err(|error| not_listed(&error))?;
            number += answer.postings.len();
            if number > MAX_POSTINGS {
                let why = format!("the bank lists more than {MAX_POSTINGS} postings");
                return Err(CommandError::refused(why));
            }
            for posting in answer.postings {
                let key = key_of(&posting.reference);
                match key.as_ref().and_then(|key| statement.of.get_mut(key)) {
                    Some(of) => of.push(posting),
                    None if period.contains(posting.posted_at) => others.push((key, posting)),
                    None => {}
                }
            }
            match answer.next {
                Some(next) if page.as_ref() != Some(&next) => page = Some(next),
                Some(_) => return Err(CommandError::refused("the bank lists one page for ever")),
                None => break,
            }
        }
        for (key, posting) in others {
            statement.place(journal, period, key, posting).await?;
        }
        Ok(statement)
    }

    /// A posting of the period for a payment that did not end in it.
    async fn place(
        &mut self,
        journal: &dyn Inspection,
        period: Period,
        key: Option<Key>,
        posting: Posting,
    ) -> Result<(), CommandError> {
        let history = match &key {
            Some((direction, transfer_id)) => {
                journal.history(*direction, transfer_id.clone()).await?
            }
            None => Vec::new(),
        };
        let Some(last) = history.last() else {
            let detail = format!(
                "{} at {} posted {}",
                posting.booking,
                posting.posted_at,
                sums(std::slice::from_ref(&posting)).in_words()
            );
            self.differences.push(Difference {
                kind: Kind::PostedUnknown,
                subject: posting.reference.clone(),
                direction: key.map(|(direction, _)| direction.as_str()),
                detail,
            });
            self.unknown.push(posting);
            return Ok(());
        };
        let ended_at: Option<Timestamp> = history
            .iter()
            .find(|line| line.state == last.state)
            .map(|line| line.recorded_at)
            .filter(|_| is_final(&last.state));
        if ended_at.is_some_and(|ended_at| ended_at < period.from.before(LEEWAY)) {
            let state = &last.state;
            self.differences.push(Difference {
                kind: Kind::PostedLate,
                subject: posting.reference.clone(),
                direction: key.map(|(direction, _)| direction.as_str()),
                detail: format!(
                    "{} at {}; it has been {state} for long",
                    posting.booking, posting.posted_at
                ),
            });
            self.unknown.push(posting);
        }
        // Else it is not over, or belongs to the period in which it became final.
        Ok(())
    }
}

fn is_final(state: &str) -> bool {
    matches!(state, "committed" | "completed" | "aborted" | "refused")
}

fn key_of(reference: &str) -> Option<Key> {
    let (transfer_id, subject) = Reference::subject(reference)?;
    let direction = match subject {
        Subject::Credit => Direction::Incoming,
        Subject::Debit => Direction::Outgoing,
        // [if role is fxp, both]
        Subject::Conversion => Direction::Conversion,
        // [end]
    };
    Some((direction, transfer_id))
}

fn not_listed(error: &BankError) -> CommandError {
    CommandError::refused(format!("the bank does not list its postings: {error}"))
}

/// What some postings come to.
pub fn sums(postings: &[Posting]) -> Sums {
    let mut sums = Sums::default();
    for entry in postings.iter().flat_map(|posting| &posting.entries) {
        sums.add(entry.kind, entry.currency, entry.amount);
    }
    sums
}

/// How the bank's postings for a payment differ from what has to be there.
pub fn compare(ours: &Ours, postings: &[Posting]) -> Vec<Difference> {
    let mut differences = Vec::new();
    let mut differs = |kind, detail: String| {
        differences.push(Difference {
            kind,
            subject: ours.transfer_id.to_string(),
            direction: Some(ours.direction.as_str()),
            detail,
        });
    };
    let mut by_reference: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for posting in postings {
        let bookings = by_reference.entry(&posting.reference).or_default();
        bookings.push(&posting.booking);
    }
    let mut is_repeated = false;
    for (reference, bookings) in by_reference {
        if bookings.len() > 1 {
            is_repeated = true;
            differs(
                Kind::PostedTwice,
                format!("{reference}: {}", bookings.join(", ")),
            );
        }
    }
    let (expected, posted) = (ours.expected(), sums(postings));
    if expected == posted || is_repeated {
        return differences;
    }
    let amounts = format!(
        "posted {}, to be posted {}",
        posted.in_words(),
        expected.in_words()
    );
    match (&ours.ended_by, expected.is_empty(), posted.is_empty()) {
        (Some(decision), _, _) => differs(
            Kind::BookedByHand,
            format!("{amounts}; {} ({})", decision.reason, decision.actor),
        ),
        (None, _, true) => differs(Kind::NotPosted, amounts),
        (None, true, false) => differs(
            Kind::PostedNotCommitted,
            format!("{} here; {amounts}", ours.state),
        ),
        (None, false, false) => differs(Kind::PostedOtherwise, amounts),
    }
    differences
}
