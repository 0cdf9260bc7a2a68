//! Payments that one customer sends together: asked for, agreed to and accepted
//! as a bulk, secured and settled one by one.
//!
//! ```text
//! Requested ──> Quoted ──> Agreed ──> Accepting ──> Closed
//!     └────────────┴─────────┴───────────┴──> GivingUp ──^
//! ```
//!
//! A bulk holds no money. Each of its items is an outgoing payment with a record
//! of its own, and what is here is what is said about them together.

use serde::{Deserialize, Serialize};

use crate::domain::{
    amount::Amount, error::PaymentError, identifier::PartyIdentifier,
    incoming::ForbiddenTransition, information::PayerInformation, outgoing::PayerDetails,
    party::AccountNumber, quote::AmountType, timestamp::Timestamp, transfer_id::TransferId,
};

/// How far a bulk has come; the states are in their usual order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BulkPaymentState {
    /// Payees and terms are asked for; no money is touched.
    Requested,
    /// The terms are with the payer, who agrees to some or all of them.
    Quoted,
    /// The payer has decided; the core banking system is asked for the money of
    /// each payment that was agreed to.
    Agreed,
    /// Which payments are secured is settled; the Mojaloop Connector is told to
    /// transfer them, and no others.
    Accepting,
    /// The bulk is certainly not accepted, and will not be: what was secured is
    /// given back.
    GivingUp,
    /// Nothing more is said about them together. Each settles alone.
    Closed,
}

impl BulkPaymentState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Quoted => "quoted",
            Self::Agreed => "agreed",
            Self::Accepting => "accepting",
            Self::GivingUp => "giving_up",
            Self::Closed => "closed",
        }
    }

    fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Requested, Self::Quoted | Self::GivingUp)
                | (Self::Quoted, Self::Agreed | Self::GivingUp)
                | (Self::Agreed, Self::Accepting | Self::GivingUp)
                | (Self::Accepting, Self::GivingUp | Self::Closed)
                | (Self::GivingUp, Self::Closed)
        )
    }
}

/// One of the payments that a customer asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkPaymentItem {
    pub payee: PartyIdentifier,
    pub amount_type: AmountType,
    pub amount: Amount,
    pub note: Option<String>,
}

/// What a customer asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkPaymentRequest {
    /// The DFSP's own identifier, under which a bulk is opened once.
    pub home_transaction_id: String,
    pub payer: PartyIdentifier,
    pub payer_details: PayerDetails,
    pub purpose_code: Option<String>,
    pub items: Vec<BulkPaymentItem>,
}

impl BulkPaymentRequest {
    /// What is known of the payer of all its payments.
    pub fn payer_information(&self) -> PayerInformation {
        let details = self.payer_details.clone();
        PayerInformation {
            name: Some(details.name).filter(|name| !name.is_empty()),
            birth: details.birth,
            purpose_code: self.purpose_code.clone(),
        }
    }
}

/// A bulk that leaves for the scheme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkPayment {
    pub bulk_id: TransferId,
    pub request: BulkPaymentRequest,
    pub payer_account: AccountNumber,
    /// The payments, in the order of the request.
    pub transfers: Vec<TransferId>,
    state: BulkPaymentState,
    /// Those that the payer agreed to, once that is decided.
    pub agreed: Option<Vec<TransferId>>,
    /// Those whose money was secured when the bulk was accepted. No others may
    /// be transferred.
    pub accepted: Vec<TransferId>,
    /// Why the bulk was given up, if it was.
    pub failure: Option<PaymentError>,
    /// The acceptance may have been sent more than once: what then fails may be
    /// the second one.
    pub accepted_again: bool,
    pub opened_at: Timestamp,
    pub expires_at: Timestamp,
    pub state_since: Timestamp,
}

impl BulkPayment {
    /// A bulk whose payees and terms are about to be asked for.
    pub fn open(
        request: BulkPaymentRequest,
        payer_account: AccountNumber,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Self {
        let transfers = request.items.iter().map(|_| TransferId::generate());
        Self {
            bulk_id: TransferId::generate(),
            transfers: transfers.collect(),
            request,
            payer_account,
            state: BulkPaymentState::Requested,
            agreed: None,
            accepted: Vec::new(),
            failure: None,
            accepted_again: false,
            opened_at: now,
            expires_at,
            state_since: now,
        }
    }

    pub fn state(&self) -> BulkPaymentState {
        self.state
    }

    pub fn advance_to(
        &mut self,
        next: BulkPaymentState,
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

    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at <= now
    }
}

/// What a payment knows of the bulk that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkMembership {
    pub bulk_id: TransferId,
    /// What the Mojaloop Connector calls the transfer, once it has said so: in a
    /// bulk it makes the identifiers itself.
    pub scheme_transfer_id: Option<TransferId>,
}
