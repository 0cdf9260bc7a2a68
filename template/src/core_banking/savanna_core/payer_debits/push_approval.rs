//! Outgoing payments: the customer approves on the telephone, and the money is
//! given back if there is no transfer.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::json;

use crate::{
    core_banking::{
        Client,
        port::{Approval, ApprovalRequest, BankError, BookingId, PayerApprovals},
    },
    domain::reference::Reference,
};

#[derive(Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
enum ApprovalAnswer {
    Pending,
    Approved { booking_id: String },
    Declined,
    Expired,
}

impl From<ApprovalAnswer> for Approval {
    fn from(answer: ApprovalAnswer) -> Self {
        match answer {
            ApprovalAnswer::Pending => Self::Pending,
            ApprovalAnswer::Approved { booking_id } => Self::Approved(booking_id),
            ApprovalAnswer::Declined => Self::Declined,
            ApprovalAnswer::Expired => Self::Expired,
        }
    }
}

#[async_trait]
impl PayerApprovals for Client {
    /// Replace (outgoing): the call that asks the customer on the telephone.
    ///
    /// The bank must check funds, limits and the account's status here, show
    /// the customer amount and fee, and take the money when the customer
    /// approves, not before. It must not take it after `expires_at`.
    async fn request_approval(
        &self,
        reference: &Reference,
        request: &ApprovalRequest,
    ) -> Result<BookingId, BankError> {
        let body = json!({
            "reference": reference.as_str(),
            "phone": request.phone.canonical(),
            "account": request.payer,
            "funding_account": request.funding,
            "transfer_amount": request.transfer_amount,
            "fee": request.payer_fee,
            "expires_at": request.expires_at,
        });
        self.book(&["approvals"], &body).await
    }

    /// Replace (outgoing): the call that asks what the customer answered.
    ///
    /// This is what counts; a callback is only a reason to ask. "Declined" and
    /// "expired" are final: after them the bank must not take the money.
    async fn find_approval(&self, request: &Reference) -> Result<Option<Approval>, BankError> {
        let path = ["approvals", request.as_str()];
        let answer: Option<ApprovalAnswer> = self.ask(&path, "unknown_approval").await?;
        Ok(answer.map(Approval::from))
    }

    /// Replace (outgoing): the call that withdraws a request.
    ///
    /// It may come again. The bank must answer what the request has become: if
    /// the customer was faster, that is "approved", and the money is refunded.
    async fn cancel_approval(&self, request: &Reference) -> Result<Approval, BankError> {
        let path = ["approvals", request.as_str(), "cancel"];
        let answer: ApprovalAnswer = self.instruct(&path, &json!({})).await?;
        Ok(answer.into())
    }

    /// Replace (outgoing): the call that gives the customer the money back.
    ///
    /// The bank must give back amount and fee, and recognise `reference` when
    /// it comes again.
    async fn refund(
        &self,
        reference: &Reference,
        request: &Reference,
    ) -> Result<BookingId, BankError> {
        let path = ["approvals", request.as_str(), "refund"];
        let body = json!({ "reference": reference.as_str() });
        self.book(&path, &body).await
    }
}
