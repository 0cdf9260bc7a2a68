//! The payer side: money that a customer of this DFSP sends.
//!
// [if payer_steps is two_steps]
//! In two steps: an offer is made, the customer agrees to it, the money moves.
// [end]
// [if payer_steps is one_step]
//! In one step: terms that keep within the limits that the customer agreed to
//! beforehand are agreed to, and the money moves.
// [end]
// [if payer_steps is three_steps]
//! In three steps: the customer confirms the payee, agrees to the terms, and the
//! money moves.
// [end]
//! The payer's money is reserved before the scheme may transfer.

pub mod agreeing;
// [if use_cases has conversion]
mod converting;
// [end]
pub mod debiting;
// [if payer_steps is not one_step]
mod deciding;
// [end]
// [if use_cases has bulk]
pub mod in_bulk;
// [end]
mod lapsing;
mod offering;
mod paying;
// [if use_cases has request_to_pay]
pub mod requests;
// [end]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::Value;

use super::{
    connector::{MojaloopConnector, parties::FoundParty},
    progress::Progress,
    steps::Begin,
    tasks::Tasks,
    turns::Turns,
};
use crate::{
    core_banking::{
        // [if use_cases has conversion]
        conversion_limits::ConversionLimits,
        // [end]
        fees::Fees,
        funding::Funding,
        // [if payer_steps is one_step]
        limits::Limits,
        // [end]
        port::{CoreBankingSystem, Refusal},
        required_information::RequiredInformation,
    },
    domain::{
        currency::Currency,
        error::{ErrorCode, PaymentError},
        identifier::PartyIdentifier,
        outgoing::{OutgoingPayment, OutgoingState},
        party::{AccountStatus, Customer},
        timestamp::Timestamp,
        transfer_id::TransferId,
    },
    journal::{Recorded, work::Work},
};

/// What the payer side is configured with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long after an offer has expired a transfer that the hub has never
    /// seen can still appear there.
    pub never_seen_after: Duration,
    /// How long the Mojaloop Connector may take to answer.
    pub connector_answers_within: Duration,
    // [if payer_steps is three_steps]
    /// How long the customer may take to confirm the payee.
    pub payee_confirmed_within: Duration,
    // [end]
}

/// The payer side.
#[derive(Clone)]
pub struct Payer {
    settings: Arc<Settings>,
    bank: Arc<dyn CoreBankingSystem>,
    funding: Funding,
    fees: Fees,
    required_information: RequiredInformation,
    // [if payer_steps is one_step]
    limits: Limits,
    // [end]
    // [if use_cases has conversion]
    conversion_limits: ConversionLimits,
    // [end]
    connector: MojaloopConnector,
    progress: Progress<OutgoingPayment>,
    turns: Turns,
    tasks: Tasks,
    // [if payer_debit is push_approval]
    approvals: debiting::Approvals,
    // [end]
    /// No offer is made any more, until a restart.
    stopped: Arc<AtomicBool>,
}

/// A payment, and whether a person has to decide on it.
#[derive(Debug)]
pub struct KnownPayment {
    pub payment: OutgoingPayment,
    pub needs_decision: bool,
}

/// What the payer side works with.
pub struct Collaborators {
    pub bank: Arc<dyn CoreBankingSystem>,
    pub funding: Funding,
    pub fees: Fees,
    pub required_information: RequiredInformation,
    // [if payer_steps is one_step]
    pub limits: Limits,
    // [end]
    // [if use_cases has conversion]
    pub conversion_limits: ConversionLimits,
    // [end]
    pub connector: MojaloopConnector,
    pub progress: Progress<OutgoingPayment>,
    pub tasks: Tasks,
    // [if payer_debit is push_approval]
    pub approvals: debiting::Approvals,
    // [end]
}

impl Payer {
    pub fn new(settings: Settings, with: Collaborators) -> Self {
        Self {
            settings: Arc::new(settings),
            bank: with.bank,
            funding: with.funding,
            fees: with.fees,
            required_information: with.required_information,
            // [if payer_steps is one_step]
            limits: with.limits,
            // [end]
            // [if use_cases has conversion]
            conversion_limits: with.conversion_limits,
            // [end]
            connector: with.connector,
            turns: with.progress.turns(),
            progress: with.progress,
            tasks: with.tasks,
            // [if payer_debit is push_approval]
            approvals: with.approvals,
            // [end]
            stopped: Arc::default(),
        }
    }

    /// The payment as far as it is known here.
    pub async fn find_payment(
        &self,
        transfer_id: &TransferId,
    ) -> Result<KnownPayment, PaymentError> {
        let found = self.find_recorded(transfer_id).await?;
        Ok(KnownPayment {
            needs_decision: found.work.parked.is_some(),
            payment: found.payment,
        })
    }

    async fn find_recorded(
        &self,
        transfer_id: &TransferId,
    ) -> Result<Recorded<OutgoingPayment>, PaymentError> {
        let found = self.progress.find(transfer_id).await?;
        found.ok_or_else(|| {
            PaymentError::new(
                ErrorCode::TransferNotFound,
                "there is no such transfer here",
            )
        })
    }

    /// Asks the scheme who would be paid. Nothing is kept of it.
    pub async fn look_up(&self, identifier: &PartyIdentifier) -> Result<FoundParty, PaymentError> {
        self.connector.find_party(identifier).await
    }

    /// Tells the scheme's directory that these identifiers are customers here.
    pub async fn create_accounts(
        &self,
        accounts: &[(PartyIdentifier, Option<Currency>)],
    ) -> Result<Value, PaymentError> {
        self.connector.create_accounts(accounts).await
    }

    /// Tells the scheme's directory that this identifier is no customer any more.
    pub async fn delete_account(&self, account: &PartyIdentifier) -> Result<Value, PaymentError> {
        self.connector.delete_account(account).await
    }

    async fn find_payer(&self, payer: &PartyIdentifier) -> Result<Customer, PaymentError> {
        let customer = self.bank.find_customer(payer).await;
        let customer = customer.map_err(|error| error.about_payer())?;
        let customer = customer.ok_or_else(|| Refusal::UnknownAccount.of_payer())?;
        match customer.status {
            AccountStatus::Active => Ok(customer),
            AccountStatus::Blocked => Err(Refusal::AccountBlocked.of_payer()),
            AccountStatus::Closed => Err(Refusal::AccountClosed.of_payer()),
        }
    }

    /// Goes on with a payment that an earlier process left, or that is due.
    pub async fn resume(&self, transfer_id: &TransferId) -> Result<(), PaymentError> {
        let this = self.clone();
        let transfer_id = transfer_id.clone();
        self.tasks
            .run(async move {
                let _turn = this.turns.take(&transfer_id).await?;
                let Some(mut found) = this.progress.find(&transfer_id).await? else {
                    return Ok(());
                };
                let now = Timestamp::now();
                if found.work.due_at.is_some_and(|due_at| due_at <= now) {
                    lapsing::look_after(&this, &mut found).await?;
                }
                this.advance(&mut found, Begin::Again).await
            })
            .await
    }

    /// Stores the next state. An intent comes before its effect this way.
    async fn become_and_record(
        &self,
        payment: &mut Recorded<OutgoingPayment>,
        next: OutgoingState,
        work: Work,
    ) -> Result<(), PaymentError> {
        payment.payment.advance_to(next, Timestamp::now())?;
        self.progress.record(payment, work).await
    }

    async fn park(
        &self,
        payment: &mut Recorded<OutgoingPayment>,
        reason: impl Into<String>,
    ) -> Result<(), PaymentError> {
        self.progress.record(payment, Work::parked(reason)).await
    }

    /// The Mojaloop Connector transfers without being told to. Every further
    /// offer would be a payment that no payer has agreed to and none has paid.
    async fn stop_because_of_auto_accept(
        &self,
        payment: &mut Recorded<OutgoingPayment>,
    ) -> Result<(), PaymentError> {
        self.stopped.store(true, Ordering::SeqCst);
        let reason = "the Mojaloop Connector made the transfer without being told to, and nobody \
                      here has paid for it: set AUTO_ACCEPT_QUOTES=false there, then restart \
                      this connector";
        self.park(payment, reason).await
    }
}

fn needs_decision() -> PaymentError {
    PaymentError::new(
        ErrorCode::Internal,
        "the payment needs a person's decision, who has been told",
    )
}
