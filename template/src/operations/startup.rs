//! Wiring: from a configuration to two servers.

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use actix_web::{App, HttpServer, dev::Server, middleware::from_fn};
use tokio::{runtime::Handle, task::JoinSet};

use super::configuration::{Configuration, ListenAddress};
use crate::{
    core_banking::{self, fees::Fees, funding::Funding, insight::Insight, port::CoreBankingSystem},
    environment::Problems,
    journal::{
        Exceptions, Journal, Quotes,
        store::{Store, StoreError},
        work::Schedule,
    },
    mojaloop::{
        backend_api::{self, BackendApi},
        connector::{self, MojaloopConnector},
        dfsp_api::{self, DfspApi},
        http::answer_everything,
        payee::{self, Payee},
        payer::{self, Payer},
        progress::Progress,
        recovery::{look_after_incoming, look_after_outgoing},
        steps::Patience,
        tasks::Tasks,
    },
};
// [if role is fxp, both]

use crate::{
    journal::conversions::ConversionQuotes,
    mojaloop::{
        fxp::{self, Fxp},
        recovery::look_after_conversions,
    },
};
// [end]

// [if use_cases has request_to_pay]
use crate::mojaloop::{payee::requests::SentRequests, payer::requests::ReceivedRequests};

// [end]
/// How long requests that are being served may go on after SIGTERM.
const SHUTDOWN_SECONDS: u64 = 30;

/// How long a connection may stay idle. Longer than the pause between two
/// messages of a payment, so that a message does not meet a closing one.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// Why the connector did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Configuration(#[from] Problems),
    #[error("cannot listen on {address}: {source}")]
    Listen {
        address: String,
        source: std::io::Error,
    },
    #[error("the journal cannot be opened: {0}")]
    Journal(#[from] StoreError),
    #[error("an HTTP client cannot be made: {0}")]
    Client(#[from] reqwest::Error),
    #[error("a server has failed: {0}")]
    Server(#[from] std::io::Error),
    #[error("the recovery of payments has failed, this is a defect of the connector")]
    Recovery,
}

/// The ports of both APIs, taken before anything else starts.
#[derive(Debug)]
pub struct Listeners {
    backend_api: TcpListener,
    dfsp_api: TcpListener,
}

impl Listeners {
    pub fn bind(configuration: &Configuration) -> Result<Self, StartError> {
        Ok(Self {
            backend_api: bind(&configuration.backend_api)?,
            dfsp_api: bind(&configuration.dfsp_api)?,
        })
    }

    pub fn backend_address(&self) -> std::io::Result<SocketAddr> {
        self.backend_api.local_addr()
    }

    pub fn dfsp_address(&self) -> std::io::Result<SocketAddr> {
        self.dfsp_api.local_addr()
    }
}

fn bind(address: &ListenAddress) -> Result<TcpListener, StartError> {
    let ListenAddress { host, port } = address;
    TcpListener::bind((host.as_str(), *port)).map_err(|source| StartError::Listen {
        address: format!("{host}:{port}"),
        source,
    })
}

/// Chooses the implementation of TLS. It has to be chosen before a client is
/// made, once a process.
pub fn choose_tls() {
    // Fails if it has been chosen before, which is as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Opens the journal that the configuration names.
pub async fn open_journal(configuration: &Configuration) -> Result<Arc<dyn Store>, StartError> {
    let database = configuration.database.clone();
    let database = database.ok_or_else(|| Problems::of("DATABASE_URL is missing"))?;
    Ok(database.open().await?)
}

/// Makes the client of the core banking system that the configuration names.
pub fn core_banking_client(
    configuration: &Configuration,
) -> Result<Arc<dyn CoreBankingSystem>, StartError> {
    let base_url = configuration.cbs_base_url.clone();
    let client = core_banking::Client::new(core_banking::Settings {
        base_url: base_url.ok_or_else(|| Problems::of("CBS_BASE_URL is missing"))?,
        // [if cbs_auth is not none]
        authentication: configuration.cbs_authentication.clone(),
        // [end]
        timeout: configuration.cbs_timeout,
        max_idle_connections: configuration.cbs_max_idle_connections,
    })?;
    Ok(Arc::new(client))
}

/// A connector that serves.
pub struct Connector {
    backend_api: Server,
    dfsp_api: Server,
    recovery: JoinSet<()>,
}

impl Connector {
    /// Starts both APIs, and goes on with the payments that an earlier process
    /// left unfinished.
    pub fn start(
        configuration: Configuration,
        listeners: Listeners,
        store: Arc<dyn Store>,
        bank: Arc<dyn CoreBankingSystem>,
    ) -> Result<Self, StartError> {
        let missing = |name: &str| Problems::of(format!("{name} is missing"));
        let connector_base_url = configuration.connector_base_url.clone();
        let connector = MojaloopConnector::new(connector::Settings {
            base_url: connector_base_url.ok_or_else(|| missing("SDK_BASE_URL"))?,
            timeout: configuration.connector_timeout,
            fsp_id: configuration.fsp_id.clone(),
        })?;
        let insight = Insight {
            bank: Arc::clone(&bank),
            journal: Arc::clone(&store),
        };
        let funding = Funding::new(configuration.funding.clone(), &insight);
        let fees = Fees::new(configuration.fees.clone(), &insight);
        // [if payer_steps is one_step]
        let limits = core_banking::limits::Limits::new(configuration.limits.clone());
        // [end]
        // [if use_cases has conversion]
        let conversion_limits = core_banking::conversion_limits::ConversionLimits::new(
            configuration.conversion_limits.clone(),
        );
        // [end]
        let incoming = Journal::new(Arc::clone(&store));
        let outgoing = Journal::new(Arc::clone(&store));
        let patience = patience(&configuration);
        let schedule = schedule(&configuration);
        let tasks = Tasks::new(Handle::current());
        // [if payer_debit is push_approval]
        let approvals = payer::debiting::Approvals::new(configuration.approvals.clone());
        // [end]

        // [if role is fxp, both]
        let conversions = Journal::new(Arc::clone(&store));
        let fxp = Fxp::new(
            fxp_settings(&configuration),
            fxp::Collaborators {
                bank: Arc::clone(&bank),
                connector: connector.clone(),
                progress: Progress::new(conversions.clone(), patience, schedule),
                quotes: ConversionQuotes::new(Arc::clone(&store)),
                exceptions: Exceptions::new(Arc::clone(&store)),
                tasks: tasks.clone(),
            },
        );
        // [end]
        let payee = Payee::new(
            payee_settings(&configuration),
            payee::Collaborators {
                bank: Arc::clone(&bank),
                funding: funding.clone(),
                fees: fees.clone(),
                required_information: configuration.required_information.clone(),
                connector: connector.clone(),
                progress: Progress::new(incoming.clone(), patience, schedule),
                quotes: Quotes::new(Arc::clone(&store)),
                exceptions: Exceptions::new(Arc::clone(&store)),
                tasks: tasks.clone(),
            },
        );
        // [if use_cases has bulk]
        let bulk_payee = crate::mojaloop::bulk_payee::BulkPayee::new(
            payee.clone(),
            configuration.bulk_max_items,
            Journal::new(Arc::clone(&store)),
            Journal::new(Arc::clone(&store)),
            tasks.clone(),
        );
        // [end]
        let payer = Payer::new(
            payer_settings(&configuration),
            payer::Collaborators {
                bank,
                funding,
                fees,
                required_information: configuration.required_information.clone(),
                // [if payer_steps is one_step]
                limits,
                // [end]
                // [if use_cases has conversion]
                conversion_limits,
                // [end]
                connector: connector.clone(),
                progress: Progress::new(outgoing.clone(), patience, schedule),
                tasks: tasks.clone(),
                // [if payer_debit is push_approval]
                approvals: approvals.clone(),
                // [end]
            },
        );
        // [if use_cases has bulk]
        let bulks = Journal::new(Arc::clone(&store));
        let bulk_payer = crate::mojaloop::bulk_payer::BulkPayer::new(
            crate::mojaloop::bulk_payer::Settings {
                max_items: configuration.bulk_max_items,
                lifetime: configuration.bulk_lifetime,
            },
            payer.clone(),
            connector.clone(),
            Progress::new(bulks.clone(), patience, schedule),
            tasks.clone(),
        );
        // [end]
        let interval = configuration.recovery_interval;
        // [if use_cases has request_to_pay]
        let received_requests = ReceivedRequests::new(
            payer.clone(),
            Journal::new(Arc::clone(&store)),
            Progress::new(Journal::new(Arc::clone(&store)), patience, schedule),
            configuration.request_to_pay_lifetime,
        );
        let sent_requests = SentRequests::new(
            payee.clone(),
            connector,
            Journal::new(Arc::clone(&store)),
            Progress::new(Journal::new(store), patience, schedule),
            configuration.request_to_pay_lifetime,
        );
        // [end]
        let mut recovery = JoinSet::new();
        recovery.spawn(look_after_incoming(incoming, payee.clone(), interval));
        recovery.spawn(look_after_outgoing(outgoing, payer.clone(), interval));
        // [if use_cases has request_to_pay]
        let received = received_requests.clone();
        recovery.spawn(payer::requests::look_after_requests(received, interval));
        let sent = sent_requests.clone();
        recovery.spawn(payee::requests::look_after_requests(sent, interval));
        // [end]
        // [if role is fxp, both]
        recovery.spawn(look_after_conversions(conversions, fxp.clone(), interval));
        // [end]
        // [if use_cases has bulk]
        recovery.spawn(crate::mojaloop::recovery::look_after_bulks(
            bulks,
            bulk_payer.clone(),
            interval,
        ));
        // [end]

        let backend_routes = backend_api::routes(BackendApi {
            payee,
            // [if use_cases has request_to_pay]
            sent_requests: sent_requests.clone(),
            received_requests: received_requests.clone(),
            // [end]
            // [if role is fxp, both]
            fxp,
            // [end]
            // [if use_cases has bulk]
            bulk_payee,
            bulk_payer: bulk_payer.clone(),
            // [end]
            fsp_id: configuration.fsp_id,
            lei: configuration.lei,
            required_information: configuration.required_information,
            currencies: configuration.currencies.clone(),
            identifiers: configuration.identifiers.clone(),
        });
        let dfsp_routes = dfsp_api::routes(DfspApi {
            payer,
            // [if use_cases has bulk]
            bulk_payer,
            // [end]
            // [if use_cases has request_to_pay]
            received_requests,
            sent_requests,
            // [end]
            // [if payer_debit is push_approval]
            approvals,
            // [end]
            currencies: configuration.currencies,
            identifiers: configuration.identifiers,
        });
        let backend_api = HttpServer::new(move || {
            App::new()
                .configure(backend_routes.clone())
                .wrap(from_fn(answer_everything))
        });
        let dfsp_api = HttpServer::new(move || {
            App::new()
                .configure(dfsp_routes.clone())
                .wrap(from_fn(answer_everything))
        });
        Ok(Self {
            backend_api: backend_api
                .keep_alive(KEEP_ALIVE)
                .shutdown_timeout(SHUTDOWN_SECONDS)
                .listen(listeners.backend_api)?
                .run(),
            dfsp_api: dfsp_api
                .keep_alive(KEEP_ALIVE)
                .shutdown_timeout(SHUTDOWN_SECONDS)
                .listen(listeners.dfsp_api)?
                .run(),
            recovery,
        })
    }

    /// Serves until the process is told to end. Without its recovery the
    /// connector does not go on: payments would stay where they are.
    pub async fn serve(self) -> Result<(), StartError> {
        let mut recovery = self.recovery;
        tokio::select! {
            served = async { tokio::try_join!(self.backend_api, self.dfsp_api) } => {
                served.map(|_| ()).map_err(StartError::from)
            }
            _ = recovery.join_next() => Err(StartError::Recovery),
        }
    }
}

fn payee_settings(configuration: &Configuration) -> payee::Settings {
    payee::Settings {
        quote_lifetime: configuration.quote_lifetime,
        final_word_after: configuration.final_word_after,
    }
}

// [if role is fxp, both]
fn fxp_settings(configuration: &Configuration) -> fxp::Settings {
    fxp::Settings {
        quote_lifetime: configuration.quote_lifetime,
        final_word_after: configuration.final_word_after,
    }
}

// [end]
fn payer_settings(configuration: &Configuration) -> payer::Settings {
    payer::Settings {
        never_seen_after: configuration.never_seen_after,
        connector_answers_within: configuration.connector_timeout,
        // [if payer_steps is three_steps]
        payee_confirmed_within: configuration.payee_confirmed_within,
        // [end]
    }
}

fn patience(configuration: &Configuration) -> Patience {
    Patience {
        settles_after: configuration.cbs_settles_after,
        longest_call: configuration.cbs_timeout,
    }
}

fn schedule(configuration: &Configuration) -> Schedule {
    Schedule {
        first_pause: configuration.retry_first_pause,
        longest_pause: configuration.retry_longest_pause,
        max_attempts: configuration.retry_max_attempts,
    }
}
