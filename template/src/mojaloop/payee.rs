//! The payee side: money that arrives for a customer of this DFSP.

mod notification;
mod quoting;
mod transferring;

use std::{sync::Arc, time::Duration};

use super::{connector::MojaloopConnector, steps::Patience, turns::Turns};
use crate::{
    core_banking::{
        float_account::FloatAccount,
        port::{CoreBankingSystem, Refusal},
    },
    domain::{
        amount::Amount,
        currency::Currency,
        error::{ErrorCode, PaymentError},
        identifier::PartyIdentifier,
        incoming::IncomingTransfer,
        party::{AccountStatus, Customer},
        timestamp::Timestamp,
    },
    operations::{
        journal::{Journal, Orphans, Quotes, work::Schedule},
        tasks::Tasks,
    },
};

pub use self::{
    notification::Notification,
    transferring::{Reserved, home_transaction_id},
};

/// What the payee side is configured with.
#[derive(Debug, Clone)]
pub struct Settings {
    pub currency: Currency,
    /// How long a quote of ours is binding.
    pub quote_lifetime: Duration,
    /// How long after a reservation the scheme's final word may take before
    /// the hub is asked for it.
    pub final_word_after: Duration,
    pub patience: Patience,
    pub schedule: Schedule,
}

/// The payee side.
#[derive(Clone)]
pub struct Payee {
    settings: Arc<Settings>,
    bank: Arc<dyn CoreBankingSystem>,
    float: FloatAccount,
    connector: MojaloopConnector,
    journal: Journal<IncomingTransfer>,
    quotes: Quotes,
    orphans: Orphans,
    turns: Turns,
    tasks: Tasks,
    /// No attempt of this process is older. One of an earlier process may be
    /// almost as young.
    started_at: Timestamp,
}

/// What the payee side works with.
pub struct Collaborators {
    pub bank: Arc<dyn CoreBankingSystem>,
    pub float: FloatAccount,
    pub connector: MojaloopConnector,
    pub journal: Journal<IncomingTransfer>,
    pub quotes: Quotes,
    pub orphans: Orphans,
    pub tasks: Tasks,
}

impl Payee {
    pub fn new(settings: Settings, with: Collaborators) -> Self {
        Self {
            settings: Arc::new(settings),
            bank: with.bank,
            float: with.float,
            connector: with.connector,
            journal: with.journal,
            quotes: with.quotes,
            orphans: with.orphans,
            turns: Turns::default(),
            tasks: with.tasks,
            started_at: Timestamp::now(),
        }
    }

    /// Finds the customer that a payment could be made to.
    pub async fn find_party(&self, identifier: &PartyIdentifier) -> Result<Customer, PaymentError> {
        let customer = self.bank.find_customer(identifier).await;
        let customer = customer.map_err(|error| error.of_question())?;
        let customer = customer.ok_or_else(|| Refusal::UnknownAccount.of_payee())?;
        match customer.status {
            AccountStatus::Active => Ok(customer),
            AccountStatus::Blocked => Err(Refusal::AccountBlocked.of_payee()),
            AccountStatus::Closed => Err(Refusal::AccountClosed.of_payee()),
        }
    }

    /// The customer, if payments of this currency can be made to him.
    async fn find_payee(
        &self,
        identifier: &PartyIdentifier,
        amount: Amount,
    ) -> Result<Customer, PaymentError> {
        let customer = self.find_party(identifier).await?;
        if customer.currency != amount.currency() {
            return Err(Refusal::CurrencyNotSupported.of_payee());
        }
        Ok(customer)
    }

    /// Refuses a currency that this DFSP has no funding in.
    pub fn accept_currency(&self, code: &str) -> Result<Currency, PaymentError> {
        let currency: Option<Currency> = code.parse().ok();
        currency
            .filter(|currency| *currency == self.settings.currency)
            .ok_or_else(|| {
                PaymentError::new(
                    ErrorCode::CurrencyRefused,
                    "payments in this currency are not taken here",
                )
            })
    }
}
