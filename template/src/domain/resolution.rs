//! What a person may decide about a payment that the connector cannot settle.
//!
//! A decision takes the place of the word that did not come: of the scheme's
//! about a promise, of the hub's about a payment that leaves. What follows from
//! it with the bank is then done as always. Only what a person has already put
//! right in the bank's books ends a payment without the bank.

use super::{
    error::{ErrorCode, PaymentError},
    incoming::FinalState,
    outgoing::{OutgoingPayment, OutgoingState},
    promise::{Promise, PromiseState},
    timestamp::Timestamp,
};

/// What a person says came of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resolution {
    pub outcome: FinalState,
    /// The bank's books say so already: the bank is not instructed any more.
    pub booked_by_hand: bool,
}

/// What is left to do after a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolved {
    /// The connector carries out what follows from it.
    ToBeCarriedOut,
    /// Nothing: the payment is over.
    Over,
}

/// Why a payment cannot be resolved so, and what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotResolved {
    #[error("it is over: nothing is left to decide")]
    Over,
    #[error(
        "the connector is still at work on it: wait until it is settled or parked; \
         `payments retry` makes it due now"
    )]
    InProgress,
    #[error(
        "the scheme has said {}, which a person cannot take back: carry that out, by \
         `payments retry` or by hand, and resolve it so", .0.as_str()
    )]
    ToldOtherwise(FinalState),
    #[error(
        "that is known, and only the bank has not followed: mend what it refuses and use \
         `payments retry`, or put its books right and add --booked-by-hand"
    )]
    Known,
    #[error(
        "the payee has been paid, so the payer owes the money: use `payments retry`, or book \
         it by hand and resolve it as committed, --booked-by-hand"
    )]
    PayeeIsPaid,
    #[error(
        "the payer's money is not secured, so the connector cannot commit it: if the scheme \
         did transfer, debit the payer by hand, or bear the loss, and add --booked-by-hand"
    )]
    NotSecured,
}

impl Promise {
    /// Takes a person's word in place of the scheme's.
    pub fn resolve(
        &mut self,
        is_parked: bool,
        resolution: Resolution,
        now: Timestamp,
    ) -> Result<Resolved, NotResolved> {
        if self.state().is_final() {
            return Err(NotResolved::Over);
        }
        // Nobody is at work while it waits for its final word.
        if !is_parked && self.state() != PromiseState::Reserved {
            return Err(NotResolved::InProgress);
        }
        if let Some(told) = self.told
            && told != resolution.outcome
        {
            return Err(NotResolved::ToldOtherwise(told));
        }
        if resolution.booked_by_hand {
            self.end_by_hand(resolution.outcome, now);
            return Ok(Resolved::Over);
        }
        if self.told.is_some() {
            return Err(NotResolved::Known);
        }
        self.told = Some(resolution.outcome);
        Ok(Resolved::ToBeCarriedOut)
    }
}

impl OutgoingPayment {
    /// Takes a person's word in place of the hub's. Only a parked payment has
    /// nobody at work on it.
    pub fn resolve(
        &mut self,
        is_parked: bool,
        resolution: Resolution,
        now: Timestamp,
    ) -> Result<Resolved, NotResolved> {
        match (is_parked, self.state().is_final()) {
            (true, _) => {}
            (false, true) => return Err(NotResolved::Over),
            (false, false) => return Err(NotResolved::InProgress),
        }
        match resolution.outcome {
            FinalState::Aborted => self.resolve_as_aborted(resolution.booked_by_hand, now),
            FinalState::Committed => self.resolve_as_committed(resolution.booked_by_hand, now),
        }
    }

    fn resolve_as_committed(
        &mut self,
        booked_by_hand: bool,
        now: Timestamp,
    ) -> Result<Resolved, NotResolved> {
        if booked_by_hand {
            self.failure = None;
            self.end_by_hand(FinalState::Committed, now);
            return Ok(Resolved::Over);
        }
        match self.state() {
            OutgoingState::Committing => Err(NotResolved::Known),
            OutgoingState::Completed => Err(NotResolved::Over),
            _ if self.advance_to(OutgoingState::Committing, now).is_ok() => {
                Ok(Resolved::ToBeCarriedOut)
            }
            _ => Err(NotResolved::NotSecured),
        }
    }

    fn resolve_as_aborted(
        &mut self,
        booked_by_hand: bool,
        now: Timestamp,
    ) -> Result<Resolved, NotResolved> {
        let state = self.state();
        if matches!(state, OutgoingState::Committing | OutgoingState::Completed) {
            return Err(NotResolved::PayeeIsPaid);
        }
        let is_known = matches!(state, OutgoingState::Rejecting | OutgoingState::Releasing);
        if is_known && !booked_by_hand {
            return Err(NotResolved::Known);
        }
        self.failure.get_or_insert_with(|| {
            PaymentError::new(ErrorCode::PayeeError, "the transfer was aborted")
        });
        if booked_by_hand || state == OutgoingState::Aborted {
            self.end_by_hand(FinalState::Aborted, now);
            return Ok(Resolved::Over);
        }
        if state == OutgoingState::Reserving {
            // What was reserved is found out, and given back.
            return Ok(Resolved::ToBeCarriedOut);
        }
        let nexts = [
            OutgoingState::Releasing,
            OutgoingState::Rejecting,
            OutgoingState::Aborted,
        ];
        for next in nexts {
            if self.advance_to(next, now).is_ok() {
                return Ok(match next.is_final() {
                    true => Resolved::Over,
                    false => Resolved::ToBeCarriedOut,
                });
            }
        }
        Err(NotResolved::Known)
    }
}

#[cfg(test)]
mod tests;
