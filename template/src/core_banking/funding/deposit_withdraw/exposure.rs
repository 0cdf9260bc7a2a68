//! How far this DFSP is exposed: what payees have been paid or promised, less
//! what payers have paid.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use rust_decimal::Decimal;

use crate::{
    domain::{
        amount::Amount,
        currency::Currency,
        incoming::{IncomingState, IncomingTransfer},
        outgoing::{OutgoingPayment, OutgoingState},
        timestamp::Timestamp,
        transfer_id::TransferId,
    },
    journal::{
        JournalError,
        history::Recorded,
        store::{Direction, Store},
    },
};

/// How many records are read from the journal at a time.
const PAGE: usize = 500;

type Payment = (Direction, TransferId);

/// The exposure of the last while. Each record of the journal is read once, so
/// a quote costs what has been recorded since the one before.
#[derive(Debug)]
pub struct Exposure {
    window: Duration,
    /// The number of the record that was read last.
    read_up_to: i64,
    shares: HashMap<Payment, Share>,
    /// When the shares were recorded, the oldest first.
    ages: VecDeque<(Timestamp, Payment)>,
    totals: HashMap<Currency, Decimal>,
}

/// What one payment adds to the exposure; negative if a payer has paid.
#[derive(Debug)]
struct Share {
    amount: Decimal,
    currency: Currency,
    recorded_at: Timestamp,
}

impl Exposure {
    pub fn over(window: Duration) -> Self {
        Self {
            window,
            read_up_to: 0,
            shares: HashMap::new(),
            ages: VecDeque::new(),
            totals: HashMap::new(),
        }
    }

    /// What it is in this currency, as far as it has been read.
    pub fn of(&self, currency: Currency) -> Decimal {
        self.totals.get(&currency).copied().unwrap_or_default()
    }

    /// Reads what has been recorded since the last time, and forgets what is
    /// older than the window.
    pub async fn catch_up(&mut self, journal: &dyn Store) -> Result<(), JournalError> {
        let beginning = Timestamp::now().before(self.window);
        loop {
            let page = journal
                .recorded_after(self.read_up_to, beginning, PAGE)
                .await?;
            let is_last = page.len() < PAGE;
            for recorded in page {
                self.read(recorded)?;
            }
            if is_last {
                break;
            }
        }
        self.forget_before(beginning);
        Ok(())
    }

    fn read(&mut self, recorded: Recorded) -> Result<(), JournalError> {
        let number = recorded.number;
        self.take(recorded)?;
        self.read_up_to = number;
        Ok(())
    }

    fn take(&mut self, recorded: Recorded) -> Result<(), JournalError> {
        let (transfer_id, amount) = match recorded.direction {
            // [if role is fxp, both]
            // It is sold from the bank's positions, which have limits of their own.
            Direction::Conversion => return Ok(()),
            // [end]
            // [if use_cases has bulk]
            // No money of its own.
            Direction::BulkQuote | Direction::BulkTransfer | Direction::BulkPayment => {
                return Ok(());
            }
            // [end]
            // [if use_cases has request_to_pay]
            Direction::RequestReceived | Direction::RequestSent => return Ok(()),
            // [end]
            Direction::Incoming => of_incoming(serde_json::from_str(&recorded.body)?),
            Direction::Outgoing => of_outgoing(serde_json::from_str(&recorded.body)?),
        };
        let payment = (recorded.direction, transfer_id);
        self.forget(&payment);
        if let Some((amount, currency)) = amount {
            let recorded_at = recorded.recorded_at;
            self.add(currency, amount);
            self.ages.push_back((recorded_at, payment.clone()));
            let share = Share {
                amount,
                currency,
                recorded_at,
            };
            self.shares.insert(payment, share);
        }
        Ok(())
    }

    fn forget_before(&mut self, beginning: Timestamp) {
        while let Some((recorded_at, payment)) = self.ages.pop_front() {
            if recorded_at >= beginning {
                self.ages.push_front((recorded_at, payment));
                return;
            }
            // A payment that has been recorded again since is not that old.
            let share = self.shares.get(&payment);
            if share.is_some_and(|share| share.recorded_at == recorded_at) {
                self.forget(&payment);
            }
        }
    }

    fn forget(&mut self, payment: &Payment) {
        if let Some(share) = self.shares.remove(payment) {
            self.add(share.currency, -share.amount);
        }
    }

    fn add(&mut self, currency: Currency, amount: Decimal) {
        let total = self.totals.entry(currency).or_default();
        *total = total.saturating_add(amount);
    }
}

fn of_incoming(transfer: IncomingTransfer) -> (TransferId, Option<(Decimal, Currency)>) {
    let paid_or_promised = match transfer.state() {
        IncomingState::Reserving
        | IncomingState::Reserved
        | IncomingState::Committing
        | IncomingState::Committed => true,
        IncomingState::Releasing | IncomingState::Aborted | IncomingState::Refused => false,
    };
    let amount: Amount = transfer.terms.transfer_amount();
    let share = paid_or_promised.then(|| (amount.value(), amount.currency()));
    (transfer.request.transfer_id, share)
}

fn of_outgoing(payment: OutgoingPayment) -> (TransferId, Option<(Decimal, Currency)>) {
    // What the scheme has not committed may still be given back.
    let paid = matches!(
        payment.state(),
        OutgoingState::Committing | OutgoingState::Completed
    );
    let offer = payment.offer.filter(|_| paid);
    let share = offer.map(|offer| {
        let amount = offer.transfer_amount_of_payer();
        (-amount.value(), amount.currency())
    });
    (payment.transfer_id, share)
}
// [if use_cases has request_to_pay]

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_payment_is_read_once_all_the_same() {
        let mut exposure = Exposure::over(Duration::from_secs(60));
        let directions = [Direction::RequestReceived, Direction::RequestSent];
        for (number, direction) in (1..).zip(directions) {
            let recorded = Recorded {
                number,
                direction,
                body: "{}".to_owned(),
                recorded_at: Timestamp::now(),
            };
            exposure.read(recorded).unwrap();
            assert_eq!(exposure.read_up_to, number);
        }
        assert_eq!(exposure.of("KES".parse().unwrap()), Decimal::ZERO);
    }
}
// [end]
