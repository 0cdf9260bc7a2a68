//! The payee side: money that arrives for a customer of this DFSP.

mod crediting;
mod quoting;
// [if use_cases has request_to_pay]
pub mod requests;
// [end]
mod transferring;

use std::{sync::Arc, time::Duration};

use super::{connector::MojaloopConnector, progress::Progress, promises::Promises, tasks::Tasks};
use crate::{
    core_banking::{
        fees::Fees,
        funding::Funding,
        port::{CoreBankingSystem, Refusal},
        required_information::RequiredInformation,
    },
    domain::{
        amount::Amount,
        error::PaymentError,
        identifier::PartyIdentifier,
        incoming::IncomingTransfer,
        party::{AccountStatus, Customer},
    },
    journal::{Exceptions, Quotes},
};

use self::transferring::Crediting;
pub use self::transferring::{Reserved, home_transaction_id};

/// What the payee side is configured with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long a quote of ours is binding.
    pub quote_lifetime: Duration,
    /// How long after a promise the scheme's final word may take before
    /// the hub is asked for it.
    pub final_word_after: Duration,
}

/// The payee side.
#[derive(Clone)]
pub struct Payee {
    settings: Arc<Settings>,
    bank: Arc<dyn CoreBankingSystem>,
    funding: Funding,
    fees: Fees,
    required_information: RequiredInformation,
    promises: Promises<IncomingTransfer, Crediting>,
    quotes: Quotes,
    tasks: Tasks,
}

/// What the payee side works with.
pub struct Collaborators {
    pub bank: Arc<dyn CoreBankingSystem>,
    pub funding: Funding,
    pub fees: Fees,
    pub required_information: RequiredInformation,
    pub connector: MojaloopConnector,
    pub progress: Progress<IncomingTransfer>,
    pub quotes: Quotes,
    pub exceptions: Exceptions,
    pub tasks: Tasks,
}

impl Payee {
    pub fn new(settings: Settings, with: Collaborators) -> Self {
        let keeper = Crediting {
            bank: Arc::clone(&with.bank),
            funding: with.funding.clone(),
            connector: with.connector,
        };
        let final_word_after = settings.final_word_after;
        Self {
            settings: Arc::new(settings),
            bank: with.bank,
            funding: with.funding,
            fees: with.fees,
            required_information: with.required_information,
            promises: Promises::new(keeper, with.progress, with.exceptions, final_word_after),
            quotes: with.quotes,
            tasks: with.tasks,
        }
    }

    /// Finds the customer that a payment could be made to.
    pub async fn find_party(&self, identifier: &PartyIdentifier) -> Result<Customer, PaymentError> {
        let customer = self.find_customer(identifier).await?;
        match customer.status {
            AccountStatus::Blocked => Err(Refusal::AccountBlocked.of_payee()),
            AccountStatus::Active | AccountStatus::Closed => Ok(customer),
        }
    }

    /// Finds a customer, also one who cannot be paid now. Whoever has closed his
    /// account is none.
    pub async fn find_customer(
        &self,
        identifier: &PartyIdentifier,
    ) -> Result<Customer, PaymentError> {
        let customer = self.bank.find_customer(identifier).await;
        let customer = customer.map_err(|error| error.about_payee())?;
        let customer = customer.ok_or_else(|| Refusal::UnknownAccount.of_payee())?;
        match customer.status {
            AccountStatus::Closed => Err(Refusal::AccountClosed.of_payee()),
            AccountStatus::Active | AccountStatus::Blocked => Ok(customer),
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
}
