//! The comparison of a period.

use std::collections::HashMap;

use super::{
    difference::{Difference, Kind},
    journal::OurSide,
    ours::{Ours, Sums},
    settlement::Settled,
    statement::{self, Statement},
    totals::Totals,
};
use crate::{
    core_banking::port::Postings,
    domain::{period::Period, transfer_id::TransferId},
    journal::{inspection::Inspection, store::Direction},
    operations::commands::{CommandError, record::Way},
};

/// What came of comparing a period.
#[derive(Debug)]
pub struct Reconciliation {
    pub period: Period,
    /// Whether there was a file of what the hub settled.
    pub has_settlement: bool,
    pub payments: Vec<Compared>,
    /// What differs, and is about none of these payments.
    pub others: Vec<Difference>,
    pub totals: Totals,
}

/// A payment of the period, as each of the three has it.
#[derive(Debug)]
pub struct Compared {
    pub ours: Ours,
    pub posted: Sums,
    /// What the hub settled of it; `None` without a file.
    pub settled: Option<Vec<Settled>>,
    pub differences: Vec<Difference>,
}

/// The lines of a file, by transfer and way.
struct Lines(HashMap<(TransferId, Way), Vec<Settled>>);

/// Compares a period.
pub async fn compare(
    journal: &dyn Inspection,
    bank: &(impl Postings + ?Sized),
    period: Period,
    settlement: Option<Vec<Settled>>,
) -> Result<Reconciliation, CommandError> {
    let our_side = OurSide::read(journal, period).await?;
    let statement = Statement::read(bank, journal, period, &our_side.ended).await?;
    let mut totals = Totals::default();
    for settled in settlement.iter().flatten() {
        totals.add_settled(settled);
    }
    let has_settlement = settlement.is_some();
    let mut lines = settlement.map(Lines::of);
    let mut others = our_side.differences;
    others.extend(statement.differences);
    for posting in &statement.unknown {
        totals.add_posting(None, posting);
    }
    let mut payments = Vec::new();
    for ours in our_side.ended {
        let key = (ours.direction, ours.transfer_id.clone());
        let postings = statement.of.get(&key).map_or(&[][..], Vec::as_slice);
        totals.add_ours(&ours);
        for posting in postings {
            totals.add_posting(way_of(&ours), posting);
        }
        let mut of_payment = statement::compare(&ours, postings);
        let settled = lines
            .as_mut()
            .map(|lines| lines.compare(&ours, &mut of_payment));
        payments.push(Compared {
            posted: statement::sums(postings),
            settled,
            differences: of_payment,
            ours,
        });
    }
    if let Some(lines) = lines {
        for ((transfer_id, way), settled) in lines.0 {
            if !settled.iter().any(Settled::is_committed) {
                // Nothing moved there, and nothing has to have moved here.
                continue;
            }
            let (kind, what) =
                other_period_or_unknown(journal, &our_side.open, &transfer_id, way).await?;
            others.push(Difference {
                kind,
                subject: transfer_id.to_string(),
                direction: Some(way.as_str()),
                detail: format!("the hub: {}; here: {what}", in_words(&settled)),
            });
        }
    }
    Ok(Reconciliation {
        period,
        has_settlement,
        payments,
        others,
        totals,
    })
}

impl Reconciliation {
    /// All that differs, by what it is.
    pub fn differences(&self) -> Vec<&Difference> {
        let of_payments = self.payments.iter().flat_map(|one| &one.differences);
        let mut differences: Vec<_> = of_payments.chain(&self.others).collect();
        differences.sort();
        differences
    }
}

/// Which way the money of a payment goes; `None` if it goes both ways.
fn way_of(ours: &Ours) -> Option<Way> {
    match ours.moved[..] {
        [moved] => Some(moved.way),
        _ => None,
    }
}

/// Why a line of the hub is about no payment that became final in the period.
async fn other_period_or_unknown(
    journal: &dyn Inspection,
    open: &HashMap<(Direction, TransferId), String>,
    transfer_id: &TransferId,
    way: Way,
) -> Result<(Kind, String), CommandError> {
    for direction in way.directions() {
        if let Some(state) = open.get(&(direction, transfer_id.clone())) {
            return Ok((Kind::SettledNotCommitted, format!("{state}, not over")));
        }
        let history = journal.history(direction, transfer_id.clone()).await?;
        if let Some(last) = history.last() {
            let (state, at) = (&last.state, last.recorded_at);
            return Ok((Kind::SettledInAnotherPeriod, format!("{state} since {at}")));
        }
    }
    Ok((Kind::SettledUnknown, "not known".to_owned()))
}

pub fn in_words(settled: &[Settled]) -> String {
    let lines = settled.iter().map(|line| {
        let currency = line.amount.currency();
        format!("{} {} {currency}", line.state, line.amount)
    });
    lines.collect::<Vec<_>>().join(", ")
}

impl Lines {
    fn of(settlement: Vec<Settled>) -> Self {
        let mut lines: HashMap<_, Vec<Settled>> = HashMap::new();
        for settled in settlement {
            let key = (settled.transfer_id.clone(), settled.way);
            lines.entry(key).or_default().push(settled);
        }
        Self(lines)
    }

    /// Takes out what the hub says of a payment, and says how it differs.
    fn compare(&mut self, ours: &Ours, differences: &mut Vec<Difference>) -> Vec<Settled> {
        let mut said = Vec::new();
        for moved in &ours.moved {
            let key = (ours.scheme_transfer_id.clone(), moved.way);
            let settled = self.0.remove(&key).unwrap_or_default();
            let committed: Vec<_> = settled.iter().filter(|line| line.is_committed()).collect();
            let expected = (moved.amount.value(), moved.amount.currency());
            let agrees =
                |line: &&Settled| (line.amount.value(), line.amount.currency()) == expected;
            let kind = match (ours.is_committed, &committed[..]) {
                (false, []) => None,
                (true, [line]) if agrees(line) => None,
                (true, []) => Some(Kind::NotSettled),
                (true, [_]) => Some(Kind::SettledOtherwise),
                (true, _) => Some(Kind::SettledTwice),
                (false, _) => Some(Kind::SettledNotCommitted),
            };
            let hub = match &settled[..] {
                [] => "nothing".to_owned(),
                settled => in_words(settled),
            };
            if let Some(kind) = kind {
                let (amount, currency) = (moved.amount, moved.amount.currency());
                differences.push(Difference {
                    kind,
                    subject: ours.transfer_id.to_string(),
                    direction: Some(ours.direction.as_str()),
                    detail: format!("the hub: {hub}; here: {} {amount} {currency}", ours.state),
                });
            }
            said.extend(settled);
        }
        said
    }
}
