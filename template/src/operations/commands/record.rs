//! A row of the journal, read as the payment that it is.

use crate::{
    domain::{
        amount::Amount,
        incoming::IncomingTransfer,
        outgoing::{OutgoingPayment, OutgoingState},
        promise::PromiseState,
        resolution::{NotResolved, Resolution, Resolved},
        timestamp::Timestamp,
        transfer_id::TransferId,
    },
    journal::{
        JournalError, Payment,
        store::{Direction, Entry},
        work::Work,
    },
};
// [if role is fxp, both]

use crate::domain::currency_conversion::CurrencyConversion;
// [end]

/// What a row is about.
#[derive(Debug, Clone)]
pub enum Record {
    Incoming(Box<IncomingTransfer>),
    Outgoing(Box<OutgoingPayment>),
    // [if role is fxp, both]
    Conversion(Box<CurrencyConversion>),
    // [end]
    // [if use_cases has request_to_pay or use_cases has bulk]
    /// It holds no money: the payments that come of it have rows of their own.
    WithoutMoney,
    // [end]
}

/// Money of a payment: what moves between the scheme and this participant, and
/// what is charged for it here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    pub way: Way,
    pub amount: Amount,
    /// What the bank earns by it; below zero if it pays more than it earns.
    pub fees: rust_decimal::Decimal,
}

/// Seen from this participant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    Incoming,
    Outgoing,
}

impl Way {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Incoming => "incoming",
            Self::Outgoing => "outgoing",
        }
    }

    /// The kinds of payments whose money goes this way.
    pub fn directions(self) -> Vec<Direction> {
        let directions = std::iter::once(match self {
            Self::Incoming => Direction::Incoming,
            Self::Outgoing => Direction::Outgoing,
        });
        // [if role is fxp, both]
        let directions = directions.chain([Direction::Conversion]);
        // [end]
        directions.collect()
    }
}

impl Record {
    pub fn read(entry: &Entry) -> Result<Self, JournalError> {
        Ok(match entry.direction {
            Direction::Incoming => Self::Incoming(serde_json::from_str(&entry.body)?),
            Direction::Outgoing => Self::Outgoing(serde_json::from_str(&entry.body)?),
            // [if role is fxp, both]
            Direction::Conversion => Self::Conversion(serde_json::from_str(&entry.body)?),
            // [end]
            // [if use_cases has bulk]
            Direction::BulkQuote => Self::WithoutMoney,
            Direction::BulkTransfer | Direction::BulkPayment => Self::WithoutMoney,
            // [end]
            // [if use_cases has request_to_pay]
            Direction::RequestReceived | Direction::RequestSent => Self::WithoutMoney,
            // [end]
        })
    }

    /// What moves if the payment is made. A payment without an offer moves
    /// nothing yet.
    pub fn moved(&self) -> Vec<Moved> {
        match self {
            Self::Incoming(transfer) => {
                let charges = transfer.terms.payee_charges();
                vec![Moved {
                    way: Way::Incoming,
                    amount: transfer.terms.transfer_amount(),
                    fees: charges.fee.value() - charges.commission.value(),
                }]
            }
            Self::Outgoing(payment) => {
                let of_offer = payment.offer.iter().map(|offer| Moved {
                    way: Way::Outgoing,
                    amount: offer.transfer_amount_of_payer(),
                    fees: offer.payer_fee.value(),
                });
                of_offer.collect()
            }
            // [if role is fxp, both]
            Self::Conversion(conversion) => {
                let amounts = conversion.order.amounts;
                let ways = [
                    (Way::Incoming, amounts.source),
                    (Way::Outgoing, amounts.target),
                ];
                let moved = ways.map(|(way, amount)| Moved {
                    way,
                    amount,
                    fees: rust_decimal::Decimal::ZERO,
                });
                moved.to_vec()
            }
            // [end]
            // [if use_cases has request_to_pay or use_cases has bulk]
            Self::WithoutMoney => Vec::new(),
            // [end]
        }
    }

    /// Whether nothing is left to do by the connector.
    pub fn is_over(&self) -> bool {
        match self {
            Self::Incoming(transfer) => transfer.promise.state().is_final(),
            Self::Outgoing(payment) => payment.state().is_final(),
            // [if role is fxp, both]
            Self::Conversion(conversion) => conversion.promise.state().is_final(),
            // [end]
            // [if use_cases has request_to_pay or use_cases has bulk]
            Self::WithoutMoney => false,
            // [end]
        }
    }

    /// Whether the money has moved, as far as is known here.
    pub fn is_committed(&self) -> bool {
        match self {
            Self::Incoming(transfer) => transfer.promise.state() == PromiseState::Committed,
            Self::Outgoing(payment) => payment.state() == OutgoingState::Completed,
            // [if role is fxp, both]
            Self::Conversion(conversion) => conversion.promise.state() == PromiseState::Committed,
            // [end]
            // [if use_cases has request_to_pay or use_cases has bulk]
            Self::WithoutMoney => false,
            // [end]
        }
    }

    /// How the hub calls the transfer.
    pub fn scheme_transfer_id(&self, transfer_id: &TransferId) -> TransferId {
        // [if use_cases has bulk]
        if let Self::Outgoing(payment) = self
            && let Some(membership) = &payment.bulk
            && let Some(scheme_transfer_id) = &membership.scheme_transfer_id
        {
            return scheme_transfer_id.clone();
        }
        // [end]
        transfer_id.clone()
    }

    /// The amount that a person knows the payment by.
    pub fn amount(&self) -> String {
        let written = |amount: Amount| format!("{amount} {}", amount.currency());
        match self {
            Self::Outgoing(payment) if payment.offer.is_none() => written(payment.request.amount),
            _ => {
                let moved = self.moved().into_iter().map(|moved| written(moved.amount));
                moved.collect::<Vec<_>>().join(" -> ")
            }
        }
    }

    /// Applies what a person decided. A row without money cannot be resolved.
    pub fn resolve(
        &mut self,
        is_parked: bool,
        resolution: Resolution,
        now: Timestamp,
    ) -> Option<Result<Resolved, NotResolved>> {
        match self {
            Self::Incoming(transfer) => Some(transfer.promise.resolve(is_parked, resolution, now)),
            Self::Outgoing(payment) => Some(payment.resolve(is_parked, resolution, now)),
            // [if role is fxp, both]
            Self::Conversion(conversion) => {
                Some(conversion.promise.resolve(is_parked, resolution, now))
            }
            // [end]
            // [if use_cases has request_to_pay or use_cases has bulk]
            Self::WithoutMoney => None,
            // [end]
        }
    }

    /// The row that follows on `entry` when the payment has become this.
    pub fn following(&self, entry: &Entry, work: Work) -> Result<Entry, JournalError> {
        let (state, body) = match self {
            Self::Incoming(transfer) => written(&**transfer)?,
            Self::Outgoing(payment) => written(&**payment)?,
            // [if role is fxp, both]
            Self::Conversion(conversion) => written(&**conversion)?,
            // [end]
            // [if use_cases has request_to_pay or use_cases has bulk]
            Self::WithoutMoney => (entry.state.clone(), entry.body.clone()),
            // [end]
        };
        Ok(Entry {
            state,
            body,
            work,
            version: entry.version + 1,
            ..entry.clone()
        })
    }
}

fn written<P: Payment>(payment: &P) -> Result<(String, String), JournalError> {
    let body = serde_json::to_string(payment)?;
    Ok((payment.state_name().to_owned(), body))
}
