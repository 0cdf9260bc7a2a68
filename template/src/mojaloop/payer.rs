//! The payer side: money that a customer of this DFSP sends.
//!
//! In two steps: an offer is made, the customer agrees to it, the money moves.
//! This connector holds the payer's money before it lets the scheme transfer.

mod offering;
mod paying;

use std::{sync::Arc, time::Duration};

use serde_json::Value;

use super::{connector::MojaloopConnector, steps::Patience, turns::Turns};
use crate::{
    core_banking::{
        float_account::FloatAccount,
        port::{CoreBankingSystem, Refusal},
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
    operations::{
        journal::{
            Journal, Recorded,
            work::{Schedule, Work},
        },
        tasks::Tasks,
    },
};

/// What the payer side is configured with.
#[derive(Debug, Clone)]
pub struct Settings {
    pub currency: Currency,
    /// How long after an offer has expired a transfer that the hub has never
    /// seen can still appear there.
    pub never_seen_after: Duration,
    pub patience: Patience,
    pub schedule: Schedule,
}

/// The payer side.
#[derive(Clone)]
pub struct Payer {
    settings: Arc<Settings>,
    bank: Arc<dyn CoreBankingSystem>,
    float: FloatAccount,
    connector: MojaloopConnector,
    journal: Journal<OutgoingPayment>,
    turns: Turns,
    tasks: Tasks,
    /// No attempt of this process is older. One of an earlier process may be
    /// almost as young.
    started_at: Timestamp,
}

/// What the payer side works with.
pub struct Collaborators {
    pub bank: Arc<dyn CoreBankingSystem>,
    pub float: FloatAccount,
    pub connector: MojaloopConnector,
    pub journal: Journal<OutgoingPayment>,
    pub tasks: Tasks,
}

impl Payer {
    pub fn new(settings: Settings, with: Collaborators) -> Self {
        Self {
            settings: Arc::new(settings),
            bank: with.bank,
            float: with.float,
            connector: with.connector,
            journal: with.journal,
            turns: Turns::default(),
            tasks: with.tasks,
            started_at: Timestamp::now(),
        }
    }

    /// The payment as far as it is known here.
    pub async fn find_payment(
        &self,
        transfer_id: &TransferId,
    ) -> Result<OutgoingPayment, PaymentError> {
        Ok(self.find_recorded(transfer_id).await?.payment)
    }

    async fn find_recorded(
        &self,
        transfer_id: &TransferId,
    ) -> Result<Recorded<OutgoingPayment>, PaymentError> {
        let found = self.journal.find(transfer_id).await?;
        found.ok_or_else(|| {
            PaymentError::new(
                ErrorCode::TransferNotFound,
                "there is no such transfer here",
            )
        })
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

    /// Refuses a currency that this DFSP has no funding in.
    pub fn accept_currency(&self, code: &str) -> Result<Currency, PaymentError> {
        let currency: Option<Currency> = code.parse().ok();
        currency
            .filter(|currency| *currency == self.settings.currency)
            .ok_or_else(|| {
                PaymentError::new(
                    ErrorCode::CurrencyRefused,
                    "payments in this currency are not made here",
                )
            })
    }

    async fn find_payer(&self, payer: &PartyIdentifier) -> Result<Customer, PaymentError> {
        let customer = self.bank.find_customer(payer).await;
        let customer = customer.map_err(|error| error.of_question())?;
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
                let Some(mut found) = this.journal.find(&transfer_id).await? else {
                    return Ok(());
                };
                let now = Timestamp::now();
                if found.work.due_at.is_some_and(|due_at| due_at <= now) {
                    this.give_up_waiting(&mut found, now).await?;
                }
                this.advance_again(&mut found).await
            })
            .await
    }

    /// The work on an intent that was just stored. It is done at once; it is
    /// due later only in case this process dies before.
    fn intended(&self, now: Timestamp) -> Work {
        Work::due(now.after(self.settings.patience.settles_after))
    }

    /// Stores the next state. An intent comes before its effect this way.
    async fn become_and_record(
        &self,
        payment: &mut Recorded<OutgoingPayment>,
        next: OutgoingState,
        work: Work,
    ) -> Result<(), PaymentError> {
        payment.payment.advance_to(next, Timestamp::now())?;
        payment.work = work;
        self.record(payment).await
    }

    async fn record(&self, payment: &mut Recorded<OutgoingPayment>) -> Result<(), PaymentError> {
        self.journal.record(payment).await?;
        report(payment);
        Ok(())
    }

    /// The step was tried in vain: it is tried again later.
    async fn postpone(
        &self,
        payment: &mut Recorded<OutgoingPayment>,
        reason: String,
    ) -> Result<(), PaymentError> {
        let schedule = self.settings.schedule;
        payment.work = payment
            .work
            .after_vain_attempt(schedule, Timestamp::now(), reason);
        self.record(payment).await
    }

    async fn park(
        &self,
        payment: &mut Recorded<OutgoingPayment>,
        reason: impl Into<String>,
    ) -> Result<(), PaymentError> {
        payment.work = Work::parked(reason);
        self.record(payment).await
    }
}

fn report(payment: &Recorded<OutgoingPayment>) {
    let transfer_id = &payment.payment.transfer_id;
    let state = payment.payment.state().as_str();
    match &payment.work.parked {
        Some(reason) => tracing::error!(
            %transfer_id, state, reason,
            "outgoing payment parked: a person has to decide"
        ),
        None if payment.work.attempts > 0 => tracing::warn!(
            %transfer_id, state, attempts = payment.work.attempts,
            "outgoing payment not settled yet, will be tried again"
        ),
        None => tracing::info!(%transfer_id, state, "outgoing payment"),
    }
}
