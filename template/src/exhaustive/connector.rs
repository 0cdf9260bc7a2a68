//! The connector itself, as it is: its two sides over the model's journal, bank
//! and scheme.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use tokio::runtime::Handle;

use super::{bank::ModelBank, journal::ModelStore, scheme::ModelConnector, world::Process};
use crate::{
    core_banking::{fees::Fees, funding::Funding, insight::Insight, port::CoreBankingSystem},
    journal::{Exceptions, Journal, Payment, Quotes, store::Store, work::Schedule},
    mojaloop::{
        connector::MojaloopConnector,
        payee::{self, Payee},
        payer::{self, Payer},
        progress::Progress,
        steps::Patience,
        tasks::Tasks,
    },
    operations::configuration::{Configuration, tests::real},
};

/// After so many attempts in vain, a person decides. There are more than a run
/// can have faults, so that none is parked that need not be.
pub const MAX_ATTEMPTS: u32 = 4;

/// What a bank runs on, but for what would only make the runs longer.
pub fn configuration() -> &'static Configuration {
    static CONFIGURATION: LazyLock<Configuration> = LazyLock::new(|| {
        let mut configuration = real(&[
            // [if payer_debit is push_approval]
            ("APPROVAL_WAIT_MS", "4000"),
            ("APPROVAL_POLL_MS", "2000"),
            // [end]
            ("RETRY_LONGEST_PAUSE_MS", "60000"),
            ("RETRY_FIRST_PAUSE_MS", "60000"),
        ])
        .unwrap();
        configuration.retry_max_attempts = MAX_ATTEMPTS;
        configuration
    });
    &CONFIGURATION
}

/// What the connector takes for granted about bank and scheme. If it is wrong,
/// money is lost, which has to be noticed.
#[derive(Debug, Clone, Copy)]
pub struct Assumptions {
    pub bank_settles_after: Duration,
    pub never_seen_after: Duration,
}

impl Assumptions {
    /// Those that hold of the model.
    pub fn right() -> Self {
        Self {
            bank_settles_after: configuration().cbs_settles_after,
            never_seen_after: configuration().never_seen_after,
        }
    }
}

/// What both sides work with.
struct Surroundings {
    bank: Arc<dyn CoreBankingSystem>,
    store: Arc<dyn Store>,
    connector: MojaloopConnector,
    funding: Funding,
    fees: Fees,
    tasks: Tasks,
}

impl Surroundings {
    fn of(process: &Process) -> Self {
        let process = || process.clone();
        let bank: Arc<dyn CoreBankingSystem> = Arc::new(ModelBank { process: process() });
        let store: Arc<dyn Store> = Arc::new(ModelStore { process: process() });
        let transport = Arc::new(ModelConnector { process: process() });
        let insight = Insight {
            bank: Arc::clone(&bank),
            journal: Arc::clone(&store),
        };
        Self {
            connector: MojaloopConnector::over(transport, configuration().fsp_id.clone()),
            funding: Funding::new(configuration().funding.clone(), &insight),
            fees: Fees::new(configuration().fees.clone(), &insight),
            tasks: Tasks::new(Handle::current()),
            bank,
            store,
        }
    }

    fn progress<P: Payment>(&self, assumptions: Assumptions) -> Progress<P> {
        let patience = Patience {
            settles_after: assumptions.bank_settles_after,
            longest_call: configuration().cbs_timeout,
        };
        let schedule = Schedule {
            first_pause: configuration().retry_first_pause,
            longest_pause: configuration().retry_longest_pause,
            max_attempts: configuration().retry_max_attempts,
        };
        Progress::new(Journal::new(Arc::clone(&self.store)), patience, schedule)
    }
}

/// Starts the payee side of a process.
pub fn payee(process: &Process, assumptions: Assumptions) -> Payee {
    let with = Surroundings::of(process);
    let settings = payee::Settings {
        quote_lifetime: configuration().quote_lifetime,
        final_word_after: configuration().final_word_after,
    };
    Payee::new(
        settings,
        payee::Collaborators {
            progress: with.progress(assumptions),
            quotes: Quotes::new(Arc::clone(&with.store)),
            exceptions: Exceptions::new(Arc::clone(&with.store)),
            bank: with.bank,
            funding: with.funding,
            fees: with.fees,
            required_information: configuration().required_information.clone(),
            connector: with.connector,
            tasks: with.tasks,
        },
    )
}

/// Starts the payer side of a process.
pub fn payer(process: &Process, assumptions: Assumptions) -> Payer {
    let with = Surroundings::of(process);
    let settings = payer::Settings {
        never_seen_after: assumptions.never_seen_after,
        connector_answers_within: configuration().connector_timeout,
        // [if payer_steps is three_steps]
        payee_confirmed_within: configuration().payee_confirmed_within,
        // [end]
    };
    Payer::new(
        settings,
        payer::Collaborators {
            progress: with.progress(assumptions),
            bank: with.bank,
            funding: with.funding,
            fees: with.fees,
            required_information: configuration().required_information.clone(),
            // [if payer_steps is one_step]
            limits: crate::core_banking::limits::Limits::new(configuration().limits.clone()),
            // [end]
            // [if use_cases has conversion]
            conversion_limits: crate::core_banking::conversion_limits::ConversionLimits::new(
                configuration().conversion_limits.clone(),
            ),
            // [end]
            connector: with.connector,
            tasks: with.tasks,
            // [if payer_debit is push_approval]
            approvals: payer::debiting::Approvals::new(configuration().approvals.clone()),
            // [end]
        },
    )
}
