//! Money that leaves: the customer approves it on the telephone, and has paid
//! by that.

use async_trait::async_trait;

use crate::{
    core_banking::port::{BankError, BookingId},
    domain::{
        amount::Amount, identifier::PartyIdentifier, party::AccountNumber, reference::Reference,
        timestamp::Timestamp,
    },
};

/// What a customer is asked to approve.
#[derive(Debug, Clone)]
pub struct ApprovalRequest {
    /// The telephone that is asked: an MSISDN.
    pub phone: PartyIdentifier,
    pub payer: AccountNumber,
    /// The account that the money goes to, as the funding model has it.
    pub funding: AccountNumber,
    pub transfer_amount: Amount,
    pub payer_fee: Amount,
    /// An approval after this is none.
    pub expires_at: Timestamp,
}

/// What has become of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Approval {
    /// The customer has not answered yet, and still can.
    Pending,
    /// The customer approved, and the money has been taken.
    Approved(BookingId),
    /// The customer said no. No money was taken, and none will be.
    Declined,
    /// It expired or was cancelled. No money was taken, and none will be.
    Expired,
}

/// Money that leaves: taken when the customer approves on the telephone.
#[async_trait]
pub trait PayerApprovals: Send + Sync {
    /// Asks the customer. What is answered here is the number of the request,
    /// not the customer's answer. Every check that could refuse the debit
    /// happens here.
    async fn request_approval(
        &self,
        reference: &Reference,
        request: &ApprovalRequest,
    ) -> Result<BookingId, BankError>;

    /// What has become of a request; `None` if there is no such request.
    async fn find_approval(&self, request: &Reference) -> Result<Option<Approval>, BankError>;

    /// Makes sure that a request that was not answered is not approved any
    /// more. Answers what has become of it: the customer may have been faster.
    async fn cancel_approval(&self, request: &Reference) -> Result<Approval, BankError>;

    /// Gives the money of an approved request back, fee included. The payer is
    /// owed it, so a refusal here is a reconciliation error.
    async fn refund(
        &self,
        reference: &Reference,
        request: &Reference,
    ) -> Result<BookingId, BankError>;
}
