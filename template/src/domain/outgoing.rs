//! A payment that leaves for the scheme, as a state machine.
//!
//! ```text
//! Requested ──> Quoted ──> Reserving ──> Accepting ──> Committing ──> Completed
//!     │            │          │  │            └──────> Releasing ───> Aborted
//!     └─> Aborted  └──────────┴──┴──> Rejecting ──> Releasing, Aborted
//! ```
//!
// [if payer_steps is three_steps]
//! Between `Requested` and `Quoted`, the payer confirms the payee:
//!
//! ```text
//! Requested ──> Found ──> Confirmed ──> Quoted
//!                 │ │         └───────> Aborted, Rejecting
//!                 │ └──> Quoted, if the terms have come along with the payee
//!                 └──> Rejecting
//! ```
//!
// [end]
//! A state that ends in `-ing` is an intent: it is stored before the core
//! banking system or the Mojaloop Connector is asked. A person who has put the
//! bank's books right by hand ends a payment from any state (`resolution`).

use std::fmt;

use serde::{Deserialize, Serialize};

// [if use_cases has conversion]
use super::conversion_offer::ConversionOffer;
// [end]
use super::{
    amount::{Amount, AmountError},
    channel::ChannelName,
    currency::Currency,
    error::PaymentError,
    identifier::PartyIdentifier,
    incoming::{FinalState, ForbiddenTransition},
    information::{PayeeInformation, PayerInformation, PostalAddress},
    party::AccountNumber,
    // [if payer_steps is one_step]
    payee_name::PayeeName,
    // [end]
    quote::{AmountType, Terms},
    // [if use_cases has request_to_pay]
    received_request::AnsweredRequest,
    // [end]
    reference::DebitStep,
    timestamp::Timestamp,
    transfer_id::TransferId,
};

/// How far an outgoing payment has come; the states are in their usual order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutgoingState {
    /// Payee and terms are asked for; no money is touched.
    Requested,
    // [if payer_steps is three_steps]
    /// The payee is with the payer, who confirms or does not.
    Found,
    /// The payer confirmed the payee; the terms are asked for.
    Confirmed,
    // [end]
    // [if payer_steps is not one_step]
    /// The terms are with the payer, who agrees or does not.
    // [end]
    // [if payer_steps is one_step]
    /// The terms are known, and not yet agreed to.
    // [end]
    Quoted,
    /// The payer agreed; the core banking system is asked for the payer's money.
    Reserving,
    /// The payer's money is reserved; the Mojaloop Connector is asked to transfer.
    Accepting,
    /// The transfer is known to be committed; the core banking system is told so.
    Committing,
    /// Final: the payee's FSP has the money, and the payer has paid it.
    Completed,
    /// There will be no transfer; the Mojaloop Connector is told so.
    Rejecting,
    /// There is no transfer; the core banking system is asked to give the money back.
    Releasing,
    /// Final: the payer has all the money.
    Aborted,
}

impl OutgoingState {
    pub const ALL: &[Self] = &[
        Self::Requested,
        // [if payer_steps is three_steps]
        Self::Found,
        Self::Confirmed,
        // [end]
        Self::Quoted,
        Self::Reserving,
        Self::Accepting,
        Self::Committing,
        Self::Completed,
        Self::Rejecting,
        Self::Releasing,
        Self::Aborted,
    ];

    /// What may follow on what.
    const SUCCESSORS: &[(Self, &[Self])] = &[
        // [if payer_steps is not three_steps]
        (Self::Requested, &[Self::Quoted, Self::Aborted]),
        // [end]
        // [if payer_steps is three_steps]
        (Self::Requested, &[Self::Found, Self::Aborted]),
        (
            Self::Found,
            &[Self::Confirmed, Self::Quoted, Self::Rejecting],
        ),
        (
            Self::Confirmed,
            &[Self::Quoted, Self::Rejecting, Self::Aborted],
        ),
        // [end]
        (Self::Quoted, &[Self::Reserving, Self::Rejecting]),
        (Self::Reserving, &[Self::Accepting, Self::Rejecting]),
        (Self::Accepting, &[Self::Committing, Self::Releasing]),
        (Self::Committing, &[Self::Completed]),
        (Self::Rejecting, &[Self::Releasing, Self::Aborted]),
        (Self::Releasing, &[Self::Aborted]),
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            // [if payer_steps is three_steps]
            Self::Found => "found",
            Self::Confirmed => "confirmed",
            // [end]
            Self::Quoted => "quoted",
            Self::Reserving => "reserving",
            Self::Accepting => "accepting",
            Self::Committing => "committing",
            Self::Completed => "completed",
            Self::Rejecting => "rejecting",
            Self::Releasing => "releasing",
            Self::Aborted => "aborted",
        }
    }

    pub fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Aborted)
    }

    /// The step with the core banking system that this state is the intent of.
    pub fn step(self) -> Option<DebitStep> {
        match self {
            Self::Reserving => Some(DebitStep::Reserve),
            Self::Committing => Some(DebitStep::Commit),
            Self::Releasing => Some(DebitStep::Release),
            // [if payer_steps is three_steps]
            Self::Found | Self::Confirmed => None,
            // [end]
            Self::Requested
            | Self::Quoted
            | Self::Accepting
            | Self::Completed
            | Self::Rejecting
            | Self::Aborted => None,
        }
    }

    pub fn may_become(self, next: Self) -> bool {
        let mut successors = Self::SUCCESSORS.iter();
        successors.any(|(state, successors)| *state == self && successors.contains(&next))
    }
}

/// Which of the DFSP API's two payments it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UseCase {
    SendMoney,
    MerchantPayment,
    // [if use_cases has request_to_pay]
    /// Neither of them: the payee has asked for it.
    RequestToPay,
    // [end]
}

/// What the payer told the bank, and the scheme's participants must be told.
///
/// Personal data: it is not printed.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PayerDetails {
    pub name: String,
    pub birth: Option<DateAndPlaceOfBirth>,
}

impl fmt::Debug for PayerDetails {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("payer ***")
    }
}

/// A complete date and place of birth. The hub refuses an incomplete one, so
/// there is none here: all four parts, or no value of this type.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DateAndPlaceOfBirth {
    /// `YYYY-MM-DD`.
    pub date: String,
    pub province: String,
    pub city: String,
    /// ISO 3166, two letters.
    pub country: String,
}

/// A payment that a customer of this DFSP asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutgoingRequest {
    pub use_case: UseCase,
    /// The DFSP's own identifier of the payment, if it gave one.
    pub home_transaction_id: Option<String>,
    /// The channel of the bank that asks for it, if channels say who they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<ChannelName>,
    pub payer: PartyIdentifier,
    pub payer_details: PayerDetails,
    pub payee: PartyIdentifier,
    // [if payer_steps is one_step]
    /// Whom the payer means, if the channel says so.
    pub payee_name: Option<PayeeName>,
    // [end]
    pub amount_type: AmountType,
    pub amount: Amount,
    // [if use_cases has conversion]
    /// The currency of the end that the amount is not about, if it was named.
    pub other_currency: Option<Currency>,
    // [end]
    pub transaction_type: String,
    pub purpose_code: Option<String>,
    // [if use_cases has request_to_pay]
    /// The request to pay that this payment answers, if there is one.
    pub in_answer_to: Option<AnsweredRequest>,
    // [end]
}

impl OutgoingRequest {
    /// The one that the payer's account is kept in.
    pub fn payer_currency(&self) -> Currency {
        // [if use_cases has conversion]
        if let (AmountType::Receive, Some(currency)) = (self.amount_type, self.other_currency) {
            return currency;
        }
        // [end]
        self.amount.currency()
    }
    // [if use_cases has conversion]

    /// The one that the payee is to be paid in; `None` if it may be any.
    pub fn payee_currency(&self) -> Option<Currency> {
        match self.amount_type {
            AmountType::Send => self.other_currency,
            AmountType::Receive => Some(self.amount.currency()),
        }
    }
    // [end]
}

impl OutgoingRequest {
    /// Whether this is the same request once more, by the same channel as far as
    /// that is known: channels number their payments each by itself, and none is
    /// answered with a payment of another.
    pub fn is_repeated_by(&self, later: &Self) -> bool {
        let mut known = self.clone();
        if known.channel.is_none() || later.channel.is_none() {
            known.channel.clone_from(&later.channel);
        }
        known == *later
    }

    /// What the scheme's participants are told of the payer.
    pub fn payer_information(&self) -> PayerInformation {
        let details = self.payer_details.clone();
        PayerInformation {
            name: Some(details.name).filter(|name| !name.is_empty()),
            birth: details.birth,
            purpose_code: self.purpose_code.clone(),
        }
    }
}

/// The payee as the other FSP described it.
///
/// Personal data: only the FSP is printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayeeDetails {
    pub fsp_id: Option<String>,
    pub fsp_lei: Option<String>,
    pub name: Option<String>,
    #[serde(default)]
    pub address: Option<PostalAddress>,
}

impl PayeeDetails {
    /// What the payee's FSP tells of the payee.
    pub fn information(&self) -> PayeeInformation {
        PayeeInformation {
            name: self.name.clone(),
            address: self.address.clone(),
            fsp_lei: self.fsp_lei.clone(),
        }
    }
}

impl fmt::Debug for PayeeDetails {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fsp_id = self.fsp_id.as_deref().unwrap_or("?");
        write!(formatter, "payee at {fsp_id}")
    }
}

/// What the payer is asked to agree to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    pub payee: PayeeDetails,
    pub terms: Terms,
    // [if use_cases has conversion]
    /// What the terms cost the payer, if he pays in another currency.
    pub conversion: Option<ConversionOffer>,
    // [end]
    /// What this bank charges its customer on top of the transfer amount.
    pub payer_fee: Amount,
    pub expires_at: Timestamp,
}

impl Offer {
    /// What this bank pays into the scheme, in the payer's currency.
    pub fn transfer_amount_of_payer(&self) -> Amount {
        // [if use_cases has conversion]
        if let Some(conversion) = &self.conversion {
            return conversion.source();
        }
        // [end]
        self.terms.transfer_amount()
    }

    /// What leaves the payer's account: that, and the fee.
    pub fn total_of_payer(&self) -> Result<Amount, AmountError> {
        self.transfer_amount_of_payer().plus(self.payer_fee)
    }
}

/// A payment that leaves for the scheme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutgoingPayment {
    pub transfer_id: TransferId,
    // [if use_cases has bulk]
    /// The bulk that it belongs to, if it was not asked for alone.
    pub bulk: Option<super::bulk_payment::BulkMembership>,
    // [end]
    pub request: OutgoingRequest,
    pub payer_account: AccountNumber,
    state: OutgoingState,
    // [if payer_steps is three_steps]
    /// The payee that the payer is asked to confirm.
    pub payee: Option<PayeeDetails>,
    // [end]
    pub offer: Option<Offer>,
    /// The core banking system's number for the payer's reserved money, once there is one.
    pub reservation: Option<String>,
    /// Why there is no transfer, once that is certain.
    pub failure: Option<PaymentError>,
    pub opened_at: Timestamp,
    pub state_since: Timestamp,
}

impl OutgoingPayment {
    /// A payment whose payee and terms are about to be asked for.
    pub fn open(request: OutgoingRequest, payer_account: AccountNumber, now: Timestamp) -> Self {
        let transfer_id = TransferId::generate();
        // [if use_cases has request_to_pay]
        // The payee's FSP has been told it already.
        let transfer_id = match &request.in_answer_to {
            Some(answered) => answered.transaction_id.clone(),
            None => transfer_id,
        };
        // [end]
        Self {
            transfer_id,
            // [if use_cases has bulk]
            bulk: None,
            // [end]
            request,
            payer_account,
            state: OutgoingState::Requested,
            // [if payer_steps is three_steps]
            payee: None,
            // [end]
            offer: None,
            reservation: None,
            failure: None,
            opened_at: now,
            state_since: now,
        }
    }

    pub fn state(&self) -> OutgoingState {
        self.state
    }

    pub fn advance_to(
        &mut self,
        next: OutgoingState,
        now: Timestamp,
    ) -> Result<(), ForbiddenTransition> {
        if !self.state.may_become(next) {
            return Err(ForbiddenTransition {
                from: self.state.as_str(),
                to: next.as_str(),
            });
        }
        self.state = next;
        self.state_since = now;
        Ok(())
    }

    /// Ends it without the core banking system: a person has put its books right.
    pub(super) fn end_by_hand(&mut self, outcome: FinalState, now: Timestamp) {
        self.state = match outcome {
            FinalState::Committed => OutgoingState::Completed,
            FinalState::Aborted => OutgoingState::Aborted,
        };
        self.state_since = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_follows_a_final_state_and_something_follows_every_other() {
        for state in OutgoingState::ALL {
            let has_successor = OutgoingState::ALL
                .iter()
                .any(|next| state.may_become(*next));
            assert_eq!(has_successor, !state.is_final(), "{state:?}");
        }
    }

    #[test]
    fn nothing_is_accepted_before_it_is_reserved_nor_committed_before_it_is_accepted() {
        for state in OutgoingState::ALL {
            assert_eq!(
                state.may_become(OutgoingState::Accepting),
                *state == OutgoingState::Reserving
            );
            assert_eq!(
                state.may_become(OutgoingState::Committing),
                *state == OutgoingState::Accepting
            );
        }
        assert!(!OutgoingState::Accepting.may_become(OutgoingState::Aborted));
        assert!(!OutgoingState::Committing.may_become(OutgoingState::Releasing));
    }

    // [if payer_steps is three_steps]
    #[test]
    fn the_terms_come_after_the_payee_and_no_money_moves_before_them() {
        for state in [OutgoingState::Found, OutgoingState::Confirmed] {
            assert!(state.may_become(OutgoingState::Quoted));
            assert!(!state.may_become(OutgoingState::Reserving));
            assert!(state.may_become(OutgoingState::Rejecting));
        }
    }

    // [end]
    #[test]
    fn a_state_is_stored_under_the_name_it_is_listed_by() {
        for state in OutgoingState::ALL {
            assert_eq!(
                serde_json::to_value(state).unwrap(),
                serde_json::Value::from(state.as_str())
            );
        }
    }
}
