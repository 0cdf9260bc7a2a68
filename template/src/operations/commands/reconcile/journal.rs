//! Our side: what became final in the period, and what is not over.

use std::collections::HashMap;

use super::{
    difference::{Difference, Kind},
    ours::Ours,
};
use crate::{
    domain::{
        outgoing::OutgoingState, period::Period, timestamp::Timestamp, transfer_id::TransferId,
    },
    journal::{
        inspection::{Exceptional, Inspection, Listed, Selection},
        store::Direction,
    },
    operations::commands::{CommandError, age::age, record::Record},
};

/// So many rows are read at a time.
const PAGE: usize = 1_000;

/// The journal's side of a period.
#[derive(Debug, Default)]
pub struct OurSide {
    pub ended: Vec<Ours>,
    /// Payments that are not over and may hold money, with their states.
    pub open: HashMap<(Direction, TransferId), String>,
    pub differences: Vec<Difference>,
}

impl OurSide {
    pub async fn read(journal: &dyn Inspection, period: Period) -> Result<Self, CommandError> {
        let mut side = Self::default();
        let mut after = 0;
        loop {
            let page = journal.ended(period, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.number;
            for ended in page {
                side.ended.push(Ours::of(ended)?);
            }
        }
        side.read_open(journal, period).await?;
        side.read_exceptions(journal, period).await?;
        Ok(side)
    }

    async fn read_open(
        &mut self,
        journal: &dyn Inspection,
        period: Period,
    ) -> Result<(), CommandError> {
        let mut after = None;
        loop {
            let selection = Selection {
                unfinished: true,
                opened_before: Some(period.until),
                after,
                limit: PAGE,
                ..Selection::default()
            };
            let page = journal.list(selection).await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = Some(last.number);
            for listed in page {
                self.take_open(listed)?;
            }
        }
    }

    fn take_open(&mut self, listed: Listed) -> Result<(), CommandError> {
        let entry = listed.entry;
        let record = Record::read(&entry)?;
        let is_parked = entry.work.parked.is_some();
        if !is_parked && !may_hold_money(&record) {
            return Ok(());
        }
        let since = age(listed.opened_at, Timestamp::now());
        let (state, amount) = (&entry.state, record.amount());
        let (kind, detail) = match &entry.work.parked {
            Some(reason) => (
                Kind::Parked,
                format!("{state}, {amount}, opened {since} ago: {reason}"),
            ),
            None => (
                Kind::Unfinished,
                format!("{state}, {amount}, opened {since} ago"),
            ),
        };
        self.differences.push(Difference {
            kind,
            subject: entry.transfer_id.to_string(),
            direction: Some(entry.direction.as_str()),
            detail,
        });
        let scheme_transfer_id = record.scheme_transfer_id(&entry.transfer_id);
        for transfer_id in [scheme_transfer_id, entry.transfer_id] {
            self.open
                .insert((entry.direction, transfer_id), entry.state.clone());
        }
        Ok(())
    }

    async fn read_exceptions(
        &mut self,
        journal: &dyn Inspection,
        period: Period,
    ) -> Result<(), CommandError> {
        let open = Exceptional::Open { limit: usize::MAX };
        for known in journal.exceptions(open).await? {
            let exception = known.exception;
            if exception.first_told_at >= period.until {
                continue;
            }
            self.differences.push(Difference {
                kind: Kind::Exception,
                subject: exception.transfer_id.to_string(),
                direction: None,
                detail: format!("{} at {}", exception.told, exception.first_told_at),
            });
        }
        Ok(())
    }
}

/// An offer that nobody has agreed to holds no money, nor does what is over.
fn may_hold_money(record: &Record) -> bool {
    match record {
        Record::Outgoing(payment) => payment.state() >= OutgoingState::Reserving,
        // [if use_cases has request_to_pay or use_cases has bulk]
        Record::WithoutMoney => false,
        // [end]
        _ => true,
    }
}
