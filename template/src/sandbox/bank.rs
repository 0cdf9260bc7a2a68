//! The sandbox bank: a small core banking system with real double-entry books.
//!
//! What it offers for payments that arrive is in `crediting`, for payments that
//! leave in `debiting`; the rest is what every bank has.
//!
//! It keeps everything in memory and is made to be looked into: its books can
//! be read at any time, and it can be told to misbehave in the ways that a
//! core banking system does.

use std::{
    io,
    net::TcpListener,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use actix_web::{
    App, HttpServer,
    dev::Server,
    web::{Data, ServiceConfig},
};

pub mod api;
pub mod books;
pub mod built_in;
pub mod chart;
pub mod crediting;
pub mod debiting;
pub mod faults;
pub mod in_process;
pub mod ledger;
pub mod open_items;
pub mod order;
pub mod postings;
pub mod refusal;

// [if fees is cbs]
pub mod pricing;

// [end]
// [if use_cases has request_to_pay]
pub mod one_time_passwords;

// [end]
// [if role is fxp, both]
pub mod conversions;

// [end]
// [if cbs_auth is basic, api_key, oauth2]
pub mod authorization;
pub mod doorkeeper;

// [end]
// [if funding_model is not deposit_withdraw]
mod liquidity;

// [end]
mod report;
mod seed;

use books::Books;
pub use chart::AccountKind;
pub use faults::Faults;
use faults::{Fault, Operation};
pub use refusal::Refusal;
pub use report::{AccountReport, EntryReport, LedgerReport, OpenHoldReport, PostingReport};
pub use seed::{Seed, SeedError, SeedProblem};

use crate::domain::party::{AccountNumber, AccountStatus};

/// Longer than a client keeps an idle connection, so that none finds a
/// connection closed just when it is used again.
const KEEP_ALIVE: Duration = Duration::from_secs(120);

/// A running sandbox bank. A clone is the same bank.
#[derive(Clone)]
pub struct SandboxBank {
    state: Arc<Mutex<State>>,
}

struct State {
    books: Books,
    faults: Faults,
}

/// What a caller gets to see.
enum Reaction<T> {
    Answered(T),
    /// A refusal for a reason that the bank was told.
    Refused(String),
    Failed,
    Silent,
}

impl SandboxBank {
    /// Opens a bank with the accounts of the seed.
    pub fn new(seed: Seed) -> Self {
        let state = State {
            books: Books::new(seed),
            faults: Faults::default(),
        };
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// What is in the books now.
    pub fn ledger(&self) -> LedgerReport {
        self.state().books.report()
    }

    /// Makes the bank misbehave so, and no longer as it was told before.
    pub fn set_faults(&self, faults: Faults) {
        self.state().faults = faults;
    }

    /// Blocks, closes or reopens a customer's account.
    pub fn set_account_status(
        &self,
        account: &AccountNumber,
        status: AccountStatus,
    ) -> Result<(), Refusal> {
        self.state().books.set_status(account, status)
    }

    /// Acts, or does what the bank was told to do instead.
    async fn react<T>(
        &self,
        operation: Operation,
        act: impl FnOnce(&mut Books, bool) -> T,
    ) -> Reaction<T> {
        match self.next_fault(operation) {
            None => Reaction::Answered(self.act(act)),
            Some(fault) => self.misbehave(fault, act).await,
        }
    }

    fn next_fault(&self, operation: Operation) -> Option<Fault> {
        self.state().faults.next(operation)
    }

    /// Does what the bank was told to do instead of acting.
    async fn misbehave<T>(
        &self,
        fault: Fault,
        act: impl FnOnce(&mut Books, bool) -> T,
    ) -> Reaction<T> {
        match fault {
            Fault::Slow(delay) => {
                tokio::time::sleep(delay).await;
                Reaction::Answered(self.act(act))
            }
            Fault::Fail => Reaction::Failed,
            Fault::Refuse(reason) => Reaction::Refused(reason),
            Fault::ActThenFail => {
                self.act(act);
                Reaction::Failed
            }
            Fault::ActThenSilent => {
                self.act(act);
                Reaction::Silent
            }
            Fault::ActThenSlow(delay) => {
                let answer = self.act(act);
                tokio::time::sleep(delay).await;
                Reaction::Answered(answer)
            }
        }
    }

    /// Acts on the books; the second argument is whether the bank is forgetful.
    fn act<T>(&self, act: impl FnOnce(&mut Books, bool) -> T) -> T {
        let state = &mut *self.state();
        act(&mut state.books, state.faults.forgetful())
    }

    /// The books check before they change anything, so those that a panic
    /// left behind are in order.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens the bank's doors on a listener. The server runs while it is awaited.
pub fn serve(bank: SandboxBank, listener: TcpListener) -> io::Result<Server> {
    serve_with(bank, listener, |service| {
        crediting::configure(service);
        debiting::configure(service);
        // [if fees is cbs]
        pricing::configure(service);
        // [end]
        // [if use_cases has request_to_pay]
        one_time_passwords::configure(service);
        // [end]
        // [if role is fxp, both]
        conversions::configure(service);
        // [end]
    })
}

/// The same, with these paths for instructions about money.
pub fn serve_with(
    bank: SandboxBank,
    listener: TcpListener,
    instructions: fn(&mut ServiceConfig),
) -> io::Result<Server> {
    let server = HttpServer::new(move || {
        App::new()
            .app_data(Data::new(bank.clone()))
            .configure(api::configure)
            .configure(postings::configure)
            .configure(instructions)
            // [if cbs_auth is oauth2]
            .configure(authorization::configure)
            // [end]
            // [if cbs_auth is basic, api_key, oauth2]
            .wrap(actix_web::middleware::from_fn(doorkeeper::let_in))
        // [end]
    })
    .listen(listener)?
    .workers(1)
    .keep_alive(KEEP_ALIVE)
    .disable_signals()
    .shutdown_timeout(1)
    .run();
    Ok(server)
}
